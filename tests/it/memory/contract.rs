//! What every store of notes does. Each function is run on each store, see `stores.rs`.

use understudy::{
    domain::{Audience, Members, PersonId},
    memory::{Notes, NotesError, Search},
};

use super::support::*;

pub async fn a_note_is_found_by_its_words_and_by_its_meaning(notes: &dyn Notes) {
    notes.replace(note("refunds.md", "everyone", &["Refunds are paid within 30 days."])).await.unwrap();
    notes.replace(note("lunch.md", "everyone", &["The canteen opens at noon."])).await.unwrap();
    let found = find(notes, &alice(), &["when are refunds paid"]).await;
    assert_eq!(found[0].source, "refunds.md");
    assert_eq!((found[0].n, found[1].n), (1, 2));
    assert!(found[0].score > found[1].score);
    // An inflected word that the hashing embedder knows nothing of is still met by its stem.
    assert_eq!(find(notes, &alice(), &["refunding"]).await[0].source, "refunds.md");
}

pub async fn what_several_queries_agree_on_comes_first(notes: &dyn Notes) {
    notes
        .replace(note("cap.md", "everyone", &["The liability cap is twelve months of fees."]))
        .await
        .unwrap();
    notes.replace(note("cap-table.md", "everyone", &["The cap table lists founders."])).await.unwrap();
    notes.replace(note("months.md", "everyone", &["Twelve months make a year."])).await.unwrap();
    let found = find(notes, &alice(), &["cap", "twelve months", "liability"]).await;
    assert_eq!(found[0].source, "cap.md");
}

pub async fn replacing_a_note_leaves_nothing_of_the_old_one(notes: &dyn Notes) {
    notes.replace(note("a.md", "everyone", &["one old", "two old", "three old"])).await.unwrap();
    notes.replace(note("a.md", "everyone", &["one new"])).await.unwrap();
    assert_eq!(texts(&find(notes, &alice(), &["old new"]).await), ["one new"]);
    let listed = notes.list(&person("bob")).await.unwrap();
    assert_eq!((listed.len(), listed[0].chunks, listed[0].whole), (1, 1, true));
}

pub async fn replacing_with_other_readers_takes_effect_at_once(notes: &dyn Notes) {
    notes.replace(note("a.md", "everyone", &["the salary is 7"])).await.unwrap();
    assert_eq!(find(notes, &alice(), &["salary"]).await.len(), 1);
    notes.replace(note("a.md", "carol", &["the salary is 7"])).await.unwrap();
    assert_eq!(find(notes, &alice(), &["salary"]).await, []);
    assert_eq!(find(notes, &audience(None, &["carol"]), &["salary"]).await.len(), 1);
}

pub async fn several_notes_at_once_replace_each_its_own(notes: &dyn Notes) {
    notes
        .replace_all(vec![note("a.md", "everyone", &["1", "2", "3"]), note("b.md", "everyone", &["4", "5"])])
        .await
        .unwrap();
    notes
        .replace_all(vec![note("b.md", "everyone", &["6", "7", "8"]), note("a.md", "everyone", &["9"])])
        .await
        .unwrap();
    notes.replace_all(vec![]).await.unwrap();
    let found = find(notes, &alice(), &["words"]).await;
    let mut found = texts(&found);
    found.sort_unstable();
    assert_eq!(found, ["6", "7", "8", "9"]);
    assert!(notes.list(&person("bob")).await.unwrap().iter().all(|note| note.whole));
}

pub async fn removing_a_note_says_how_much_went(notes: &dyn Notes) {
    notes.replace(note("a.md", "everyone", &["x", "y"])).await.unwrap();
    notes.replace(note("b.md", "everyone", &["x"])).await.unwrap();
    assert_eq!(notes.remove(&person("bob"), &key("a.md")).await.unwrap(), 2);
    assert_eq!(notes.remove(&person("bob"), &key("a.md")).await.unwrap(), 0);
    assert_eq!(sources(&find(notes, &alice(), &["x"]).await), ["b.md"]);
}

pub async fn a_note_without_chunks_is_no_note(notes: &dyn Notes) {
    notes.replace(note("a.md", "everyone", &["x"])).await.unwrap();
    notes.replace(note("a.md", "everyone", &[])).await.unwrap();
    assert_eq!(notes.list(&person("bob")).await.unwrap(), []);
}

pub async fn the_three_ways_to_be_allowed_are_the_only_ones(notes: &dyn Notes) {
    for (source, who) in
        [("all", "everyone"), ("both", "alice,carol"), ("one", "alice"), ("room", "slack:C1"), ("none", "")]
    {
        notes.replace(note(source, who, &["budget"])).await.unwrap();
    }
    let crowd: Vec<String> = (0..21).map(|i| format!("p{i}")).chain(["alice".to_owned()]).collect();
    let crowd: Vec<&str> = crowd.iter().map(String::as_str).collect();
    let unknown = Audience { space: Some(reader("slack:C1")), members: Members::SomeUnknown };
    let table: [(Audience, &[&str]); 7] = [
        (alice(), &["all", "both", "one"]),
        (audience(None, &["alice", "carol"]), &["all", "both"]),
        (audience(None, &["alice", "carol", "dave"]), &["all"]),
        (audience(Some("slack:C1"), &["alice", "dave"]), &["all", "room"]),
        (audience(Some("slack:C1"), &crowd), &["all", "room"]),
        (audience(None, &[]), &["all"]),
        (unknown, &["all"]),
    ];
    for (audience, want) in table {
        let found = find(notes, &audience, &["budget"]).await;
        let mut found = sources(&found);
        found.sort_unstable();
        assert_eq!(found, want, "{audience:?}");
    }
}

