//! The real binary: a switch, a step, an approval in the console, the audit.

use std::{
    process::{Output, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use understudy::store::AUDIT_HEAD;

use crate::support::{Commands, Site};

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

/// A browser without a window that is signed in.
struct Browser {
    agent: ureq::Agent,
    address: String,
    cookie: String,
}

impl Browser {
    fn sign_in(link: &str, name: &str) -> Self {
        let (address, token) = link.split_once("/sign-in?token=").unwrap();
        let agent: ureq::Agent =
            ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        let post = agent.post(format!("{address}/sign-in")).header("origin", address);
        let response = post.send_form([("token", token), ("name", name)]).unwrap();
        let cookie = response.headers()["set-cookie"].to_str().unwrap().split_once(';').unwrap().0.to_owned();
        Self { agent, address: address.to_owned(), cookie }
    }

    fn page(&self, path: &str) -> String {
        let get = self.agent.get(format!("{}{path}", self.address)).header("cookie", &self.cookie);
        get.call().unwrap().body_mut().read_to_string().unwrap()
    }

    fn post(&self, path: &str, form: &[(&str, &str)]) -> (u16, String) {
        let post = self.agent.post(format!("{}{path}", self.address));
        let post = post.header("cookie", &self.cookie).header("origin", &self.address);
        let mut response = post.send_form(form.iter().copied()).unwrap();
        (response.status().as_u16(), response.body_mut().read_to_string().unwrap())
    }
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
