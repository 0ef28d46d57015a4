//! Malformed and hostile mail: a collection of our own making, and the one that comes with the parser.

use std::path::PathBuf;

use futures::{StreamExt, stream};
use understudy::senses::{SenseError, Senses};

use super::{desk::Desk, hostile};

/// What became of a collection.
#[derive(Debug, Default)]
struct Tally {
    read: usize,
    refused: usize,
    /// Names of those whose reader died.
    died: Vec<String>,
}

async fn read_all(mails: Vec<(String, Vec<u8>)>) -> Tally {
    let senses = Senses::default();
    let reading = mails.into_iter().map(|(name, mail)| {
        let senses = senses.clone();
        async move { (name, senses.read_mail(&mail).await) }
    });
    let mut reading = stream::iter(reading).buffer_unordered(4);
    let mut tally = Tally::default();
    while let Some((name, read)) = reading.next().await {
        match read {
            Ok(_) => tally.read += 1,
            Err(SenseError::OverLimit(_)) => tally.refused += 1,
            Err(SenseError::Broken(why)) => tally.died.push(format!("{name}: {why}")),
            Err(e @ SenseError::NoReader { .. }) => panic!("{e}"),
        }
    }
    tally
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_no_mail_of_our_hostile_collection_takes_its_reader_down() {
    let mails = hostile::collection();
    assert!(mails.len() >= 200, "only {} mails", mails.len());
    let count = mails.len();
    let tally = read_all(mails).await;
    eprintln!("{count} hostile mails: {} read, {} over a limit", tally.read, tally.refused);
    assert!(tally.died.is_empty(), "{:?}", tally.died);
    assert!(tally.refused > 0 && tally.read > tally.refused, "{tally:?}");
    // The very next one is read as ever.
    let good = Senses::default().read_mail(b"From: a@example.com\r\n\r\nstill here").await.unwrap();
    assert_eq!(good.text, "still here");
}

#[tokio::test(flavor = "multi_thread")]
async fn f17_no_mail_of_a_public_collection_takes_its_reader_down() {
    let whole = public_collection();
    assert!(whole.len() >= 100, "only {} mails", whole.len());
    // Each as it is, cut in the middle, and with the line ends of another system.
    let cut = |mail: &[u8]| mail[..mail.len() / 2].to_vec();
    let bare = |mail: &[u8]| mail.iter().copied().filter(|byte| *byte != b'\r').collect();
    let mails: Vec<_> = whole
        .into_iter()
        .flat_map(|(name, mail)| {
            let others = [("cut", cut(&mail)), ("bare", bare(&mail))];
            let others = others.map(|(how, other)| (format!("{name}, {how}"), other));
            std::iter::once((name, mail)).chain(others)
        })
        .collect();
    let count = mails.len();
    let tally = read_all(mails).await;
    eprintln!(
        "{count} mails of the parser's collection: {} read, {} over a limit",
        tally.read, tally.refused
    );
    assert!(tally.died.is_empty(), "{:?}", tally.died);
}

/// The mails that the package of mail-parser brings (MIT or Apache-2.0), where cargo has unpacked it.
fn public_collection() -> Vec<(String, Vec<u8>)> {
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = std::process::Command::new(cargo)
        .args(["metadata", "--format-version=1", "--offline", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let parser = packages.iter().find(|package| package["name"] == "mail-parser").unwrap();
    let folder = PathBuf::from(parser["manifest_path"].as_str().unwrap()).with_file_name("resources");
    walkdir::WalkDir::new(folder)
        .into_iter()
        .map(Result::unwrap)
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "eml"))
        .map(|file| (file.path().display().to_string(), std::fs::read(file.path()).unwrap()))
        .collect()
}

#[test]
fn f09_two_hundred_hostile_mails_stop_nothing() {
    let desk = Desk::new("automatic = [\"colleagues\"]");
    let mut console = desk.open();
    console.running.kill();
    let mails = hostile::collection();
    desk.post.pile_up(mails.len(), |n| mails[n].1.clone());
    desk.alice_writes("q1", "Fair", "behind all of them");
    let console = desk.open_again();
    assert_eq!(super::desk::said(&desk.replies(1)[0]), "You wrote: Subject: Fair\n\nbehind all of them");
    super::post::eventually("a verdict on each", || {
        let of = |state: &str| console.metric(&format!("understudy_mail_total{{state=\"{state}\"}}"));
        let judged: u64 = ["taken", "silent", "held", "own", "repeat", "parked", "old"].map(of).iter().sum();
        // Our own copy of the reply comes on top.
        (judged > mails.len() as u64).then_some(())
    });
    desk.settle(&console.running);
    assert_eq!(desk.post.mails(super::post::ALICE, "INBOX").len(), 1, "nobody vouches for any of them");
}
