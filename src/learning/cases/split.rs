//! The split: by thread and by time, the oldest for training, the newest for the exam, a gap between.
//!
//! Whole threads stay together. What lies in a gap, or reaches over one, is left out: neighbours in time talk
//! about the same things, and an exam that repeats the lessons proves nothing.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Case;
use crate::learning::{
    calendar::DAY_S,
    report::{Reason, Report},
};

/// What a case is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Split {
    /// Training.
    Train,
    /// Choosing settings and the moment to stop.
    Dev,
    /// The exam, sealed until the end.
    Exam,
}

/// The longest gap between two parts.
const GAP_MAX_S: i64 = 7 * DAY_S;
/// A gap takes at most this part of the whole time.
const GAP_PART: i64 = 50;

/// Gives each real case its part and leaves out what stands between; synthetic ones train if they are old enough.
pub(super) fn split(cases: Vec<Case>, report: &mut Report) -> Vec<Case> {
    let mut times: Vec<i64> = cases.iter().filter(|case| !case.synthetic).map(|case| case.t).collect();
    times.sort_unstable();
    let (Some(first), Some(last)) = (times.first().copied(), times.last().copied()) else {
        return Vec::new();
    };
    let at = |percent: usize| times.get(times.len() * percent / 100).copied().unwrap_or(last);
    let (dev_from, exam_from) = (at(80), at(90));
    let gap = GAP_MAX_S.min((last - first) / GAP_PART);
    let mut spans: BTreeMap<String, (i64, i64)> = BTreeMap::new();
    for case in &cases {
        let span = spans.entry(case.thread.clone()).or_insert((case.t, case.t));
        *span = (span.0.min(case.t), span.1.max(case.t));
    }
    let part = |case: &Case| {
        let (begin, end) = spans.get(&case.thread).copied()?;
        if end < dev_from - gap {
            Some(Split::Train)
        } else if begin >= dev_from && end < exam_from - gap {
            Some(Split::Dev)
        } else if begin >= exam_from {
            Some(Split::Exam)
        } else {
            None
        }
    };
    let mut kept = Vec::with_capacity(cases.len());
    for mut case in cases {
        match part(&case) {
            Some(part) if part == Split::Train || !case.synthetic => {
                case.split = part;
                kept.push(case);
            }
            _ => report.leave_out(Reason::BetweenSplits),
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::SourceKind,
        learning::{Call, Cast, Example},
    };

    fn case(n: i64, thread: i64, synthetic: bool) -> Case {
        let cast = Cast { name: "Bob".into(), role: String::new(), manner: String::new() };
        let call = Call::Queries { queries: vec!["fair".into()] };
        let (requester, message) = ("Robin".into(), "is it on?".into());
        Case {
            id: format!("c{n}"),
            thread: format!("t{thread}"),
            t: n * DAY_S,
            split: Split::Train,
            source: SourceKind::Mail,
            synthetic,
            example: Example { cast, requester, thread: Vec::new(), message, call },
        }
    }

    fn of(cases: &[Case], split: Split) -> Vec<i64> {
        cases.iter().filter(|case| case.split == split).map(|case| case.t / DAY_S).collect()
    }

    #[test]
    fn the_oldest_train_the_newest_examine_and_a_gap_lies_between() {
        let mut report = Report::default();
        let cases: Vec<Case> = (0..1000).map(|n| case(n, n, n == 950)).collect();
        let kept = split(cases, &mut report);
        let (train, dev, exam) = (of(&kept, Split::Train), of(&kept, Split::Dev), of(&kept, Split::Exam));
        assert!(train.len() > 780 && dev.len() > 80 && exam.len() > 90);
        assert!(dev[0] - train.last().unwrap() > 7 && exam[0] - dev.last().unwrap() > 7);
        assert!(kept.iter().all(|case| !case.synthetic), "a synthetic case is never in the exam");
        assert_eq!(report.left_out_for(Reason::BetweenSplits) as usize, 1000 - kept.len());
    }

    #[test]
    fn a_thread_is_never_torn() {
        let mut report = Report::default();
        // Thread 1 runs through the whole time.
        let cases: Vec<Case> =
            (0..100).map(|n| case(n, if n % 10 == 0 { 1 } else { 100 + n }, false)).collect();
        let kept = split(cases, &mut report);
        assert!(kept.iter().all(|case| case.thread != "t1"));
        assert!(split(Vec::new(), &mut report).is_empty());
    }
}
