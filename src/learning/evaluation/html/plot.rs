//! Plots as inline SVG.
//!
//! Each drawing is stretched to the width it gets, and every text stands beside it as HTML: so letters keep their
//! size on a telephone, and lines their width (`vector-effect`).

use maud::{Markup, html};

use crate::learning::{
    evaluation::{Arm, wilson},
    judge::{Estimate, count},
    quality::Share,
};

/// A bar with its interval and its words.
pub(super) struct Bar {
    pub label: String,
    pub tone: &'static str,
    pub estimate: Estimate,
    /// What is written in full beside it.
    pub value: String,
    /// What is written smaller: the interval, and of how many.
    pub aside: String,
}

impl Bar {
    pub fn of(arm: Arm, estimate: Estimate, value: String, aside: String) -> Self {
        Self { label: arm.words().to_owned(), tone: tone(arm), estimate, value, aside }
    }
}

/// The class that colours an arm.
pub(super) fn tone(arm: Arm) -> &'static str {
    match arm {
        Arm::Base => "base",
        Arm::FewShot => "few",
        Arm::Starter => "starter",
        Arm::Person => "person",
    }
}

/// Bars of shares, from 0 to 1.
pub(super) fn shares(shares: Vec<(Arm, Share)>) -> Markup {
    let bar = |(arm, share): (Arm, Share)| {
        let estimate = wilson(share)?;
        let value = super::percent(estimate.mean);
        let (low, high) = (estimate.low * 100.0, estimate.high * 100.0);
        Some(Bar::of(
            arm,
            estimate,
            value,
            format!("{low:.0}\u{2013}{high:.0}, {} of {}", share.hits, share.of),
        ))
    };
    bars(shares.into_iter().filter_map(bar).collect(), 1.0)
}

/// Bars from zero to `most`.
pub(super) fn bars(bars: Vec<Bar>, most: f64) -> Markup {
    let x = |value: f64| (value / most.max(f64::MIN_POSITIVE) * 100.0).clamp(0.0, 100.0);
    rows(&bars, |bar| {
        html! {
            rect.track x="0" y="5" width="100" height="10" {}
            rect.bar x="0" y="5" width=(at(x(bar.estimate.mean))) height="10" {}
            (whisker(x(bar.estimate.low), x(bar.estimate.high)))
        }
    })
}

/// Points with intervals on both sides of zero, on one scale.
pub(super) fn around_zero(bars: Vec<Bar>) -> Markup {
    let reach =
        bars.iter().flat_map(|bar| [bar.estimate.low.abs(), bar.estimate.high.abs()]).fold(0.0, f64::max);
    let reach = if reach > 0.0 { reach * 1.05 } else { 1.0 };
    let x = |value: f64| 50.0 + value / reach * 50.0;
    rows(&bars, |bar| {
        let (from, to) = (x(bar.estimate.mean).min(50.0), x(bar.estimate.mean).max(50.0));
        html! {
            rect.track x="0" y="5" width="100" height="10" {}
            rect.bar x=(at(from)) y="5" width=(at(to - from)) height="10" {}
            path.zero d="M50 0V20" {}
            (whisker(x(bar.estimate.low), x(bar.estimate.high)))
        }
    })
}

fn rows(bars: &[Bar], draw: impl Fn(&Bar) -> Markup) -> Markup {
    html! {
        ul.bars {
            @for bar in bars {
                li class=(bar.tone) {
                    span.label { (bar.label) }
                    svg viewBox="0 0 100 20" preserveAspectRatio="none" aria-hidden="true" { (draw(bar)) }
                    span.value { b { (bar.value) } " " span.of { (bar.aside) } }
                }
            }
        }
    }
}

fn whisker(low: f64, high: f64) -> Markup {
    let (low, high) = (at(low), at(high));
    html! { path.whisker d={ "M" (low) " 10H" (high) "M" (low) " 6V14M" (high) " 6V14" } {} }
}

