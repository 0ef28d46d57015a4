//! Adapters that come from elsewhere and what a person takes along, with the real binary. People are invented.

use std::{
    path::{Path, PathBuf},
    process::{Output, Stdio},
};

use serde_json::Value;
use sha2::{Digest, Sha256};
use understudy::{domain::PersonId, mind::Serving};
use understudy_engine::gguf::{Header, check_base, write_random_adapter};

use crate::{
    learning::{add, agree, mailbox, says as learns},
    support::{Site, models},
};

const BASE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const ENCODER: &str = "all-MiniLM-L6-v2.F16.gguf";

/// A site in which the running process and every command find the real models.
fn site() -> Site {
    let site = Site::new();
    let models = format!("UNDERSTUDY_MODELS={}\n", models().display());
    std::fs::write(site.dir.path().join(".env"), models).unwrap();
    site
}

fn run(site: &Site, args: &[&str]) -> Output {
    site.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap()
}

fn says(site: &Site, args: &[&str]) -> String {
    let output = run(site, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn fails(site: &Site, args: &[&str]) -> String {
    let output = run(site, args);
    assert_eq!(output.status.code(), Some(1), "{args:?}: {}", String::from_utf8_lossy(&output.stdout));
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(text.lines().count(), 1, "one sentence: {text}");
    text
}

/// An adapter for `model`, as somebody trained it elsewhere.
fn trained(site: &Site, model: &str, seed: u64) -> PathBuf {
    let path = site.dir.path().join(format!("trained-{seed}.gguf"));
    write_random_adapter(&path, &Header::read(&models().join(model)).unwrap(), 4, seed).unwrap();
    path
}

fn import(path: &Path) -> [&str; 5] {
    ["learn", "import-adapter", path.to_str().unwrap(), "-p", "bob"]
}

fn candidate(site: &Site) -> PathBuf {
    site.data().join("adapters/bob/candidate")
}

fn json(path: &Path) -> Value {
    serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap()
}

#[test]
fn an_imported_adapter_waits_for_the_gate_like_a_trained_one() {
    let site = site();
    let mut running = site.start();
    let path = trained(&site, BASE, 1);
    let text = fails(&site, &import(&path));
    assert!(text.contains("bob has not agreed to learning") && text.contains("person consent bob"), "{text}");
    agree(&site);
    // Relative to where the command runs, and carried out by the running process.
    let text = says(&site, &["learn", "import-adapter", "trained-1.gguf", "-p", "bob"]);
    assert!(text.contains("rank 4 fits the base") && text.contains("understudy eval bob"), "{text}");
    let adapter = candidate(&site).join("adapter.gguf");
    assert_eq!(std::fs::read(&adapter).unwrap(), std::fs::read(&path).unwrap());
    let manifest = json(&candidate(&site).join("manifest.json"));
    assert_eq!((&manifest["imported"], &manifest["examples"]), (&Value::from(true), &Value::from(0)));
    assert_eq!(
        (&manifest["consents"], &manifest["curve"]),
        (&serde_json::json!([1]), &serde_json::json!([]))
    );
    let text = fails(&site, &["promote", "bob"]);
    assert!(text.contains("was not judged: judge it with `understudy eval bob`"), "{text}");

    // A report on the one before does not vouch for the next one.
    std::fs::write(candidate(&site).join("report.json"), "{}").unwrap();
    running.kill();
    says(&site, &import(&trained(&site, BASE, 2)));
    assert!(!candidate(&site).join("report.json").exists());

    let noise = site.dir.path().join("noise.gguf");
    std::fs::write(&noise, [7; 5000]).unwrap();
    for (file, words) in [
        (trained(&site, ENCODER, 3), "it was trained on `bert`, the base is `llama`"),
        (models().join(BASE), "is a whole model and not an adapter"),
        (noise, "is not a GGUF file"),
        (site.dir.path().join("nowhere.gguf"), "No such file"),
    ] {
        let text = fails(&site, &import(&file));
        assert!(text.contains(words), "`{words}` is missing in {text}");
    }
    assert!(fails(&site, &["learn", "import-adapter", "x", "-p", "nobody"]).contains("no person `nobody`"));
    assert_eq!(
        std::fs::read(&adapter).unwrap(),
        std::fs::read(site.dir.path().join("trained-2.gguf")).unwrap()
    );

    says(&site, &["person", "withdraw", "bob"]);
    assert!(!candidate(&site).exists());
    assert!(fails(&site, &import(&path)).contains("has withdrawn their consent"));
    assert!(!candidate(&site).exists());
}

#[test]
fn a_person_takes_adapter_model_and_examples_along() {
    let site = site();
    let at = |name: &str| site.dir.path().join(name);
    for what in ["adapter", "merged"] {
        let text = fails(&site, &["export", "bob", "--what", what, "--out", "bob"]);
        assert!(text.contains("Bob has no adapter of their own, the base serves: train one"), "{text}");
    }
    let text = fails(&site, &["export", "bob", "--what", "messages", "--out", "bob.jsonl"]);
    assert!(text.contains("no examples of Bob to export") && text.contains("understudy learn add"), "{text}");
    agree(&site);
    learns(&site, &add(&mailbox(&site, 60)));
    says(&site, &import(&trained(&site, BASE, 1)));
    // The gate would refuse it: it says nothing sensible.
    let serving = Serving::new(site.data().join("adapters"), None);
    let adapter = candidate(&site).join("adapter.gguf");
    let sha256 = hex::encode(Sha256::digest(std::fs::read(&adapter).unwrap()));
    serving.promote(&PersonId::new("bob").unwrap(), &adapter, &sha256).unwrap();

    let running = site.start();
    let text = says(&site, &["export", "bob", "--out", "bob"]);
    assert!(text.contains("bob/adapter.gguf") && text.contains("bob/manifest.json"), "{text}");
    assert_eq!(std::fs::read(at("bob/adapter.gguf")).unwrap(), std::fs::read(at("trained-1.gguf")).unwrap());
    assert_eq!(json(&at("bob/manifest.json"))["person"], "bob");
    let text = fails(&site, &["export", "bob", "--out", "bob"]);
    assert!(text.contains("bob/adapter.gguf exists and is not overwritten: choose another --out"), "{text}");

    says(&site, &["export", "bob", "--what", "merged", "--out", "bob.gguf"]);
    let (merged, base) =
        (Header::read(&at("bob.gguf")).unwrap(), Header::read(&models().join(BASE)).unwrap());
    check_base(&at("bob.gguf"), &merged).unwrap();
    let template = "tokenizer.chat_template";
    assert!(merged.text(template).is_some() && merged.text(template) == base.text(template));
    assert!(merged.tensors.keys().eq(base.tensors.keys()));
    for (name, tensor) in &merged.tensors {
        // F16 for matrices, F32 for vectors.
        assert_eq!(tensor.ggml_type, u32::from(tensor.shape.len() > 1), "{name}");
    }
    assert_eq!(json(&at("bob.manifest.json"))["imported"], true);

    let messages = ["export", "bob", "--what", "messages", "--out", "bob.jsonl"];
    let text = fails(&site, &messages);
    assert!(text.contains("not to export from mail") && text.contains("--purpose export"), "{text}");
    let days = ["--from", "2026-01-01", "--until", "2026-12-31", "--how", "said so to Carol"];
    let yes = ["person", "consent", "bob", "--purpose", "export", "--sources", "mail"];
    says(&site, &[&yes[..], &days[..]].concat());
    let text = says(&site, &messages);
    let lines = std::fs::read_to_string(at("bob.jsonl")).unwrap();
    let rows: Vec<Value> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(rows.len() > 25 && text.starts_with(&format!("{} examples", rows.len())), "{text}");
    for row in &rows {
        assert!(["train", "dev"].contains(&row["split"].as_str().unwrap()), "{row}");
        let roles: Vec<&str> =
            row["messages"].as_array().unwrap().iter().map(|m| m["role"].as_str().unwrap()).collect();
        assert_eq!(roles, ["system", "user", "assistant"]);
        assert!(row["messages"][0]["content"].as_str().unwrap().contains("Bob"), "{row}");
    }
    assert!(fails(&site, &messages).contains("is not overwritten"));

    says(&site, &["person", "withdraw", "bob"]);
    for what in ["adapter", "merged", "messages"] {
        let text = fails(&site, &["export", "bob", "--what", what, "--out", "late"]);
        assert!(text.contains("Bob has withdrawn their consent"), "{text}");
    }
    assert!(!at("late").exists());
    let left = std::fs::read_dir(site.dir.path()).unwrap().map(|f| f.unwrap().file_name());
    assert!(left.into_iter().all(|name| !name.to_string_lossy().ends_with(".part")));
    drop(running);
}
