//! Passwords, invitations and roles: who gets in, who is locked out, and what a session is worth.

use super::desk::{Desk, Reply};

const PASSWORD: &str = "three plain words";

fn cookie(reply: &Reply) -> String {
    let cookie = reply.header("set-cookie").unwrap_or_else(|| panic!("no session: {reply:?}"));
    cookie.split_once('=').unwrap().1.split_once(';').unwrap().0.to_owned()
}

/// Invites somebody and returns the token of the link.
async fn invite(desk: &Desk, admin: &str, name: &str, role: &str) -> String {
    let page = desk.post("/admin/accounts", admin, &format!("name={name}&role={role}")).await;
    assert_eq!(page.status, 200, "{page:?}");
    page.body.split_once("/invitation?token=").unwrap().1[..64].to_owned()
}

async fn take_up(desk: &Desk, token: &str, password: &str) -> Reply {
    desk.post("/invitation", "", &format!("token={token}&new={password}")).await
}

async fn by_password(desk: &Desk, name: &str, password: &str) -> Reply {
    desk.post("/sign-in", "", &format!("name={name}&password={password}")).await
}

#[tokio::test]
async fn an_invitation_makes_an_account_once_and_its_role_holds() {
    let desk = Desk::new().await;
    let admin = desk.sign_in("carol").await;
    let token = invite(&desk, &admin, "Dave", "member").await;
    assert!(desk.get(&format!("/invitation?token={token}"), "").await.body.contains("Welcome, Dave"));
    let weak = take_up(&desk, &token, "dave").await;
    assert_eq!((weak.status, weak.header("set-cookie")), (400, None));
    let dave = cookie(&take_up(&desk, &token, PASSWORD).await);
    assert_eq!(desk.get("/admin/tools", &dave).await.status, 403, "a colleague is no admin");
    assert!(
        !desk.get("/", &dave).await.body.contains("/admin/tools"),
        "and does not see the page in the menu"
    );
    let again = take_up(&desk, &token, PASSWORD).await;
    assert_eq!(again.status, 410);
    assert!(again.body.contains("Ask an admin for a new one"));

    // Made an admin, what they were before ends.
    assert_eq!(desk.post("/admin/accounts/dave/admin", &admin, "").await.status, 303);
    assert_eq!(desk.get("/", &dave).await.header("location"), Some("/sign-in"));
    let dave = cookie(&by_password(&desk, "Dave", PASSWORD).await);
    assert_eq!(desk.get("/admin/tools", &dave).await.status, 200);
    assert_eq!(desk.post("/admin/accounts/dave/remove", &dave, "").await.status, 409, "not to oneself");
    assert_eq!(desk.post("/admin/accounts/dave/remove", &admin, "").await.status, 303);
    assert_eq!(desk.get("/", &dave).await.header("location"), Some("/sign-in"));
    assert_eq!(by_password(&desk, "Dave", PASSWORD).await.status, 403);
}

#[tokio::test]
async fn five_wrong_passwords_lock_an_account_and_a_new_invitation_opens_it() {
    let desk = Desk::new().await;
    let admin = desk.sign_in("carol").await;
    take_up(&desk, &invite(&desk, &admin, "Dave", "member").await, PASSWORD).await;
    let unknown = by_password(&desk, "Nobody", "x").await;
    for _ in 0..5 {
        let wrong = by_password(&desk, "Dave", "wrong words here").await;
        assert_eq!(wrong.status, 403);
        let words = "Name or password are not right.";
        assert!(wrong.body.contains(words) && unknown.body.contains(words), "a name is not given away");
    }
    let locked = by_password(&desk, "Dave", PASSWORD).await;
    assert_eq!((locked.status, locked.header("set-cookie")), (403, None), "even with the right one");
    assert!(locked.body.contains("locked for a quarter of an hour"));
    assert!(desk.get("/admin/accounts", &admin).await.body.contains(">locked<"));

    let page = desk.post("/admin/accounts/dave/invite", &admin, "").await;
    let token = &page.body.split_once("/invitation?token=").unwrap().1[..64];
    take_up(&desk, token, "four other plain words").await;
    assert_eq!(by_password(&desk, "Dave", PASSWORD).await.status, 403);
    assert_eq!(by_password(&desk, "Dave", "four other plain words").await.status, 303);
}

#[tokio::test]
async fn a_planted_cookie_is_worth_nothing_after_a_sign_in() {
    let desk = Desk::new().await;
    let planted = desk.sign_in("mallory").await;
    let form = format!("token={}&name=carol", desk.token);
    let carol = cookie(&desk.post("/sign-in", &planted, &form).await);
    assert_ne!(carol, planted);
    assert_eq!(desk.get("/", &planted).await.header("location"), Some("/sign-in"));
    let made_up = "a".repeat(64);
    assert_ne!(cookie(&desk.post("/sign-in", &made_up, &form).await), made_up);
    assert_eq!(desk.get("/", &made_up).await.header("location"), Some("/sign-in"));
}

