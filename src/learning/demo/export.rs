//! A Slack workspace that never was: colleagues ask, the demo person answers, over a year and a half.

use std::{
    collections::BTreeMap,
    io::{Cursor, Write},
};

use anyhow::Context;
use serde_json::{Value, json};
use zip::{DateTime, ZipWriter, write::SimpleFileOptions};

use super::{COLLEAGUES, Exchange, Rules};
use crate::learning::{
    calendar::{DAY_S, day_of},
    corpus::Dice,
};

/// Monday 7 April 2025, 08:00; the day that the first thread begins on.
const START: i64 = 1_744_012_800;
/// Working days of eighteen months.
const WORKING_DAYS: u64 = 390;
/// What a reader of the export sees of its channel.
const INVENTED: &str = "Invented demo content.";
/// Streams of a seed that decide about times, apart from those that decide about words.
const TIMES: u64 = 1 << 33;
/// Stays with the same seed, so that the archive does.
const CHANGED: (u16, u8, u8) = (2026, 10, 5);

/// Writes `threads` threads of a demo person as the zip archive that Slack would hand out.
///
/// The same seed gives the same bytes.
///
/// # Errors
/// When memory is short.
pub fn export(rules: &Rules, seed: u64, threads: u64) -> anyhow::Result<Vec<u8>> {
    let mut days: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for n in 0..threads {
        let began = began(n, threads);
        let messages = messages(rules, &rules.told(seed, n), began, &mut Dice::new(seed, TIMES + n));
        days.entry(day_of(began)).or_default().extend(messages);
    }
    let people: Vec<&str> = std::iter::once(rules.name).chain(COLLEAGUES.iter().copied()).collect();
    let users: Vec<Value> = people.iter().map(|name| user(name)).collect();
    let members: Vec<String> = people.iter().map(|name| id_of(name)).collect();
    let told = json!({"value": INVENTED});
    let channel = json!([{
        "id": "C1", "name": rules.channel, "members": members, "topic": told, "purpose": told,
    }]);
    let (year, month, day) = CHANGED;
    let changed = DateTime::from_date_and_time(year, month, day, 12, 0, 0).context("date the archive")?;
    let options = SimpleFileOptions::default().last_modified_time(changed);
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    let mut add = |name: &str, content: &Value| -> anyhow::Result<()> {
        zip.start_file(name, options)?;
        zip.write_all(&serde_json::to_vec_pretty(content)?)?;
        Ok(())
    };
    add("users.json", &users.into())?;
    add("channels.json", &channel)?;
    for (day, messages) in days {
        add(&format!("{}/{day}.json", rules.channel), &messages.into())?;
    }
    Ok(zip.finish()?.into_inner())
}

/// When a thread begins: they are spread evenly over the working days.
fn began(n: u64, threads: u64) -> i64 {
    let slot = n * WORKING_DAYS / threads.max(1);
    let since = slot / 5 * 7 + slot % 5;
    // Threads of one day begin some minutes after each other.
    let first = (slot * threads.max(1)).div_ceil(WORKING_DAYS);
    START
        + i64::try_from(since).unwrap_or(0) * DAY_S
        + i64::try_from(n.saturating_sub(first)).unwrap_or(0) * 97
}

fn messages(rules: &Rules, exchange: &Exchange, began: i64, dice: &mut Dice) -> Vec<Value> {
    let asks = exchange.requester;
    // More than the two minutes within which two messages of one person count as one.
    let mut said: Vec<(&str, &str, u32)> = vec![(rules.name, &exchange.reply, dice.from(180, 2400))];
    match &exchange.before {
        Some(before) => {
            said.insert(0, (asks, &exchange.message, dice.from(180, 600)));
            said.insert(0, (asks, before, 0));
        }
        None => said.insert(0, (asks, &exchange.message, 0)),
    }
    if dice.chance(0.25) {
        said.push((asks, dice.word(&["thanks", "thank you", "great", "got it", "ok"]), dice.from(180, 900)));
    }
    let mut t = began;
    let root = ts(began, asks);
    let message = |(who, text, after): (&str, &str, u32)| {
        t += i64::from(after);
        json!({"type": "message", "user": id_of(who), "text": text, "ts": ts(t, who), "thread_ts": root})
    };
    said.into_iter().map(message).collect()
}

/// A time as Slack writes it; its fraction tells messages of one second apart.
fn ts(t: i64, who: &str) -> String {
    format!("{t}.{:06}", who.bytes().map(u32::from).sum::<u32>())
}

fn user(name: &str) -> Value {
    let handle = name.to_lowercase();
    json!({"id": id_of(name), "name": handle, "real_name": name, "profile": {"display_name": name, "real_name": name}})
}

fn id_of(name: &str) -> String {
    format!("U{}", name.to_uppercase())
}
