//! "My data" on a screen and on a telephone. People and words are invented.

use fantoccini::Locator;

use super::Driver;
use crate::{
    learning::{add, agree, mailbox, says},
    support::Site,
};

#[tokio::test]
async fn a_person_looks_through_their_examples_and_takes_one_out() {
    let site = Site::new();
    let (_running, link) = site.start_console();
    agree(&site);
    says(&site, &add(&mailbox(&site, 60)));
    let driver = Driver::start();
    let mut examples = None;
    for width in [1280, 390] {
        let page = driver.open(width).await;
        page.goto(&link).await.unwrap();
        page.find(Locator::Id("name")).await.unwrap().send_keys("Bob").await.unwrap();
        page.find(Locator::Css("form[action='/sign-in'] button")).await.unwrap().click().await.unwrap();
        page.wait().for_element(Locator::Css("a[href='/my-data']")).await.unwrap().click().await.unwrap();
        page.wait().for_element(Locator::Css("a[href='/my-data/bob']")).await.unwrap().click().await.unwrap();
        page.wait().for_element(Locator::Css("article.card")).await.unwrap();
        let shown = page.find(Locator::Css("main")).await.unwrap().text().await.unwrap();
        for words in ["said so to Carol", "goes on", "Take this out", "Withdraw my consent"] {
            assert!(shown.contains(words), "{width}: `{words}` is missing in {shown}");
        }
        assert!(!shown.contains("Alice"), "others are masked: {shown}");
        let wide = page
            .execute("return document.documentElement.scrollWidth > window.innerWidth", vec![])
            .await
            .unwrap();
        assert_eq!(wide, false, "the page scrolls sideways at {width}");
        let count =
            shown.split(" examples, newest first").next().unwrap().rsplit('\n').next().unwrap().to_owned();
        let count: usize = count.parse().unwrap();
        assert_eq!(count, examples.unwrap_or(count), "the one that was taken out stays out");
        if let Ok(dir) = std::env::var("UNDERSTUDY_SCREENSHOTS") {
            let picture = page.screenshot().await.unwrap();
            std::fs::write(format!("{dir}/my-data-{width}.png"), picture).unwrap();
        }
        page.find(Locator::Css("article form button")).await.unwrap().click().await.unwrap();
        let fewer = format!("//*[contains(., \"{} examples, newest first\")]", count - 1);
        page.wait().for_element(Locator::XPath(&fewer)).await.unwrap();
        examples = Some(count - 1);
        page.close().await.unwrap();
    }
}
