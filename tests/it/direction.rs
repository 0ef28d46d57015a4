//! Who may know whom, held against the `use crate::` lines.

use std::path::Path;

/// A module and the modules it must not use.
const FORBIDDEN: [(&str, &[&str]); 14] = [
    (
        "domain",
        &[
            "app", "cli", "config", "error", "inbox", "memory", "mind", "models", "ops", "outbox", "people",
            "store", "turn", "web",
        ],
    ),
    ("web", &["app", "cli", "memory", "mind", "ops", "turn"]),
    ("channels", &["app", "cli", "config", "learning", "memory", "mind", "ops", "turn", "web"]),
    ("turn", &["app", "channels", "cli", "ops", "outbox", "web"]),
    ("store", &["app", "cli", "inbox", "memory", "mind", "ops", "outbox", "people", "turn", "web"]),
    ("learning", &["app", "cli", "ops", "outbox", "web"]),
    ("memory", &["app", "cli", "inbox", "mind", "ops", "outbox", "store", "turn", "web"]),
    ("mind", &["app", "cli", "inbox", "ops", "outbox", "store", "turn", "web"]),
    (
        "permission",
        &[
            "app", "channels", "cli", "config", "inbox", "memory", "mind", "ops", "outbox", "people",
            "store", "tools", "turn", "web",
        ],
    ),
    ("tools", &["app", "channels", "cli", "inbox", "learning", "mind", "ops", "outbox", "turn", "web"]),
    ("outbox", &["app", "cli", "memory", "mind", "ops", "turn", "web"]),
    ("people", &["app", "cli", "inbox", "memory", "mind", "ops", "outbox", "store", "turn", "web"]),
    (
        "senses",
        &["app", "channels", "cli", "inbox", "memory", "mind", "ops", "outbox", "store", "turn", "web"],
    ),
    ("models", &["app", "cli", "inbox", "memory", "mind", "ops", "outbox", "store", "turn", "web"]),
];

#[test]
fn modules_use_only_what_they_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut seen = 0;
    for (module, forbidden) in FORBIDDEN {
        let files = walkdir::WalkDir::new(src.join(module)).into_iter().map(Result::unwrap);
        for file in files.filter(|file| file.path().extension().is_some_and(|e| e == "rs")) {
            let text = std::fs::read_to_string(file.path()).unwrap();
            seen += 1;
            for name in forbidden {
                let used =
                    text.contains(&format!("crate::{name}::")) || text.contains(&format!("\n    {name}::"));
                assert!(!used, "{} must not use `{name}`", file.path().display());
            }
        }
    }
    assert!(seen > 30, "only {seen} files were read");
}
