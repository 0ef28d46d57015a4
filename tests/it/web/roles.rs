//! Every page and form with every role: who gets it, who is sent to sign in, who is refused.

use super::desk::{Desk, bob};
use understudy::web;

/// What a role gets: through (2xx, or a redirect to somewhere else), to the sign-in, refused, or no such thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Gets {
    It,
    SignIn,
    Refused,
}

use Gets::{It, Refused, SignIn};

/// Method, route, an address of it, a form, and what a stranger, a member, Bob (who owns his understudy) and an admin get.
///
/// Ids that are not there are 404 for whoever may look, which counts as let through.
const TABLE: &[(&str, &str, &str, &str, [Gets; 4])] = &[
    ("GET", "/", "/", "", [SignIn, It, It, It]),
    ("GET", "/sign-in", "/sign-in", "", [It, It, It, It]),
    ("POST", "/sign-in", "/sign-in", "token=x&name=y", [Refused, Refused, Refused, Refused]),
    ("GET", "/account", "/account", "", [SignIn, It, It, It]),
    ("POST", "/account/password", "/account/password", "new=short", [SignIn, It, It, It]),
    ("GET", "/confirm", "/confirm", "", [SignIn, It, It, It]),
    ("POST", "/confirm", "/confirm", "secret=x", [SignIn, Refused, Refused, Refused]),
    ("GET", "/invitation", "/invitation?token=x", "", [It, It, It, It]),
    ("POST", "/invitation", "/invitation", "token=x&new=y", [It, It, It, It]),
    ("GET", "/talk/{person}", "/talk/bob", "", [SignIn, It, It, It]),
    ("POST", "/talk/{person}", "/talk/bob", "text=hello", [SignIn, It, It, It]),
    ("GET", "/talk/{person}/turn/{inbox}", "/talk/bob/turn/1", "", [SignIn, It, It, It]),
    ("GET", "/talk/{person}/turn/{inbox}/file", "/talk/bob/turn/99/file", "", [SignIn, It, It, It]),
    ("POST", "/talk/{person}/turn/{inbox}/stop", "/talk/bob/turn/99/stop", "", [SignIn, It, It, It]),
    ("GET", "/events/{person}", "/events/nobody", "", [SignIn, It, It, It]),
    ("GET", "/admin/inbox", "/admin/inbox", "", [SignIn, It, It, It]),
    ("POST", "/admin/inbox/{inbox}/{decision}", "/admin/inbox/1/retry", "", [SignIn, Refused, It, It]),
    ("POST", "/admin/outbox/{outbox}/{decision}", "/admin/outbox/1/retry", "", [SignIn, Refused, It, It]),
    ("GET", "/admin/mail", "/admin/mail", "", [SignIn, It, It, It]),
    ("POST", "/admin/mail/{mail}/{decision}", "/admin/mail/1/drop", "", [SignIn, It, It, It]),
    ("POST", "/admin/mail-notice/{notice}", "/admin/mail-notice/1", "", [SignIn, It, It, It]),
    ("GET", "/admin/approvals", "/admin/approvals", "", [SignIn, It, It, It]),
    ("POST", "/admin/approvals/{id}", "/admin/approvals/1", "decision=approve", [SignIn, It, It, It]),
    ("GET", "/admin/reviews", "/admin/reviews", "", [SignIn, It, It, It]),
    ("GET", "/admin/reviews/{inbox}", "/admin/reviews/99", "", [SignIn, It, It, It]),
    ("POST", "/admin/reviews/{inbox}/{clause}", "/admin/reviews/99/0", "mark=ok", [SignIn, It, It, It]),
    ("GET", "/admin/drafts", "/admin/drafts", "", [SignIn, It, It, It]),
    (
        "POST",
        "/admin/drafts/{inbox}/{outbox}",
        "/admin/drafts/1/1",
        "decision=nothing",
        [SignIn, Refused, It, It],
    ),
    ("POST", "/admin/draft-mode/{person}", "/admin/draft-mode/bob", "mode=off", [SignIn, Refused, It, It]),
    ("GET", "/admin/answers", "/admin/answers", "", [SignIn, It, It, It]),
    ("GET", "/admin/answers/{person}", "/admin/answers/bob", "", [SignIn, Refused, It, It]),
    (
        "POST",
        "/admin/answers/{person}/{inbox}",
        "/admin/answers/bob/1",
        "verdict=good",
        [SignIn, Refused, It, It],
    ),
    ("GET", "/admin/people", "/admin/people", "", [SignIn, It, It, It]),
    ("GET", "/admin/people/{person}", "/admin/people/bob", "", [SignIn, Refused, It, It]),
    (
        "POST",
        "/admin/people/{person}/{change}",
        "/admin/people/bob/erase",
        "word=no",
        [SignIn, Refused, Refused, It],
    ),
    ("POST", "/admin/pause", "/admin/pause", "person=bob&do=resume", [SignIn, Refused, It, It]),
    ("GET", "/admin/tools", "/admin/tools", "", [SignIn, Refused, Refused, It]),
    ("GET", "/admin/tools/rows", "/admin/tools/rows", "", [SignIn, Refused, Refused, It]),
    ("POST", "/admin/tools", "/admin/tools", "person=bob", [SignIn, Refused, Refused, It]),
    ("GET", "/admin/training", "/admin/training", "", [SignIn, It, It, It]),
    ("GET", "/admin/training/{run}", "/admin/training/99", "", [SignIn, It, It, It]),
    ("GET", "/admin/accounts", "/admin/accounts", "", [SignIn, Refused, Refused, It]),
    ("POST", "/admin/accounts", "/admin/accounts", "name=Zoe", [SignIn, Refused, Refused, It]),
    (
        "POST",
        "/admin/accounts/{reader}/{change}",
        "/admin/accounts/nobody/remove",
        "",
        [SignIn, Refused, Refused, It],
    ),
    ("GET", "/admin/audit", "/admin/audit", "", [SignIn, Refused, Refused, It]),
    ("POST", "/admin/audit/verify", "/admin/audit/verify", "", [SignIn, Refused, Refused, It]),
    ("GET", "/admin/health", "/admin/health", "", [SignIn, Refused, Refused, It]),
    ("GET", "/admin/health/parts", "/admin/health/parts", "", [SignIn, Refused, Refused, It]),
    ("GET", "/my-data", "/my-data", "", [SignIn, It, It, It]),
    // These are the person's own words, so not even an admin sees them.
    ("GET", "/my-data/{person}", "/my-data/bob", "", [SignIn, Refused, It, Refused]),
    ("POST", "/my-data/{person}/veto/{case}", "/my-data/bob/veto/x", "", [SignIn, Refused, It, Refused]),
    (
        "POST",
        "/my-data/{person}/withdraw",
        "/my-data/bob/withdraw",
        "word=no",
        [SignIn, Refused, It, Refused],
    ),
    ("GET", "/report/{person}", "/report/bob", "", [SignIn, Refused, It, It]),
    ("GET", "/health", "/health", "", [It, It, It, It]),
    ("GET", "/ready", "/ready", "", [It, It, It, It]),
    ("GET", "/metrics", "/metrics", "", [It, It, It, It]),
    ("GET", "/assets/{name}", "/assets/console.css", "", [It, It, It, It]),
    // Last, because the session ends.
    ("POST", "/sign-out", "/sign-out", "", [It, It, It, It]),
];

