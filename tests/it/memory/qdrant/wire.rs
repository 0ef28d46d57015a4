//! Between Qdrant's messages and Qdrant Edge; strict, so that nothing is lost on the way unnoticed.

use qdrant_client::{Payload, qdrant};
use qdrant_edge::{
    Condition, FieldCondition, Filter, JsonPath, Match, NamedQuery, NamedVectors, PayloadSelector,
    PayloadSelectorExclude, PointId, PointStruct, PointStructPersisted, QueryEnum, QueryRequest, Range,
    Record, ScoredPoint, ScoringQuery, SparseVector, ValueVariants, Vector, VectorInternal,
    WithPayloadInterface, WithVector, external::ordered_float::OrderedFloat,
};
use tonic::Status;

fn unknown(what: &str) -> Status {
    Status::unimplemented(format!("the test server doesn't know this {what}"))
}

pub fn path(name: &str) -> Result<JsonPath, Status> {
    name.parse().map_err(|()| Status::invalid_argument(format!("field {name}")))
}

pub fn filter(filter: qdrant::Filter) -> Result<Filter, Status> {
    let qdrant::Filter { should, must, must_not, min_should } = filter;
    if min_should.is_some() {
        return Err(unknown("filter"));
    }
    let all = |conditions: Vec<qdrant::Condition>| {
        let conditions = conditions.into_iter().map(condition).collect::<Result<Vec<_>, _>>()?;
        Ok::<_, Status>(Some(conditions).filter(|conditions| !conditions.is_empty()))
    };
    Ok(Filter { should: all(should)?, must: all(must)?, must_not: all(must_not)?, min_should: None })
}

fn condition(condition: qdrant::Condition) -> Result<Condition, Status> {
    use qdrant::condition::ConditionOneOf;
    match condition.condition_one_of {
        Some(ConditionOneOf::Filter(nested)) => Ok(Condition::Filter(filter(nested)?)),
        Some(ConditionOneOf::Field(field)) => {
            let key = path(&field.key)?;
            match (field.r#match.and_then(|wanted| wanted.match_value), field.range) {
                (Some(qdrant::r#match::MatchValue::Keyword(word)), None) => {
                    let word = Match::new_value(ValueVariants::String(word));
                    Ok(Condition::Field(FieldCondition::new_match(key, word)))
                }
                (None, Some(range)) => {
                    let qdrant::Range { lt, gt, gte, lte } = range;
                    let [lt, gt, gte, lte] = [lt, gt, gte, lte].map(|bound| bound.map(OrderedFloat));
                    Ok(Condition::Field(FieldCondition::new_range(key, Range { lt, gt, gte, lte })))
                }
                _ => Err(unknown("condition")),
            }
        }
        _ => Err(unknown("condition")),
    }
}

pub fn query(query: qdrant::QueryPoints, rule: Filter) -> Result<QueryRequest, Status> {
    use qdrant::vector_input::Variant;
    if !query.prefetch.is_empty() || query.score_threshold.is_some() || query.params.is_some() {
        return Err(unknown("query"));
    }
    let using = query.using.ok_or_else(|| unknown("query"))?;
    let Some(qdrant::query::Variant::Nearest(input)) = query.query.and_then(|query| query.variant) else {
        return Err(unknown("query"));
    };
    let vector = match input.variant {
        Some(Variant::Dense(dense)) => VectorInternal::Dense(dense.data),
        Some(Variant::Sparse(sparse)) => {
            VectorInternal::Sparse(SparseVector { indices: sparse.indices, values: sparse.values })
        }
        _ => return Err(unknown("vector")),
    };
    Ok(QueryRequest {
        prefetches: Vec::new(),
        query: Some(ScoringQuery::Vector(QueryEnum::Nearest(NamedQuery::new(vector, using)))),
        filter: Some(rule),
        score_threshold: None,
        limit: usize::try_from(query.limit.unwrap_or(10)).unwrap(),
        offset: 0,
        params: None,
        with_vector: WithVector::Bool(false),
        with_payload: WithPayloadInterface::Bool(false),
    })
}

pub fn point(point: qdrant::PointStruct) -> Result<PointStructPersisted, Status> {
    use qdrant::{vector::Vector as Wire, vectors::VectorsOptions};
    let Some(VectorsOptions::Vectors(named)) = point.vectors.and_then(|vectors| vectors.vectors_options)
    else {
        return Err(unknown("point"));
    };
    let mut vectors = NamedVectors::default();
    for (name, vector) in named.vectors {
        let vector = match vector.vector {
            Some(Wire::Dense(dense)) => Vector::new_dense(dense.data),
            Some(Wire::Sparse(sparse)) => Vector::new_sparse(sparse.indices, sparse.values)
                .map_err(|err| Status::invalid_argument(err.to_string()))?,
            _ => return Err(unknown("vector")),
        };
        vectors = vectors.add_vector(name, vector);
    }
    let id = id(point.id.ok_or_else(|| unknown("point"))?)?;
    Ok(PointStruct::new(id, vectors, Payload::from(point.payload).into()).into())
}

pub fn id(id: qdrant::PointId) -> Result<PointId, Status> {
    match id.point_id_options {
        Some(qdrant::point_id::PointIdOptions::Uuid(id)) => {
            id.parse().map(PointId::Uuid).map_err(|_| Status::invalid_argument("id"))
        }
        _ => Err(unknown("id")),
    }
}

pub fn id_out(id: PointId) -> qdrant::PointId {
    match id {
        PointId::NumId(id) => id.into(),
        PointId::Uuid(id) => id.to_string().into(),
    }
}

pub fn with_payload(wanted: Option<qdrant::WithPayloadSelector>) -> Result<WithPayloadInterface, Status> {
    use qdrant::with_payload_selector::SelectorOptions;
    match wanted.and_then(|wanted| wanted.selector_options) {
        Some(SelectorOptions::Enable(all)) => Ok(all.into()),
        Some(SelectorOptions::Exclude(fields)) => {
            let exclude = fields.fields.iter().map(|field| path(field)).collect::<Result<_, _>>()?;
            Ok(WithPayloadInterface::Selector(PayloadSelector::Exclude(PayloadSelectorExclude { exclude })))
        }
        _ => Err(unknown("payload selector")),
    }
}

pub fn record(record: Record) -> qdrant::RetrievedPoint {
    let payload = record.payload.map(|payload| Payload::from(payload.0).into());
    qdrant::RetrievedPoint {
        id: Some(id_out(record.id)),
        payload: payload.unwrap_or_default(),
        ..Default::default()
    }
}

pub fn scored(point: ScoredPoint) -> qdrant::ScoredPoint {
    qdrant::ScoredPoint { id: Some(id_out(point.id)), score: point.score, ..Default::default() }
}
