//! The console in real Chromium: sign in, ask, see the status, the reply and what it rests on.

use std::{
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    time::Duration,
};

use fantoccini::{Client, ClientBuilder, Locator};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;

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
            &format!("--window-size={width},900"),
        ];
        let capabilities = json!({"goog:chromeOptions": {"args": arguments}});
        let mut builder = ClientBuilder::new(HttpConnector::new());
        builder.capabilities(capabilities.as_object().unwrap().clone());
        builder.connect(&self.url).await.unwrap()
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A running console with one note, and the link that was printed at its first start.
fn console(site: &Site) -> (Running, String) {
    let notes = site.dir.path().join("notes");
    std::fs::create_dir_all(&notes).unwrap();
    std::fs::write(notes.join("fair.md"), "# Spring fair\n\nThe spring fair is on 3 May in hall B27.\n")
        .unwrap();
    let (running, link) = site.start_console();
    let mut commands = running.connect().unwrap();
    let add = json!({"notes_add": {"person": "bob", "path": notes, "readers": ["everyone"], "watch": false}});
    commands.call(&add).unwrap();
    (running, link)
}

#[tokio::test]
async fn a_person_signs_in_asks_and_sees_the_reply_with_its_passages() {
    let site = Site::new();
    let (_running, link) = console(&site);
    let driver = Driver::start();
    for width in [1280, 390] {
        let page = driver.open(width).await;
        page.goto(&link).await.unwrap();
        page.find(Locator::Id("name")).await.unwrap().send_keys("Alice").await.unwrap();
        page.find(Locator::Css("form[action='/sign-in'] button")).await.unwrap().click().await.unwrap();
        page.wait().for_element(Locator::Css("a[href='/talk/bob']")).await.unwrap().click().await.unwrap();
        let text = page.wait().for_element(Locator::Id("text")).await.unwrap();
        let question = format!("When is the spring fair? ({width})");
        text.send_keys(&question).await.unwrap();
        page.find(Locator::Css("form.composer button.primary")).await.unwrap().click().await.unwrap();
        let reply = format!("You wrote: {question}");
        let wanted = Locator::XPath(Box::leak(format!("//*[contains(text(), '{reply}')]").into_boxed_str()));
        page.wait().at_most(Duration::from_secs(30)).for_element(wanted).await.unwrap();
        let how = page.find_all(Locator::Css("details.how summary")).await.unwrap();
        how.last().unwrap().click().await.unwrap();
        // What is rendered: headings may be set in capitals.
        let shown = page.find(Locator::Css("main")).await.unwrap().text().await.unwrap().to_lowercase();
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
