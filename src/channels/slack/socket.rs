//! A socket to Slack that is kept open: read, commit, acknowledge.
//!
//! Each bot has two of them, so that one covers the other's reconnect. When Slack announces that it will close
//! one, a new one is opened first and the old one is read to its end. Nothing is kept; what was not acknowledged
//! when a socket breaks comes again through another one.
//!
//! Written out instead of taken from a library, because the frames are needed raw (a typed model loses text beside
//! an odd field) and the acknowledgement has to follow our commit, many at a time.

use std::{sync::Arc, time::Duration};

use futures::{SinkExt, StreamExt, stream::FuturesUnordered};
use serde_json::json;
use tokio::{
    net::TcpStream,
    sync::oneshot,
    time::{Instant, MissedTickBehavior, interval, sleep, timeout},
};
use tokio_tungstenite::{
    MaybeTlsStream, WebSocketStream, connect_async_with_config,
    tungstenite::{Error, Message},
};
use tracing::{debug, info, warn};

use super::{
    account::Account,
    api::CallError,
    backfill,
    frame::{self, Envelope, Frame, str_at},
    intake::Intake,
};

/// Sockets of one bot.
pub(super) const SOCKETS: usize = 2;
/// The second socket comes a little later, so that Slack does not refresh both at once.
const APART: Duration = Duration::from_secs(3);
/// How long connecting may take, and the hello after it.
const CONNECT: Duration = Duration::from_secs(10);
/// Between two pings.
const PING: Duration = Duration::from_secs(10);
/// A socket that is silent for so long, pongs included, is dead.
const SILENCE: Duration = Duration::from_secs(30);
/// How long an announced end is waited for.
const FAREWELL: Duration = Duration::from_secs(15);
/// How long the other side may take to close what we have closed.
const LAST_WORDS: Duration = Duration::from_secs(2);
/// Envelopes of one socket whose commit is under way; they share commits.
const UNDER_WAY: usize = 64;
/// First and longest wait between two attempts to connect.
const WAIT: (Duration, Duration) = (Duration::from_millis(500), Duration::from_secs(60));

/// An acknowledgement does not wait for company on the wire.
const NO_DELAY: bool = true;

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// How a socket came to its end.
#[derive(Debug, PartialEq, Eq)]
enum Ended {
    /// It had said hello and broke or was closed.
    Worked,
    /// It never said hello.
    Stillborn,
}

/// Keeps the `n`-th socket of a bot open until its end.
pub(super) async fn keep(intake: Arc<Intake>, n: usize) {
    let over = intake.over.clone();
    tokio::select! {
        () = sleep(APART * u32::try_from(n).unwrap_or(0)) => {}
        () = over.cancelled() => return,
    }
    let mut failures = 0;
    while !over.is_cancelled() {
        match connect(&intake).await {
            Ok(socket) => {
                let (announce, announced) = oneshot::channel();
                let mut listening = tokio::spawn(listen(Arc::clone(&intake), socket, announce));
                tokio::select! {
                    ended = &mut listening => {
                        failures = if ended.is_ok_and(|e| e == Ended::Worked) { 1 } else { failures + 1 };
                    }
                    // The old socket is read to its end while the new one opens.
                    Ok(()) = announced => {
                        failures = 0;
                        continue;
                    }
                }
            }
            Err(e) => {
                failures += 1;
                warn!("Socket {n} of {} can't connect: {e:#}", intake.account.person);
            }
        }
        tokio::select! {
            () = sleep(pause(failures, rand::random())) => {}
            () = over.cancelled() => {}
        }
    }
}

/// The wait after so many failures in a row; `share` in [0, 1) keeps the sockets of many bots apart.
fn pause(failures: u32, share: f64) -> Duration {
    let full = WAIT.0.saturating_mul(1 << failures.saturating_sub(1).min(10)).min(WAIT.1);
    full.mul_f64(0.5 + share / 2.0)
}