#[tokio::test]
async fn over_tls_only_a_host_cookie_counts() {
    let desk = Desk::new().await;
    let form = format!("token={}&name=carol", desk.token);
    let tls = "X-Forwarded-Proto: https\r\nSec-Fetch-Site: same-origin\r\n";
    let reply = desk.post_with("/sign-in", "", form.as_bytes(), tls).await;
    let line = reply.header("set-cookie").unwrap();
    assert!(
        line.starts_with("__Host-understudy_session=") && line.ends_with("SameSite=Strict; Secure"),
        "{line}"
    );
    let secret = cookie(&reply);
    for (name, forwarded, location) in [
        ("__Host-understudy_session", "X-Forwarded-Proto: https\r\n", None),
        ("understudy_session", "X-Forwarded-Proto: https\r\n", Some("/sign-in")),
        ("__Host-understudy_session", "", Some("/sign-in")),
    ] {
        let reply = desk.raw(&format!("GET / HTTP/1.1\r\nCookie: {name}={secret}\r\n{forwarded}"), b"").await;
        assert_eq!(reply.header("location"), location, "{name} {forwarded}");
    }
}

#[tokio::test]
async fn a_password_of_an_admin_ends_the_printed_link_and_a_new_link_works_once() {
    let desk = Desk::new().await;
    let carol = desk.sign_in("carol").await;
    assert!(desk.get("/", &carol).await.body.contains("Set a password"));
    let saved = desk.post("/account/password", &carol, &format!("new={PASSWORD}")).await;
    let fresh = cookie(&saved);
    assert_eq!(desk.get("/", &carol).await.header("location"), Some("/sign-in"), "a new secret");
    assert_eq!(desk.get("/admin/tools", &fresh).await.status, 200);
    let with_token = |token: &str, name: &str| format!("token={token}&name={name}");
    assert_eq!(desk.post("/sign-in", "", &with_token(&desk.token, "eve")).await.status, 403);
    assert_eq!(desk.post("/sign-in", "", &with_token("used", "eve")).await.status, 403);

    let renewed = understudy::web::renew_sign_in_token(&desk.store).await.unwrap();
    assert_eq!(desk.post("/sign-in", "", &with_token(&renewed, "carol")).await.status, 303);
    assert_eq!(desk.post("/sign-in", "", &with_token(&renewed, "eve")).await.status, 403, "it works once");
    // Nothing takes it for the first start, which would print a new token.
    assert_eq!(understudy::web::first_sign_in_token(&desk.store).await.unwrap(), None);
}

#[tokio::test]
async fn what_is_dangerous_needs_a_fresh_proof_and_then_goes_on() {
    let desk = Desk::new().await;
    let carol = desk.sign_in("carol").await;
    let carol = cookie(&desk.post("/account/password", &carol, &format!("new={PASSWORD}")).await);
    use sha2::Digest;
    let hash = hex::encode(sha2::Sha256::digest(carol.as_bytes()));
    desk.store.confirm_session(&hash, understudy::store::now() - 601).await.unwrap();
    let grants = "person=bob&tool=notes.remember&class=owner&to=on&seen=e3b0c44298fc1c14&back=/admin/tools";
    for (path, form, next) in [
        ("/admin/tools", grants, "/confirm?next=/admin/tools"),
        ("/admin/people/bob/erase", "word=bob", "/confirm?next=/admin/people/bob"),
        ("/admin/accounts", "name=Eve&role=admin", "/confirm?next=/admin/accounts"),
    ] {
        let reply = desk.post(path, &carol, form).await;
        assert_eq!((reply.status, reply.header("location")), (303, Some(next)), "{path}");
        assert_eq!(reply.header("hx-redirect"), Some(next), "a cell of the matrix goes there as well");
    }
    // Switching off is never held up.
    let off = grants.replace("to=on", "to=off");
    assert_eq!(desk.post("/admin/tools", &carol, &off).await.header("location"), Some("/admin/tools"));
    let wrong = desk.post("/confirm", &carol, "secret=wrong&next=/admin/tools").await;
    assert_eq!(wrong.status, 403);
    let right = desk.post("/confirm", &carol, &format!("secret={PASSWORD}&next=/admin/tools")).await;
    assert_eq!(right.header("location"), Some("/admin/tools"));
    assert_eq!(desk.post("/admin/tools", &carol, grants).await.header("location"), Some("/admin/tools"));
    let elsewhere = desk.post("/confirm", &carol, &format!("secret={PASSWORD}&next=//evil.example")).await;
    assert_eq!(elsewhere.header("location"), Some("/"));
}

#[tokio::test]
async fn the_last_admin_stays_one() {
    let desk = Desk::new().await;
    let carol = desk.sign_in("carol").await;
    take_up(&desk, &invite(&desk, &carol, "Dave", "admin").await, PASSWORD).await;
    desk.store.set_admin("carol", false, "dave", 1).await.unwrap();
    let refused = desk.store.set_admin("dave", false, "carol", 1).await.unwrap_err().to_string();
    assert!(refused.contains("nobody would be left"), "{refused}");
    assert!(desk.store.remove_account("dave", "carol", 1).await.is_err());
    assert!(desk.store.account("dave").await.unwrap().unwrap().admin);
}
