//! Loss over steps, as a drawing that is also a table.

use maud::{Markup, html};

const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 240.0;
/// Room for the numbers.
const LEFT: f64 = 48.0;
const BELOW: f64 = 28.0;
/// Most points that are drawn of one line.
const POINTS_MAX: usize = 400;

/// Draws the training loss and the dev loss; nothing when there is no point.
pub(super) fn plot(curve: &[(usize, f64)], dev: &[(usize, f64)]) -> Markup {
    let all = || curve.iter().chain(dev).filter(|(_, loss)| loss.is_finite());
    let Some(last) = all().map(|(step, _)| *step).max() else { return html! {} };
    let (low, high) =
        all().fold((f64::MAX, f64::MIN), |(low, high), (_, loss)| (low.min(*loss), high.max(*loss)));
    let scale = Scale { last: last.max(1), low: low.min(high - 0.1), high };
    let ends = |line: &[(usize, f64)]| Some((line.first()?.1, line.last()?.1));
    html! {
        figure.curve {
            svg viewBox={ "0 0 " (WIDTH) " " (HEIGHT) } role="img" aria-label={ "Loss from " (format!("{:.2}", high)) " to " (format!("{:.2}", low)) " over " (last) " steps" } {
                @for part in [0.0, 0.5, 1.0] {
                    @let loss = scale.low + (scale.high - scale.low) * part;
                    line.grid x1=(LEFT) x2=(WIDTH) y1=(scale.y(loss)) y2=(scale.y(loss)) {}
                    text x=(LEFT - 6.0) y=(scale.y(loss) + 4.0) text-anchor="end" { (format!("{loss:.2}")) }
                }
                text x=(LEFT) y=(HEIGHT - 8.0) { "step 0" }
                text x=(WIDTH) y=(HEIGHT - 8.0) text-anchor="end" { "step " (last) }
                polyline.train points=(scale.points(curve)) {}
                polyline.dev points=(scale.points(dev)) {}
            }
            figcaption {
                @if let Some((from, to)) = ends(curve) { span.train { "training " (format!("{from:.2} to {to:.2}")) } " " }
                @if let Some((from, to)) = ends(dev) { span.dev { "held-out rows " (format!("{from:.2} to {to:.2}")) } }
                span.hint { " nats per reply token, less is better" }
            }
        }
    }
}

struct Scale {
    last: usize,
    low: f64,
    high: f64,
}

impl Scale {
    fn x(&self, step: usize) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "steps of one training")]
        let share = step as f64 / self.last as f64;
        LEFT + (WIDTH - LEFT) * share
    }

    fn y(&self, loss: f64) -> f64 {
        let share = (loss - self.low) / (self.high - self.low);
        8.0 + (HEIGHT - BELOW - 8.0) * (1.0 - share)
    }

    fn points(&self, line: &[(usize, f64)]) -> String {
        let every = line.len().div_ceil(POINTS_MAX).max(1);
        let drawn = line.iter().enumerate().filter(|(n, _)| n % every == 0 || n + 1 == line.len());
        let points = drawn
            .filter(|(_, (_, loss))| loss.is_finite())
            .map(|(_, (step, loss))| format!("{:.1},{:.1}", self.x(*step), self.y(*loss)));
        points.collect::<Vec<_>>().join(" ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curve_falls_from_left_to_right_and_odd_values_are_left_out() {
        let drawn = plot(&[(0, 3.0), (5, f64::NAN), (10, 1.0)], &[(10, 1.5)]).into_string();
        assert!(drawn.contains("points=\"48.0,8.0 640.0,212.0\""), "{drawn}");
        assert!(drawn.contains("Loss from 3.00 to 1.00 over 10 steps"), "{drawn}");
        assert!(plot(&[], &[]).into_string().is_empty());
        let long: Vec<(usize, f64)> = (0..10_000).map(|n| (n, 1.0)).collect();
        assert!(plot(&long, &[]).into_string().len() < 20_000);
    }
}
