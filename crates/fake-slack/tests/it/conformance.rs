//! Stock Bolt applications judge the fake: unchanged clients of Slack, in another process, by base URL alone.
//!
//! The fake runs as the binary and is driven over its control endpoint; the journal tells what happened.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

const HERE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/conformance");

#[test]
fn a_stock_bolt_app_in_python_feels_at_home_in_the_fake() {
    let python = install("python");
    let mut app = Command::new(python);
    app.arg(format!("{HERE}/bolt_app.py"));
    judge(app, "python");
}

#[test]
fn a_stock_bolt_app_in_javascript_feels_at_home_in_the_fake() {
    let packages = install("node");
    let mut app = Command::new("node");
    app.arg(format!("{HERE}/bolt_app.mjs")).env("NODE_PACKAGES", packages);
    judge(app, "javascript");
}

/// What a client must do here, in order.
fn judge(app: Command, language: &str) {
    let mut fake = Fake::start();
    let _app = fake.run(app, language);
    fake.wait_for("a greeted socket", 60, |line| line["what"] == "opened");

    let asked = fake.say("first", "@demetrios hello");
    fake.expect_answer("first", &asked);
    let reacted = fake.messages("first");
    assert_eq!(reacted[0]["reactions"][0]["name"], "eyes", "{reacted:?}");

    let followed = fake.say_in("first", Some(&asked), "@demetrios and this?");
    fake.wait_for("an answer in the thread", 10, |line| is_answer(line, &followed, &asked));

    let direct = fake.act("direct", json!({"user": "Alice"}));
    fake.act("say", json!({"user": "Alice", "channel": direct["channel"], "text": "psst"}));
    fake.wait_for("an answer in the DM", 10, |line| {
        line["what"] == "posted" && line["text"] == "You said psst"
    });

    fake.act("command", json!({"user": "Alice", "channel": "first", "command": "/hello", "text": "you"}));
    fake.wait_for("the command's reply", 10, |line| line["payload"].to_string().contains("Hello back, you"));

    // The line breaks without a word.
    fake.reconnects_after("drop", json!({}));
    let asked = fake.say("dropped", "@demetrios still there?");
    fake.expect_answer("dropped", &asked);

    // Slack asks for a new connection.
    fake.reconnects_after("disconnect", json!({"reason": "refresh_requested"}));
    let asked = fake.say("refreshed", "@demetrios and now?");
    fake.expect_answer("refreshed", &asked);

    // The line is dead, nobody knows, and the event is lost on it: it comes again.
    fake.act("tune", json!({"ack_deadline_ms": 1500}));
    fake.act("freeze", json!({}));
    let asked = fake.say("redelivered", "@demetrios do you hear me?");
    fake.reconnects_after("drop", json!({}));
    fake.expect_answer("redelivered", &asked);
    let again = |line: &Value| line["what"] == "sent" && line["attempt"] == 1;
    let event = fake.wait_for("a second attempt", 10, again)["event"].clone();
    fake.wait_for("its acknowledgement", 10, |line| line["what"] == "acked" && line["event"] == event);

    // Slack is busy for a second.
    fake.act("fail", json!({"method": "chat.postMessage", "kind": "rate_limited", "retry_after_s": 1}));
    let asked = fake.say("busy", "@demetrios one more");
    fake.expect_answer("busy", &asked);

    for channel in ["first", "dropped", "refreshed", "redelivered", "busy"] {
        let answers = fake.messages(channel).iter().filter(|message| message["bot_id"].is_string()).count();
        assert_eq!(answers, if channel == "first" { 2 } else { 1 }, "answers in {channel}");
    }
    let verdict = fake.get("invariants");
    assert_eq!(verdict["ok"], true, "{verdict}");
}

/// A posted answer to the message at `asked`, in the thread of `root`.
fn is_answer(line: &Value, asked: &str, root: &str) -> bool {
    line["what"] == "posted"
        && line["thread"] == root
        && line["metadata"]["event_payload"]["of"]["ts"] == asked
        && line["text"].as_str().unwrap_or_default().starts_with("Hello Alice")
}

