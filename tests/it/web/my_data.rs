//! "My data": only the person sees their examples, takes one out, or withdraws. People and words are invented.

use understudy::{
    domain::{Purpose, SourceKind, Stopped},
    learning::{
        Call, Cast, Example,
        cases::{Built, Case, Split},
        collection, consent,
        vault::Vault,
    },
    store::{NewConsent, now},
};

use super::desk::{Desk, bob};

fn case(n: i64, split: Split) -> Case {
    let cast = Cast { name: "Bob".into(), role: "Operations".into(), manner: "Short.".into() };
    let call = Call::Reply { notes: Vec::new(), reply: format!("yes, plan {n} <b>goes on</b>") };
    let (requester, message) = ("Robin".into(), format!("what about plan {n}?"));
    Case {
        id: format!("case{n}"),
        thread: format!("t{n}"),
        t: n * 86_400,
        split,
        source: SourceKind::Mail,
        synthetic: false,
        example: Example { cast, requester, thread: Vec::new(), message, call },
    }
}

/// Bob agreed, and thirty examples were made of him.
async fn taught() -> Desk {
    let desk = Desk::new().await;
    let consent = NewConsent {
        person: bob(),
        purpose: Purpose::Training,
        sources: vec![SourceKind::Mail],
        from_at: 0,
        until_at: now(),
        text_version: 1,
        how: "said so to Carol".into(),
    };
    desk.store.give_consent(consent, now()).await.unwrap();
    let permit = consent::admit(&desk.store, &desk.vault, &bob(), SourceKind::Mail, now()).await.unwrap();
    desk.store.keep_intake(permit.intake, 30, "{}".into()).await.unwrap();
    let run = desk.store.latest_run(&bob()).await.unwrap().unwrap();
    let built = Built {
        cases: (1..=28).map(|n| case(n, Split::Train)).collect(),
        exam: (29..=30).map(|n| case(n, Split::Exam)).collect(),
        ..Built::default()
    };
    collection::seal(&desk.vault, &run, &built).unwrap();
    desk
}

async fn ids(desk: &Desk, vault: &Vault) -> Vec<String> {
    let set = collection::data_set(&desk.store, vault, &bob()).await.unwrap().unwrap();
    set.cases.iter().chain(&set.exam).map(|case| case.id.clone()).collect()
}

#[tokio::test]
async fn only_the_person_sees_their_examples() {
    let desk = taught().await;
    let (owner, alice, admin) =
        (desk.member("bob").await, desk.member("alice").await, desk.sign_in("carol").await);
    assert_eq!(desk.get("/my-data/bob", "").await.header("location"), Some("/sign-in"));
    for other in [&alice, &admin] {
        let reply = desk.get("/my-data/bob", other).await;
        assert_eq!(reply.status, 403);
        assert!(reply.body.contains("somebody else") && !reply.body.contains("plan 3"), "{}", reply.body);
        assert!(desk.get("/my-data", other).await.body.contains("You own no understudy"));
        for path in ["veto/case3", "withdraw"] {
            assert_eq!(desk.post(&format!("/my-data/bob/{path}"), other, "word=withdraw").await.status, 403);
        }
    }
    assert_eq!(desk.get("/my-data/nobody", &owner).await.status, 404);
    assert!(desk.get("/my-data", &owner).await.body.contains("/my-data/bob"));
    let first = desk.get("/my-data/bob", &owner).await.body;
    for words in [
        "30 examples",
        "what about plan 30?",
        "sealed for the exam",
        "said so to Carol",
        "Page 1 of 2",
        "Robin",
    ] {
        assert!(first.contains(words), "{words}: {first}");
    }
    assert!(first.contains("&lt;b&gt;goes on") && !first.contains("<b>goes on"), "words are words");
    let second = desk.get("/my-data/bob?page=2", &owner).await.body;
    assert!(second.contains("what about plan 1?") && second.contains("Page 2 of 2"), "{second}");
    assert_eq!(desk.get("/my-data/bob?page=x", &owner).await.status, 200);
}

#[tokio::test]
async fn an_example_that_is_taken_out_leaves_the_data_set() {
    let desk = taught().await;
    let owner = desk.member("bob").await;
    let elsewhere = "Sec-Fetch-Site: cross-site\r\n";
    assert_eq!(desk.post_with("/my-data/bob/veto/case3", &owner, b"", elsewhere).await.status, 403);
    let reply = desk.post("/my-data/bob/veto/case3?page=2", &owner, "").await;
    assert_eq!(reply.header("location"), Some("/my-data/bob?page=2"));
    assert_eq!(desk.post("/my-data/bob/veto/case30", &owner, "").await.status, 303);
    let left = ids(&desk, &desk.vault).await;
    assert_eq!(left.len(), 28);
    assert!(!left.contains(&"case3".to_owned()) && !left.contains(&"case30".to_owned()));
    assert_eq!(desk.post("/my-data/bob/veto/case3", &owner, "").await.status, 409);
    assert_eq!(desk.store.vetoes(&bob()).await.unwrap().len(), 2);
}

#[tokio::test]
async fn a_person_withdraws_on_their_page() {
    let desk = taught().await;
    let owner = desk.member("bob").await;
    let slip = desk.post("/my-data/bob/withdraw", &owner, "word=").await;
    assert_eq!(slip.status, 400);
    assert_eq!(desk.store.stopped(&bob()).await.unwrap(), None);
    assert_eq!(desk.post("/my-data/bob/withdraw", &owner, "word=Withdraw").await.status, 303);
    assert_eq!(desk.store.stopped(&bob()).await.unwrap(), Some(Stopped::Withdrawn));
    let page = desk.get("/my-data/bob", &owner).await.body;
    for words in ["has stopped", "no examples of you", "consent withdrawn", "withdrawn 20"] {
        assert!(page.contains(words), "{words}: {page}");
    }
    assert!(!page.contains("Withdraw my consent"));
}

#[tokio::test]
async fn the_report_is_shown_to_the_owner_and_to_admins_and_says_when_there_is_none() {
    let desk = taught().await;
    let (owner, alice, admin) =
        (desk.member("bob").await, desk.member("alice").await, desk.sign_in("carol").await);
    let link = "href=\"/report/bob\"";
    assert!(desk.get("/my-data/bob", &owner).await.body.contains(link));
    assert!(desk.get("/talk/bob", &admin).await.body.contains(link));
    assert!(!desk.get("/talk/bob", &alice).await.body.contains(link));
    assert_eq!(desk.get("/report/bob", "").await.header("location"), Some("/sign-in"));
    assert_eq!(desk.get("/report/bob", &alice).await.status, 403);
    assert_eq!(desk.get("/report/nobody", &owner).await.status, 404);
    let none = desk.get("/report/bob", &owner).await;
    assert_eq!(none.status, 200);
    assert!(none.body.contains("There is no report yet") && none.body.contains("understudy eval bob"));

    let candidate = desk.vault.adapters(&bob()).join("candidate");
    std::fs::create_dir_all(&candidate).unwrap();
    std::fs::write(candidate.join("report.html"), "<!DOCTYPE html><style>p{}</style><p>May serve").unwrap();
    for reader in [&owner, &admin] {
        let shown = desk.get("/report/bob", reader).await;
        assert!(shown.status == 200 && shown.body.ends_with("May serve"), "{shown:?}");
        let policy = shown.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && !policy.contains("script-src"), "{policy}");
        assert_eq!(shown.header("x-frame-options"), Some("DENY"));
    }
    desk.post("/my-data/bob/withdraw", &owner, "word=withdraw").await;
    assert!(desk.get("/report/bob", &owner).await.body.contains("There is no report yet"));
}
