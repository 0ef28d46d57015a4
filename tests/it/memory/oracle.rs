//! Promise 2 of DESIGN.md against a brute-force oracle: random people, spaces, notes and audiences.
//!
//! "A passage passes only if **every** member of the reply's audience may read it: `readers` holds person and
//! space ids, and a passage passes by `everyone`, by the reply's own space, or when each member matches. Above 20
//! members only the first two apply; with an unknown member only `everyone`."

use std::collections::BTreeSet;

use proptest::{option, prelude::*, sample::subsequence, test_runner::TestRunner};
use understudy::{
    domain::{Audience, Members, Readers},
    memory::{Notes, Search, server},
};

use super::{qdrant::TestServer, support::*};

/// The promise, clause by clause, on plain strings; shares no code with the program.
fn may_read(
    readers: &Option<BTreeSet<String>>,
    space: Option<&str>,
    members: Option<&BTreeSet<String>>,
) -> bool {
    let Some(readers) = readers else {
        return true;
    };
    let Some(members) = members else {
        return false;
    };
    let by_space = space.is_some_and(|space| readers.contains(space));
    let by_members =
        !members.is_empty() && members.len() <= 20 && members.iter().all(|id| readers.contains(id));
    by_space || by_members
}

#[derive(Debug, Clone)]
struct World {
    /// `None` is everyone.
    notes: Vec<Option<BTreeSet<String>>>,
    audiences: Vec<Asked>,
}

#[derive(Debug, Clone)]
struct Asked {
    space: Option<String>,
    /// `None` is somebody unknown among them.
    members: Option<BTreeSet<String>>,
}

fn people(sizes: std::ops::RangeInclusive<usize>) -> impl Strategy<Value = BTreeSet<String>> {
    let everybody: Vec<String> = (0..24).map(|i| format!("p{i}")).collect();
    subsequence(everybody, sizes).prop_map(|some| some.into_iter().collect())
}

fn space() -> impl Strategy<Value = String> {
    (0..3).prop_map(|i| format!("slack:C{i}"))
}

fn note_readers() -> impl Strategy<Value = Option<BTreeSet<String>>> {
    let listed = (people(0..=24), option::of(space()));
    let listed = listed.prop_map(|(people, space)| Some(people.into_iter().chain(space).collect()));
    // All but one or two people, so that nearly complete matches are common.
    let nearly_all = people(22..=24).prop_map(Some);
    prop_oneof![1 => Just(None), 4 => listed, 2 => nearly_all]
}

fn asked() -> impl Strategy<Value = Asked> {
    let members = prop_oneof![
        1 => Just(None),
        6 => people(0..=3).prop_map(Some),
        3 => people(18..=23).prop_map(Some),
    ];
    (option::of(space()), members).prop_map(|(space, members)| Asked { space, members })
}

fn world() -> impl Strategy<Value = World> {
    let notes = proptest::collection::vec(note_readers(), 1..9);
    let audiences = proptest::collection::vec(asked(), 12);
    (notes, audiences).prop_map(|(notes, audiences)| World { notes, audiences })
}

fn audience_of(asked: &Asked) -> Audience {
    let members = match &asked.members {
        None => Members::SomeUnknown,
        Some(members) => Members::Known(members.iter().map(|id| reader(id)).collect()),
    };
    Audience { space: asked.space.as_deref().map(reader), members }
}

/// Stores the world as the notes of `id` and compares every search with the oracle.
async fn check(notes: &dyn Notes, id: &str, world: &World) -> Result<(), TestCaseError> {
    let me = person(id);
    for (i, who) in world.notes.iter().enumerate() {
        let mut note = note(&format!("{i}.md"), "everyone", &["the plan"]);
        note.person = me.clone();
        if let Some(who) = who {
            note.readers = Readers::Only(who.iter().map(|id| reader(id)).collect());
        }
        notes.replace(note).await.unwrap();
    }
    for asked in &world.audiences {
        let audience = audience_of(asked);
        let legs = vec![leg("the plan"), leg("something else")];
        let search = Search { person: &me, legs, audience: &audience, limit: 1_000, now: NOW };
        let found = notes.search(&search).await.unwrap();
        let found: BTreeSet<String> = found.into_iter().map(|passage| passage.source).collect();
        let allowed =
            |who: &Option<BTreeSet<String>>| may_read(who, asked.space.as_deref(), asked.members.as_ref());
        let want = world.notes.iter().enumerate().filter(|(_, who)| allowed(who));
        let want: BTreeSet<String> = want.map(|(i, _)| format!("{i}.md")).collect();
        prop_assert_eq!(&found, &want, "asked by {:?}", asked);
    }
    Ok(())
}

/// All worlds share one store, each under a person of its own, so worlds must not leak into each other either.
fn run(cases: u32, notes: &dyn Notes) {
    let runtime = tokio::runtime::Handle::current();
    let mut runner =
        TestRunner::new(ProptestConfig { cases, failure_persistence: None, ..Default::default() });
    let count = std::cell::Cell::new(0);
    runner
        .run(&world(), |world| {
            count.set(count.get() + 1);
            runtime.block_on(check(notes, &format!("case-{}", count.get()), &world))
        })
        .unwrap();
}

#[tokio::test]
async fn edge_finds_what_the_promise_allows_and_nothing_else() {
    let (_dir, notes) = edge_notes().await;
    tokio::task::spawn_blocking(move || run(40, &*notes)).await.unwrap();
}

#[tokio::test]
async fn the_server_finds_what_the_promise_allows_and_nothing_else() {
    let server = TestServer::start().await;
    let notes = server::at(&server.address(), DIMENSIONS).unwrap();
    tokio::task::spawn_blocking(move || run(40, &*notes)).await.unwrap();
}
