//! How the adapter came about: how it learnt, from what, and everything needed to make it again.

use maud::{Markup, html};

use super::plot;
use crate::learning::{
    calendar::day_of,
    evaluation::{Evaluation, Part},
    manifest::Manifest,
};

/// Loss over steps.
pub(super) fn curve(manifest: &Manifest) -> Markup {
    let best = manifest.dev_curve.iter().map(|(_, loss)| *loss).min_by(f64::total_cmp);
    html! {
        h2 { "How did it learn?" }
        section.measure {
            h3 { "Loss over " (manifest.steps) " steps" }
            p.says {
                "How wrong it is on average about the next token of a reply (nats): on what it is just being taught, and at "
                "some steps on examples kept aside. Once the second stops falling, it has begun to learn by heart."
            }
            @if manifest.curve.is_empty() { p.empty { "The curve was not kept." } }
            @else {
                p.key {
                    span.line.smooth {} "training, smoothed" span.line.dev {} "kept aside"
                    @if let Some(best) = best { " (best " (format!("{best:.2}")) ")" } @else { " (none were)" }
                }
                (plot::curve(&manifest.curve, &manifest.dev_curve))
            }
        }
    }
}

/// How the data was split.
pub(super) fn split(evaluation: &Evaluation) -> Markup {
    let Some(counts) = evaluation.counts else {
        return html! {
            h2 { "What was it made of?" }
            p.says {
                (evaluation.manifest.examples) " rows were trained on. If they are invented lessons, no words of anybody are in it."
            }
        };
    };
    let row = |what: &str, part: Part| {
        html! {
            tr {
                th scope="row" { (what) }
                td.n { (part.examples) }
                td { @if part.examples > 0 { (day_of(part.from_at)) " to " (day_of(part.until_at)) } @else { "\u{2013}" } }
            }
        }
    };
    html! {
        h2 { "How was the data split?" }
        p.says {
            "By thread and by time, the oldest for training and the newest for the exam, with a gap between; a thread is never "
            "torn apart. Nobody trains on the exam, and it is destroyed with the words that it was made of."
        }
        div.scroll { table {
            thead { tr { th { "Part" } th.n { "Examples" } th { "Written" } } }
            tbody { (row("Training", counts.train)) (row("Kept aside", counts.dev)) (row("Sealed exam", counts.exam)) }
        } }
        p.says {
            (counts.synthetic) " of the training examples have a made-up question; the exam has none. With lessons about the "
            "job mixed in, " (evaluation.manifest.examples) " rows were trained on."
        }
    }
}

/// Settings and hashes.
pub(super) fn table(evaluation: &Evaluation) -> Markup {
    let manifest = &evaluation.manifest;
    let recipe = &manifest.recipe;
    let settings = [
        ("Seed", manifest.seed.to_string()),
        ("Rank, alpha", format!("{}, {}", recipe.rank, recipe.alpha)),
        (
            "Learning rate",
            format!("{:e}, warm-up over {} of the steps", recipe.rate, super::percent(recipe.warm_up)),
        ),
        ("Weight decay, clipping", format!("{}, {}", recipe.weight_decay, recipe.clip)),
        ("Passes, steps, tokens", format!("{}, {}, {}", recipe.epochs, manifest.steps, manifest.tokens)),
        ("Consents", numbers(&manifest.consents, "none needed: invented lessons")),
        ("Expires", manifest.expires_at.map_or_else(|| "never".to_owned(), day_of)),
        ("Companies' seeds", numbers(&evaluation.companies, "none")),
    ];
    let hashes = [
        ("Adapter", Some(&manifest.adapter_sha256)),
        ("Base model", Some(&manifest.base_sha256)),
        ("Started from", manifest.start_sha256.as_ref()),
        ("Training rows", Some(&manifest.data_sha256)),
    ];
    html! {
        h2 { "Settings and hashes" }
        table.small { tbody {
            @for (what, value) in &settings { tr { th scope="row" { (what) } td { (value) } } }
            @for (what, hash) in hashes {
                @if let Some(hash) = hash { tr { th scope="row" { (what) ", SHA-256" } td { code { (hash) } } } }
            }
            @for (name, hash) in &manifest.prompts { tr { th scope="row" { "Prompt " (name) ", SHA-256" } td { code { (hash) } } } }
        } }
    }
}

fn numbers<N: ToString>(numbers: &[N], none: &str) -> String {
    if numbers.is_empty() {
        return none.to_owned();
    }
    numbers.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
