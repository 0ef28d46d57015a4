//! Socket Mode's web sockets, <https://docs.slack.dev/apis/events-api/using-socket-mode/>.

use std::time::Duration;

use axum::{
    extract::{
        Query, State,
        ws::{Message, WebSocket, WebSocketUpgrade},
    },
    http::StatusCode,
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use serde_json::json;
use tokio::sync::mpsc::{UnboundedReceiver, unbounded_channel};

use crate::{
    World,
    ids::AppId,
    journal::What,
    state::{Out, Socket},
    world::disconnect_frame,
};

#[derive(Deserialize)]
pub(crate) struct Ticket {
    ticket: String,
}

/// Opens a socket for whoever holds a ticket; each ticket opens one.
pub(crate) async fn upgrade(
    State(world): State<World>,
    Query(Ticket { ticket }): Query<Ticket>,
    upgrade: WebSocketUpgrade,
) -> Response {
    let holder =
        world.0.lock().apps.values_mut().find_map(|app| app.tickets.remove(&ticket).then(|| app.id.clone()));
    match holder {
        Some(app) => {
            upgrade.max_message_size(8 * 1024 * 1024).on_upgrade(move |socket| serve(world, app, socket))
        }
        None => StatusCode::FORBIDDEN.into_response(),
    }
}

async fn serve(world: World, app: AppId, mut socket: WebSocket) {
    let Some((number, mut out, hello)) = greet(&world, &app) else {
        let refused = Message::text(disconnect_frame("too_many_websockets"));
        if socket.send(refused).await.is_ok() {
            drop(socket.send(Message::Close(None)).await);
        }
        return;
    };
    // The greeting goes out before the events that waited for this socket.
    let why = if socket.send(Message::text(hello)).await.is_ok() {
        world.0.lock().send_waiting(&app);
        talk(&world, &app, number, &mut socket, &mut out).await
    } else {
        "client"
    };
    {
        let mut state = world.0.lock();
        if let Some(app) = state.apps.get_mut(&app) {
            app.sockets.retain(|socket| socket.number != number);
        }
        state.journal.write(Some(&app), What::Closed { socket: number, why: why.to_owned() });
    }
    if why == "slack" {
        drop(tokio::time::timeout(LAST_WORDS, hear_out(&world, &app, number, &mut socket)).await);
    }
}

/// How long acknowledgements are still taken on a socket that Slack has closed.
const LAST_WORDS: Duration = Duration::from_secs(1);

async fn hear_out(world: &World, app: &AppId, number: u64, socket: &mut WebSocket) {
    while let Some(Ok(frame)) = socket.recv().await {
        if let Message::Text(text) = frame {
            world.0.lock().received(app, number, text.as_str());
        }
    }
}

/// Registers a socket and words its hello, or refuses one too many.
fn greet(world: &World, app: &AppId) -> Option<(u64, UnboundedReceiver<Out>, String)> {
    let mut state = world.0.lock();
    let number = u64::try_from(state.journal.entries.len()).unwrap_or(u64::MAX) + 1;
    let max_sockets = state.settings.max_sockets;
    let known = state.apps.get_mut(app)?;
    if known.sockets.len() >= max_sockets {
        return None;
    }
    let (sender, receiver) = unbounded_channel();
    known.sockets.push(Socket { number, out: sender });
    let hello = json!({
        "type": "hello",
        "num_connections": known.sockets.len(),
        "connection_info": {"app_id": app},
        "debug_info": {
            "host": "fake-slack", "build_number": 1, "approximate_connection_time": 18_060,
        },
    });
    state.journal.write(Some(app), What::Opened { socket: number });
    Some((number, receiver, hello.to_string()))
}

/// Carries frames both ways until somebody ends it, and says who.
async fn talk(
    world: &World,
    app: &AppId,
    number: u64,
    socket: &mut WebSocket,
    out: &mut UnboundedReceiver<Out>,
) -> &'static str {
    let every = world.0.lock().settings.ping_every;
    let mut pings = tokio::time::interval(every);
    loop {
        let sent = tokio::select! {
            frame = out.recv() => match frame {
                Some(Out::Text(text)) => socket.send(Message::text(text)).await,
                Some(Out::Binary(bytes)) => socket.send(Message::binary(bytes)).await,
                Some(Out::Close) => {
                    drop(socket.send(Message::Close(None)).await);
                    return "slack";
                }
                Some(Out::Freeze) => {
                    // Slack does not know that the line is dead, so the socket stays in its list.
                    while let Some(frame) = out.recv().await {
                        if matches!(frame, Out::Cut) {
                            break;
                        }
                    }
                    return "frozen";
                }
                Some(Out::Cut) | None => return "cut",
            },
            frame = socket.recv() => match frame {
                Some(Ok(Message::Text(text))) => {
                    world.0.lock().received(app, number, text.as_str());
                    Ok(())
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return "client",
                Some(Ok(_)) => Ok(()),
            },
            _ = pings.tick() => {
                socket.send(Message::Ping("Ping from fake-slack".into())).await
            }
        };
        if sent.is_err() {
            return "client";
        }
    }
}
