//! The admin pages in real Chromium, at desk and phone width, light and dark, by mouse and by keyboard, judged by axe-core.
//!
//! With `UNDERSTUDY_PICTURES` set to a directory, a picture of each page is put there.

use std::{
    path::PathBuf,
    process::Stdio,
    time::{Duration, Instant},
};

use fantoccini::{Client, Locator};
use serde_json::json;

use super::{Driver, console, see, send, sign_in};
use crate::support::{Running, Site};

/// How a page is looked at: its width in pixels, whether its reader likes it dark, and who is invited meanwhile.
const LOOKS: [(u32, bool, &str); 3] = [(1280, false, "Alice"), (390, false, "Dave"), (1280, true, "Eve")];
const PASSWORD: &str = "three plain words";

/// The accessibility checker that `make test` installs.
fn axe() -> String {
    let cache = std::env::var_os("UNDERSTUDY_CACHE").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/understudy"),
        PathBuf::from,
    );
    let file = cache.join("tools/axe/node_modules/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .unwrap_or_else(|e| panic!("{}: {e}; `make test` installs it", file.display()))
}

/// Looks at the page as it is: nothing scrolls sideways, nothing is written over, axe finds nothing serious.
async fn judge(page: &Client, axe: &str, name: &str, (width, is_dark): (u32, bool)) {
    let wide = "return document.documentElement.scrollWidth > window.innerWidth";
    assert_eq!(page.execute(wide, vec![]).await.unwrap(), false, "{name} scrolls sideways at {width}");
    page.execute(axe, vec![]).await.unwrap();
    let run = "const done = arguments[0]; axe.run(document, {resultTypes: ['violations']}).then((found) => done(
        found.violations.filter((v) => ['serious', 'critical'].includes(v.impact))
             .map((v) => v.id + ': ' + v.nodes.map((n) => n.html + ' ' + (n.any[0]?.message ?? '')).join(' | '))))";
    let found = page.execute_async(run, vec![]).await.unwrap();
    assert_eq!(found, json!([]), "{name} at {width}");
    if let Some(pictures) = std::env::var_os("UNDERSTUDY_PICTURES") {
        let dark = if is_dark { "-dark" } else { "" };
        let file = PathBuf::from(pictures).join(format!("{name}-{width}{dark}.png"));
        std::fs::write(file, page.screenshot().await.unwrap()).unwrap();
    }
}

async fn click(page: &Client, css: &str) {
    page.wait()
        .at_most(Duration::from_secs(30))
        .for_element(Locator::Css(css))
        .await
        .unwrap()
        .click()
        .await
        .unwrap();
}

async fn text_of(page: &Client, css: &str) -> String {
    let element = page.wait().at_most(Duration::from_secs(30)).for_element(Locator::Css(css)).await;
    element.unwrap().text().await.unwrap()
}

/// Waits until an element shows these words.
async fn until(page: &Client, css: &str, words: &str) {
    if !shows_within(page, css, words, Duration::from_secs(30)).await {
        panic!("{css} never shows `{words}`: {}", page.source().await.unwrap());
    }
}

