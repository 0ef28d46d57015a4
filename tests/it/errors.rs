//! What people read when something is wrong: one sentence with the next step, and the right exit code.

use std::{
    fs::File,
    process::{Command, Stdio},
};

use understudy_engine::gguf::{Header, write_random_adapter};

use crate::support::{Site, models};

/// Files of the two models, as `models pull` names them.
const BASE: &str = "SmolLM2-135M-Instruct.Q4_1.gguf";
const ENCODER: &str = "all-MiniLM-L6-v2.F16.gguf";

/// Runs a command and returns what it printed.
fn prints(site: &Site, args: &[&str], input: Stdio) -> String {
    let output = site.command().args(args).stdin(input).stdout(Stdio::piped()).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

fn fails(site: &Site, env: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    let mut command = site.command();
    command.args(args).envs(env.iter().copied()).stderr(Stdio::piped());
    let output = command.output().unwrap();
    (output.status.code().unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn every_error_names_what_is_wrong_and_what_to_do() {
    let site = Site::new();
    let garbage = site.dir.path().join("garbage.gguf");
    std::fs::write(&garbage, b"GGUFrandom bytes that are no header at all, but long enough to be read")
        .unwrap();
    let garbage = garbage.to_str().unwrap();
    let model = ("UNDERSTUDY_MIND", "model");
    let cases: [(&[(&str, &str)], &[&str], i32, &[&str]); 15] = [
        (&[model], &["ask", "-p", "bob", "hi"], 1, &["not in", "understudy models pull"]),
        (&[("UNDERSTUDY_WORKERS", "many")], &["run"], 1, &["UNDERSTUDY_WORKERS", "1 to 64"]),
        (&[("UNDERSTUDY_MIND", "genius")], &["run"], 1, &["UNDERSTUDY_MIND", "scripted"]),
        (
            &[model, ("UNDERSTUDY_BASE", garbage), ("UNDERSTUDY_EMBEDDING", garbage)],
            &["ask", "-p", "bob", "hi"],
            1,
            &["garbage.gguf", "Download it again"],
        ),
        (&[], &["ask", "-p", "nobody", "hi"], 1, &["no person `nobody`", "bob"]),
        (&[], &["inbox", "retry", "7"], 1, &["no parked message has the id 7", "understudy inbox list"]),
        (&[], &["inbox", "drop", "abc"], 2, &["abc", "the number that `understudy inbox list` shows"]),
        (&[], &["ask", "-p", "bob", " \n"], 1, &["there is no question", "pipe it in"]),
        (&[("UNDERSTUDY_LISTEN", "here")], &["run"], 1, &["remove it for the default, 127.0.0.1:7979"]),
        (&[], &["notes", "add", "nowhere", "-p", "bob"], 1, &["does not exist"]),
        (&[], &["ask", "hi"], 2, &["--person"]),
        (&[("UNDERSTUDY_DATA", "/dev/null/x")], &["inbox", "list"], 1, &["can't create the data directory"]),
        (
            &[],
            &["notes", "add", "/dev/null", "-p", "bob"],
            1,
            &["/dev/null can't be read", "Check that it exists"],
        ),
        (
            &[("QDRANT_URL", "http://127.0.0.1:1")],
            &["notes", "list", "-p", "bob"],
            1,
            &[
                "out of reach at http://127.0.0.1:1. Check that Qdrant runs there",
                "(Internal error: Failed to connect",
            ],
        ),
        (&[("UNDERSTUDY_PEOPLE", "elsewhere")], &["ask", "-p", "bob", "hi"], 1, &["person.toml"]),
    ];
    for (env, args, code, words) in cases {
        let (found, text) = fails(&site, env, args);
        assert_eq!(found, code, "{args:?}: {text}");
        for word in words {
            assert!(text.contains(word), "{args:?} should say `{word}`: {text}");
        }
        assert!(!text.contains("panicked") && !text.contains(".:"), "{text}");
        assert_eq!(text.matches("understudy: ").count(), usize::from(code == 1), "said once: {text}");
    }
}

#[test]
fn a_file_that_is_no_model_for_its_purpose_is_refused_with_the_next_step() {
    let site = Site::new();
    let (base, encoder) = (models().join(BASE), models().join(ENCODER));
    let bytes = std::fs::read(&base).unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = site.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let noise: Vec<u8> = (0_u32..100_000).map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8).collect();
    // An architecture that llama.cpp has never heard of, with every key it needs.
    let mut other = bytes.clone();
    for at in 0..100_000 {
        if other[at..].starts_with(b"llama") {
            other[at] = b'k';
        }
    }
    let (base, encoder) = (base.to_str().unwrap(), encoder.to_str().unwrap());
    for (base, encoder, words) in [
        (&*file("short.gguf", &bytes[..bytes.len() / 2]), encoder, "is cut short: it needs"),
        (&*file("noise.gguf", &noise), encoder, "is not a GGUF file"),
        (&*file("empty.gguf", &[]), encoder, "is not a GGUF file"),
        (&*file("other.gguf", &other), encoder, "unknown model architecture: 'klama'"),
        (encoder, encoder, "Choose an instruction-tuned model"),
        (base, base, "can't be used as an embedding model: its architecture `llama` has no pooling"),
    ] {
        let env =
            [("UNDERSTUDY_MIND", "model"), ("UNDERSTUDY_BASE", base), ("UNDERSTUDY_EMBEDDING", encoder)];
        let (code, text) = fails(&site, &env, &["ask", "-p", "bob", "hi"]);
        assert_eq!(code, 1, "{text}");
        assert!(text.contains(words), "`{words}` is missing in {text}");
        assert_eq!(text.matches("understudy: ").count(), 1, "said once: {text}");
    }
}

#[test]
fn an_adapter_of_another_base_is_named_by_doctor() {
    let site = Site::new();
    let encoder = Header::read(&models().join(ENCODER)).unwrap();
    write_random_adapter(&site.dir.path().join("people/bob/adapter.gguf"), &encoder, 4, 1).unwrap();
    let output = site
        .command()
        .args(["doctor"])
        .env("UNDERSTUDY_MIND", "model")
        .env("UNDERSTUDY_MODELS", models())
        .stdout(Stdio::piped())
        .output()
        .unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    let line = text.lines().find(|line| line.starts_with("FAIL  adapters: ")).expect(&text);
    assert!(line.contains("it was trained on `bert`, the base is `llama`"), "{line}");
    assert!(line.ends_with("or move the adapter away and restart"), "{line}");
}

#[test]
fn a_question_may_come_on_standard_input() {
    let site = Site::new();
    let said = |name: &str, bytes: &[u8]| {
        let path = site.dir.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        let output = site
            .command()
            .args(["ask", "-p", "bob", "-"])
            .stdin(File::open(path).unwrap())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .output()
            .unwrap();
        String::from_utf8([output.stdout, output.stderr].concat()).unwrap()
    };
    assert!(said("short", b"hello").starts_with("You wrote: hello\n"));
    assert!(said("long", &[b'x'; 1 << 20]).contains("has 1048576 bytes and I read up to 262144. Send"));
    assert!(said("latin1", b"caf\xe9").contains("is not UTF-8 text: convert it"));
    assert!(said("empty", b"").contains("there is no question"));
}

#[test]
fn what_can_not_be_read_in_a_folder_is_named_and_the_rest_is_added() {
    let site = Site::new();
    let notes = site.dir.path().join("notes");
    std::fs::create_dir(&notes).unwrap();
    std::fs::write(notes.join("good.md"), "# Plan\n\nIt is in May.\n").unwrap();
    std::fs::write(notes.join("latin1.md"), b"caf\xe9").unwrap();
    let said = prints(&site, &["notes", "add", notes.to_str().unwrap(), "-p", "bob"], Stdio::null());
    assert!(said.contains("1 added") && said.contains("1 skipped"), "{said}");
    assert!(said.contains("skipped latin1.md: It is not UTF-8 text. Save it as UTF-8"), "{said}");
    let sheet = site.dir.path().join("budget.xls");
    std::fs::write(&sheet, "1,2").unwrap();
    let said = prints(&site, &["notes", "add", sheet.to_str().unwrap(), "-p", "bob"], Stdio::null());
    assert!(said.contains("skipped budget.xls: Notes are read from files that end in .md"), "{said}");
}

#[test]
fn doctor_tells_each_part_in_a_line() {
    let site = Site::new();
    let said = prints(&site, &["doctor"], Stdio::null());
    for line in [
        "ok    data directory: ",
        "look  running: no; nothing is answered until `understudy run` is started",
        "ok    store: 0 waiting, 0 parked, 0 done",
        "ok    people: Bob",
        "ok    notes: Qdrant Edge in ",
        "ok    console: 127.0.0.1:0 is free",
    ] {
        assert!(said.contains(line), "`{line}` is missing in {said}");
    }
    let _running = site.start();
    let said = prints(&site, &["doctor"], Stdio::null());
    assert!(said.contains("ok    running: yes, for ") && said.contains("ok    notes: "), "{said}");
}

#[test]
fn a_port_in_use_is_named() {
    let site = Site::new();
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (code, text) = fails(&site, &[("UNDERSTUDY_LISTEN", &address)], &["run"]);
    assert_eq!(code, 1);
    assert!(text.contains(&address) && text.contains("UNDERSTUDY_LISTEN"), "{text}");
}

#[test]
fn a_second_process_is_refused_and_a_command_reaches_the_first() {
    let site = Site::new();
    let _running = site.start();
    let (code, text) = fails(&site, &[], &["run"]);
    assert_eq!(code, 1);
    assert!(text.contains("another understudy uses"), "{text}");
    let output =
        site.command().args(["ask", "-p", "bob", "--json", "hello"]).stdout(Stdio::piped()).output().unwrap();
    let turn: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(turn["reply"], "You wrote: hello");
    assert_eq!(turn["outcome"], "answered");
}

#[test]
fn an_empty_and_a_huge_message_get_a_sentence() {
    let site = Site::new();
    let running = site.start();
    let mut commands = running.connect().unwrap();
    let ask = |text: &str| serde_json::json!({"ask": {"person": "bob", "from": "alice", "text": text}});
    let turn = commands.call(&ask("  \n ")).unwrap();
    assert_eq!(turn["outcome"], "refused");
    assert!(turn["reply"].as_str().unwrap().contains("empty"));
    let huge = "x".repeat(1 << 20);
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| commands.call(&ask(&huge))));
    let why = *refused.unwrap_err().downcast::<String>().unwrap();
    assert!(why.contains("1048576 bytes"), "{why}");
    assert_eq!(commands.call(&ask("still there?")).unwrap()["outcome"], "answered");
}

#[test]
fn whoever_stops_reading_the_output_stops_nothing_else() {
    let site = Site::new();
    let output = |command: &mut Command| {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        command.stdout(writer).stderr(Stdio::piped());
        command.spawn().unwrap()
    };
    let running = site.wait(output(site.command().arg("run")));
    let health = running.connect().unwrap().call(&serde_json::json!("health")).unwrap();
    assert!(health["version"].is_string() || health["inbox"].is_object(), "{health}");
    let ended = output(site.command().args(["person", "list"])).wait_with_output().unwrap();
    assert_eq!(ended.status.code(), Some(141));
    assert_eq!(String::from_utf8(ended.stderr).unwrap(), "");
}
