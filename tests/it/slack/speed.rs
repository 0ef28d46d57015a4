//! How fast it is; run by hand on a quiet machine, because a busy one measures its other work.

use std::time::{Duration, Instant};

use fake_slack::{Room, What};
use serde_json::Value;

use super::office::Office;

/// Mentions, and the time between two of them: Slack's own ceiling is 30,000 events an hour.
const MENTIONS: usize = 2000;
const EVERY: Duration = Duration::from_millis(10);

#[tokio::test(flavor = "multi_thread")]
#[ignore = "a measurement: needs a quiet machine"]
async fn two_thousand_mentions_at_a_hundred_a_second() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let rooms: Vec<_> = (0..200)
        .map(|n| world.channel(&format!("room{n}"), Room::Public, &[&office.alice, &office.bob.user]))
        .collect();
    let mut asked = Vec::new();
    let began = Instant::now();
    for n in 0..MENTIONS {
        let room = &rooms[n % rooms.len()];
        asked.push(world.user_says(&office.alice, room, &format!("{} question {n}", office.bob.mention())));
        tokio::time::sleep_until((began + EVERY * u32::try_from(n + 1).unwrap()).into()).await;
    }
    let took = began.elapsed();
    let all = |world: &fake_slack::World| (world.undelivered(&office.bob.app) == 0).then_some(());
    world.wait_for(Duration::from_secs(60), all).await.expect("every event is acknowledged");
    let mut acks = world.ack_latencies_ms();
    acks.sort_unstable();
    let p = |values: &[u64], percent: usize| values[(values.len() * percent / 100).min(values.len() - 1)];
    let mut signs = first_signs_ms(&office);
    signs.sort_unstable();
    println!(
        "{MENTIONS} mentions in {:.1} s; {} acks: p50 {} ms, p99 {} ms, slowest {} ms; {} first signs: p50 {} ms, p99 {} ms, slowest {} ms",
        took.as_secs_f64(),
        acks.len(),
        p(&acks, 50),
        p(&acks, 99),
        p(&acks, 100),
        signs.len(),
        p(&signs, 50),
        p(&signs, 99),
        p(&signs, 100),
    );
    let answered = |_: &fake_slack::World| {
        let health = running.connect()?.call(&serde_json::json!("health"))?;
        let open = ["/inbox/ready", "/inbox/running", "/open_replies"];
        open.iter().all(|count| health.pointer(count) == Some(&serde_json::json!(0))).then_some(())
    };
    world.wait_for(Duration::from_secs(300), answered).await.expect("all are answered");
    println!("all answered {:.1} s after the first", began.elapsed().as_secs_f64());
    assert!(p(&acks, 99) < 1000, "ack p99");
    world.invariants();
}

/// Between each post and the first status line or reaction for it.
fn first_signs_ms(office: &Office) -> Vec<u64> {
    let journal = office.world().journal();
    let mut said = std::collections::BTreeMap::new();
    let mut signs = std::collections::BTreeMap::new();
    for entry in &journal {
        match &entry.what {
            What::Said { ts, .. } => drop(said.insert(ts.to_string(), entry.at_ms)),
            What::Call { method, args, .. }
                if ["assistant.threads.setStatus", "agents.sessions.setStatus", "reactions.add"]
                    .contains(&method.as_str()) =>
            {
                let ts = args.get("thread_ts").or_else(|| args.get("timestamp")).and_then(Value::as_str);
                signs.entry(ts.unwrap_or_default().to_owned()).or_insert(entry.at_ms);
            }
            _ => {}
        }
    }
    said.iter().filter_map(|(ts, at)| signs.get(ts).map(|sign| sign.saturating_sub(*at))).collect()
}