/// Installs a stock client if it is missing, and says where it is.
fn install(what: &str) -> String {
    let output = Command::new("sh").arg(format!("{HERE}/install")).arg(what).output().expect("sh runs");
    assert!(output.status.success(), "install {what}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).expect("a path in UTF-8").trim().to_owned()
}

/// The binary, and the way to drive it.
struct Fake {
    process: Child,
    about: Value,
    agent: ureq::Agent,
    log: String,
}

/// A child that ends with the test.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Fake {
    fn drop(&mut self) {
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

impl Fake {
    fn start() -> Self {
        let mut process = Command::new(env!("CARGO_BIN_EXE_fake-slack"))
            .args(["--port", "0", "--app", "demetrios:xapp-fake-1:xoxb-fake-1"])
            .stdout(Stdio::piped())
            .spawn()
            .expect("the fake starts");
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).expect("one line about itself");
        let about = serde_json::from_str(&line).expect("that line is JSON");
        let agent =
            ureq::Agent::config_builder().timeout_global(Some(Duration::from_secs(10))).build().into();
        let fake = Self { process, about, agent, log: String::new() };
        fake.act("user", json!({"name": "Alice"}));
        fake
    }

    /// Starts the application; what it says goes to a file that a failure names.
    fn run(&mut self, mut app: Command, language: &str) -> Running {
        self.log = format!("{}/bolt-{language}.log", env!("CARGO_TARGET_TMPDIR"));
        let log = std::fs::File::create(&self.log).expect("a log in Cargo's directory for tests");
        app.env("SLACK_API_URL", format!("{}/", self.about["api_url"].as_str().unwrap()))
            .env("SLACK_APP_TOKEN", "xapp-fake-1")
            .env("SLACK_BOT_TOKEN", "xoxb-fake-1")
            .stdout(Stdio::null())
            .stderr(log);
        Running(app.spawn().expect("the application starts"))
    }

    fn get(&self, what: &str) -> Value {
        serde_json::from_str(&self.text(what)).unwrap()
    }

    fn text(&self, what: &str) -> String {
        let url = format!("{}/{what}", self.about["control_url"].as_str().unwrap());
        self.agent.get(url).call().unwrap().body_mut().read_to_string().unwrap()
    }

    fn act(&self, act: &str, wish: Value) -> Value {
        let url = format!("{}/{act}", self.about["control_url"].as_str().unwrap());
        let request = self.agent.post(url).header("Content-Type", "application/json");
        let mut answer = request.send(wish.to_string()).unwrap_or_else(|error| panic!("{act}: {error}"));
        serde_json::from_str(&answer.body_mut().read_to_string().unwrap()).unwrap()
    }

    fn say(&self, channel: &str, text: &str) -> String {
        self.say_in(channel, None, text)
    }

    fn say_in(&self, channel: &str, thread: Option<&str>, text: &str) -> String {
        let wish = json!({"user": "Alice", "channel": channel, "text": text, "thread_ts": thread});
        self.act("say", wish)["ts"].as_str().unwrap().to_owned()
    }

    fn messages(&self, channel: &str) -> Vec<Value> {
        self.get(&format!("messages?channel={channel}"))["messages"].as_array().unwrap().clone()
    }

    fn journal(&self) -> Vec<Value> {
        self.text("journal").lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    fn expect_answer(&self, channel: &str, asked: &str) {
        self.wait_for(&format!("an answer in {channel}"), 20, |line| is_answer(line, asked, asked));
    }

    /// Breaks the line and waits for another one.
    fn reconnects_after(&self, act: &str, wish: Value) {
        let before = self.journal().len();
        self.act(act, wish);
        self.wait_for(&format!("a new socket after {act}"), 60, |line| {
            line["what"] == "opened" && line["number"].as_u64().is_some_and(|number| number > before as u64)
        });
    }

    /// The first line of the journal that fits; the newest lines are shown when none comes in time.
    fn wait_for(&self, what: &str, patience_s: u64, fits: impl Fn(&Value) -> bool) -> Value {
        let start = Instant::now();
        loop {
            let journal = self.journal();
            if let Some(found) = journal.iter().find(|line| fits(line)) {
                return found.clone();
            }
            let newest: Vec<_> = journal.iter().rev().take(12).map(Value::to_string).collect();
            assert!(
                start.elapsed() < Duration::from_secs(patience_s),
                "no {what}; the application's words are in {}:\n{}",
                self.log,
                newest.join("\n")
            );
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
