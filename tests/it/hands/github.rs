//! The GitHub tools with the real binary, against a GitHub of the test's own that keeps what it is sent.

use std::{
    process::Stdio,
    sync::{Arc, Mutex},
};

use axum::{
    Json, Router,
    extract::{Path, Query, State},
    http::{HeaderMap, StatusCode},
    routing::get,
};
use serde_json::{Value, json};

use crate::support::{Running, Site};

#[derive(Default)]
struct Kept {
    issues: Vec<Value>,
    comments: Vec<Value>,
    /// How many writes are kept and then answered with a failure.
    stumbles: usize,
}

type Shared = Arc<Mutex<Kept>>;

/// Answers like GitHub's REST API, as far as the tools ask (<https://docs.github.com/en/rest/issues>).
struct Github {
    kept: Shared,
    address: String,
    _runtime: tokio::runtime::Runtime,
}

impl Github {
    fn start() -> Self {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let kept = Shared::default();
        let router = Router::new()
            .route("/api/v3/repos/acme/tools", get(|| async { Json(json!({"has_issues": true})) }))
            .route("/api/v3/repos/acme/tools/issues", get(issues).post(open))
            .route("/api/v3/repos/acme/tools/issues/{number}", get(issue))
            .route("/api/v3/repos/acme/tools/issues/{number}/comments", get(comments).post(comment))
            .with_state(Arc::clone(&kept));
        let listener = runtime.block_on(tokio::net::TcpListener::bind("127.0.0.1:0")).unwrap();
        let address = format!("http://{}/api/v3", listener.local_addr().unwrap());
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { kept, address, _runtime: runtime }
    }
}

type Answer = Result<Json<Value>, (StatusCode, Json<Value>)>;

fn no(status: StatusCode) -> (StatusCode, Json<Value>) {
    (status, Json(json!({"message": "no", "documentation_url": ""})))
}

fn signed_in(headers: &HeaderMap) -> Result<(), (StatusCode, Json<Value>)> {
    let token = headers.get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default();
    if token == "Bearer gh-token" { Ok(()) } else { Err(no(StatusCode::UNAUTHORIZED)) }
}

async fn issues(headers: HeaderMap, State(kept): State<Shared>) -> Answer {
    signed_in(&headers)?;
    let mut all = kept.lock().unwrap().issues.clone();
    all.reverse();
    Ok(Json(json!(all)))
}

async fn issue(headers: HeaderMap, State(kept): State<Shared>, Path(number): Path<u64>) -> Answer {
    signed_in(&headers)?;
    let kept = kept.lock().unwrap();
    let mut found = kept
        .issues
        .iter()
        .find(|issue| issue["number"] == number)
        .cloned()
        .ok_or_else(|| no(StatusCode::NOT_FOUND))?;
    found["comments"] = json!(kept.comments.iter().filter(|comment| comment["issue"] == number).count());
    Ok(Json(found))
}

#[derive(serde::Deserialize)]
struct Page {
    per_page: usize,
    page: usize,
}

async fn comments(
    headers: HeaderMap,
    State(kept): State<Shared>,
    Path(number): Path<u64>,
    Query(page): Query<Page>,
) -> Answer {
    signed_in(&headers)?;
    let kept = kept.lock().unwrap();
    let of = kept.comments.iter().filter(|comment| comment["issue"] == number);
    let rows: Vec<&Value> = of.skip((page.page - 1) * page.per_page).take(page.per_page).collect();
    Ok(Json(json!(rows)))
}

fn stumbled(kept: &mut Kept) -> Result<(), (StatusCode, Json<Value>)> {
    if kept.stumbles == 0 {
        return Ok(());
    }
    kept.stumbles -= 1;
    Err(no(StatusCode::BAD_GATEWAY))
}

async fn open(headers: HeaderMap, State(kept): State<Shared>, Json(body): Json<Value>) -> Answer {
    signed_in(&headers)?;
    let mut kept = kept.lock().unwrap();
    let number = kept.issues.len() + 1;
    let made = json!({"number": number, "title": body["title"], "body": body["body"], "state": "open", "user": {"login": "bob-bot"}});
    kept.issues.push(made.clone());
    stumbled(&mut kept)?;
    Ok(Json(made))
}

async fn comment(
    headers: HeaderMap,
    State(kept): State<Shared>,
    Path(number): Path<u64>,
    Json(body): Json<Value>,
) -> Answer {
    signed_in(&headers)?;
    let mut kept = kept.lock().unwrap();
    let id = kept.comments.len() + 1;
    let made = json!({"id": id, "issue": number, "body": body["body"], "user": {"login": "bob-bot"}});
    kept.comments.push(made.clone());
    stumbled(&mut kept)?;
    Ok(Json(made))
}

