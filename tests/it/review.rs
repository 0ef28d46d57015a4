//! A contract held against the rules of the demo company, through the whole program.

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use serde_json::Value;
use sqlx::{ConnectOptions as _, Connection as _, sqlite::SqliteConnectOptions};

use crate::support::{Browser, Running, Site};

/// How long a step of the program may take on a busy machine.
const PATIENCE: Duration = Duration::from_secs(60);

fn demo(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/learning/demo/eudora").join(name)
}

/// The binary with the people of the demo and a scripted mind.
fn command(site: &Site) -> Command {
    let mut command = site.command();
    command.env("UNDERSTUDY_PEOPLE", Path::new(env!("CARGO_MANIFEST_DIR")).join("adapters"));
    command
}

/// What is planted in the contract, and the request that tells the scripted mind of it.
struct Planted {
    expected: toml::Table,
    request: String,
}

impl Planted {
    fn new() -> Self {
        let expected: toml::Table = std::fs::read_to_string(demo("contract.toml")).unwrap().parse().unwrap();
        let mut planted = Self { expected, request: "Is this compliant with our rules?".to_owned() };
        let lines: Vec<String> = planted
            .of("problem")
            .map(|clause| format!("judge {} -> {}", text(clause, "words"), text(clause, "says")))
            .chain(planted.of("unclear").map(|clause| format!("judge {} ->", text(clause, "words"))))
            .collect();
        for line in lines {
            planted.request.push('\n');
            planted.request.push_str(&line);
        }
        planted
    }

    fn of(&self, mark: &str) -> impl Iterator<Item = &toml::Value> {
        self.expected[mark].as_array().unwrap().iter()
    }

    fn clauses(&self, mark: &str) -> Vec<&str> {
        self.of(mark).map(|clause| text(clause, "clause")).collect()
    }
}

fn text<'t>(clause: &'t toml::Value, key: &str) -> &'t str {
    clause[key].as_str().unwrap()
}

fn ask(site: &Site, request: &str) -> Child {
    let mut command = command(site);
    command.args(["ask", "-p", "eudora", "--from", "alice", "--json", "--file"]).arg(demo("contract.md"));
    command.arg(request).stdout(Stdio::piped()).spawn().unwrap()
}

/// Lets the notes be read, so that what is asked next meets all of them.
fn read_notes(site: &Site) {
    let mut command = command(site);
    let asked = command.args(["ask", "-p", "eudora", "--from", "alice", "hello"]).status().unwrap();
    assert!(asked.success());
}

