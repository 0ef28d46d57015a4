//! A backup made while the program works, brought to an empty machine, answers what is new and nothing twice.

use std::process::{Output, Stdio};

use serde_json::json;
use understudy::store::Store;

use crate::support::Site;

fn run(site: &Site, arguments: &[&str]) -> Output {
    site.command().args(arguments).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap()
}

fn said(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

fn ask(site: &Site, question: &str) -> serde_json::Value {
    let output = run(site, &["ask", "-p", "bob", "--from", "alice", "--json", question]);
    assert!(output.status.success(), "{}", said(&output));
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn a_restored_installation_answers_the_next_message_and_no_old_one_again() {
    let old = Site::new();
    let running = old.start();
    let notes = old.dir.path().join("notes");
    std::fs::create_dir_all(&notes).unwrap();
    std::fs::write(notes.join("fair.md"), "# Spring fair\n\nThe spring fair is on 3 May in hall B27.\n")
        .unwrap();
    let mut commands = running.connect().unwrap();
    let add = json!({"notes_add": {"person": "bob", "path": notes, "readers": ["everyone"], "watch": false}});
    commands.call(&add).unwrap();
    assert_eq!(ask(&old, "When is the spring fair?")["outcome"], "answered");

    let backup = old.dir.path().join("backup");
    let made = run(&old, &["backup", backup.to_str().unwrap()]);
    assert!(made.status.success(), "{}", said(&made));
    let again = run(&old, &["backup", backup.to_str().unwrap()]);
    assert!(!again.status.success() && said(&again).contains("not there yet"), "{}", said(&again));
    // What happens after the backup is not in it.
    let after = ask(&old, "Who came after the backup?")["turn"].as_i64().unwrap();
    drop(running);

    let new = Site::new();
    let restored = run(&new, &["restore", backup.to_str().unwrap()]);
    assert!(restored.status.success(), "{}", said(&restored));
    let twice = run(&new, &["restore", backup.to_str().unwrap()]);
    assert!(!twice.status.success() && said(&twice).contains("is not empty"), "{}", said(&twice));

    let running = new.start();
    let answer = ask(&new, "When is the spring fair?");
    assert_eq!(answer["outcome"], "answered");
    assert!(answer["turn"].as_i64().unwrap() > after, "an id of after the backup is given to nothing else");
    assert!(answer["passages"].to_string().contains("hall B27"), "the notes came along: {answer}");
    let verified = run(&new, &["audit", "verify"]);
    assert!(verified.status.success(), "{}", said(&verified));
    drop(running);

    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let store = Store::open(&new.data()).await.unwrap();
        let answered =
            store.replies_to(understudy::domain::InboxId(0), understudy::domain::InboxId(i64::MAX));
        assert_eq!(answered.await.unwrap().len(), 2, "one from before, one from now");
        assert_eq!(store.open_replies().await.unwrap(), 0);
    });
}

#[tokio::test]
async fn what_was_open_in_a_backup_waits_for_a_person_unless_nothing_happened_since() {
    use crate::support::message;
    use understudy::store::{NewReply, Settled};
    for went_on in [true, false] {
        let (dir, to) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
        let store = Store::open(dir.path()).await.unwrap();
        store.accept(&message("open", "a", "open"), 100).await.unwrap();
        let claimed = store.claim_next(100, 60).await.unwrap().unwrap();
        let reply = NewReply { text: "hi".to_owned(), cites: vec![], file: None };
        let settled = Settled { outcome: "answered", steps: vec![], reply: Some(reply), aside: None };
        store.settle(&claimed, settled, 100).await.unwrap();
        store.accept(&message("next", "b", "next"), 100).await.unwrap();
        store.back_up(to.path()).await.unwrap();

        let copy = Store::open(to.path()).await.unwrap();
        assert_eq!(copy.after_restore(went_on, 200).await.unwrap(), u64::from(went_on));
        assert_eq!(copy.claim_next(300, 60).await.unwrap().is_some(), !went_on);
        assert_eq!(copy.parked(10).await.unwrap().len(), usize::from(went_on));
        let leaving = copy.claim_reply(300).await.unwrap().unwrap();
        assert!(leaving.uncertain, "it may have left since, so its channel looks");
        let audit = copy.verify_audit().await.unwrap();
        assert_eq!(audit.broken, None);
    }
}

#[test]
fn half_a_backup_is_refused() {
    let site = Site::new();
    let half = site.dir.path().join("half");
    std::fs::create_dir_all(&half).unwrap();
    let refused = run(&site, &["restore", half.to_str().unwrap()]);
    assert!(!refused.status.success() && said(&refused).contains("no whole backup"), "{}", said(&refused));
    assert!(!site.data().exists());
}
