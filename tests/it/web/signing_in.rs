//! Who gets in, and what other sites may not do.

use std::sync::atomic::Ordering;

use super::desk::Desk;

#[tokio::test]
async fn the_right_token_signs_in_with_a_careful_cookie() {
    let desk = Desk::new().await;
    let form = desk.get(&format!("/sign-in?token={}", desk.token), "").await;
    assert!(form.body.contains(&format!("value=\"{}\"", desk.token)), "the link fills the token in");

    let reply = desk.post("/sign-in", "", &format!("token={}&name=Alice+Smith", desk.token)).await;
    assert_eq!((reply.status, reply.header("location")), (303, Some("/")));
    let cookie = reply.header("set-cookie").unwrap().to_owned();
    for flag in ["understudy_session=", "HttpOnly", "SameSite=Strict", "Path=/", "Max-Age=2592000"] {
        assert!(cookie.contains(flag), "{flag}: {cookie}");
    }
    let cookie = cookie.split(['=', ';']).nth(1).unwrap();
    let home = desk.get("/", cookie).await;
    assert_eq!(home.status, 200);
    assert!(home.body.contains("Alice Smith") && home.body.contains("Bob"));

    assert_eq!(desk.post("/sign-out", cookie, "").await.header("location"), Some("/sign-in"));
    assert_eq!(desk.get("/", cookie).await.header("location"), Some("/sign-in"), "the session has ended");
}

#[tokio::test]
async fn a_wrong_token_or_name_is_refused() {
    let desk = Desk::new().await;
    for (token, name, status) in
        [("wrong", "alice", 403), ("", "alice", 403), (&*desk.token, "everyone", 400)]
    {
        let reply = desk.post("/sign-in", "", &format!("token={token}&name={name}")).await;
        assert_eq!((reply.status, reply.header("set-cookie")), (status, None), "{token} {name}");
    }
}

#[tokio::test]
async fn the_sixth_attempt_within_a_minute_is_refused_even_with_the_right_token() {
    let desk = Desk::new().await;
    for _ in 0..5 {
        assert_eq!(desk.post("/sign-in", "", "token=wrong&name=alice").await.status, 403);
    }
    let reply = desk.post("/sign-in", "", &format!("token={}&name=alice", desk.token)).await;
    assert_eq!((reply.status, reply.header("retry-after")), (429, Some("12")));
    assert!(reply.body.contains("Too many attempts"));
}

#[tokio::test]
async fn every_page_sends_strangers_to_sign_in() {
    let desk = Desk::new().await;
    for path in
        ["/", "/talk/bob", "/talk/nobody", "/talk/bob/turn/1", "/events/bob", "/admin/inbox", "/admin/drafts"]
    {
        let reply = desk.get(path, "made-up").await;
        assert_eq!((reply.status, reply.header("location")), (303, Some("/sign-in")), "{path}");
    }
    for path in
        ["/talk/bob", "/admin/inbox/1/retry", "/admin/drafts/1/1", "/admin/draft-mode/bob", "/sign-out"]
    {
        let reply = desk.post(path, "made-up", "text=x").await;
        assert_eq!((reply.status, reply.header("location")), (303, Some("/sign-in")), "{path}");
    }
}

#[tokio::test]
async fn another_site_can_change_nothing() {
    let desk = Desk::new().await;
    let alice = desk.sign_in("alice").await;
    let own = format!("Origin: http://{}\r\n", desk.address);
    for (headers, status) in [
        ("", 403),
        ("Sec-Fetch-Site: cross-site\r\n", 403),
        ("Sec-Fetch-Site: same-site\r\n", 403),
        ("Origin: http://evil.example\r\n", 403),
        ("Origin: null\r\n", 403),
        (&*own, 303),
        ("Sec-Fetch-Site: none\r\n", 303),
    ] {
        let reply = desk.post_with("/talk/bob", &alice, b"text=hello", headers).await;
        assert_eq!(reply.status, status, "{headers}");
    }
    assert_eq!(desk.store.inbox_counts().await.unwrap().ready, 2);
}

#[tokio::test]
async fn monitors_need_no_sign_in() {
    let desk = Desk::new().await;
    assert_eq!(desk.get("/health", "").await.body, "ok");
    assert!(desk.get("/metrics", "").await.body.contains("understudy_commits_total 1"));
    let ready = desk.get("/ready", "").await;
    let said: serde_json::Value = serde_json::from_str(&ready.body).unwrap();
    assert_eq!(
        (ready.status, said),
        (200, serde_json::json!({"ready": true, "parts": {"models": "loaded"}}))
    );
    desk.ready.store(false, Ordering::Relaxed);
    assert_eq!(desk.get("/ready", "").await.status, 503);
}

#[tokio::test]
async fn every_answer_keeps_browsers_careful() {
    let desk = Desk::new().await;
    let alice = desk.sign_in("alice").await;
    for path in ["/", "/sign-in", "/assets/console.js", "/nowhere", "/health", "/events/bob/x", "/talk/%ff"] {
        let reply = desk.get(path, &alice).await;
        assert!(reply.header("content-security-policy").unwrap().contains("default-src 'self'"), "{path}");
        assert_eq!(reply.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert_eq!(reply.header("x-frame-options"), Some("DENY"), "{path}");
        assert!(!reply.body.contains("<style") && !reply.body.contains(" style="), "{path}");
    }
}

#[tokio::test]
async fn errors_are_pages_with_a_way_back() {
    let desk = Desk::new().await;
    let alice = desk.sign_in("alice").await;
    for (path, status) in [
        ("/nowhere", 404),
        ("/talk/nobody", 404),
        ("/talk/bob/turn/x", 404),
        ("/talk/%ff", 400),
        ("/sign-out", 405),
    ] {
        let reply = desk.get(path, &alice).await;
        assert_eq!(reply.status, status, "{path}");
        assert!(reply.body.contains("<h1>") && reply.body.contains("href=\"/\""), "{path}: {}", reply.body);
    }
}