async fn connect(intake: &Intake) -> anyhow::Result<Socket> {
    let account = &intake.account;
    let address = async {
        account.identity().await?;
        account.api.write(&account.tokens.app, "apps.connections.open", &json!({})).await
    };
    let answer = match address.await {
        Ok(answer) => answer,
        Err(e) => {
            if e.is_fatal() || e.code() == Some("not_a_bot_token") {
                intake.give_up(account.refusal(&e));
            } else if let CallError::RateLimited { after } = e {
                sleep(after).await;
            }
            return Err(e.into());
        }
    };
    open(str_at(&answer, "/url")).await
}

/// Opens the socket at an address that Slack has named.
async fn open(address: Option<&str>) -> anyhow::Result<Socket> {
    let Some(address) = address else { anyhow::bail!("Slack named no address for the socket") };
    // The address holds a ticket, so no error may show it.
    match timeout(CONNECT, connect_async_with_config(address, None, NO_DELAY)).await {
        Ok(Ok((socket, _))) => Ok(socket),
        Ok(Err(e)) => anyhow::bail!("the socket was refused: {}", kind(&e)),
        Err(_) => anyhow::bail!("the socket did not open within {} s", CONNECT.as_secs()),
    }
}

/// Opens a socket for its first frame only; what else comes through it is sent again by Slack to another one.
///
/// # Errors
/// When Slack refuses the token, or the socket does not open.
pub(super) async fn first_frame(account: &Account) -> Result<Frame, FirstFrame> {
    let answer = account.api.write(&account.tokens.app, "apps.connections.open", &json!({})).await?;
    let mut socket = open(str_at(&answer, "/url")).await.map_err(|e| FirstFrame::Socket(e.to_string()))?;
    let first = timeout(CONNECT, async {
        while let Some(Ok(frame)) = socket.next().await {
            if let Message::Text(text) = frame {
                return Some(frame::read(text.as_str()));
            }
        }
        None
    });
    let first = first.await.ok().flatten();
    timeout(Duration::from_secs(1), socket.close(None)).await.ok();
    first.ok_or_else(|| FirstFrame::Socket("Slack did not say hello".to_owned()))
}

