//! Voice notes in the console: recorded there by a microphone that Chromium plays a file into, and attached.

use std::time::Duration;

use fantoccini::{Client, Locator};

use super::{Driver, sign_in};
use crate::{
    hearing::voice::{CONTAINERS, converted, spoken},
    support::{Site, models},
};

/// What is said, and a word of it that is always heard.
const SAID: (&str, &str) = ("The fair opens on Friday at nine. Who has the key?", "fair");

/// Waits until the newest reply says what was heard.
async fn heard(page: &Client, count: usize, how: &str) {
    let began = std::time::Instant::now();
    loop {
        // Asked in one step: the page puts replies in place while this looks.
        let text = page.execute("return document.querySelector('main').innerText", vec![]).await.unwrap();
        let text = text.as_str().unwrap_or_default().to_owned();
        let replies: Vec<&str> = text.split("I heard \u{201c}").skip(1).collect();
        if let Some(reply) = replies.get(count - 1) {
            assert!(reply.to_lowercase().contains(SAID.1), "{how}: {reply}");
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(240), "{how}: {text}");
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_voice_note_is_recorded_in_the_browser_or_attached_in_any_container() {
    let site = Site::new();
    let mut command = site.command();
    let (_running, link) = site.greeted(command.env("UNDERSTUDY_MODELS", models()));
    let wav = spoken(SAID.0, 140);
    let spoken_file = site.dir.path().join("microphone.wav");
    std::fs::write(&spoken_file, &wav).unwrap();
    let driver = Driver::start();
    let microphone = format!("--use-file-for-fake-audio-capture={}", spoken_file.display());
    let page = driver
        .open_with(
            390,
            &["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream", &microphone],
        )
        .await;
    sign_in(&page, &link, "Alice").await;
    let button = page.wait().for_element(Locator::Css("button[data-record]")).await.unwrap();
    assert!(button.is_displayed().await.unwrap(), "the browser can record");
    button.click().await.unwrap();
    tokio::time::sleep(Duration::from_secs(6)).await;
    assert_eq!(button.text().await.unwrap(), "Stop and send");
    button.click().await.unwrap();
    heard(&page, 1, "recorded").await;

    for (n, container) in CONTAINERS.iter().take(5).enumerate() {
        let file = site.dir.path().join(format!("note-{n}"));
        std::fs::write(&file, converted(&wav, container)).unwrap();
        page.find(Locator::Css("form.composer input[type=file]"))
            .await
            .unwrap()
            .send_keys(file.to_str().unwrap())
            .await
            .unwrap();
        page.find(Locator::Css("form.composer button.primary")).await.unwrap().click().await.unwrap();
        heard(&page, n + 2, container.name).await;
    }
}
