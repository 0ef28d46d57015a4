//! Files: fetched from Slack only, kept by their content, and honestly not read yet.

use std::time::Duration;

use fake_slack::{Fault, FileHealth, First, Upload};
use sha2::{Digest, Sha256};

use super::office::{Office, PATIENCE};

/// What Bob's understudy keeps, by hash.
fn kept(office: &Office) -> Vec<(String, Vec<u8>)> {
    let Ok(entries) = std::fs::read_dir(office.site.data().join("files/bob")) else { return Vec::new() };
    let one = |entry: std::fs::DirEntry| {
        (entry.file_name().into_string().unwrap(), std::fs::read(entry.path()).unwrap())
    };
    entries.map(|entry| one(entry.unwrap())).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_kept_by_its_content_and_honestly_not_read() {
    let (office, running) = Office::open().await;
    let world = office.world();
    // As on Enterprise Grid: a second host, which wants the token too.
    world.tune(|settings| settings.redirect_files = true);
    let room = world.direct(&office.alice, &office.bob);
    let plan = Upload::new("plan.pdf", "application/pdf", b"%PDF-1.7 invented");
    let (root, _) = world.user_uploads(&office.alice, &room, None, "what is in it?", &plan);
    let reply = world.wait_for_replies(&room, &root, 1, PATIENCE).await.remove(0).text;
    assert_eq!(
        reply,
        "You wrote: what is in it?\n\nI can't open files yet, so this leaves out what is in plan.pdf."
    );
    let hash = hex::encode(Sha256::digest(plan.bytes));
    assert_eq!(kept(&office), [(hash, plan.bytes.to_vec())]);
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_that_can_not_be_fetched_is_said_to_be_missing() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let room = world.direct(&office.alice, &office.bob);
    for health in [FileHealth::LoginPage, FileHealth::Gone] {
        let mut plan = Upload::new("plan.pdf", "application/pdf", b"%PDF-1.7 invented");
        plan.health = health;
        let (root, _) = world.user_uploads(&office.alice, &room, None, "what is in it?", &plan);
        let reply = world.wait_for_replies(&room, &root, 1, PATIENCE).await.remove(0).text;
        assert_eq!(
            reply,
            "You wrote: what is in it?\n\nI could not fetch or open plan.pdf, so send it again in another form if I should keep it.",
            "{health:?}"
        );
        office.settle(&running).await;
    }
    assert!(kept(&office).is_empty(), "a log-in page is no file");
}

#[tokio::test(flavor = "multi_thread")]
async fn files_that_only_one_of_the_two_events_names_are_not_lost() {
    let (office, running) = Office::open().await;
    let world = office.world();
    for (first, content) in [(First::Mention, b"one"), (First::Message, b"two")] {
        world.tune(|settings| (settings.files_in_mentions, settings.first) = (false, first));
        // The question is still open when the second event comes.
        world.fail_times("files.info", 0, 1, Fault::Slow(Duration::from_secs(1)));
        let words = format!("{} slowly, what is in it?", office.bob.mention());
        let plan = Upload::new("plan.txt", "text/plain", content);
        let (root, _) = world.user_uploads(&office.alice, &office.general, None, &words, &plan);
        let reply = office.replies(&root, 1).await.remove(0).text;
        assert!(reply.ends_with("this leaves out what is in plan.txt."), "{first:?}: {reply}");
        office.settle(&running).await;
        assert_eq!(world.replies(&office.general, &root).len(), 1);
    }
    assert_eq!(kept(&office).len(), 2);
}
