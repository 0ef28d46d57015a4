//! How quick the pages are with a large company; a measurement, not a test.

use std::{sync::Arc, time::Instant};

use async_trait::async_trait;
use serde_json::json;
use understudy::{
    domain::{Effect, Grant, Integrity, Mode, PersonId, Standing},
    store::now,
    tools::{Call, Outcome, Reconcile, Schema, Tool, ToolError, Toolbox},
};

use super::desk::Desk;

/// One of forty tools that do nothing.
struct Idle {
    name: String,
    schema: Schema,
}

#[async_trait]
impl Tool for Idle {
    fn name(&self) -> &str {
        &self.name
    }

    fn about(&self) -> &str {
        "does nothing, forty times"
    }

    fn effect(&self) -> Effect {
        Effect::Write
    }

    fn schema(&self) -> &Schema {
        &self.schema
    }

    fn reconcile(&self) -> Reconcile {
        Reconcile::Once
    }

    async fn run(&self, _: &Call<'_>) -> Result<Outcome, ToolError> {
        Ok(Outcome::default())
    }
}

/// `cargo test … every_page_is_quick -- --ignored --nocapture` prints the figures.
#[tokio::test]
#[ignore = "a measurement, not a test"]
async fn every_page_is_quick_with_a_thousand_people_and_forty_tools() {
    let tools: Vec<Arc<dyn Tool>> = (0..40)
        .map(|n| Arc::new(Idle { name: format!("idle.tool-{n:02}"), schema: Schema::texts(&["text"]) }) as _)
        .collect();
    let desk = Desk::of_many(1000, Toolbox::of(tools)).await;
    let carol = desk.sign_in("carol").await;
    for n in 0..1000 {
        let person = PersonId::new(format!("person-{n:04}")).unwrap();
        for tool in 0..40 {
            let grant = Grant {
                person: person.clone(),
                tool: format!("idle.tool-{tool:02}"),
                class: Standing::Member,
                highest_taint: Integrity::Internal,
                mode: Mode::Ask,
            };
            if n % 10 == 0 {
                desk.store.put_grant(grant, "carol", now()).await.unwrap();
            }
        }
    }
    for path in [
        "/",
        "/admin/approvals",
        "/admin/drafts",
        "/admin/answers",
        "/admin/answers/person-0500",
        "/admin/inbox",
        "/admin/mail",
        "/admin/people",
        "/admin/people?q=person-0500",
        "/admin/people/person-0500",
        "/admin/tools",
        "/admin/tools?q=tool-07",
        "/admin/tools?q=person-0500",
        "/admin/tools?page=700",
        "/admin/training",
        "/admin/accounts",
        "/admin/audit",
        "/admin/audit?whom=person-0990",
        "/admin/health",
        "/my-data",
    ] {
        let mut took = Vec::new();
        for _ in 0..7 {
            let started = Instant::now();
            let page = desk.get(path, &carol).await;
            assert_eq!(page.status, 200, "{path}");
            took.push(started.elapsed().as_secs_f64() * 1000.0);
        }
        took.sort_by(f64::total_cmp);
        println!("{}", json!({"page": path, "median_ms": took[3].round(), "most_ms": took[6].round()}));
    }
}
