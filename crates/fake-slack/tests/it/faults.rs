//! Failures on command.

use std::time::{Duration, Instant};

use fake_slack::{Fault, FileHealth, Rates, Upload};
use serde_json::json;

use crate::support::cast;

#[tokio::test(flavor = "multi_thread")]
async fn an_ambiguous_failure_has_stored_the_post() {
    let cast = cast().await;
    cast.slack.tune(|settings| settings.rates = Rates::unlimited());
    let asked = cast.asks("hello");
    let post = json!({"channel": cast.payments.to_string(), "thread_ts": asked, "text": "stored"});
    for (fault, stored) in [
        (Fault::ServerError, 0),
        (Fault::ServerErrorAfterDoing, 1),
        (Fault::CutAfterDoing, 2),
        (Fault::NotJson, 2),
        (Fault::Refused("internal_error".to_owned()), 2),
    ] {
        cast.slack.fail("chat.postMessage", fault.clone());
        let outcome = cast.api.raw("chat.postMessage", &post);
        match &fault {
            Fault::ServerError | Fault::ServerErrorAfterDoing => assert_eq!(outcome.unwrap().status, 500),
            Fault::CutAfterDoing => assert!(outcome.is_err(), "the connection breaks"),
            _ => assert_eq!(outcome.unwrap().status, 200),
        }
        assert_eq!(cast.slack.replies(&cast.payments, &asked).len(), stored, "{fault:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn faults_come_after_as_many_good_calls_and_as_often_as_told() {
    let cast = cast().await;
    cast.slack.fail_times("auth.test", 1, 2, Fault::ServerError);
    let status = || cast.api.raw("auth.test", &json!({})).unwrap().status;
    assert_eq!([status(), status(), status(), status()], [200, 500, 500, 200]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_burst_of_429_says_when_to_come_back() {
    let cast = cast().await;
    cast.slack.fail("users.info", Fault::RateLimited { retry_after_s: 1 });
    let ask = || cast.api.raw("users.info", &json!({"user": cast.alice.to_string()})).unwrap();
    let refused = ask();
    assert_eq!((refused.status, &refused.headers["retry-after"].to_str().unwrap()), (429, &"1"));
    assert!(cast.slack.violations().is_empty(), "being refused on command is no fault of the caller");
    tokio::time::sleep(Duration::from_millis(1_050)).await;
    assert_eq!(ask().status, 200);
    cast.slack.invariants();
}

#[tokio::test(flavor = "multi_thread")]
async fn a_slow_answer_is_slow() {
    let cast = cast().await;
    cast.slack.fail("auth.test", Fault::Slow(Duration::from_millis(300)));
    let start = Instant::now();
    assert_eq!(cast.api.call("auth.test", &json!({}))["ok"], true);
    assert!(start.elapsed() >= Duration::from_millis(300));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_may_be_gone_or_a_login_page() {
    let cast = cast().await;
    for (health, status, start) in
        [(FileHealth::Gone, 404, ""), (FileHealth::LoginPage, 200, "<!DOCTYPE html>")]
    {
        let upload = Upload { health, ..Upload::new("plan.pdf", "application/pdf", b"%PDF") };
        let (_, file) = cast.slack.user_uploads(&cast.alice, &cast.payments, None, "", &upload);
        let info = cast.api.get("files.info", &format!("file={file}"));
        let got = cast.api.fetch(info["file"]["url_private"].as_str().unwrap(), true).unwrap();
        assert!(got.status == status && got.text.starts_with(start), "{health:?}: {}", got.text);
    }
}
