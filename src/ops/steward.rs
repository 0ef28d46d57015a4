//! What the admin pages ask of an installation: the same requests as commands make.

use std::sync::Arc;

use async_trait::async_trait;
use serde_json::Value;

use super::{LearnRequest, Request, TrainingRequest, handle};
use crate::{
    app::{App, serving},
    domain::PersonId,
    people::Person,
    web::{Steward, Training},
};

/// The running app, for the pages.
pub struct Stewarding(pub Arc<App>);

impl Stewarding {
    async fn training(&self, request: TrainingRequest) -> anyhow::Result<String> {
        let answer = handle(&self.0, Request::Training(request)).await?;
        Ok(answer.get("serves").and_then(Value::as_str).unwrap_or_default().to_owned())
    }
}

#[async_trait]
impl Steward for Stewarding {
    fn adapter_of(&self, person: &Person) -> String {
        serving(&self.0.config, &self.0.people).of(person).name
    }

    fn training_of(&self, person: &PersonId) -> Option<Training> {
        let (status, curves) = (self.0.trainings.status(person)?, self.0.trainings.curves(person)?);
        Some(Training {
            state: status.state,
            step: status.step,
            steps: status.steps,
            eta_s: status.eta_s,
            error: status.error,
            curve: curves.train,
            dev_curve: curves.dev,
        })
    }

    async fn promote(&self, person: &PersonId) -> anyhow::Result<String> {
        self.training(TrainingRequest::Promote { person: person.clone() }).await
    }

    async fn roll_back(&self, person: &PersonId) -> anyhow::Result<String> {
        self.training(TrainingRequest::RollBack { person: person.clone() }).await
    }

    async fn erase(&self, person: &PersonId) -> anyhow::Result<()> {
        handle(&self.0, Request::Learn(LearnRequest::Erase { person: person.clone() })).await?;
        Ok(())
    }

    async fn health(&self) -> anyhow::Result<Value> {
        handle(&self.0, Request::Health).await
    }
}
