//! The admin pages: permissions, answers and corrections, pauses, queues, audit, and how quick they are.

use understudy::{
    domain::{Channel, Mode, PersonId, Purpose, SourceKind},
    store::{NewConsent, ReplyState, now},
};

use super::desk::{Desk, bob};

/// What a cell of the matrix sends.
fn cell(page: &str, person: &str, tool: &str, class: &str) -> String {
    let id = format!("id=\"cell-{person}-{tool}-{class}\"");
    let before = page.split_once(&id).unwrap_or_else(|| panic!("no {id} in {page}")).0;
    let form = &before[before.rfind("<form").unwrap()..];
    let field = |name: &str| {
        let from = form.split_once(&format!("name=\"{name}\" value=\"")).unwrap().1;
        from.split_once('"').unwrap().0.replace("&amp;", "%26")
    };
    let fields =
        ["person", "tool", "class", "to", "seen", "back"].map(|name| format!("{name}={}", field(name)));
    fields.join("&")
}

const HTMX: &str = "Sec-Fetch-Site: same-origin\r\nHX-Request: true\r\n";

#[tokio::test]
async fn a_cell_goes_round_and_its_grant_holds_at_once() {
    let desk = Desk::new().await;
    let carol = desk.sign_in("carol").await;
    for (to, cells) in [
        ("asks", [Mode::Ask, Mode::Ask, Mode::Ask]),
        ("on", [Mode::Allow, Mode::Allow, Mode::Allow]),
        ("off", [Mode::Allow, Mode::Allow, Mode::Deny]),
    ] {
        let page = desk.get("/admin/tools?q=bob+remember", &carol).await.body;
        let form = cell(&page, "bob", "notes.remember", "member");
        assert!(form.contains(&format!("to={to}")), "{form}");
        let row = desk.post_with("/admin/tools", &carol, form.as_bytes(), HTMX).await;
        assert_eq!(row.status, 200, "{row:?}");
        assert!(row.body.starts_with("<tr>"), "{}", row.body);
        assert!(row.header("hx-trigger").unwrap().contains("said"));
        let grants = desk.store.grants(&bob()).await.unwrap();
        let of = |class: &str| {
            let found = grants.iter().find(|grant| format!("{:?}", grant.class).to_lowercase() == class);
            found.map_or(Mode::Deny, |grant| grant.mode)
        };
        assert_eq!(["owner", "admin", "member"].map(of), cells, "{to}");
    }
    let audit = desk.get("/admin/audit?what=tool.", &carol).await.body;
    assert!(audit.contains("bob notes.remember for member"), "{audit}");
}

#[tokio::test]
async fn of_two_admins_who_switch_at_once_one_is_told() {
    let desk = Desk::new().await;
    let (carol, dave) = (desk.sign_in("carol").await, desk.sign_in("dave").await);
    let page = desk.get("/admin/tools?q=bob", &carol).await.body;
    let seen = page.split_once("rows?").unwrap().1.split_once('"').unwrap().0.replace("&amp;", "&");
    let rows = format!("/admin/tools/rows?{seen}");
    assert_eq!(desk.get(&rows, &dave).await.status, 204, "nothing to tell yet");
    let form = cell(&page, "bob", "remind.set", "owner");
    assert_eq!(desk.post_with("/admin/tools", &carol, form.as_bytes(), HTMX).await.status, 200);
    let fresh = desk.get(&rows, &dave).await;
    assert_eq!(fresh.status, 200, "the other browser is told at its next look");
    assert!(fresh.body.contains("remind.set of Bob when the owner asks: asks"), "{}", fresh.body);

    let stale = desk.post_with("/admin/tools", &dave, form.as_bytes(), HTMX).await;
    assert_eq!(stale.status, 409);
    assert!(stale.header("hx-trigger").unwrap().contains("Somebody%20else%20switched"));
    assert!(stale.body.contains("asks"), "it shows how it stands now");
    let page = desk.post("/admin/tools", &dave, &form).await;
    assert_eq!(page.status, 409);
    assert!(page.body.contains("somebody else switched it"), "the same without a script: {}", page.body);
    assert_eq!(desk.store.grants(&bob()).await.unwrap().len(), 1);
}

