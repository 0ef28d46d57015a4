//! What people read when something is wrong: one sentence with the next step, and the right exit code.

use crate::support::Site;

fn fails(site: &Site, env: &[(&str, &str)], args: &[&str]) -> (i32, String) {
    let mut command = site.command();
    command.args(args).envs(env.iter().copied()).stderr(std::process::Stdio::piped());
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
    let cases: [(&[(&str, &str)], &[&str], i32, &[&str]); 9] = [
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
        (&[], &["inbox", "retry", "7"], 1, &["no parked message has the id 7"]),
        (&[], &["notes", "add", "nowhere", "-p", "bob"], 1, &["does not exist"]),
        (&[], &["ask", "hi"], 2, &["--person"]),
        (&[("UNDERSTUDY_PEOPLE", "elsewhere")], &["ask", "-p", "bob", "hi"], 1, &["person.toml"]),
    ];
    for (env, args, code, words) in cases {
        let (found, text) = fails(&site, env, args);
        assert_eq!(found, code, "{args:?}: {text}");
        for word in words {
            assert!(text.contains(word), "{args:?} should say `{word}`: {text}");
        }
        assert!(!text.contains("panicked"), "{text}");
    }
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
    let output = site
        .command()
        .args(["ask", "-p", "bob", "--json", "hello"])
        .stdout(std::process::Stdio::piped())
        .output()
        .unwrap();
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