/// Why there was no first frame.
#[derive(Debug, thiserror::Error)]
pub(super) enum FirstFrame {
    /// Slack gave no address.
    #[error(transparent)]
    Call(#[from] CallError),
    /// The address led nowhere.
    #[error("{0}")]
    Socket(String),
}

/// What kind of failure it was, without what it was about.
fn kind(e: &Error) -> String {
    match e {
        Error::Io(e) => e.kind().to_string(),
        Error::Http(response) => format!("status {}", response.status()),
        Error::Tls(_) => "TLS".to_owned(),
        Error::Utf8(_) => "not UTF-8".to_owned(),
        Error::Protocol(e) => e.to_string(),
        Error::Capacity(e) => e.to_string(),
        _ => "closed".to_owned(),
    }
}

/// Reads one socket to its end.
async fn listen(intake: Arc<Intake>, socket: Socket, announce: oneshot::Sender<()>) -> Ended {
    let line = &intake.account.line;
    let (mut out, mut frames) = socket.split();
    let mut announce = Some(announce);
    let mut under_way = FuturesUnordered::new();
    let mut ping = interval(PING);
    ping.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut heard = Instant::now();
    let (mut greeted, mut until) = (None, None);
    loop {
        // A socket that does not say hello is given up as early as one that never opened.
        let silence = if greeted.is_some() { SILENCE } else { CONNECT };
        let deadline = until.unwrap_or(heard + silence);
        tokio::select! {
            frame = frames.next(), if under_way.len() < UNDER_WAY => {
                let Some(frame) = frame else { break };
                let text = match frame {
                    Ok(Message::Text(text)) => text.as_str().to_owned(),
                    Ok(Message::Binary(bytes)) => String::from_utf8_lossy(&bytes).into_owned(),
                    Ok(Message::Close(_)) => break,
                    Ok(_) => {
                        heard = Instant::now();
                        line.heard();
                        continue;
                    }
                    Err(e) => {
                        debug!("A socket of {} broke: {}", intake.account.person, kind(&e));
                        break;
                    }
                };
                heard = Instant::now();
                let silent = line.heard();
                match frame::read(&text) {
                    Frame::Hello { connections, .. } => {
                        count("hello");
                        greeted = Some(line.open());
                        greet(&intake, connections);
                        backfill::greeted(&intake, silent);
                    }
                    Frame::Disconnect { reason } => {
                        count("disconnect");
                        info!("Slack will close a socket of {}: {reason}", intake.account.person);
                        if reason == "link_disabled" || reason == "socket_mode_disabled" {
                            intake.give_up(switched_off(&intake));
                        } else {
                            until = Some(Instant::now() + FAREWELL);
                            announce.take().map(|announce| announce.send(()));
                        }
                    }
                    Frame::Envelope(envelope) => {
                        count("envelope");
                        under_way.push(take(Arc::clone(&intake), envelope));
                    }
                    Frame::Noise => {
                        count("noise");
                        warn!("A frame of {} bytes is nothing that can be acknowledged", text.len());
                    }
                }
            }
            Some(ack) = under_way.next() => {
                if let Some(ack) = ack && out.send(ack).await.is_err() {
                    break;
                }
            }
            _ = ping.tick() => {
                if out.send(Message::Ping(Vec::new().into())).await.is_err() {
                    break;
                }
            }
            () = tokio::time::sleep_until(deadline) => break,
            () = intake.over.cancelled() => break,
        }
    }
    // What is committed is still acknowledged, as far as the socket takes it.
    while let Some(ack) = under_way.next().await {
        if let Some(ack) = ack
            && out.send(ack).await.is_err()
        {
            break;
        }
    }
    // Read to its end: a socket that is closed with something unread is reset, and takes acknowledgements with it.
    let farewell = async {
        out.close().await.ok();
        while let Some(Ok(_)) = frames.next().await {}
    };
    timeout(LAST_WORDS, farewell).await.ok();
    if greeted.is_some() { Ended::Worked } else { Ended::Stillborn }
}

/// Commits what an envelope holds and returns its acknowledgement, or nothing, so that Slack sends it again.
async fn take(intake: Arc<Intake>, envelope: Envelope) -> Option<Message> {
    let began = Instant::now();
    let answer = match intake.take(&envelope).await {
        Ok(answer) => answer,
        Err(e) => {
            warn!("An envelope could not be stored, so it is not acknowledged: {e:#}");
            return None;
        }
    };
    metrics::histogram!("understudy_slack_commit_seconds").record(began.elapsed().as_secs_f64());
    let ack = match answer {
        Some(answer) => json!({"envelope_id": envelope.id, "payload": answer}),
        None => json!({"envelope_id": envelope.id}),
    };
    Some(Message::text(ack.to_string()))
}

fn greet(intake: &Intake, connections: u64) {
    let (person, ours) = (&intake.account.person, intake.account.line.sockets());
    info!("A socket of {person} is open ({ours} of {SOCKETS})");
    // Slack spreads events over all sockets of an app, so another process would answer some of them.
    if connections > (ours as u64).max(SOCKETS as u64) + 1 {
        warn!(
            "Slack counts {connections} sockets on the app of {person} and {ours} are ours: stop the other process that uses {}",
            intake.account.app.app_token
        );
    }
}

fn switched_off(intake: &Intake) -> String {
    let person = &intake.account.person;
    format!(
        "Socket Mode is switched off in the Slack app of {person}. Switch it on under Socket Mode and start again"
    )
}

fn count(kind: &'static str) {
    metrics::counter!("understudy_slack_frames_total", "kind" => kind).increment(1);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wait_doubles_up_to_a_minute_and_is_spread() {
        for (failures, ms) in [(0, 500), (1, 500), (2, 1000), (4, 4000), (8, 60_000), (99, 60_000)] {
            assert_eq!(pause(failures, 1.0), Duration::from_millis(ms), "{failures}");
            assert_eq!(pause(failures, 0.0), Duration::from_millis(ms / 2), "{failures}");
        }
    }
}