async fn agree(desk: &Desk) {
    let consent = NewConsent {
        person: bob(),
        purpose: Purpose::Training,
        sources: vec![SourceKind::Slack],
        from_at: 0,
        until_at: now() + 1000,
        text_version: 1,
        how: "a test".to_owned(),
    };
    desk.store.give_consent(consent, now()).await.unwrap();
}

#[tokio::test]
async fn a_correction_is_kept_with_its_words_only_under_a_consent() {
    let desk = Desk::new().await;
    let (alice, owner) = (desk.sign_in("alice").await, desk.member("bob").await);
    let id = desk.ask(&alice, "k", "When is the fair?").await;
    desk.settle(&desk.claim().await, "on the 24th").await;
    desk.deliver().await;
    let page = desk.get("/admin/answers/bob", &owner).await.body;
    for words in
        ["When is the fair?", "on the 24th", "Queries it wrote", "Passages it found", "Timings", "No consent"]
    {
        assert!(page.contains(words), "{words}: {page}");
    }
    let path = format!("/admin/answers/bob/{id}");
    let form = "verdict=corrected&text=On+the+25th.+%3Cscript%3E";
    assert_eq!(desk.post(&path, &owner, form).await.status, 303);
    let kept = desk.store.correction(id).await.unwrap().unwrap();
    assert_eq!((kept.verdict.as_str(), kept.text.as_str(), kept.actor.as_str()), ("corrected", "", "bob"));

    agree(&desk).await;
    assert_eq!(desk.post(&path, &owner, form).await.status, 303);
    assert_eq!(desk.store.correction(id).await.unwrap().unwrap().text, "On the 25th. <script>");
    let page = desk.get("/admin/answers/bob", &owner).await.body;
    assert!(page.contains("On the 25th. &lt;script&gt;") && !page.contains("25th. <script>"), "{page}");

    desk.store.withdraw_consent(&bob(), "bob", now()).await.unwrap();
    assert_eq!(desk.store.correction(id).await.unwrap().unwrap().text, "", "withdrawn words go");
}

#[tokio::test]
async fn odd_corrections_are_refused_with_a_sentence() {
    let desk = Desk::new().await;
    let (alice, owner) = (desk.sign_in("alice").await, desk.member("bob").await);
    let id = desk.ask(&alice, "k", "When?").await;
    desk.settle(&desk.claim().await, "now").await;
    let path = format!("/admin/answers/bob/{id}");
    let long = format!("verdict=corrected&text={}", "x".repeat(20_000));
    let huge = format!("verdict=corrected&text={}", "x".repeat(1 << 20));
    for (form, status, words) in [
        ("verdict=corrected&text=+", 400, "is empty"),
        ("verdict=corrected&text=now+%5B1%5D", 400, "said already"),
        ("verdict=great", 400, "could not be read"),
        (&long, 413, "Go back and shorten it"),
        (&huge, 413, "too long"),
    ] {
        let reply = desk.post(&path, &owner, form).await;
        assert_eq!(reply.status, status, "{}", &form[..30.min(form.len())]);
        assert!(reply.body.contains(words), "{words}: {}", reply.body);
    }
    assert_eq!(desk.post("/admin/answers/mallory/1", &alice, "verdict=good").await.status, 404, "another's");
    assert!(desk.store.correction(id).await.unwrap().is_none());
}

