//! Searching the notes: how long it takes with the audience filter, and whether what is found is right.
//!
//! The peer of the times is a plain loop over the same vectors in the same run, alternating: the least that any
//! exact search has to do. The recall is measured on a person's own notes, with their titles as queries, and
//! compared with each half of the hybrid search alone.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

use anyhow::{Context, ensure};
use serde_json::{Value, json};
use understudy_engine::cosine;

use super::{median, percentile};
use crate::{
    app::{App, Office},
    config::{Config, MindKind},
    domain::{Audience, Integrity, PersonId, ReaderId, Readers},
    memory::{Chunk, Leg, Note, NoteKey, NoteKind, Search},
    store::now,
};

/// How many passages each search asks for.
const WANTED: usize = 10;
/// Chunks of one made-up note.
const CHUNKS_OF_A_NOTE: usize = 5;
/// Texts that are embedded at a time, as indexing does.
const BATCH: usize = 32;
/// Cosines closer than this count as equal.
const SAME: f32 = 1e-5;

pub(super) async fn run(
    mut config: Config,
    person: PersonId,
    chunks: usize,
    searches: usize,
) -> anyhow::Result<Value> {
    let scratch = std::env::current_dir()?.join(format!("bench-memory-{}", std::process::id()));
    // Found before the data directory changes, because models may lie below it.
    config.models = config.models_dir().to_string_lossy().into_owned();
    config.data.clone_from(&scratch);
    let scripted = config.mind == MindKind::Scripted;
    let app = App::open(config).await?;
    let measured = measure(&app, &person, chunks, searches, scripted).await;
    app.close().await;
    drop(app);
    std::fs::remove_dir_all(&scratch)?;
    measured
}

async fn measure(
    app: &App,
    person: &PersonId,
    chunks: usize,
    searches: usize,
    scripted: bool,
) -> anyhow::Result<Value> {
    ensure!(chunks >= WANTED && searches > 0, "--chunks has to be {WANTED} or more, --searches 1 or more");
    let office = app.office().await?;
    let alice = ReaderId::new("alice")?;
    let (made_up, index) = index(office, chunks).await?;
    let search = time_searches(office, &made_up, &alice, searches).await?;
    app.adopt_folders().await?;
    for folder in app.store.folders().await?.iter().filter(|folder| folder.person == *person) {
        app.sync(folder).await?;
    }
    let recall = recall(office, person, alice).await?;
    Ok(json!({
        "bench": "memory", "scripted": scripted, "embedding": office.embed.name(),
        "dimensions": office.embed.dimensions(), "chunks": chunks, "index": index, "search": search,
        "recall": recall,
    }))
}

/// A made-up chunk as the peer holds it.
struct Held {
    text: String,
    readers: Readers,
    dense: Vec<f32>,
}

fn made_up_person() -> PersonId {
    PersonId::new("bench").expect("a valid id")
}

/// Stores made-up notes, half of them for everybody, the others for some.
async fn index(office: &Office, chunks: usize) -> anyhow::Result<(Vec<Held>, Value)> {
    let readers = ["everyone", "alice", "everyone", "carol", "everyone", "alice,dave", "everyone", "bob"];
    let readers = readers.map(Readers::parse).into_iter().collect::<Result<Vec<_>, _>>()?;
    let texts: Vec<String> = (0..chunks).map(text).collect();
    let started = Instant::now();
    let dense = embed(office, &texts).await?;
    let embedding = started.elapsed();
    let held: Vec<Held> = (0..)
        .zip(texts)
        .zip(dense)
        .map(|((n, text), dense): ((usize, _), _)| {
            let readers = readers.get(n / CHUNKS_OF_A_NOTE % readers.len()).unwrap_or(&Readers::Everyone);
            Held { text, readers: readers.clone(), dense }
        })
        .collect();
    let started = Instant::now();
    for (batch, notes) in held.chunks(50 * CHUNKS_OF_A_NOTE).enumerate() {
        let notes = notes.chunks(CHUNKS_OF_A_NOTE).enumerate();
        office.notes.replace_all(notes.map(|(n, chunks)| note(batch * 50 + n, chunks)).collect()).await?;
    }
    let storing = started.elapsed();
    let started = Instant::now();
    office.notes.settle().await?;
    let settling = started.elapsed();
    let figures = json!({
        "embed_s": embedding.as_secs_f64(), "store_s": storing.as_secs_f64(),
        "settle_s": settling.as_secs_f64(),
        "chunks_per_s": per_second(chunks, embedding + storing),
    });
    Ok((held, figures))
}

