//! Between our points and rules and the messages of Qdrant.

use std::collections::HashMap;

use anyhow::{Context, anyhow};
use qdrant_client::{
    Payload,
    qdrant::{
        Condition, Filter, NamedVectors, PayloadExcludeSelector, PointId, PointStruct, Query, QueryPoints,
        QueryPointsBuilder, Range, ScoredPoint, Value, Vector, VectorInput, point_id::PointIdOptions,
        with_payload_selector::SelectorOptions,
    },
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
        Rule::All(rules) => Filter::must(rules.iter().map(condition)),
        Rule::Any(rules) => Filter::should(rules.iter().map(condition)),
        Rule::Not(rule) => Filter::must_not([condition(rule)]),
        Rule::Is(..) | Rule::Above(..) | Rule::UpTo(..) => Filter::must([condition(rule)]),
    }
}

fn condition(rule: &Rule) -> Condition {
    match rule {
        Rule::Is(name, word) => Condition::matches(*name, word.clone()),
        // Unix seconds and chunk numbers are exact in a double.
        Rule::Above(name, number) => {
            Condition::range(*name, Range { gt: Some(*number as f64), ..Range::default() })
        }
        Rule::UpTo(name, number) => {
            Condition::range(*name, Range { lte: Some(*number as f64), ..Range::default() })
        }
        Rule::All(_) | Rule::Any(_) | Rule::Not(_) => filter(rule).into(),
    }
}

pub(super) fn query(collection: &str, probe: Probe, rule: &Filter, depth: usize) -> QueryPoints {
    let (input, using) = match probe {
        Probe::Dense(vector) => (VectorInput::new_dense(vector), DENSE),
        Probe::Words(sparse) => (VectorInput::new_sparse(sparse.indices, sparse.values), SPARSE),
    };
    QueryPointsBuilder::new(collection)
        .query(Query::new_nearest(input))
        .using(using)
        .filter(rule.clone())
        .limit(depth as u64)
        .build()
}

pub(super) fn hit(point: &ScoredPoint) -> Option<Hit> {
    Some(Hit { id: uuid(point.id.as_ref()?)?, score: point.score })
}

pub(super) fn point(point: Point) -> anyhow::Result<PointStruct> {
    let mut vectors = NamedVectors::default().add_vector(DENSE, Vector::new_dense(point.dense));
    if !point.sparse.is_empty() {
        vectors = vectors.add_vector(SPARSE, Vector::new_sparse(point.sparse.indices, point.sparse.values));
    }
    let payload = serde_json::to_value(point.payload).context("write a payload")?;
    Ok(PointStruct::new(point.id.to_string(), vectors, Payload::try_from(payload)?))
}

pub(super) fn stored(id: Option<PointId>, payload: HashMap<String, Value>) -> anyhow::Result<(Uuid, Stored)> {
    let id = id.as_ref().and_then(uuid).ok_or_else(|| anyhow!("a point without an id of ours"))?;
    let mut payload = serde_json::Value::from(Payload::from(payload));
    // Left out of listings, see `all_but_text`.
    if let Some(fields) = payload.as_object_mut() {
        fields.entry("text").or_insert_with(|| String::new().into());
    }
    let payload = serde_json::from_value(payload).with_context(|| format!("read payload of point {id}"))?;
    Ok((id, payload))
}

pub(super) fn all_but_text() -> SelectorOptions {
    SelectorOptions::Exclude(PayloadExcludeSelector { fields: vec!["text".to_owned()] })
}

fn uuid(id: &PointId) -> Option<Uuid> {
    match id.point_id_options.as_ref()? {
        PointIdOptions::Uuid(id) => Uuid::parse_str(id).ok(),
        PointIdOptions::Num(_) => None,
    }
}