#[tokio::test]
async fn every_route_gives_every_role_what_it_may_have_and_nothing_more() {
    let routes = web::routes_of_all();
    for (method, path) in &routes {
        let known = TABLE.iter().any(|(m, route, ..)| m == method && route == path);
        assert!(known, "{method} {path} has no row in this table: say who may have it");
    }
    assert_eq!(TABLE.len(), routes.len(), "a row for a route that is gone");

    let desk = Desk::new().await;
    let alice = desk.sign_in("alice").await;
    // What the rows of the table are about: an answered message, its parked reply, and a parked message.
    desk.ask(&desk.member("zoe").await, "k1", "hello").await;
    desk.settle(&desk.claim().await, "an answer").await;
    desk.ask(&alice, "k2", "hello again").await;
    let roles = ["", "member", "bob", "admin"];
    for (n, role) in roles.iter().enumerate() {
        let cookie = match *role {
            "member" => desk.member("dave").await,
            "bob" => desk.member("bob").await,
            "admin" => alice.clone(),
            _ => String::new(),
        };
        for (method, route, address, form, wanted) in TABLE {
            desk.store.set_draft_mode(&bob(), understudy::domain::Channel::Console, false).await.unwrap();
            let reply = match *method {
                "GET" => desk.get(address, &cookie).await,
                _ => desk.post(address, &cookie, form).await,
            };
            let got = match (reply.status, reply.header("location")) {
                (303, Some("/sign-in")) if *route != "/sign-out" => SignIn,
                (403 | 429, _) => Refused,
                (500.., _) if *route != "/ready" => {
                    panic!("{method} {address} as {role:?}: {}", reply.status)
                }
                _ => It,
            };
            assert_eq!(got, wanted[n], "{method} {address} as {role:?}: {} {}", reply.status, reply.body);
        }
    }
}
