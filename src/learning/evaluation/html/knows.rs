//! How well each arm knows the person.

use maud::{Markup, html};

use super::{legend, measure, plot, signed};
use crate::learning::{
    evaluation::{Arm, Evaluation, Results},
    judge::Estimate,
    quality::Share,
};

/// The measures that need the person's own words.
pub(super) fn section(evaluation: &Evaluation) -> Markup {
    let has = |of: fn(&Results) -> bool| evaluation.arms.values().any(of);
    html! {
        h2 { "Does it know the person?" }
        (legend(evaluation))
        @if has(|arm| arm.exam.is_some()) { (exam(evaluation)) }
        @else { p.empty { "There was no sealed exam, so nothing could be compared with the person's own words." } }
        @if has(|arm| arm.next_step.is_some()) { (next_step(evaluation)) }
        @if has(|arm| arm.spoken.is_some()) { (style(evaluation)) (manners(evaluation)) }
        (decisions(evaluation))
    }
}

fn exam(evaluation: &Evaluation) -> Markup {
    let exams = || evaluation.arms.iter().filter_map(|(arm, results)| Some((*arm, results.exam.as_ref()?)));
    let (replies, threads) = exams().next().map_or((0, 0), |(_, exam)| (exam.replies, exam.threads));
    let most = exams().map(|(_, exam)| exam.bits_per_char.high).fold(0.0, f64::max);
    let bars = exams().map(|(arm, exam)| {
        let Estimate { mean, low, high } = exam.bits_per_char;
        let value = format!("{mean:.2}");
        let aside = format!("{low:.2}\u{2013}{high:.2}");
        plot::Bar::of(arm, exam.bits_per_char, value, aside)
    });
    let less = exams().filter_map(|(arm, exam)| Some((arm, exam.less_starter?)));
    let differences = less.map(|(arm, estimate)| plot::Bar {
        label: format!("{} less starter", arm.words()),
        ..plot::Bar::of(arm, estimate, signed(estimate.mean, 3), range(estimate))
    });
    html! {
        (measure(
            "Bits per character of the sealed replies",
            &format!(
                "How surprised a model is by what the person really wrote: {replies} replies from {threads} threads \
                 that nothing was trained on. Less is better."
            ),
            &plot::bars(bars.collect(), most),
        ))
        (measure(
            "The same, less the starter",
            "Reply by reply against the starter, so that hard and easy replies cancel out. Left of the line is better; \
             an interval that crosses it proves nothing.",
            &plot::around_zero(differences.collect()),
        ))
    }
}

fn range(estimate: Estimate) -> String {
    format!("{} to {}", signed(estimate.low, 3), signed(estimate.high, 3))
}

fn next_step(evaluation: &Evaluation) -> Markup {
    let all =
        || evaluation.arms.iter().filter_map(|(arm, results)| Some((*arm, results.next_step.as_ref()?)));
    let (among, of) = all().next().map_or((0, 0), |(_, step)| (step.among, step.first.of));
    let shares = all().map(|(arm, step)| (arm, step.first)).collect();
    measure(
        &format!("Next step: hits@1 of {among}"),
        &format!(
            "In {of} sealed situations the true reply stands among {} that the person wrote elsewhere; counted is how \
             often the model finds it the likeliest. Guessing comes to {}.",
            among.saturating_sub(1),
            super::percent(1.0 / crate::learning::judge::count(among.max(1)))
        ),
        &plot::shares(shares),
    )
}

fn style(evaluation: &Evaluation) -> Markup {
    let shares: Vec<(Arm, Share)> = spoken(evaluation, |spoken| spoken.attributed);
    let Some(reference) = evaluation.style.filter(|_| shares.iter().any(|(_, share)| share.of > 0)) else {
        return html! {};
    };
    let of = |share: Share| format!("{} of {}", share.hits, share.of);
    measure(
        "Style: attributed to the person",
        &format!(
            "Share of the replies it wrote itself that a classifier of character 3- to 5-grams takes for the person's. \
             Of the person's own sealed replies it recognises {}, of invented others it takes {} for theirs.",
            of(reference.own),
            of(reference.others)
        ),
        &plot::shares(shares),
    )
}

fn manners(evaluation: &Evaluation) -> Markup {
    let shares = spoken(evaluation, |spoken| Share {
        hits: spoken.mended.hits + spoken.stopped.hits,
        of: spoken.mended.of,
    });
    measure(
        "Manners: mended or stopped",
        "Share of the same replies from which a stock phrase, an invented link, a dash, an emoji or the like had to be \
         taken before anybody reads them. Less is better.",
        &plot::shares(shares),
    )
}

fn spoken(
    evaluation: &Evaluation,
    of: fn(&crate::learning::evaluation::Spoken) -> Share,
) -> Vec<(Arm, Share)> {
    evaluation.arms.iter().filter_map(|(arm, results)| Some((*arm, of(results.spoken.as_ref()?)))).collect()
}

fn decisions(evaluation: &Evaluation) -> Markup {
    let Some(decisions) = &evaluation.decisions else { return html! {} };
    measure(
        "Decisions",
        "Share of new requests that it decides as the person would, by rules that stand in no note.",
        &plot::shares(decisions.same.iter().map(|(arm, share)| (*arm, *share)).collect()),
    )
}
