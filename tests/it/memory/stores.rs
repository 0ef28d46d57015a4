//! Runs the contract on Qdrant Edge, on the client against a server over gRPC, and on a real Qdrant server when
//! `QDRANT_URL` names one; and what only one of them does.

use std::sync::Arc;

use tempfile::TempDir;
use understudy::memory::{Notes, NotesError, edge, server};

use super::{
    qdrant::TestServer,
    support::{DIMENSIONS, alice, edge_notes, find, note, person, sources, texts},
};

/// Every function of the contract as a test of the store that `$open` gives.
macro_rules! contract_on {
    ($open:path) => {
        contract_on! { $open:
            a_note_is_found_by_its_words_and_by_its_meaning
            what_several_queries_agree_on_comes_first
            replacing_a_note_leaves_nothing_of_the_old_one
            replacing_with_other_readers_takes_effect_at_once
            several_notes_at_once_replace_each_its_own
            removing_a_note_says_how_much_went
            a_note_without_chunks_is_no_note
            the_three_ways_to_be_allowed_are_the_only_ones
            one_person_never_finds_the_notes_of_another
            a_note_counts_only_while_it_is_valid
            a_hidden_note_changes_nothing_that_others_see
            equal_notes_come_in_the_same_order_every_time
            a_passage_carries_what_a_reply_has_to_know_of_it
            the_list_is_complete_however_long_it_gets
            forgetting_a_person_leaves_the_others
            vectors_of_another_model_are_refused_in_words
            a_search_for_nothing_finds_nothing
            health_names_the_store
        }
    };
    ($open:path: $($name:ident)*) => {
        $(#[tokio::test]
        async fn $name() {
            if let Some(store) = $open().await {
                eprintln!("contract on {}", store.notes.health().await.unwrap());
                crate::memory::contract::$name(&*store.notes).await;
                store.close().await;
            }
        })*
    };
}

struct Store {
    notes: Arc<dyn Notes>,
    _dir: Option<TempDir>,
    _server: Option<TestServer>,
    real: Option<(String, String)>,
}

impl Store {
    /// Leaves nothing behind on a server that is not ours.
    async fn close(self) {
        if let Some((url, collection)) = self.real {
            let client = qdrant_client::Qdrant::from_url(&url).skip_compatibility_check();
            let client = client.api_key(std::env::var("QDRANT_API_KEY")).build().unwrap();
            client.delete_collection(collection).await.unwrap();
        }
    }
}

async fn on_edge() -> Option<Store> {
    let (dir, notes) = edge_notes().await;
    Some(Store { notes, _dir: Some(dir), _server: None, real: None })
}

async fn on_server() -> Option<Store> {
    let server = TestServer::start().await;
    let notes = server::at(&server.address(), DIMENSIONS).unwrap();
    Some(Store { notes, _dir: None, _server: Some(server), real: None })
}

#[expect(clippy::unused_async, reason = "opened like the other two")]
async fn on_real_server() -> Option<Store> {
    let Ok(url) = std::env::var("QDRANT_URL") else {
        eprintln!("not run: QDRANT_URL names no Qdrant server");
        return None;
    };
    let collection = format!("understudy-test-{}", uuid::Uuid::new_v4());
    let api_key = std::env::var("QDRANT_API_KEY").ok();
    let place = server::Server { url: url.clone(), api_key, collection: collection.clone() };
    let notes = server::at(&place, DIMENSIONS).unwrap();
    Some(Store { notes, _dir: None, _server: None, real: Some((url, collection)) })
}

mod contract_on_edge {
    contract_on!(super::on_edge);
}

mod contract_on_server_over_grpc {
    contract_on!(super::on_server);
}

mod contract_on_a_real_qdrant {
    contract_on!(super::on_real_server);
}

#[tokio::test]
async fn edge_keeps_notes_across_a_restart_and_a_tidying() {
    let dir = tempfile::tempdir().unwrap();
    for round in 0..3 {
        let notes = edge::open(dir.path(), DIMENSIONS).await.unwrap();
        assert_eq!(notes.list(&person("bob")).await.unwrap().len(), round);
        notes.replace(note(&format!("{round}.md"), "everyone", &["kept"])).await.unwrap();
        notes.settle().await.unwrap();
        assert_eq!(find(&*notes, &alice(), &["kept"]).await.len(), round + 1);
    }
}