async fn shows_within(page: &Client, css: &str, words: &str, time: Duration) -> bool {
    let started = Instant::now();
    while started.elapsed() < time {
        let shown = page.find(Locator::Css(css)).await;
        if let Ok(shown) = shown
            && shown.text().await.is_ok_and(|text| text == words)
        {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    false
}

/// Presses the switch once, with the mouse or a key, and returns when; the page itself then shows the next state.
///
/// The matrix is fetched again in the second after a change, and a press at that very moment is lost: whoever sees
/// that nothing changed presses again.
async fn switch(page: &Client, (from, to): (&str, &str), key: Option<&str>) -> Instant {
    for _ in 0..10 {
        until(page, CELL, from).await;
        let pressed = Instant::now();
        if let Ok(cell) = page.find(Locator::Css(CELL)).await {
            let _lost = match key {
                Some(key) => cell.send_keys(key).await,
                None => cell.click().await,
            };
        }
        if shows_within(page, CELL, to, Duration::from_secs(10)).await {
            return pressed;
        }
    }
    panic!("{CELL} cannot be switched from `{from}` to `{to}`: {}", page.source().await.unwrap());
}

async fn type_into(page: &Client, id: &str, words: &str) {
    let field = page.wait().for_element(Locator::Id(id)).await.unwrap();
    field.clear().await.unwrap();
    field.send_keys(words).await.unwrap();
}

const CELL: &str = "[id='cell-bob-notes.remember-member']";

/// A step that waits for a yes, and a document that was reviewed, so that their pages have something to show.
fn something_waits(site: &Site, running: &Running) {
    let allow = ["tools", "allow", "bob", "remind.set", "--for", "member", "--ask"];
    assert!(site.command().args(allow).stdout(Stdio::null()).status().unwrap().success());
    let words = "use remind.set {\"text\":\"the lamp fair\",\"when\":\"tomorrow at 9:30\"}";
    let ask = json!({"ask": {"person": "bob", "from": "alice", "thread": null, "key": null, "text": words}});
    assert_eq!(running.connect().unwrap().call(&ask).unwrap()["outcome"], "needs_approval");
    let contract = site.dir.path().join("lease.md");
    std::fs::write(&contract, "# Lease\n\n1. The hall is let for 60 months.\n\n2. Rent is due in advance.\n")
        .unwrap();
    let mut review = site.command();
    let review = review.args(["ask", "-p", "bob", "--from", "alice", "--file"]).arg(contract);
    let review = review.arg("Is this compliant?\njudge 60 months ->").stdout(Stdio::null());
    assert!(review.status().unwrap().success());
}

#[tokio::test]
async fn an_admin_sets_everything_up_and_every_page_is_fit_to_be_seen() {
    let site = Site::new();
    let (running, link) = console(&site);
    let address = link.split_once("/sign-in").unwrap().0.to_owned();
    something_waits(&site, &running);
    let (driver, axe) = (Driver::start(), axe());
    for (n, (width, is_dark, invited)) in LOOKS.into_iter().enumerate() {
        let look = (width, is_dark);
        let dark: &[&str] = if is_dark { &["--blink-settings=preferredColorScheme=0"] } else { &[] };
        let page = driver.open_with(width, dark).await;
        let prefers = "return matchMedia('(prefers-color-scheme: dark)').matches";
        assert_eq!(page.execute(prefers, vec![]).await.unwrap(), is_dark);
        page.goto(&format!("{address}/sign-in")).await.unwrap();
        judge(&page, &axe, "sign-in", look).await;
        if n == 0 {
            sign_in(&page, &link, "Carol").await;
            send(&page, "When is the spring fair?").await;
            see(&page, "p", "You wrote: When is the spring fair? [1]").await;
            page.goto(&format!("{address}/account")).await.unwrap();
            type_into(&page, "new", PASSWORD).await;
            click(&page, "form[action='/account/password'] button").await;
            until(&page, "h2.first", "Change the password").await;
        } else {
            type_into(&page, "name", "Carol").await;
            type_into(&page, "password", PASSWORD).await;
            click(&page, "form[action='/sign-in'] button").await;
        }
        page.wait().for_element(Locator::Css("form[action='/sign-out']")).await.unwrap();

        // A cell goes round; by keyboard as well.
        page.goto(&format!("{address}/admin/tools?q=bob")).await.unwrap();
        assert_eq!(text_of(&page, CELL).await, "off");
        switch(&page, ("off", "asks"), None).await;
        let stays = "return document.activeElement.id";
        assert_eq!(
            page.execute(stays, vec![]).await.unwrap(),
            "cell-bob-notes.remember-member",
            "focus stays"
        );
        switch(&page, ("asks", "on"), Some("\u{e007}")).await;
        see(&page, "p", "notes.remember of Bob is on now.").await;
        judge(&page, &axe, "permissions", look).await;
        switch(&page, ("on", "off"), None).await;

        page.goto(&format!("{address}/admin/answers/bob")).await.unwrap();
        click(&page, ".judge summary").await;
        let better = page.find(Locator::Css(".judge textarea")).await.unwrap();
        better.send_keys(" It is in the big hall.").await.unwrap();
        click(&page, ".judge button[value='corrected']").await;
        see(&page, "span", "corrected").await;
        click(&page, "details.how summary").await;
        judge(&page, &axe, "answers", look).await;

        page.goto(&format!("{address}/admin/people/bob")).await.unwrap();
        click(&page, "form[action='/admin/pause'] button").await;
        see(&page, "button", "Start again Bob").await;
        judge(&page, &axe, "person", look).await;
        click(&page, "form[action='/admin/pause'] button[value='resume']").await;
        see(&page, "button", "Pause Bob").await;

        page.goto(&format!("{address}/admin/accounts")).await.unwrap();
        type_into(&page, "name", invited).await;
        click(&page, "form[action='/admin/accounts'] button").await;
        let invitation = text_of(&page, "p.link code").await;
        judge(&page, &axe, "invited", look).await;

        for (name, path) in [
            ("talk", "/"),
            ("conversation", "/talk/bob"),
            ("approvals", "/admin/approvals"),
            ("drafts", "/admin/drafts"),
            ("reviews", "/admin/reviews"),
            ("answers-list", "/admin/answers"),
            ("queues", "/admin/inbox"),
            ("mail", "/admin/mail"),
            ("people", "/admin/people"),
            ("training", "/admin/training"),
            ("accounts", "/admin/accounts"),
            ("audit", "/admin/audit"),
            ("health", "/admin/health"),
            ("my-data", "/my-data"),
            ("account", "/account"),
            ("confirm", "/confirm?next=/admin/tools"),
            ("missing", "/nowhere"),
        ] {
            page.goto(&format!("{address}{path}")).await.unwrap();
            judge(&page, &axe, name, look).await;
        }

        // Whoever was invited comes in by the link, and sees no admin page.
        click(&page, "a.button, form[action='/sign-out'] button").await;
        page.delete_all_cookies().await.unwrap();
        page.goto(&invitation).await.unwrap();
        judge(&page, &axe, "invitation", look).await;
        type_into(&page, "new", "four other plain words").await;
        click(&page, "form[action='/invitation'] button").await;
        page.wait().for_element(Locator::Css("a[href='/talk/bob']")).await.unwrap();
        assert!(page.find_all(Locator::Css("a[href='/admin/tools']")).await.unwrap().is_empty());
        page.close().await.unwrap();
    }
}

/// Has a step wait for a yes.
fn asks_for(running: &Running, what: &str) {
    let words = format!("use remind.set {}", json!({"text": what, "when": "tomorrow at 9:30"}));
    let ask = json!({"ask": {"person": "bob", "from": "alice", "thread": null, "key": null, "text": words}});
    assert_eq!(running.connect().unwrap().call(&ask).unwrap()["outcome"], "needs_approval");
}

#[tokio::test]
async fn what_waits_is_decided_in_the_browser() {
    let site = Site::new();
    let (running, link) = console(&site);
    let address = link.split_once("/sign-in").unwrap().0.to_owned();
    something_waits(&site, &running);
    let driver = Driver::start();
    for (n, width) in [1280, 390].into_iter().enumerate() {
        let page = driver.open(width).await;
        if n == 0 {
            sign_in(&page, &link, "Bob").await;
            page.goto(&format!("{address}/account")).await.unwrap();
            type_into(&page, "new", PASSWORD).await;
            click(&page, "form[action='/account/password'] button").await;
            until(&page, "h2.first", "Change the password").await;
        } else {
            page.goto(&format!("{address}/sign-in")).await.unwrap();
            type_into(&page, "name", "Bob").await;
            type_into(&page, "password", PASSWORD).await;
            click(&page, "form[action='/sign-in'] button").await;
            page.wait().for_element(Locator::Css("form[action='/sign-out']")).await.unwrap();
            asks_for(&running, "the lamp fair");
        }
        // One step as it is asked for, one changed first, one not at all.
        let approvals = format!("{address}/admin/approvals");
        page.goto(&approvals).await.unwrap();
        click(&page, "button[value='approve']").await;
        see(&page, "p", "Nothing waits for a yes.").await;
        for (what, decision) in [("the band", "edit"), ("the tent", "reject")] {
            asks_for(&running, what);
            page.goto(&approvals).await.unwrap();
            see(&page, "td", what).await;
            if decision == "edit" {
                click(&page, "article details summary").await;
                let field = page.find(Locator::Css("textarea[name='argument.text']")).await.unwrap();
                field.send_keys(" at noon").await.unwrap();
            }
            click(&page, &format!("button[value='{decision}']")).await;
            see(&page, "p", "Nothing waits for a yes.").await;
        }
        // A reply that waits, and is changed before it leaves.
        page.goto(&format!("{address}/admin/drafts")).await.unwrap();
        click(&page, "form[action='/admin/draft-mode/bob'] button").await;
        see(&page, "button", "Turn draft mode off").await;
        page.goto(&format!("{address}/talk/bob")).await.unwrap();
        send(&page, &format!("Where is it? ({width})")).await;
        page.goto(&format!("{address}/admin/drafts")).await.unwrap();
        for _ in 0..100 {
            if page.find(Locator::Css("article details summary")).await.is_ok() {
                break;
            }
            tokio::time::sleep(Duration::from_millis(200)).await;
            page.refresh().await.unwrap();
        }
        click(&page, "article details summary").await;
        let field = page.find(Locator::Css("article textarea[name='text']")).await.unwrap();
        field.clear().await.unwrap();
        field.send_keys(&format!("It is in hall B27, says Bob ({width}).")).await.unwrap();
        click(&page, "article button[value='edit']").await;
        see(&page, "p", "No draft waits.").await;
        page.goto(&format!("{address}/talk/bob")).await.unwrap();
        see(&page, "p", &format!("It is in hall B27, says Bob ({width}).")).await;
        page.goto(&format!("{address}/admin/drafts")).await.unwrap();
        click(&page, "form[action='/admin/draft-mode/bob'] button").await;
        see(&page, "button", "Turn draft mode on").await;

        // A clause is ruled on.
        page.goto(&format!("{address}/admin/reviews")).await.unwrap();
        click(&page, "article a").await;
        click(&page, "#clause-0 details summary").await;
        let why = page.find(Locator::Id("why-0")).await.unwrap();
        why.clear().await.unwrap();
        why.send_keys(&format!("Sixty months are too many ({width}).")).await.unwrap();
        click(&page, "#clause-0 form button").await;
        let ruled = format!("Sixty months are too many ({width}).");
        let shown = format!("//article[@id='clause-0']//p[contains(., \"{ruled}\")]");
        let shown = Locator::XPath(&shown);
        page.wait().at_most(Duration::from_secs(30)).for_element(shown).await.unwrap();

        // The audit, filtered and read as a whole.
        page.goto(&format!("{address}/admin/audit?who=bob")).await.unwrap();
        assert!(page.find_all(Locator::Css("table.list tbody tr")).await.unwrap().len() > 3);
        click(&page, "form[action='/admin/audit/verify'] button").await;
        let verified = page.wait().for_element(Locator::Css("p.notice.ok")).await.unwrap();
        assert!(verified.text().await.unwrap().contains("rows are as they were written"));
        page.close().await.unwrap();
    }
}

#[tokio::test]
async fn a_switch_is_seen_by_another_open_browser() {
    let site = Site::new();
    let (_running, link) = console(&site);
    let address = link.split_once("/sign-in").unwrap().0.to_owned();
    let driver = Driver::start();
    let (one, other) = (driver.open(1280).await, driver.open(1280).await);
    for (page, name) in [(&one, "Carol"), (&other, "Dave")] {
        sign_in(page, &link, name).await;
        page.goto(&format!("{address}/admin/tools")).await.unwrap();
    }
    let mut took = Vec::new();
    for (from, to) in [("off", "asks"), ("asks", "on"), ("on", "off")] {
        let pressed = switch(&one, (from, to), None).await;
        until(&other, CELL, to).await;
        took.push(pressed.elapsed().as_millis());
    }
    println!("a switch is seen by another browser after (ms): {took:?}");
    one.close().await.unwrap();
    other.close().await.unwrap();
}