#[tokio::test]
async fn one_click_pauses_and_the_sender_reads_the_truth() {
    let desk = Desk::new().await;
    let (alice, owner) = (desk.sign_in("alice").await, desk.member("bob").await);
    let form = "person=bob&channel=console&do=pause&back=/admin/people/bob";
    assert_eq!(desk.post("/admin/pause", &owner, form).await.header("location"), Some("/admin/people/bob"));
    let id = desk.ask(&alice, "k", "hello").await;
    assert!(desk.store.claim_next(now(), 60).await.unwrap().is_none());
    let turn = desk.get(&format!("/talk/bob/turn/{id}"), &alice).await.body;
    assert!(turn.contains("your message is kept and will be answered"), "{turn}");
    assert!(desk.get("/admin/people", &owner).await.body.contains("paused in part"));
    assert_eq!(desk.post("/admin/pause", &owner, "do=pause").await.status, 403, "everybody is for admins");

    assert_eq!(desk.post("/admin/pause", &owner, &form.replace("do=pause", "do=resume")).await.status, 303);
    assert_eq!(desk.claim().await.id, id);
    assert_eq!(desk.post("/admin/pause", &alice, "do=pause").await.status, 303);
    assert!(desk.get("/", &alice).await.body.contains("Everybody is paused"));
    assert!(desk.store.pauses().await.unwrap().covering(&bob(), Channel::Mail).is_some());
}

#[tokio::test]
async fn an_undelivered_reply_is_seen_and_sent_again_after_a_look() {
    let desk = Desk::new().await;
    let (alice, owner) = (desk.sign_in("alice").await, desk.member("bob").await);
    desk.ask(&alice, "k", "hello").await;
    desk.settle(&desk.claim().await, "hi").await;
    let reply = desk.store.claim_reply(now()).await.unwrap().unwrap();
    desk.store.mark_undelivered(&reply, ReplyState::Parked, "the channel was archived", 0).await.unwrap();
    let page = desk.get("/admin/inbox", &owner).await.body;
    assert!(page.contains("the channel was archived") && page.contains("Deliver again"), "{page}");
    let path = format!("/admin/outbox/{}/retry", reply.id);
    assert_eq!(desk.post(&path, &owner, "").await.status, 303);
    assert_eq!(desk.post(&path, &owner, "").await.status, 409, "the first decision counts");
    let again = desk.store.claim_reply(now()).await.unwrap().unwrap();
    assert!(again.uncertain && again.id == reply.id, "its channel looks before it sends");
}

#[tokio::test]
async fn script_in_a_name_is_shown_as_text_on_every_admin_page() {
    let desk = Desk::new().await;
    let carol = desk.sign_in("carol").await;
    desk.store
        .pause(Some(&PersonId::new("mallory").unwrap()), None, "<script>x</script>", now())
        .await
        .unwrap();
    for path in [
        "/",
        "/admin/people",
        "/admin/people/mallory",
        "/admin/answers",
        "/admin/answers/mallory",
        "/admin/tools?q=<script>",
        "/admin/tools",
        "/admin/audit?who=<script>&whom=<script>",
        "/admin/audit",
        "/admin/health",
        "/admin/training?q=<script>",
        "/admin/accounts?q=<script>",
    ] {
        let path = path.replace('<', "%3C").replace('>', "%3E");
        let page = desk.get(&path, &carol).await;
        assert_eq!(page.status, 200, "{path}");
        let scripts = page.body.matches("<script").count();
        let ours = page.body.matches("<script src=\"/assets/").count();
        assert_eq!(scripts, ours, "{path}: {}", page.body);
    }
}

#[tokio::test]
async fn the_audit_is_filtered_paged_and_verified() {
    let desk = Desk::new().await;
    let carol = desk.sign_in("carol").await;
    for n in 0..60 {
        desk.store.note_change("person.promote", &format!("p{n}"), "dave", n).await.unwrap();
    }
    let page = desk.get("/admin/audit?who=dave&what=person.", &carol).await.body;
    assert!(page.contains(">p59<") && page.contains(">p10<") && !page.contains(">p9<"), "{page}");
    let older =
        page.split_once("rel=\"next\" href=\"").unwrap().1.split_once('"').unwrap().0.replace("&amp;", "&");
    let page = desk.get(&older, &carol).await.body;
    assert!(page.contains(">p9<") && page.contains(">p0<") && !page.contains(">p10<"), "{page}");
    assert!(desk.get("/admin/audit?what=person.&whom=p42", &carol).await.body.contains(">p42<"));
    let verified = desk.post("/admin/audit/verify", &carol, "").await.body;
    assert!(verified.contains("rows are as they were written"), "{verified}");
}