pub async fn one_person_never_finds_the_notes_of_another(notes: &dyn Notes) {
    let mut other = note("a.md", "everyone", &["the plan"]);
    other.person = person("carol");
    notes.replace(other).await.unwrap();
    notes.replace(note("b.md", "everyone", &["the plan"])).await.unwrap();
    assert_eq!(sources(&find(notes, &alice(), &["plan"]).await), ["b.md"]);
    assert_eq!(notes.list(&person("bob")).await.unwrap().len(), 1);
    assert_eq!(notes.remove(&person("bob"), &key("a.md")).await.unwrap(), 0);
}

pub async fn a_note_counts_only_while_it_is_valid(notes: &dyn Notes) {
    let span = |source, from, until| {
        let mut note = note(source, "everyone", &["office hours"]);
        (note.valid_from, note.valid_until) = (from, until);
        note
    };
    notes.replace(span("past", None, Some(NOW))).await.unwrap();
    notes.replace(span("future", Some(NOW + 1), None)).await.unwrap();
    notes.replace(span("now", Some(NOW), Some(NOW + 1))).await.unwrap();
    assert_eq!(sources(&find(notes, &alice(), &["office hours"]).await), ["now"]);
}

pub async fn a_hidden_note_changes_nothing_that_others_see(notes: &dyn Notes) {
    for i in 0..12 {
        let text = format!("The merger with firm {i} is a rumour.");
        notes.replace(note(&format!("{i:02}.md"), "everyone", &[&text])).await.unwrap();
    }
    let before = find(notes, &alice(), &["merger rumour", "firm"]).await;
    for i in 0..40 {
        let text = "merger merger merger rumour firm";
        notes.replace(note(&format!("secret-{i}.md"), "carol", &[text])).await.unwrap();
    }
    // Scores as well: a document frequency would tell alice how often carol's notes say "merger".
    assert_eq!(find(notes, &alice(), &["merger rumour", "firm"]).await, before);
}

pub async fn equal_notes_come_in_the_same_order_every_time(notes: &dyn Notes) {
    for i in 0..15 {
        notes.replace(note(&format!("copy-{i}.md"), "everyone", &["the same words"])).await.unwrap();
    }
    let first = find(notes, &alice(), &["same words"]).await;
    assert_eq!(first.len(), 10);
    notes.settle().await.unwrap();
    assert_eq!(find(notes, &alice(), &["same words"]).await, first);
}

pub async fn a_passage_carries_what_a_reply_has_to_know_of_it(notes: &dyn Notes) {
    notes.replace(note("terms/refunds.md", "alice,carol", &["Within \u{1f600} 30 days."])).await.unwrap();
    let found = find(notes, &alice(), &["days"]).await;
    let passage = &found[0];
    assert_eq!(passage.title, "terms/refunds.md");
    assert_eq!(passage.text, "Within \u{1f600} 30 days.");
    assert_eq!(passage.readers, readers("alice,carol"));
    assert_eq!(passage.integrity, understudy::domain::Integrity::Internal);
}

pub async fn the_list_is_complete_however_long_it_gets(notes: &dyn Notes) {
    let many: Vec<String> = (0..1_100).map(|i| format!("line {i}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    notes.replace(note("z.md", "alice", &many)).await.unwrap();
    notes.replace(note("a.md", "everyone", &["x"])).await.unwrap();
    let listed = notes.list(&person("bob")).await.unwrap();
    let listed: Vec<_> = listed.iter().map(|n| (n.key.source.as_str(), n.chunks, n.whole)).collect();
    assert_eq!(listed, [("a.md", 1, true), ("z.md", 1_100, true)]);
    assert_eq!(notes.remove(&person("bob"), &key("z.md")).await.unwrap(), 1_100);
}

pub async fn forgetting_a_person_leaves_the_others(notes: &dyn Notes) {
    let mut other = note("c.md", "everyone", &["keep me"]);
    other.person = person("carol");
    notes.replace(other).await.unwrap();
    notes.replace(note("a.md", "everyone", &["x", "y"])).await.unwrap();
    assert_eq!(notes.forget(&person("bob")).await.unwrap(), 2);
    assert_eq!(notes.list(&person("bob")).await.unwrap(), []);
    assert_eq!(notes.list(&person("carol")).await.unwrap().len(), 1);
    notes.replace(note("b.md", "everyone", &["again"])).await.unwrap();
    assert_eq!(sources(&find(notes, &alice(), &["again"]).await), ["b.md"]);
}

pub async fn vectors_of_another_model_are_refused_in_words(notes: &dyn Notes) {
    let mut odd = note("a.md", "everyone", &["x"]);
    odd.chunks[0].dense.pop();
    let err = notes.replace(odd).await.unwrap_err();
    assert!(matches!(err, NotesError::Unfit { .. }));
    assert!(err.to_string().contains("47 numbers, the store was made for 48"), "{err}");
}

pub async fn a_search_for_nothing_finds_nothing(notes: &dyn Notes) {
    notes.replace(note("a.md", "everyone", &["x"])).await.unwrap();
    let bob: PersonId = person("bob");
    let everybody = alice();
    let search = |legs, limit| Search { person: &bob, legs, audience: &everybody, limit, now: NOW };
    assert_eq!(notes.search(&search(vec![], 10)).await.unwrap(), []);
    assert_eq!(notes.search(&search(vec![leg("x")], 0)).await.unwrap(), []);
    assert_eq!(notes.search(&search(vec![leg("\u{2026}?!")], 10)).await.unwrap().len(), 1);
}

pub async fn health_names_the_store(notes: &dyn Notes) {
    notes.replace(note("a.md", "everyone", &["x", "y"])).await.unwrap();
    let health = notes.health().await.unwrap();
    assert!(health.contains("Qdrant") && health.contains("2 chunks"), "{health}");
}