#[tokio::test]
async fn a_copy_of_the_directory_taken_after_a_write_has_the_write() {
    let (dir, notes) = edge_notes().await;
    notes.replace(note("a.md", "everyone", &["one", "two"])).await.unwrap();
    notes.replace(note("a.md", "everyone", &["three"])).await.unwrap();
    // As after `kill -9`: nothing of the running store gets a chance to finish.
    let copy = tempfile::tempdir().unwrap();
    let files = std::process::Command::new("cp")
        .arg("-a")
        .arg(dir.path().join("notes"))
        .arg(copy.path())
        .status()
        .unwrap();
    assert!(files.success());
    let reopened = edge::open(&copy.path().join("notes"), DIMENSIONS).await.unwrap();
    assert_eq!(texts(&find(&*reopened, &alice(), &["three"]).await), ["three"]);
    reopened.replace(note("a.md", "everyone", &["four"])).await.unwrap();
    assert_eq!(texts(&find(&*reopened, &alice(), &["three"]).await), ["four"]);
}

#[tokio::test]
async fn forgetting_leaves_no_byte_in_the_directory() {
    let (dir, notes) = edge_notes().await;
    let mut kept = note("k.md", "everyone", &["Quetzalcoatl stays"]);
    kept.person = person("carol");
    notes.replace(kept).await.unwrap();
    notes.replace(note("a.md", "alice", &["Zanzibar goes"])).await.unwrap();
    assert!(files_that_hold(dir.path(), "Zanzibar") > 0);
    notes.forget(&person("bob")).await.unwrap();
    assert_eq!(files_that_hold(dir.path(), "Zanzibar"), 0);
    assert!(files_that_hold(dir.path(), "Quetzalcoatl") > 0);
}

fn files_that_hold(dir: &std::path::Path, word: &str) -> usize {
    let holds = |path: &std::path::Path| {
        let bytes = std::fs::read(path).unwrap();
        bytes.windows(word.len()).any(|window| window == word.as_bytes())
    };
    let files = walkdir::WalkDir::new(dir).into_iter().map(Result::unwrap);
    files.filter(|entry| entry.file_type().is_file() && holds(entry.path())).count()
}

#[tokio::test]
async fn a_rebuild_cut_short_is_undone_at_the_next_start() {
    let dir = tempfile::tempdir().unwrap();
    let notes = edge::open(dir.path(), DIMENSIONS).await.unwrap();
    notes.replace(note("a.md", "everyone", &["still here"])).await.unwrap();
    drop(notes);
    std::fs::rename(dir.path().join("current"), dir.path().join("former")).unwrap();
    std::fs::create_dir(dir.path().join("next")).unwrap();
    let notes = edge::open(dir.path(), DIMENSIONS).await.unwrap();
    assert_eq!(sources(&find(&*notes, &alice(), &["here"]).await), ["a.md"]);
    assert!(!dir.path().join("next").exists() && !dir.path().join("former").exists());
}

#[tokio::test]
async fn a_damaged_directory_is_named_with_a_way_out() {
    for damage in ["edge_config.json", "segments"] {
        let dir = tempfile::tempdir().unwrap();
        let notes = edge::open(dir.path(), DIMENSIONS).await.unwrap();
        notes.replace(note("a.md", "everyone", &["x"])).await.unwrap();
        drop(notes);
        for entry in walkdir::WalkDir::new(dir.path().join("current").join(damage)) {
            let entry = entry.unwrap();
            if entry.file_type().is_file() {
                std::fs::write(entry.path(), b"\x00garbage").unwrap();
            }
        }
        let err = edge::open(dir.path(), DIMENSIONS).await.err().unwrap();
        assert!(matches!(err, NotesError::Corrupt { .. }), "{err:?}");
        let said = err.to_string();
        assert!(said.contains("rename the directory") && said.contains("add the folders again"), "{said}");
    }
}

#[tokio::test]
async fn a_store_made_for_another_model_is_refused_at_the_start() {
    let (dir, notes) = edge_notes().await;
    drop(notes);
    let err = edge::open(&dir.path().join("notes"), 384).await.err().unwrap();
    assert!(err.to_string().contains("384 numbers, the store was made for 48"), "{err}");
    let server = TestServer::start().await;
    server::at(&server.address(), DIMENSIONS).unwrap().health().await.unwrap();
    let err = server::at(&server.address(), 384).unwrap().health().await.unwrap_err();
    assert!(err.to_string().contains("384 numbers, the store was made for 48"), "{err}");
}

