//! A bare client of Slack, and the usual cast: Alice in `#payments`, with the bot `demetrios`.

use std::time::Duration;

use fake_slack::{Bot, ChannelId, FakeSlack, Kind, Room, UserId};
use futures::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::TcpStream;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async, tungstenite::Message};

pub const SOON: Duration = Duration::from_secs(5);

pub struct Cast {
    pub slack: FakeSlack,
    pub bot: Bot,
    pub alice: UserId,
    pub payments: ChannelId,
    pub api: Api,
}

pub async fn cast() -> Cast {
    let slack = FakeSlack::start().await;
    let bot = slack.app("demetrios");
    let alice = slack.user("Alice", Kind::Member);
    let payments = slack.channel("payments", Room::Public, &[&alice, &bot.user]);
    let api = Api::new(&slack, &bot.bot_token);
    Cast { slack, bot, alice, payments, api }
}

impl Cast {
    /// Alice asks the bot something in `#payments`.
    pub fn asks(&self, words: &str) -> fake_slack::Ts {
        self.slack.user_says(&self.alice, &self.payments, &format!("{} {words}", self.bot.mention()))
    }

    pub async fn socket(&self) -> Socket {
        let opened = Api::new(&self.slack, &self.bot.app_token).call("apps.connections.open", &json!({}));
        Socket::open(opened["url"].as_str().unwrap()).await
    }

    /// Posts in the thread of `root`.
    pub fn replies(&self, root: &str, text: &str) -> Value {
        self.api.call(
            "chat.postMessage",
            &json!({"channel": self.payments.to_string(), "thread_ts": root, "text": text}),
        )
    }
}

/// Calls of the Web API with one token.
pub struct Api {
    url: String,
    token: String,
    agent: ureq::Agent,
}

pub struct Answer {
    pub status: u16,
    pub headers: ureq::http::HeaderMap,
    pub text: String,
}

impl Api {
    pub fn new(slack: &FakeSlack, token: &str) -> Self {
        let agent = ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
        Self { url: slack.api_url(), token: token.to_owned(), agent }
    }

    /// A call that gets an answer in JSON.
    pub fn call(&self, method: &str, args: &Value) -> Value {
        let answer = self.raw(method, args).unwrap();
        serde_json::from_str(&answer.text).unwrap_or_else(|_| panic!("{method}: {}", answer.text))
    }

    pub fn raw(&self, method: &str, args: &Value) -> Result<Answer, ureq::Error> {
        let post = self
            .agent
            .post(format!("{}/{method}", self.url))
            .header("Authorization", format!("Bearer {}", self.token))
            .header("Content-Type", "application/json; charset=utf-8");
        answered(post.send(args.to_string())?)
    }

    /// The same by GET, as some clients read.
    pub fn get(&self, method: &str, query: &str) -> Value {
        let url = format!("{}/{method}?{query}", self.url);
        let answer = self.fetch(&url, true).unwrap();
        serde_json::from_str(&answer.text).unwrap()
    }

    /// Any URL, with the token or without.
    pub fn fetch(&self, url: &str, with_token: bool) -> Result<Answer, ureq::Error> {
        let mut get = self.agent.get(url);
        if with_token {
            get = get.header("Authorization", format!("Bearer {}", self.token));
        }
        answered(get.call()?)
    }

    /// A form, as others write.
    pub fn form(&self, method: &str, form: &str) -> Value {
        let post = self
            .agent
            .post(format!("{}/{method}", self.url))
            .header("Content-Type", "application/x-www-form-urlencoded");
        let answer = answered(post.send(format!("token={}&{form}", self.token)).unwrap()).unwrap();
        serde_json::from_str(&answer.text).unwrap()
    }
}

fn answered(mut response: ureq::http::Response<ureq::Body>) -> Result<Answer, ureq::Error> {
    let text = response.body_mut().read_to_string()?;
    Ok(Answer { status: response.status().as_u16(), headers: response.headers().clone(), text })
}

/// One Socket Mode connection that acknowledges only when told.
pub struct Socket(WebSocketStream<MaybeTlsStream<TcpStream>>);

impl Socket {
    pub async fn open(url: &str) -> Self {
        let mut socket = Self(connect_async(url).await.expect("the ticket is good").0);
        let hello = socket.next().await;
        assert_eq!(hello["type"], "hello", "{hello}");
        socket
    }

    /// Without waiting for the greeting.
    pub async fn open_raw(url: &str) -> Result<Self, tokio_tungstenite::tungstenite::Error> {
        Ok(Self(connect_async(url).await?.0))
    }

    /// The next frame with JSON in it.
    ///
    /// `Null` once the connection is closed.
    pub async fn next(&mut self) -> Value {
        loop {
            match tokio::time::timeout(SOON, self.0.next()).await.expect("a frame comes soon") {
                Some(Ok(Message::Text(text))) => return serde_json::from_str(&text).unwrap(),
                Some(Ok(Message::Close(_)) | Err(_)) | None => return Value::Null,
                Some(Ok(_)) => {}
            }
        }
    }

    /// The next frame's event; acknowledges it.
    pub async fn take(&mut self) -> Value {
        let mut frame = self.next().await;
        self.ack(&frame).await;
        frame["payload"]["event"].take()
    }

    pub async fn ack(&mut self, frame: &Value) {
        self.text(&json!({"envelope_id": frame["envelope_id"]}).to_string()).await;
    }

    pub async fn text(&mut self, text: &str) {
        self.0.send(Message::text(text)).await.unwrap();
    }

    /// Whether nothing comes for a moment.
    pub async fn is_quiet(&mut self) -> bool {
        let moment = Duration::from_millis(200);
        loop {
            match tokio::time::timeout(moment, self.0.next()).await {
                Err(_) => return true,
                Ok(Some(Ok(Message::Ping(_) | Message::Pong(_)))) => {}
                Ok(_) => return false,
            }
        }
    }
}

impl Socket {
    /// Acknowledges one frame and notes its message's time; true when none came for a moment.
    pub async fn is_quiet_after(&mut self, heard: &mut Vec<String>, frames: &mut usize) -> bool {
        let moment = Duration::from_millis(300);
        match tokio::time::timeout(moment, self.next()).await {
            Err(_) => true,
            Ok(frame) => {
                self.ack(&frame).await;
                let ts = frame["payload"]["event"]["ts"].as_str().unwrap().to_owned();
                if !heard.contains(&ts) {
                    heard.push(ts);
                }
                *frames += 1;
                false
            }
        }
    }
}
