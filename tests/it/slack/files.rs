//! Files: fetched from Slack only, kept by their content, read for the thread they came in.

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
    // What was read in a file lies beside it.
    entries.map(|entry| one(entry.unwrap())).filter(|(name, _)| !name.ends_with(".read")).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_file_is_kept_by_its_content_and_what_is_broken_is_said_to_be() {
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
        "You wrote: what is in it?\n\nI couldn't read plan.pdf: it is damaged or cut short, so save it again and send that."
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
            "You wrote: what is in it?\n\nI couldn't fetch or open plan.pdf, so send it again in another form.",
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
        assert!(reply.contains("I read plan.txt."), "{first:?}: {reply}");
        office.settle(&running).await;
        assert_eq!(world.replies(&office.general, &root).len(), 1);
    }
    assert_eq!(kept(&office).len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_document_answers_its_own_thread_and_no_other() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let room = world.direct(&office.alice, &office.bob);
    let lease = Upload::new("lease.bin", "application/octet-stream", b"# Lease\n\nThe deposit is 4,750 EUR.");
    let (root, _) = world.user_uploads(&office.alice, &room, None, "how high is the deposit?", &lease);
    let reply = world.wait_for_replies(&room, &root, 1, PATIENCE).await.remove(0).text;
    assert!(reply.contains("You wrote: how high is the deposit?"), "{reply}");
    assert!(reply.contains("lease.bin &gt; Lease"), "the document is cited: {reply}");
    assert!(reply.contains("I read lease.bin."), "{reply}");
    // Later in the same thread it is still there; in another one it never was.
    world.user_says_in_thread(&office.alice, &room, &root, "and when is it due?");
    let later = world.wait_for_replies(&room, &root, 2, PATIENCE).await.remove(1).text;
    assert!(later.contains("lease.bin &gt; Lease") && !later.contains("I read"), "{later}");
    let other = world.user_says(&office.alice, &room, "how high is the deposit?");
    let reply = world.wait_for_replies(&room, &other, 1, PATIENCE).await.remove(0).text;
    assert!(!reply.contains("lease"), "{reply}");
    office.settle(&running).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_long_review_comes_with_its_table_in_the_thread_once() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let room = world.direct(&office.alice, &office.bob);
    let contract: String = (1..=15).map(|n| format!("{n}. The supplier delivers {n} lamps.\n")).collect();
    let contract: &'static [u8] = contract.leak().as_bytes();
    // The table is shared, and nobody is told so.
    world.fail_times("files.completeUploadExternal", 0, 1, Fault::CutAfterDoing);
    let upload = Upload::new("contract.txt", "text/plain", contract);
    let (root, _) = world.user_uploads(&office.alice, &room, None, "is this compliant?", &upload);
    let replies = world.wait_for_replies(&room, &root, 2, 4 * PATIENCE).await;
    assert!(replies[0].text.starts_with("No clause of contract.txt breaks a rule"), "{replies:?}");
    assert_eq!(replies[1].files.len(), 1, "{replies:?}");
    office.settle(&running).await;
    tokio::time::sleep(Duration::from_secs(2)).await;
    assert_eq!(world.replies(&room, &root).len(), 2, "each of them once");
}
