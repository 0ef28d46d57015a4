//! The console in real Chromium: sign in, ask, see the status, the reply and what it rests on.

mod admin;
mod gated;
mod my_data;
mod speaking;

use std::{
    io::{BufRead, BufReader},
    os::unix::process::CommandExt,
    path::PathBuf,
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use understudy::inbox::Stage;

use crate::support::{Running, Site};

/// A driver of Chromium; killed when dropped.
struct Driver {
    child: Child,
    url: String,
}

impl Driver {
    fn start() -> Self {
        let mut child = Command::new("chromedriver")
            .arg("--port=0")
            // So that its browsers end with it, even when a test fails with a page open.
            .process_group(0)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver is installed by `make test`");
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let port = lines
            .map_while(Result::ok)
            .find_map(|line| {
                Some(line.split_once("started successfully on port ")?.1.trim_end_matches('.').to_owned())
            })
            .expect("chromedriver says its port");
        Self { child, url: format!("http://127.0.0.1:{port}") }
    }

    async fn open(&self, width: u32) -> Client {
        self.open_with(width, &[]).await
    }

    async fn open_with(&self, width: u32, more: &[&str]) -> Client {
        let size = format!("--window-size={width},900");
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            &size,
        ];
        let arguments: Vec<&str> = arguments.iter().chain(more).copied().collect();
        let mut options = json!({"args": arguments});
        // No window is narrower than 500 pixels; a phone is.
        if width < 500 {
            let metrics = json!({"width": width, "height": 844, "pixelRatio": 1.0, "touch": false});
            options["mobileEmulation"] = json!({"deviceMetrics": metrics});
        }
        let capabilities = json!({"goog:chromeOptions": options});
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().unwrap().clone());
        builder.connect(&self.url).await.unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        let group = format!("-{}", self.child.id());
        Command::new("kill").args(["-KILL", "--", &group]).status().ok();
        self.child.wait().ok();
    }
}

/// A folder with one note.
fn notes(site: &Site) -> PathBuf {
    let notes = site.dir.path().join("notes");
    std::fs::create_dir_all(&notes).unwrap();
    std::fs::write(notes.join("fair.md"), "# Spring fair\n\nThe spring fair is on 3 May in hall B27.\n")
        .unwrap();
    notes
}

/// A running console with one note, and the link that was printed at its first start.
fn console(site: &Site) -> (Running, String) {
    let notes = notes(site);
    let (running, link) = site.start_console();
    let mut commands = running.connect().unwrap();
    let add = json!({"notes_add": {"person": "bob", "path": notes, "readers": ["everyone"], "watch": false}});
    commands.call(&add).unwrap();
    (running, link)
}

/// Signs in by the printed link and opens the conversation with Bob's understudy.
async fn sign_in(page: &Client, link: &str, name: &str) {
    page.goto(link).await.unwrap();
    page.find(Locator::Id("name")).await.unwrap().send_keys(name).await.unwrap();
    page.find(Locator::Css("form[action='/sign-in'] button")).await.unwrap().click().await.unwrap();
    page.wait().for_element(Locator::Css("a[href='/talk/bob']")).await.unwrap().click().await.unwrap();
}

/// Sends a message and waits until it stands in the conversation: whoever leaves the page before takes it along.
async fn send(page: &Client, question: &str) {
    let text = page.wait().for_element(Locator::Id("text")).await.unwrap();
    let turns = || async { page.find_all(Locator::Css("article.turn")).await.map_or(0, |turns| turns.len()) };
    let before = turns().await;
    text.send_keys(question).await.unwrap();
    page.find(Locator::Css("form.composer button.primary")).await.unwrap().click().await.unwrap();
    for _ in 0..300 {
        if turns().await > before {
            return;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    panic!("`{question}` is not sent: {}", page.source().await.unwrap());
}

/// Waits for an element with exactly this text.
async fn see(page: &Client, element: &str, text: &str) {
    let path = format!("//{element}[normalize-space(.)=\"{text}\"]");
    let seen = page.wait().at_most(Duration::from_secs(30)).for_element(Locator::XPath(&path)).await;
    if let Err(e) = seen {
        panic!("`{text}` is not seen: {e}; {}", page.source().await.unwrap());
    }
}

/// Opens what is below the last reply and returns what the page shows; headings may be set in capitals.
async fn how_it_got_there(page: &Client) -> String {
    let how = page.find_all(Locator::Css("details.how summary")).await.unwrap();
    how.last().unwrap().click().await.unwrap();
    page.find(Locator::Css("main")).await.unwrap().text().await.unwrap().to_lowercase()
}

#[tokio::test]
async fn a_person_signs_in_asks_and_sees_the_reply_with_its_passages() {
    let site = Site::new();
    let (_running, link) = console(&site);
    let driver = Driver::start();
    for width in [1280, 390] {
        let page = driver.open(width).await;
        sign_in(&page, &link, "Alice").await;
        let question = format!("When is the spring fair? ({width})");
        send(&page, &question).await;
        see(&page, "p", &format!("You wrote: {question} [1]")).await;
        let shown = how_it_got_there(&page).await;
        for words in ["queries it wrote", "spring fair", "hall b27", "score", " ms"] {
            assert!(shown.contains(words), "{width}: `{words}` is missing in {shown}");
        }
        let wide = page
            .execute("return document.documentElement.scrollWidth > window.innerWidth", vec![])
            .await
            .unwrap();
        assert_eq!(wide, false, "the page scrolls sideways at {width}");
        page.close().await.unwrap();
    }
}

#[tokio::test]
async fn while_the_mind_works_a_person_sees_what_it_does_and_only_the_owner_the_draft() {
    let site = Site::new();
    let office = gated::Office::open(&site, notes(&site)).await;
    let driver = Driver::start();
    for (name, owns) in [("Alice", false), ("Bob", true)] {
        let page = driver.open(390).await;
        sign_in(&page, &office.link, name).await;
        send(&page, "When is it?").await;
        // At each gate the work stands still until it is opened, so the words can't be missed.
        for stage in [Stage::Asking, Stage::Recalling, Stage::Drafting] {
            see(&page, "*[@data-stage]", &stage.words()).await;
            if stage == Stage::Drafting && owns {
                see(&page, "*[@data-draft]", "You wr").await;
            }
            let shown = page.source().await.unwrap();
            assert!(!shown.contains("You wrote"), "{name} sees nothing of the reply yet: {shown}");
            assert_eq!(shown.contains("You wr"), stage == Stage::Drafting && owns, "{name}: {shown}");
            office.gate.open();
        }
        see(&page, "p[not(@data-draft)]", "You wrote: When is it? [1]").await;
        let shown = how_it_got_there(&page).await;
        assert!(shown.contains("hall b27"), "{shown}");
        assert!(page.find_all(Locator::Css("[data-pending]")).await.unwrap().is_empty());
        page.close().await.unwrap();
    }
    office.close().await;
}
