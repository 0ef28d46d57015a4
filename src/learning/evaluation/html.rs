//! The report as one page that stands alone: no script, no other file, for a screen, a telephone and paper.
//!
//! On top stands whether the adapter may serve, in one sentence; then what the gate asks, every measure with a
//! sentence on what it says, how the adapter learnt, and at the end what somebody needs to make it again.

mod gate;
mod job;
mod knows;
mod made;
mod plot;

use maud::{DOCTYPE, Markup, PreEscaped, html};

use super::{Arm, Evaluation, Report};
use crate::learning::calendar;

const STYLE: &str = include_str!("html/page.css");

/// The page on a person's adapter.
#[must_use]
pub fn of_person(report: &Report) -> Markup {
    let evaluation = &report.evaluation;
    let name = &evaluation.name;
    let body = html! {
        (gate::verdict(report))
        (gate::table(report))
        (knows::section(evaluation))
        (job::section(evaluation))
        (job::forgetting(evaluation))
        (made::curve(&evaluation.manifest))
        (made::split(evaluation))
        (made::table(evaluation))
    };
    frame(&format!("{name}'s adapter"), evaluation, &body)
}

/// The page on the shipped starter.
#[must_use]
pub fn of_starter(evaluation: &Evaluation) -> Markup {
    let body = html! {
        (gate::of_starter(evaluation))
        (job::section(evaluation))
        (made::curve(&evaluation.manifest))
        (made::split(evaluation))
        (made::table(evaluation))
    };
    frame("The starter adapter", evaluation, &body)
}

fn frame(title: &str, evaluation: &Evaluation, body: &Markup) -> Markup {
    let minutes = evaluation.took_s / 60.0;
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) " · evaluation · Understudy" }
                style { (PreEscaped(STYLE)) }
            }
            body {
                main {
                    header {
                        p.kicker { "Understudy · evaluation" }
                        h1 { (title) }
                        p.meta {
                            (calendar::day_of(evaluation.made_at))
                            @if minutes > 0.0 { " · measured in " (format!("{:.0}", minutes.ceil())) " minutes" }
                        }
                    }
                    (body)
                    footer.meta {
                        "Whiskers are 95 % intervals: Wilson's for shares, a bootstrap with 1,000 resamples for the rest. \
                         This page holds counts, settings and hashes, and nobody's words."
                    }
                }
            }
        }
    }
}

/// The arms in their order, with what each is.
fn legend(evaluation: &Evaluation) -> Markup {
    let what = |arm| match arm {
        Arm::Base => "the model as it comes, without any training here",
        Arm::FewShot => "the same, with three earlier exchanges of the person before its eyes",
        Arm::Starter => "the shipped adapter that was taught the job and nobody's manner",
        Arm::Person => "the starter, taught further with the person's own words",
    };
    html! {
        dl.legend {
            @for arm in evaluation.arms.keys() {
                div { dt { span class={ "swatch " (plot::tone(*arm)) } {} (arm.words()) } dd { (what(*arm)) } }
            }
        }
    }
}

/// A measure with its plot and the sentence that explains it.
fn measure(title: &str, says: &str, plot: &Markup) -> Markup {
    html! { section.measure { h3 { (title) } p.says { (says) } (plot) } }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

/// A difference with a sign that reads as one.
fn signed(value: f64, digits: usize) -> String {
    let text = format!("{value:+.digits$}");
    match text.strip_prefix('-') {
        // Less than the digits show is nothing, on neither side.
        Some(bare) if bare.chars().any(|c| c.is_ascii_digit() && c != '0') => format!("\u{2212}{bare}"),
        Some(bare) => bare.to_owned(),
        None if text.chars().any(|c| c.is_ascii_digit() && c != '0') => text,
        None => text.trim_start_matches('+').to_owned(),
    }
}
