//! How well each arm knows the job, and what training for a person did to it.

use maud::{Markup, html};

use super::{legend, measure, plot, signed};
use crate::learning::{
    evaluation::{Arm, Evaluation},
    quality::{Quality, Share, Tally},
};

/// A measure of the job: its title, the sentence that explains it, and where it is found.
type Measure = (&'static str, &'static str, fn(&Tally) -> Share);

const FINDING: [Measure; 3] = [
    (
        "Right note in the top 3, by the message alone",
        "How often a plain search with the words of the question finds every note that answers it; no model helps.",
        |tally| tally.found_by_message,
    ),
    (
        "Right note in the top 3, by the written queries alone",
        "The same, searching only with what the model wrote to look up.",
        |tally| tally.found_by_queries,
    ),
    (
        "Right note in the top 3, both fused",
        "The same as an understudy really searches: with the message and the written queries together.",
        |tally| tally.found,
    ),
];

const ANSWERING: [Measure; 4] = [
    (
        "Right value in the reply",
        "Share of the questions that a note answers whose reply holds the asked figure, date or name, letter by letter.",
        |tally| tally.right_value,
    ),
    (
        "Declines what no note has",
        "Share of the questions without an answer in the notes to which it says so instead of inventing one.",
        |tally| tally.refusal,
    ),
    (
        "Wrong refusals",
        "Share of the questions that a note answers to which it says that none does. Less is better.",
        |tally| tally.wrong_refusal,
    ),
    (
        "Ungrounded figures stopped",
        "Share of all questions whose first draft held a figure that neither notes nor thread have, so that the figure \
         check stepped in. Less is better.",
        |tally| tally.figures_stopped,
    ),
];

/// Groups of questions by their name in a tally.
const GROUPS: [(&str, &str); 6] = [
    ("all", "All"),
    ("seen", "Kinds of facts it was taught"),
    ("unseen", "Kinds it never saw"),
    ("plain", "Plain questions"),
    ("hard", "Follow-up, colloquial, two notes"),
    ("kind two notes", "Two notes alone"),
];

/// The measures on invented companies.
pub(super) fn section(evaluation: &Evaluation) -> Markup {
    let jobs: Vec<(Arm, &Quality)> = jobs(evaluation).collect();
    let asked: Vec<String> =
        jobs.iter().map(|(arm, job)| format!("{} {}", arm.words(), job.questions)).collect();
    let escaped: usize =
        jobs.iter().filter_map(|(_, job)| job.groups.get("all")).map(|all| all.loose_figures_said).sum();
    html! {
        h2 { "Does it know the job?" }
        @if jobs.is_empty() { p.empty { "The job was not measured." } }
        @else {
            p.says {
                "Asked on " (evaluation.companies.len()) " invented companies that no training has seen, by the same steps as \
                 in service. Questions: " (asked.join(", ")) "."
            }
            // The first section explains the arms already, where there is one.
            @if evaluation.counts.is_none() { (legend(evaluation)) }
            (measure(
                "Usable queries",
                "Share of the questions for which it wrote something to look up in the form that the search needs.",
                &plot::shares(jobs.iter().map(|(arm, job)| (*arm, job.valid_queries)).collect()),
            ))
            @for (title, says, of) in FINDING.iter().chain(&ANSWERING) {
                (measure(title, says, &plot::shares(of_all(&jobs, *of))))
            }
            p.says {
                "Figures from nowhere that were said in the end, after the check: " b { (escaped) } "."
            }
            (groups(&jobs))
            p.says {
                "Half of the questions, by median, were answered within "
                (jobs.iter().map(|(arm, job)| format!("{:.1} s ({})", job.median_s, arm.words())).collect::<Vec<_>>().join(", ")) "."
            }
        }
    }
}

fn jobs(evaluation: &Evaluation) -> impl Iterator<Item = (Arm, &Quality)> {
    evaluation.arms.iter().filter_map(|(arm, results)| Some((*arm, results.job.as_ref()?)))
}

fn of_all(jobs: &[(Arm, &Quality)], of: fn(&Tally) -> Share) -> Vec<(Arm, Share)> {
    jobs.iter().filter_map(|(arm, job)| Some((*arm, of(job.groups.get("all")?)))).collect()
}

/// The same by kind of question, for the arms that serve.
fn groups(jobs: &[(Arm, &Quality)]) -> Markup {
    let serving = || jobs.iter().filter(|(arm, _)| matches!(arm, Arm::Starter | Arm::Person));
    let cell = |share: Share| match share.value() {
        Some(value) => html! { td.n { (super::percent(value)) " " span.of { "of " (share.of) } } },
        None => html! { td.n { "\u{2013}" } },
    };
    html! {
        @for (arm, job) in serving() {
            h3 { "By kind of question: " (arm.words()) }
            div.scroll { table {
                thead { tr { th { "Questions" } th.n { "Found by message" } th.n { "Found, fused" } th.n { "Right value" } th.n { "Declines" } } }
                tbody {
                    @for (group, words) in GROUPS {
                        @if let Some(tally) = job.groups.get(group) {
                            tr {
                                th scope="row" { (words) }
                                (cell(tally.found_by_message)) (cell(tally.found)) (cell(tally.right_value)) (cell(tally.refusal))
                            }
                        }
                    }
                }
            } }
        }
    }
}

/// What of the job was forgotten while the person was learnt.
pub(super) fn forgetting(evaluation: &Evaluation) -> Markup {
    if evaluation.forgetting.is_empty() {
        return html! {};
    }
    let rows = evaluation.forgetting.iter().map(|change| {
        let estimate = change.less_starter;
        let points = |value: f64| signed(value * 100.0, 0);
        let aside =
            format!("{} to {}, {} questions", points(estimate.low), points(estimate.high), change.questions);
        plot::Bar {
            label: change.measure.clone(),
            ..plot::Bar::of(Arm::Person, estimate, format!("{} points", points(estimate.mean)), aside)
        }
    });
    html! {
        h2 { "What did it forget?" }
        (measure(
            "The person's adapter less the starter",
            "The same questions to both, in percentage points. Left of the line, learning the person has cost something of the job.",
            &plot::around_zero(rows.collect()),
        ))
    }
}