fn start(site: &Site, token: &str) -> Running {
    site.wait(site.command().env("BOBS_GITHUB", token).arg("run").spawn().unwrap())
}

fn site(github: &Github) -> Site {
    let site = Site::new();
    let file = site.dir.path().join("people/bob/person.toml");
    let mut person = std::fs::read_to_string(&file).unwrap();
    person.push_str(&format!(
        "[github]\ntoken = \"BOBS_GITHUB\"\nrepositories = [\"acme/tools\"]\napi = \"{}\"\n",
        github.address
    ));
    std::fs::write(file, person).unwrap();
    site
}

fn allow_all(site: &Site) {
    for tool in ["list", "read", "comment", "open"] {
        let mut command = site.command();
        command.env("BOBS_GITHUB", "gh-token");
        let tool = format!("github.{tool}");
        assert!(
            command.args(["tools", "allow", "bob", &tool, "--for", "member"]).status().unwrap().success()
        );
    }
}

fn ask(running: &Running, tool: &str, arguments: &Value) -> Value {
    let text = format!("use github.{tool} {arguments}");
    let ask = json!({"ask": {"person": "bob", "from": "alice", "thread": null, "key": null, "text": text}});
    running.connect().unwrap().call(&ask).unwrap()
}

#[test]
fn issues_are_read_commented_and_opened_in_the_named_repository_only() {
    let github = Github::start();
    let site = site(&github);
    let running = start(&site, "gh-token");
    allow_all(&site);
    let opened = ask(
        &running,
        "open",
        &json!({"title": "The lamp flickers", "text": "Since Monday.", "repository": "tools"}),
    );
    assert_eq!(opened["reply"], "I've opened acme/tools#1: \"The lamp flickers\".", "{opened}");
    for n in 0..7 {
        let said = ask(&running, "comment", &json!({"number": 1, "text": format!("Remark {n}")}));
        assert_eq!(said["reply"], "I've commented on acme/tools#1.", "{said}");
    }
    {
        let kept = github.kept.lock().unwrap();
        assert_eq!((kept.issues.len(), kept.comments.len()), (1, 7));
        assert!(
            kept.issues[0]["body"].as_str().unwrap().starts_with("Since Monday.\n\n<!-- understudy "),
            "{:?}",
            kept.issues
        );
    }
    let read = ask(&running, "read", &json!({"number": 1}));
    let found = read["passages"][0]["text"].as_str().unwrap();
    assert!(found.contains("Since Monday.") && found.contains("bob-bot wrote: Remark 6"), "{read}");
    assert!(
        !found.contains("understudy ") && !found.contains("Remark 1"),
        "the mark and older comments stay out: {read}"
    );
    let listed = ask(&running, "list", &json!({}));
    assert!(
        listed["passages"][0]["text"].as_str().unwrap().contains("Issue 1: The lamp flickers"),
        "{listed}"
    );

    let elsewhere = ask(&running, "open", &json!({"title": "x", "text": "y", "repository": "evil/tools"}));
    assert!(elsewhere["reply"].as_str().unwrap().contains("I don't work in that repository"), "{elsewhere}");
    let missing = ask(&running, "read", &json!({"number": 99}));
    assert!(missing["reply"].as_str().unwrap().contains("knows no such thing"), "{missing}");

    let doctor = |token: &str| {
        let output =
            site.command().env("BOBS_GITHUB", token).arg("doctor").stdout(Stdio::piped()).output().unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(
        doctor("gh-token").contains("ok    GitHub of bob: acme/tools can be read"),
        "{}",
        doctor("gh-token")
    );
}

#[test]
fn a_write_that_github_kept_and_did_not_confirm_is_uncertain_and_never_repeated() {
    let github = Github::start();
    let site = site(&github);
    let running = start(&site, "gh-token");
    allow_all(&site);
    github.kept.lock().unwrap().stumbles = 1;
    let asked = ask(&running, "open", &json!({"title": "Once", "text": "Only once."}));
    assert_eq!(
        (&asked["outcome"], &asked["actions"][0]["state"]),
        (&json!("escalated"), &json!("uncertain")),
        "{asked}"
    );
    assert!(asked["reply"].as_str().unwrap().contains("Look there before you ask again"), "{asked}");
    assert_eq!(github.kept.lock().unwrap().issues.len(), 1);
    drop(running);
    let running = start(&site, "other-token");
    let refused = ask(&running, "open", &json!({"title": "No", "text": "No."}));
    assert!(refused["reply"].as_str().unwrap().contains("GitHub does not accept the token"), "{refused}");
    assert_eq!(github.kept.lock().unwrap().issues.len(), 1);
}