fn answered(asked: Child) -> Value {
    let output = asked.wait_with_output().unwrap();
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn every_planted_violation_is_found_with_its_rule_and_nothing_else() {
    let (site, planted) = (Site::new(), Planted::new());
    let turn = answered(ask(&site, &planted.request));
    let reply = turn["reply"].as_str().unwrap();
    assert!(
        reply.starts_with("5 of the 25 clauses of contract.md break a rule, and 3 are unclear."),
        "{reply}"
    );
    assert_eq!(turn["outcome"], "escalated", "{reply}");
    for clause in planted.of("problem") {
        let (label, rule) = (format!("clause {}", text(clause, "clause")), text(clause, "rule"));
        let line =
            reply.lines().find(|line| line.contains(&label)).unwrap_or_else(|| panic!("{label}: {reply}"));
        assert!(line.contains(&format!("“{}”", text(clause, "words"))), "{line}");
        let n: usize = line.rsplit_once('[').unwrap().1.split_once(']').unwrap().0.parse().unwrap();
        assert!(turn["passages"][n - 1]["source"].as_str().unwrap().ends_with(rule), "{line}");
    }
    let unclear = reply.lines().find(|line| line.starts_with("Unclear, so I pass it on to Eudora")).unwrap();
    assert_eq!(planted.clauses("unclear").iter().filter(|n| unclear.contains(**n)).count(), 3, "{unclear}");
    // Eleven rules lie beside each other, and the contract speaks of most.
    let missing = reply.lines().find(|line| line.starts_with("Nothing in it about:")).unwrap();
    assert!(missing.contains("Sanctions check"), "{missing}");

    let table = turn["file"]["content"].as_str().unwrap();
    let marked = |mark: &str| {
        let rows = table.lines().filter(|row| row.contains(&format!("\"{mark}\"")));
        rows.map(|row| row.split('"').nth(3).unwrap().trim_start_matches("clause ")).collect::<Vec<_>>()
    };
    assert_eq!(marked("problem"), planted.clauses("problem"));
    assert_eq!(marked("unsure"), planted.clauses("unclear"));
    assert_eq!(marked("ok").len(), 17);
}

/// The database, when nobody else writes it.
async fn database(site: &Site) -> sqlx::SqliteConnection {
    let options = SqliteConnectOptions::new().filename(site.data().join("understudy.db"));
    options.busy_timeout(Duration::from_secs(10)).connect().await.unwrap()
}

async fn judged(site: &Site) -> i64 {
    let mut database = database(site).await;
    let n = sqlx::query_scalar("SELECT count(*) FROM review_clause").fetch_one(&mut database).await.unwrap();
    database.close().await.unwrap();
    n
}

async fn wait_for_clauses(site: &Site, n: i64) {
    let started = Instant::now();
    while judged(site).await < n {
        assert!(started.elapsed() < PATIENCE, "only {} clauses were judged", judged(site).await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

fn start(site: &Site) -> Running {
    site.wait(command(site).arg("run").spawn().unwrap())
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_crash_a_review_goes_on_at_the_clause_it_was_on() {
    let (site, planted) = (Site::new(), Planted::new());
    read_notes(&site);
    let mut running = start(&site);
    let mut asked = ask(&site, &format!("slowly. {}", planted.request));
    wait_for_clauses(&site, 3).await;
    running.kill();
    asked.wait().unwrap();
    // What was judged is not judged again: a verdict that nobody would give now is still there in the end.
    let mut database = database(&site).await;
    let before: i64 =
        sqlx::query_scalar("SELECT count(*) FROM review_clause").fetch_one(&mut database).await.unwrap();
    let changed = sqlx::query(
        "UPDATE review_clause SET judged = json_set(judged, '$.finding.mark', 'problem', '$.finding.why', 'Kept.')
         WHERE n = 0",
    );
    assert_eq!(changed.execute(&mut database).await.unwrap().rows_affected(), 1);
    assert!(before < 25, "all of it was judged before the crash");
    let running = start(&site);
    let reply = loop {
        let reply: Option<String> = sqlx::query_scalar(
            "SELECT json_extract(reply, '$.text') FROM outbox WHERE state = 'sent' AND inbox_id > 1",
        )
        .fetch_optional(&mut database)
        .await
        .unwrap();
        if let Some(reply) = reply {
            break reply;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    };
    assert!(reply.starts_with("6 of the 25 clauses"), "{reply}");
    assert!(reply.contains("clause 1.1") && reply.contains(": Kept"), "{reply}");
    drop(running);
}

#[test]
fn a_ruling_of_the_owner_is_found_in_the_next_review() {
    let (site, planted) = (Site::new(), Planted::new());
    read_notes(&site);
    let (_running, link) = site.greeted(&mut command(&site));
    let first = answered(ask(&site, &planted.request));
    let owner = Browser::sign_in(&link, "eudora");
    let page = owner.page(&format!("/admin/reviews/{}", first["turn"]));
    assert!(page.contains("5 problems, 3 unclear, 17 fine."), "{page}");
    // The clause on references is the twenty-fourth.
    let path = format!("/admin/reviews/{}/23", first["turn"]);
    let why = "Nobody names us without a written yes";
    let status = owner.post(&path, &[("mark", "problem"), ("why", why), ("readers", "notes")]).0;
    assert_eq!(status, 303);
    let page = owner.page(&format!("/admin/reviews/{}", first["turn"]));
    assert!(page.contains("eudora says: problem. Nobody names us"), "{page}");
    assert_eq!(owner.post(&path, &[("mark", "guilty"), ("why", why)]).0, 400);
    assert_eq!(owner.post(&path, &[("mark", "ok"), ("why", &"x".repeat(3000))]).0, 400);

    let told =
        planted.request.replace("judge as a reference ->", "judge as a reference -> without a written yes");
    let second = answered(ask(&site, &told));
    let reply = second["reply"].as_str().unwrap();
    assert!(
        reply.starts_with("6 of the 25 clauses of contract.md break a rule, and 2 are unclear."),
        "{reply}"
    );
    let ruling = second["passages"].as_array().unwrap().iter().find(|rule| {
        rule["source"].as_str().unwrap().starts_with("rulings/")
            && rule["text"].as_str().unwrap().contains(why)
    });
    assert!(ruling.is_some(), "{second}");
}
