//! `/metrics` of the real binary: the text format holds, and the figures are those of what happened.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::json;

use crate::support::Site;

fn fetch(link: &str) -> String {
    let (address, _) = link.strip_prefix("http://").unwrap().split_once('/').unwrap();
    let mut answer = ureq::get(format!("http://{address}/metrics")).call().unwrap();
    let kind = answer.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    answer.body_mut().read_to_string().unwrap()
}

/// The samples by name with labels, after a look at every line.
///
/// The rules are those of <https://prometheus.io/docs/instrumenting/exposition_formats/>.
fn samples(text: &str) -> BTreeMap<String, f64> {
    let (mut types, mut helped) = (BTreeMap::new(), BTreeSet::new());
    let mut samples = BTreeMap::new();
    assert!(text.ends_with('\n'));
    for line in text.lines().filter(|line| !line.is_empty()) {
        if let Some(help) = line.strip_prefix("# HELP ") {
            helped.insert(help.split_once(' ').unwrap().0);
        } else if let Some(kind) = line.strip_prefix("# TYPE ") {
            let (name, kind) = kind.split_once(' ').unwrap();
            assert!(types.insert(name, kind).is_none(), "{name} has one type");
        } else {
            let (series, value) = line.rsplit_once(' ').unwrap();
            let name = series.split('{').next().unwrap();
            let base = ["_bucket", "_sum", "_count"]
                .iter()
                .find_map(|end| name.strip_suffix(end).filter(|base| types.get(base) == Some(&"histogram")));
            let base = base.unwrap_or(name);
            assert!(helped.contains(base) && types.contains_key(base), "{base} is explained before: {text}");
            assert!(base.starts_with("understudy_"), "{base}");
            assert_eq!(base.ends_with("_total"), types[base] == "counter", "{base}");
            let value: f64 = value.parse().unwrap();
            assert!(value.is_finite() && value >= 0.0, "{line}");
            assert!(samples.insert(series.to_owned(), value).is_none(), "{series} is there once");
        }
    }
    samples
}

#[test]
fn a_monitor_reads_depths_outcomes_and_the_time_of_every_step() {
    let site = Site::new();
    let (running, link) = site.start_console();
    let before = samples(&fetch(&link));
    assert_eq!(before["understudy_turns_total{outcome=\"answered\"}"], 0.0, "there before the first turn");
    assert_eq!(before["understudy_ready"], 1.0);

    let mut commands = running.connect().unwrap();
    for text in ["one", "two", "  "] {
        commands.call(&json!({"ask": {"person": "bob", "from": "alice", "text": text}})).unwrap();
    }
    let after = samples(&fetch(&link));
    assert_eq!(after["understudy_turns_total{outcome=\"answered\"}"], 2.0);
    assert_eq!(after["understudy_turns_total{outcome=\"refused\"}"], 1.0);
    assert_eq!(after["understudy_messages_accepted_total{channel=\"cli\"}"], 3.0);
    assert_eq!(after["understudy_deliveries_total{result=\"sent\"}"], 3.0);
    assert_eq!(after["understudy_turn_failures_total"], 0.0);
    for state in ["ready", "running", "parked"] {
        assert_eq!(after[&format!("understudy_inbox_messages{{state=\"{state}\"}}")], 0.0, "{state}");
    }
    for state in ["draft", "ready", "sending", "uncertain", "parked"] {
        assert_eq!(after[&format!("understudy_outbox_replies{{state=\"{state}\"}}")], 0.0, "{state}");
    }
    for name in ["understudy_inbox_oldest_due_age_seconds", "understudy_outbox_oldest_due_age_seconds"] {
        assert_eq!(after[name], 0.0, "{name}");
    }
    for step in ["identify", "ask", "recall", "draft", "manners"] {
        assert_eq!(after[&format!("understudy_turn_step_seconds_count{{step=\"{step}\"}}")], 2.0, "{step}");
        let buckets: Vec<f64> = after
            .iter()
            .filter(|(series, _)| series.contains(&format!("_bucket{{step=\"{step}\"")))
            .map(|(_, n)| *n)
            .collect();
        assert_eq!(buckets.len(), 15, "fourteen limits and +Inf");
        assert_eq!(
            after[&format!("understudy_turn_step_seconds_bucket{{step=\"{step}\",le=\"+Inf\"}}")],
            2.0
        );
    }
    assert!(after["understudy_commits_total"] > before["understudy_commits_total"]);
    assert!(after["understudy_uptime_seconds"] >= before["understudy_uptime_seconds"]);
}
