//! The decision, and what it rests on.

use maud::{Markup, html};

use super::{percent, signed};
use crate::learning::{
    evaluation::{Arm, Evaluation, Report},
    judge::{REFUSAL, RIGHT_VALUE, SLACK, VALID_QUERIES},
    quality::{Quality, Tally},
};

/// Whether the adapter may serve, in one sentence.
pub(super) fn verdict(report: &Report) -> Markup {
    let name = &report.evaluation.name;
    let objections: Vec<String> =
        report.objections.iter().map(|objection| about_the_adapter(objection)).collect();
    html! {
        @match objections.as_slice() {
            [] => div.verdict.good { p { b { "May serve: " } (praise(report)) } },
            [only] => div.verdict.held { p { b { "The starter goes on serving, " } "because " (only) "." } },
            several => div.verdict.held {
                p { b { "The starter goes on serving " (name) ", " } "because of " (several.len()) " things:" }
                ul { @for objection in several { li { (objection) } } }
            },
        }
    }
}

/// The gate's words begin with "it", which on this page would be the starter.
fn about_the_adapter(objection: &str) -> String {
    match objection.strip_prefix("it ") {
        Some(rest) => format!("the new adapter {rest}"),
        None => objection.to_owned(),
    }
}

fn praise(report: &Report) -> String {
    let (gain, name) = (report.evidence.difference, &report.evaluation.name);
    format!(
        "on {} sealed replies it predicts {name}'s own words better than the starter does, by {:.3} bits per \
         character ({:.3} to {:.3}), and it still knows the job.",
        report.evidence.replies, -gain.mean, -gain.high, -gain.low
    )
}

/// What the gate asks, line by line.
pub(super) fn table(report: &Report) -> Markup {
    let evidence = &report.evidence;
    let (own, before) = (evidence.person, evidence.starter);
    let gain = evidence.difference;
    let rows = [
        ("Writes usable queries", own.valid_queries, before.valid_queries, VALID_QUERIES),
        ("Right note in the top 3", own.found, before.found, 0.0),
        ("Right value in the reply", own.right_value, before.right_value, RIGHT_VALUE),
        ("Declines what no note has", own.refusal, before.refusal, REFUSAL),
    ];
    let predicts = evidence.replies > 0 && gain.high < 0.0;
    html! {
        h2 { "What the gate asks" }
        p.says { "An adapter serves only if it knows the person surely better than the starter, and has not forgotten the job." }
        div.scroll { table.gate {
            thead { tr { th { "Question" } th.n { "Adapter" } th.n { "Starter" } th.n { "Needed" } th { span.unseen { "Passed" } } } }
            tbody {
                tr {
                    th scope="row" { "Predicts the person's replies, bits per character less the starter" }
                    td.n { @if evidence.replies > 0 { (signed(gain.mean, 3)) } @else { "\u{2013}" } }
                    td.n { "0" }
                    td.n { "interval below 0" }
                    (mark(predicts))
                }
                @if let (Some(own), Some(before)) = (own.decided, before.decided) {
                    tr {
                        th scope="row" { "Decides as the person does" }
                        td.n { (percent(own)) }
                        td.n { (percent(before)) }
                        td.n { (percent(before - SLACK)) }
                        (mark(own >= before - SLACK))
                    }
                }
                @for (question, own, before, floor) in rows {
                    @let least = floor.max(before - SLACK);
                    tr {
                        th scope="row" { (question) }
                        td.n { (percent(own)) }
                        td.n { (percent(before)) }
                        td.n { (percent(least)) }
                        (mark(own >= least))
                    }
                }
            }
        } }
    }
}

fn mark(passed: bool) -> Markup {
    html! {
        @if passed { td.mark.yes { "✓" span.unseen { " passed" } } } @else { td.mark.no { "✗" span.unseen { " not passed" } } }
    }
}

/// What the starter can do, in one sentence.
pub(super) fn of_starter(evaluation: &Evaluation) -> Markup {
    let job = evaluation.arms.get(&Arm::Starter).and_then(|results| results.job.as_ref());
    let all: Option<&Tally> = job.and_then(|job| job.groups.get("all"));
    let said = all.map(|tally| {
        let of = |share: crate::learning::quality::Share| percent(share.value().unwrap_or(0.0));
        format!(
            "it gives the right value in {} of {} questions about companies it has never seen, and declines {} of \
             {} that no note answers.",
            of(tally.right_value), tally.right_value.of, of(tally.refusal), tally.refusal.of
        )
    });
    // Nothing else could serve instead, so it is no verdict that it does; good is what passes the gate's floors.
    let good =
        job.map(Quality::job).is_some_and(|job| job.right_value >= RIGHT_VALUE && job.refusal >= REFUSAL);
    html! {
        div.verdict.good[good].held[!good] {
            p { b { "Serves whoever has no adapter of their own: " } (said.unwrap_or_else(|| "it was not measured.".to_owned())) }
        }
    }
}
