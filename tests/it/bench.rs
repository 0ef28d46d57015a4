//! `understudy bench memory` in small: one JSON object whose figures make sense.

use std::process::Stdio;

use crate::support::Site;

#[test]
fn bench_memory_finds_what_a_plain_loop_finds_and_nothing_for_other_eyes() {
    let site = Site::new();
    let output = site
        .command()
        .args(["bench", "memory", "-p", "bob", "--chunks", "60", "--searches", "6"])
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    assert!(output.status.success());
    let measured: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!((&measured["bench"], &measured["chunks"]), (&"memory".into(), &60.into()));
    let search = &measured["search"];
    assert_eq!(search["overlap_at_10"], 1.0, "{measured}");
    assert_eq!(search["outside_audience"], 0);
    for figure in ["hybrid_p50_ms", "hybrid_p95_ms", "dense_p50_ms", "peer_p50_ms", "dense_over_peer"] {
        assert!(search[figure].as_f64().unwrap() > 0.0, "{figure}: {measured}");
    }
    // Bob has no notes of his own here.
    assert_eq!(measured["recall"]["notes"], 0);
    assert!(
        !site
            .dir
            .path()
            .read_dir()
            .unwrap()
            .any(|entry| { entry.unwrap().file_name().to_string_lossy().starts_with("bench-memory") })
    );
}