/// Loss over steps: the training loss, thin as it was and smoothed, and the dev loss.
pub(super) fn curve(train: &[(usize, f64)], dev: &[(usize, f64)]) -> Markup {
    let all = || train.iter().chain(dev);
    let last_step = all().map(|(step, _)| *step).max().unwrap_or(1).max(1);
    let peak =
        train.iter().map(|(_, loss)| *loss).chain(dev.iter().map(|(_, loss)| *loss)).fold(0.0, f64::max);
    let (tick, top) = scale(peak);
    let place = |(step, loss): (usize, f64)| {
        let x = count(step) / count(last_step) * 100.0;
        (x, 100.0 - loss / top * 100.0)
    };
    let line = |points: &[(usize, f64)]| {
        let mut path = String::new();
        for (n, point) in points.iter().enumerate() {
            let (x, y) = place(*point);
            path.push_str(&format!("{}{} {}", if n == 0 { 'M' } else { 'L' }, at(x), at(y)));
        }
        path
    };
    let dots: String = dev
        .iter()
        .map(|point| {
            let (x, y) = place(*point);
            // A line without length and with round ends stays a dot however the drawing is stretched.
            format!("M{} {}h0", at(x), at(y))
        })
        .collect();
    let ticks: Vec<f64> =
        (0..=10).map(|n| f64::from(n) * tick).take_while(|value| *value <= top + tick / 100.0).collect();
    html! {
        figure.curve {
            div.ys aria-hidden="true" { @for value in ticks.iter().rev() { span { (trimmed(*value)) } } }
            svg viewBox="0 0 100 100" preserveAspectRatio="none" role="img" aria-label="Loss over training steps" {
                @for value in &ticks { @let (_, y) = place((0, *value)); path.grid d={ "M0 " (at(y)) "H100" } {} }
                path.raw d=(line(train)) {}
                path.smooth d=(line(&smooth(train))) {}
                path.dev d=(line(dev)) {}
                path.dots d=(dots) {}
            }
            div.xs aria-hidden="true" { span { "0" } span { "steps" } span { (last_step) } }
        }
    }
}

/// A step of the scale that reads well, and the end of the scale.
fn scale(peak: f64) -> (f64, f64) {
    let tick = [0.1, 0.2, 0.5, 1.0, 2.0, 5.0].into_iter().find(|tick| peak / tick <= 5.0).unwrap_or(10.0);
    (tick, (peak / tick).ceil().max(1.0) * tick)
}

/// The mean of a step and its neighbours, a twentieth of the run in all.
fn smooth(points: &[(usize, f64)]) -> Vec<(usize, f64)> {
    let reach = points.len() / 40;
    let mean = |n: usize| {
        let near = points.get(n.saturating_sub(reach)..(n + reach + 1).min(points.len())).unwrap_or_default();
        near.iter().map(|(_, loss)| loss).sum::<f64>() / count(near.len().max(1))
    };
    points.iter().enumerate().map(|(n, (step, _))| (*step, mean(n))).collect()
}

fn at(value: f64) -> String {
    format!("{value:.2}")
}

fn trimmed(value: f64) -> String {
    if (value - value.round()).abs() < 1e-6 { format!("{value:.0}") } else { format!("{value:.1}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_scale_reads_well_and_holds_the_peak() {
        for (peak, tick, top) in [(4.86, 1.0, 5.0), (2.2, 0.5, 2.5), (0.3, 0.1, 0.3), (0.0, 0.1, 0.1)] {
            let (t, end) = scale(peak);
            assert!((t - tick).abs() < 1e-9 && (end - top).abs() < 1e-9, "{peak}: {t} {end}");
        }
    }

    #[test]
    fn smoothing_keeps_the_mean_and_a_short_curve_as_it_is() {
        let points: Vec<(usize, f64)> = (0..200).map(|n| (n, f64::from(u8::from(n % 2 == 0)))).collect();
        let smoothed = smooth(&points);
        assert!(smoothed.iter().skip(20).take(100).all(|(_, loss)| (loss - 0.5).abs() < 0.06));
        assert_eq!(smooth(&points[..3]), points[..3]);
    }
}