#[expect(clippy::cast_precision_loss, reason = "counts of chunks")]
fn per_second(n: usize, took: Duration) -> f64 {
    n as f64 / took.as_secs_f64()
}

fn note(n: usize, chunks: &[Held]) -> Note {
    let title = format!("Note {n}");
    let chunk =
        |held: &Held| Chunk { title: title.clone(), text: held.text.clone(), dense: held.dense.clone() };
    Note {
        person: made_up_person(),
        key: NoteKey { folder: "made-up".to_owned(), source: format!("{n}.md") },
        readers: chunks.first().map_or(Readers::Everyone, |held| held.readers.clone()),
        integrity: Integrity::Internal,
        kind: NoteKind::Note,
        valid_from: None,
        valid_until: None,
        hash: n.to_string(),
        chunks: chunks.iter().map(chunk).collect(),
        title,
    }
}

/// A sentence or two about something of an invented company; each number has its own.
fn text(n: usize) -> String {
    const THINGS: [&str; 11] = [
        "lamp fair",
        "winter dinner",
        "cleaning contract",
        "web shop move",
        "phone rota",
        "brand colours",
        "travel budget",
        "meeting rooms",
        "repair map",
        "coffee supply",
        "packaging trial",
    ];
    const TEAMS: [&str; 7] =
        ["events", "the office", "the workshop", "sales", "the shop team", "finance", "the founders"];
    const MONTHS: [&str; 12] = [
        "January",
        "February",
        "March",
        "April",
        "May",
        "June",
        "July",
        "August",
        "September",
        "October",
        "November",
        "December",
    ];
    let pick = |words: &[&'static str], n: usize| words.get(n % words.len()).copied().unwrap_or_default();
    let (thing, team, month) = (pick(&THINGS, n), pick(&TEAMS, n / 3), pick(&MONTHS, n / 7));
    let (day, cost) = (n % 28 + 1, 100 + n * 37 % 9_000);
    format!(
        "Item {n}: the {thing} is looked after by {team} and is due on {day} {month}. It may cost up to {cost} EUR; \
         whoever needs more asks {team} two weeks ahead and says what it is for."
    )
}

fn question(n: usize) -> String {
    let about = text(n * 13 + 5);
    let thing = about.split_once("the ").and_then(|(_, rest)| rest.split_once(" is looked after"));
    let thing = thing.map_or("lamp fair", |(thing, _)| thing);
    match n % 3 {
        0 => format!("Who looks after the {thing}?"),
        1 => format!("When is the {thing} due and what may it cost?"),
        _ => format!("I need more money for the {thing}, whom do I ask?"),
    }
}

async fn embed(office: &Office, texts: &[String]) -> anyhow::Result<Vec<Vec<f32>>> {
    let mut vectors = Vec::with_capacity(texts.len());
    for batch in texts.chunks(BATCH) {
        vectors.extend(office.embed.embed(batch).await.context("embed a batch of texts")?);
    }
    Ok(vectors)
}

/// Times hybrid search, dense search and the peer, one after the other for each question.
async fn time_searches(
    office: &Office,
    held: &[Held],
    alice: &ReaderId,
    searches: usize,
) -> anyhow::Result<Value> {
    let questions: Vec<String> = (0..searches).map(question).collect();
    let vectors = embed(office, &questions).await?;
    let audience = Audience::only(alice.clone());
    let by_text: HashMap<&str, &Held> = held.iter().map(|held| (held.text.as_str(), held)).collect();
    let (mut hybrid, mut dense, mut peer) = (vec![], vec![], vec![]);
    let (mut agreed, mut asked, mut outside) = (0_usize, 0_usize, 0_usize);
    let ms = |since: Instant| since.elapsed().as_secs_f64() * 1e3;
    for (text, vector) in questions.into_iter().zip(vectors) {
        let started = Instant::now();
        let both = find(office, &made_up_person(), Leg { text, dense: vector.clone() }, &audience).await?;
        hybrid.push(ms(started));
        let started = Instant::now();
        let near = find(office, &made_up_person(), only_dense(vector.clone()), &audience).await?;
        dense.push(ms(started));
        let started = Instant::now();
        let best = nearest(held, &vector, &audience);
        peer.push(ms(started));

        outside += both.iter().chain(&near).filter(|passage| !audience.may_read(&passage.readers)).count();
        // Of equally near ones it does not matter which were taken.
        let worst = best.last().copied().unwrap_or(f32::MAX);
        let near = near.iter().filter_map(|passage| by_text.get(passage.text.as_str()));
        agreed += near.filter(|held| cosine(&held.dense, &vector) >= worst - SAME).count();
        asked += best.len();
    }
    Ok(json!({
        "searches": searches, "wanted": WANTED, "outside_audience": outside,
        "hybrid_p50_ms": median(&hybrid), "hybrid_p95_ms": percentile(&hybrid, 95),
        "dense_p50_ms": median(&dense), "dense_p95_ms": percentile(&dense, 95),
        "peer": "brute-force cosine over the same vectors, same filter",
        "peer_p50_ms": median(&peer), "peer_p95_ms": percentile(&peer, 95),
        "hybrid_over_peer": median(&hybrid) / median(&peer), "dense_over_peer": median(&dense) / median(&peer),
        "overlap_at_10": share(agreed, asked),
    }))
}

async fn find(
    office: &Office,
    person: &PersonId,
    leg: Leg,
    audience: &Audience,
) -> anyhow::Result<Vec<crate::domain::Passage>> {
    let search = Search { person, legs: vec![leg], audience, limit: WANTED, now: now() };
    Ok(office.notes.search(&search).await?)
}

fn only_dense(dense: Vec<f32>) -> Leg {
    Leg { text: String::new(), dense }
}

/// A vector without a direction is near to nothing, so the words decide alone.
fn only_words(text: String, dimensions: usize) -> Leg {
    Leg { text, dense: vec![0.0; dimensions] }
}

/// The peer: the cosines of the nearest chunks that the audience may read, best first.
fn nearest(held: &[Held], vector: &[f32], audience: &Audience) -> Vec<f32> {
    let readable = held.iter().filter(|held| audience.may_read(&held.readers));
    let mut cosines: Vec<f32> = readable.map(|held| cosine(&held.dense, vector)).collect();
    cosines.sort_unstable_by(|a, b| b.total_cmp(a));
    cosines.truncate(WANTED);
    cosines
}

/// The name of a way to search, and how it puts a title.
type Way<'w> = (&'static str, &'w dyn Fn(String, Vec<f32>) -> Leg);

/// How often a note is among the passages that its own title finds, and at which place.
async fn recall(office: &Office, person: &PersonId, alice: ReaderId) -> anyhow::Result<Value> {
    let audience = Audience::only(alice);
    let mut notes = office.notes.list(person).await?;
    notes.retain(|note| audience.may_read(&note.readers));
    let titles: Vec<String> = notes.iter().map(|note| note.title.clone()).collect();
    let vectors = embed(office, &titles).await?;
    let dimensions = office.embed.dimensions();
    let ways: [Way<'_>; 3] = [
        ("hybrid", &|text, dense| Leg { text, dense }),
        ("dense", &|_, dense| only_dense(dense)),
        ("words", &|text, _| only_words(text, dimensions)),
    ];
    let mut figures = serde_json::Map::new();
    for (way, leg) in ways {
        let (mut found, mut reciprocal) = (0_usize, 0.0);
        for ((note, title), vector) in notes.iter().zip(&titles).zip(&vectors) {
            let passages = find(office, person, leg(title.clone(), vector.clone()), &audience).await?;
            let place = (1_u32..).zip(&passages).find(|(_, passage)| passage.source == note.key.source);
            if let Some((place, _)) = place {
                found += 1;
                reciprocal += 1.0 / f64::from(place);
            }
        }
        #[expect(clippy::cast_precision_loss, reason = "a number of notes")]
        let mean = if notes.is_empty() { None } else { Some(reciprocal / notes.len() as f64) };
        figures.insert(way.to_owned(), json!({"recall_at_10": share(found, notes.len()), "mrr_at_10": mean}));
    }
    Ok(json!({"person": person, "queries": "titles", "notes": notes.len(), "ways": figures}))
}

/// A part of a whole, or `None` of nothing.
#[expect(clippy::cast_precision_loss, reason = "counts of passages")]
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}
