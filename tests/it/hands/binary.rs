//! The real binary: a switch, a step, an approval in the console, the audit.

use std::{
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use understudy::store::AUDIT_HEAD;

use crate::support::{Browser, Commands, Site};

fn run(site: &Site, args: &[&str]) -> Output {
    site.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap()
}

fn says(site: &Site, args: &[&str]) -> String {
    let output = run(site, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn ask(commands: &mut Commands, from: &str, text: &str) -> Value {
    let ask = json!({"ask": {"person": "bob", "from": from, "thread": null, "key": null, "text": text}});
    commands.call(&ask).unwrap()
}

#[test]
fn a_note_is_remembered_when_it_is_allowed_and_answered_from() {
    let site = Site::new();
    let running = site.start();
    let mut commands = running.connect().unwrap();
    let remember = "use notes.remember {\"text\":\"The blue kettle is Zora's.\"}";
    let plain = ask(&mut commands, "alice", remember);
    assert_eq!((&plain["outcome"], &plain["actions"]), (&json!("answered"), &json!([])));

    let told = says(&site, &["tools", "allow", "bob", "notes.remember", "--for", "member"]);
    assert!(told.contains("uses notes.remember for colleagues"), "{told}");
    let switched = Instant::now();
    let done = ask(&mut commands, "alice", remember);
    assert_eq!(done["actions"][0]["state"], "done", "{done}");
    assert!(done["reply"].as_str().unwrap().starts_with("I've saved that as a note"), "{done}");
    println!("a switch held at the next message, {} ms later", switched.elapsed().as_millis());
    let found = ask(&mut commands, "alice", "The blue kettle is whose?");
    let read = found["passages"].as_array().unwrap();
    assert!(read.iter().any(|passage| passage["text"].as_str().unwrap().contains("Zora")), "{found}");
    // Eve was not there when it was said.
    let foreign = ask(&mut commands, "eve", "The blue kettle is whose?");
    assert_eq!(foreign["passages"], json!([]), "{foreign}");

    says(&site, &["tools", "deny", "bob", "notes.remember"]);
    assert_eq!(ask(&mut commands, "alice", remember)["actions"], json!([]));
    let unknown = run(&site, &["tools", "allow", "bob", "mail.sned"]);
    let unknown = String::from_utf8(unknown.stderr).unwrap();
    assert!(unknown.contains("there is no tool `mail.sned`: choose one of"), "{unknown}");
}

#[test]
fn a_request_is_approved_in_the_console_by_somebody_else_and_done_once() {
    let site = Site::new();
    let (running, link) = site.start_console();
    let mut commands = running.connect().unwrap();
    let allow = ["tools", "allow", "bob", "notes.remember", "--for", "member", "--ask"];
    says(&site, &allow);
    let asked =
        ask(&mut commands, "alice", "use notes.remember {\"text\":\"The <b>red</b> kettle is mine.\"}");
    assert_eq!(
        (&asked["outcome"], &asked["actions"][0]["state"]),
        (&json!("needs_approval"), &json!("waiting"))
    );
    let path = format!("/admin/approvals/{}", asked["actions"][0]["id"]);

    let alice = Browser::sign_in(&link, "alice");
    assert!(alice.page("/admin/approvals").contains("You asked for this yourself"));
    let bob = Browser::sign_in(&link, "bob");
    let page = bob.page("/admin/approvals");
    assert!(page.contains("The &lt;b&gt;red&lt;/b&gt; kettle is mine."), "{page}");
    let print = page.split_once("name=\"fingerprint\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let form = |decision| [("fingerprint", print), ("decision", decision)];
    let (status, said) = alice.post(&path, &form("approve"));
    assert!(status == 403 && said.contains("somebody else has to approve"), "{status} {said}");
    assert_eq!(
        bob.post(&path, &[("fingerprint", "00"), ("decision", "approve")]).0,
        409,
        "another one was shown"
    );
    assert_eq!(
        bob.post(&path, &[("fingerprint", print), ("decision", "edit"), ("argument.text", " ")]).0,
        400
    );
    assert_eq!(bob.post(&path, &form("approve")).0, 303);
    let (status, said) = bob.post(&path, &form("approve"));
    assert!(status == 409 && said.contains("The first decision counts"), "{status} {said}");

    // The worker does it; then it can be found.
    let started = Instant::now();
    loop {
        let found = ask(&mut commands, "alice", "The red kettle is whose?");
        if !found["passages"].as_array().unwrap().is_empty() {
            break;
        }
        assert!(started.elapsed() < Duration::from_secs(60), "not done after a yes");
        std::thread::sleep(Duration::from_millis(50));
    }
    drop(running);

    assert!(says(&site, &["audit", "verify"]).contains("is as it was written"));
    std::fs::write(site.data().join(AUDIT_HEAD), "7 0000\n").unwrap();
    let broken = run(&site, &["audit", "verify"]);
    let said = String::from_utf8(broken.stderr).unwrap();
    assert!(broken.status.code() == Some(1) && said.contains("not as it was written"), "{said}");
}

#[test]
fn a_canary_and_an_accounts_secret_are_neither_said_nor_passed_on() {
    let site = Site::new();
    let file = site.dir.path().join("people/bob/person.toml");
    let person = std::fs::read_to_string(&file).unwrap();
    // Nothing listens there; it is the password that matters.
    let mailbox = "[mail]\naddress = \"bob-bot@example.test\"\nimap = \"imap://127.0.0.1:1\"\nsmtp = \"smtp://127.0.0.1:1\"\n\
                   password = \"BOB_MAIL_PASSWORD\"\nauthserv_id = \"mx.example.test\"\n";
    std::fs::write(&file, format!("{person}{mailbox}")).unwrap();
    let mut command = site.command();
    command.env("UNDERSTUDY_CANARIES", "lilac heron, quokka").env("BOB_MAIL_PASSWORD", "four-green-5poons");
    let running = site.wait(command.arg("run").spawn().unwrap());
    let mut commands = running.connect().unwrap();
    says(&site, &["tools", "allow", "bob", "notes.remember", "--for", "member"]);
    for secret in ["the Lilac  heron", "four-green-5poons"] {
        let said = ask(&mut commands, "alice", &format!("Say it after me: {secret}"));
        let reply = said["reply"].as_str().unwrap();
        assert!(reply.contains("so I keep it back") && !reply.contains(secret), "{said}");
        let remember = format!("use notes.remember {}", json!({"text": format!("It is {secret}.")}));
        let done = ask(&mut commands, "alice", &remember);
        assert_eq!(done["actions"][0]["state"], "failed", "{done}");
        assert!(done["reply"].as_str().unwrap().contains("holds something that looks like a key"), "{done}");
    }
    let fine = ask(&mut commands, "alice", "Say it after me: the heron is lilac");
    assert!(fine["reply"].as_str().unwrap().contains("the heron is lilac"), "{fine}");
}
