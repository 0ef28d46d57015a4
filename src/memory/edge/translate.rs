//! Between our points and rules and the types of Qdrant Edge.

use anyhow::{Context, anyhow};
use qdrant_edge::{
    Condition, FieldCondition, Filter, JsonPath, Match, NamedQuery, NamedVectors, Payload, PayloadSelector,
    PayloadSelectorExclude, PointId, PointStruct, PointStructPersisted, QueryEnum, QueryRequest, Range,
    Record, ScoredPoint, ScoringQuery, SparseVector, ValueVariants, Vector, VectorInternal,
    WithPayloadInterface, WithVector, external::ordered_float::OrderedFloat,
};
use uuid::Uuid;

use crate::memory::{
    rank::Hit,
    rule::Rule,
    shelf::Probe,
    stored::{DENSE, Point, SPARSE, Stored},
};

pub(super) fn filter(rule: &Rule) -> Filter {
    match rule {
        Rule::All(rules) => Filter { must: Some(conditions(rules)), ..Filter::new() },
        Rule::Any(rules) => Filter { should: Some(conditions(rules)), ..Filter::new() },
        Rule::Not(rule) => Filter::new_must_not(condition(rule)),
        Rule::Is(..) | Rule::Above(..) | Rule::UpTo(..) => Filter::new_must(condition(rule)),
    }
}

fn conditions(rules: &[Rule]) -> Vec<Condition> {
    rules.iter().map(condition).collect()
}

fn condition(rule: &Rule) -> Condition {
    match rule {
        Rule::Is(name, word) => {
            let word = Match::new_value(ValueVariants::String(word.clone()));
            Condition::Field(FieldCondition::new_match(path(name), word))
        }
        Rule::Above(name, number) => within(name, Range { gt: Some(float(*number)), ..no_range() }),
        Rule::UpTo(name, number) => within(name, Range { lte: Some(float(*number)), ..no_range() }),
        Rule::All(_) | Rule::Any(_) | Rule::Not(_) => Condition::Filter(filter(rule)),
    }
}

fn within(name: &str, range: Range<OrderedFloat<f64>>) -> Condition {
    Condition::Field(FieldCondition::new_range(path(name), range))
}

fn no_range() -> Range<OrderedFloat<f64>> {
    Range { lt: None, gt: None, gte: None, lte: None }
}

/// Unix seconds and chunk numbers are exact in a double.
fn float(number: i64) -> OrderedFloat<f64> {
    OrderedFloat(number as f64)
}

pub(super) fn path(name: &str) -> JsonPath {
    name.parse().expect("field names are plain words")
}

pub(super) fn query(probe: Probe, rule: &Filter, depth: usize) -> QueryRequest {
    let nearest = match probe {
        Probe::Dense(vector) => NamedQuery::new(VectorInternal::Dense(vector), DENSE),
        Probe::Words(sparse) => {
            let sparse = SparseVector { indices: sparse.indices, values: sparse.values };
            NamedQuery::new(VectorInternal::Sparse(sparse), SPARSE)
        }
    };
    QueryRequest {
        query: Some(ScoringQuery::Vector(QueryEnum::Nearest(nearest))),
        filter: Some(rule.clone()),
        limit: depth,
        prefetches: Vec::new(),
        score_threshold: None,
        offset: 0,
        params: None,
        with_vector: WithVector::Bool(false),
        with_payload: WithPayloadInterface::Bool(false),
    }
}

pub(super) fn hit(point: &ScoredPoint) -> Option<Hit> {
    Some(Hit { id: uuid(point.id)?, score: point.score })
}

pub(super) fn point(point: Point) -> anyhow::Result<PointStructPersisted> {
    let mut vectors = NamedVectors::default().add_vector(DENSE, point.dense);
    if !point.sparse.is_empty() {
        let words = Vector::new_sparse(point.sparse.indices, point.sparse.values)?;
        vectors = vectors.add_vector(SPARSE, words);
    }
    let payload = serde_json::to_value(point.payload).context("write a payload")?;
    Ok(PointStruct::new(PointId::Uuid(point.id), vectors, payload).into())
}

pub(super) fn payload_of(record: Record) -> anyhow::Result<(Uuid, Stored)> {
    let id = uuid(record.id).ok_or_else(|| anyhow!("point {} is not ours", record.id))?;
    let Payload(mut fields) = record.payload.with_context(|| format!("point {id} has no payload"))?;
    // Left out of listings, see `payload_but_text`.
    fields.entry("text").or_insert_with(|| String::new().into());
    let payload =
        serde_json::from_value(fields.into()).with_context(|| format!("read payload of point {id}"))?;
    Ok((id, payload))
}

pub(super) fn payload_but_text() -> WithPayloadInterface {
    let exclude = vec![path("text")];
    WithPayloadInterface::Selector(PayloadSelector::Exclude(PayloadSelectorExclude { exclude }))
}

fn uuid(id: PointId) -> Option<Uuid> {
    match id {
        PointId::Uuid(id) => Some(id),
        PointId::NumId(_) => None,
    }
}
