//! Training runs: what was taken in, how far the training is, its curve, and when its words are destroyed.

use axum::extract::{Path, RawQuery, State};
use maud::{Markup, html};

use super::{
    Console, Shared, curve,
    form::Fields,
    page::{self, Pages},
    report,
    session::SignedIn,
    trouble::Trouble,
};
use crate::{
    domain::RunId,
    learning::{calendar::day_of, manifest::Manifest, retention},
    people::Person,
    store::{IntakeRow, RunRow, RunState},
};

/// Runs on a page.
const SHOWN: u32 = 50;
/// Where the list lies.
const HERE: &str = "/admin/training";

/// Every run whose words are not destroyed yet, newest first.
pub(super) async fn list(
    State(console): State<Shared>,
    signed_in: SignedIn,
    RawQuery(query): RawQuery,
) -> Result<Markup, Trouble> {
    let query = Fields::of_query(query.as_deref().unwrap_or_default());
    let pages = Pages::of(&query, SHOWN);
    let wanted = query.get("q").to_lowercase();
    let runs = console.web.store.living_runs(None).await?;
    let mut runs: Vec<(&Person, RunRow)> = runs
        .into_iter()
        .rev()
        .filter_map(|run| Some((console.web.people.get(&run.person)?, run)))
        .filter(|(person, _)| signed_in.decides_for(Some(person)))
        .filter(|(person, _)| format!("{} {}", person.id, person.name.to_lowercase()).contains(&wanted))
        .skip(pages.skip() as usize)
        .take(SHOWN as usize + 1)
        .collect();
    let more = pages.cut(&mut runs);
    let body = html! {
        h1 { "Training" }
        p.lead { "Rounds of learning whose words are still there. " code { "understudy learn add" } " opens one, " code { "understudy train" } " trains on it." }
        (page::search(HERE, query.get("q"), "Person"))
        @if runs.is_empty() { p.empty { "No round is open. Words go seven days after a training ended, so older rounds are not listed." } }
        ul.rows { @for (person, run) in &runs { li.row {
            (page::face(person))
            div.what { a href={ (HERE) "/" (run.id) } { b { "Run " (run.id) " of " (person.name) } } " " (state(&console, run))
                p.meta { "opened " (day_of(run.opened_at)) @if let Some(day) = destroyed_on(run) { " · words go on " (day) } } }
        } } }
        (pages.links(HERE, &query, more))
    };
    Ok(page::page("Training", &signed_in, &body))
}

fn state(console: &Console, run: &RunRow) -> Markup {
    let live = console.web.steward.training_of(&run.person).filter(|_| run.state == RunState::Training);
    html! {
        span.badge.draft[run.state == RunState::Failed] { (run.state.as_str()) }
        @if let Some(live) = live { " " span.meta { "step " (live.step) " of " (live.steps) } }
    }
}

/// The day on which the words of a run go at the latest.
fn destroyed_on(run: &RunRow) -> Option<String> {
    let after_intake = (run.first_intake_at > 0).then(|| run.first_intake_at + retention::AT_MOST_S);
    let after_end = (run.ended_at > 0).then(|| run.ended_at + retention::AFTER_TRAINING_S);
    after_intake.into_iter().chain(after_end).min().map(day_of)
}

/// One run.
pub(super) async fn show(
    State(console): State<Shared>,
    signed_in: SignedIn,
    Path(run): Path<String>,
) -> Result<Markup, Trouble> {
    let id = RunId(run.parse().map_err(|_| Trouble::not_found())?);
    let run = console.web.store.living_runs(None).await?.into_iter().find(|run| run.id == id);
    let run = run.ok_or_else(Trouble::not_found)?;
    let person = console.web.people.get(&run.person).ok_or_else(Trouble::not_found)?;
    if !signed_in.decides_for(Some(person)) {
        return Err(Trouble::forbidden());
    }
    let intakes = console.web.store.intakes(run.id).await?;
    let body = html! {
        header.person { (page::face(person)) div { h1 { "Run " (run.id) " of " (person.name) } p.role { (state(&console, &run)) } } }
        p.links { a href={ "/admin/people/" (person.id) } { "Adapter and consent" } }
        (report::link(&signed_in, person))
        (progress(&console, person, &run))
        h2 { "Taken in" }
        (taken_in(&intakes))
        @if let Some(day) = destroyed_on(&run) { p.hint { "Words, examples and their key are destroyed on " (day) " at the latest." } }
    };
    Ok(page::page("Training run", &signed_in, &body))
}

fn progress(console: &Console, person: &Person, run: &RunRow) -> Markup {
    let live = console.web.steward.training_of(&person.id);
    let live = live.filter(|_| run.state != RunState::Collecting);
    // The manifest of what this round came to; the next round replaces it.
    let candidate = console.web.vault.adapters(&person.id).join("candidate/adapter.gguf");
    let kept = || Manifest::beside(&candidate).ok().flatten().filter(|_| run.state == RunState::Ended);
    html! {
        h2 { "Curve" }
        @if let Some(live) = live.as_ref().filter(|live| !live.curve.is_empty()) {
            p { "Step " (live.step) " of " (live.steps)
                @if live.state == "training" { ", about " (minutes(live.eta_s)) " to go" }
                @if !live.error.is_empty() { ". " (live.error) } }
            (curve::plot(&live.curve, &live.dev_curve))
        } @else if let Some(kept) = kept() {
            p { (kept.steps) " steps over " (kept.examples) " examples." }
            (curve::plot(&kept.curve, &kept.dev_curve))
        } @else {
            p.empty { @if let Some(error) = live.map(|live| live.error).filter(|error| !error.is_empty()) { (error) }
                @else { "There is no curve yet: training has not begun, or it ended before its first step." } }
        }
    }
}

fn minutes(seconds: f64) -> String {
    match seconds {
        ..90.0 => format!("{seconds:.0} s"),
        _ => format!("{:.0} minutes", seconds / 60.0),
    }
}

fn taken_in(intakes: &[IntakeRow]) -> Markup {
    html! {
        @if intakes.is_empty() { p.empty { "Nothing yet." } }
        @else {
            table.list {
                thead { tr { th scope="col" { "Bundle" } th scope="col" { "From" } th scope="col" { "State" } th.number scope="col" { "Messages kept" } th scope="col" { "When" } } }
                tbody { @for intake in intakes { tr {
                    th scope="row" { (intake.id) } td { (intake.kind) } td { (intake.state) } td.number { (intake.events) } td { (page::time(intake.opened_at)) }
                } } }
            }
        }
    }
}