#[tokio::test]
async fn a_place_that_is_no_directory_is_refused_in_words() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, b"").unwrap();
    let err = edge::open(&file, DIMENSIONS).await.err().unwrap();
    assert!(matches!(err, NotesError::Denied { .. }));
    assert!(err.to_string().contains("UNDERSTUDY_DATA"), "{err}");
}

#[tokio::test]
async fn a_server_that_is_away_is_an_error_and_never_an_empty_answer() {
    let server = TestServer::start().await;
    let notes = server::at(&server.address(), DIMENSIONS).unwrap();
    notes.replace(note("a.md", "everyone", &["x"])).await.unwrap();
    let _server = server.stopped();
    let bob = person("bob");
    let everybody = alice();
    let legs = vec![super::support::leg("x")];
    let search = understudy::memory::Search { person: &bob, legs, audience: &everybody, limit: 3, now: 0 };
    let err = notes.search(&search).await.unwrap_err();
    assert!(err.is_passing(), "{err:?}");
    assert!(err.to_string().contains("QDRANT_URL"), "{err}");
    assert!(notes.health().await.is_err());
}

#[tokio::test]
async fn a_server_may_start_after_us() {
    let server = TestServer::start().await.stopped();
    let notes = server::at(&server.address(), DIMENSIONS).unwrap();
    assert!(notes.health().await.unwrap_err().is_passing());
    let _server = server.restarted().await;
    notes.replace(note("a.md", "everyone", &["x"])).await.unwrap();
    assert_eq!(find(&*notes, &alice(), &["x"]).await.len(), 1);
}

#[tokio::test]
async fn a_wrong_key_is_told_from_a_server_that_is_away() {
    let server = TestServer::start().await;
    let mut address = server.address();
    address.api_key = Some("wrong".to_owned());
    let err = server::at(&address, DIMENSIONS).unwrap().health().await.unwrap_err();
    assert!(matches!(err, NotesError::Denied { .. }), "{err:?}");
    assert!(err.to_string().contains("QDRANT_API_KEY"), "{err}");
}

#[tokio::test]
async fn an_address_that_is_none_is_refused_before_anything_is_sent() {
    let nowhere = server::Server { url: "not a url".into(), api_key: None, collection: "c".into() };
    let err = server::at(&nowhere, DIMENSIONS).err().unwrap();
    assert!(err.to_string().contains("QDRANT_URL"), "{err}");
}

#[tokio::test]
async fn a_server_that_forgets_to_filter_gives_nothing_away() {
    let server = TestServer::start_careless().await;
    let notes = server::at(&server.address(), DIMENSIONS).unwrap();
    notes.replace(note("open.md", "everyone", &["the plan"])).await.unwrap();
    notes.replace(note("carol.md", "carol", &["the plan"])).await.unwrap();
    notes.replace(note("room.md", "slack:C1", &["the plan"])).await.unwrap();
    let mut past = note("past.md", "everyone", &["the plan"]);
    past.valid_until = Some(0);
    notes.replace(past).await.unwrap();
    let mut other = note("other.md", "everyone", &["the plan"]);
    other.person = person("carol");
    notes.replace(other).await.unwrap();
    assert_eq!(sources(&find(&*notes, &alice(), &["plan"]).await), ["open.md"]);
}

#[tokio::test]
async fn every_leg_carries_the_rule() {
    let server = TestServer::start().await;
    let notes = server::at(&server.address(), DIMENSIONS).unwrap();
    notes.replace(note("a.md", "everyone", &["x"])).await.unwrap();
    find(&*notes, &alice(), &["x", "y z", "the plan"]).await;
    let rules = server.rules_seen();
    assert_eq!(rules.len(), 6, "a dense and a word leg for each of three queries");
    for rule in rules {
        let rule = format!("{rule:?}");
        for field in ["person", "readers", "everyone", "alice", "valid_from", "valid_until"] {
            assert!(rule.contains(field), "{field} in {rule}");
        }
    }
}
