//! A console on a port of its own over a fresh store, a browser without a window, and turns without a model.

use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::Notify,
};
use tokio_util::sync::CancellationToken;
use understudy::{
    domain::{InboxId, PersonId},
    error::Hint,
    files::Files,
    inbox::{Inbox, Progress},
    learning::vault::Vault,
    people::{People, Person},
    store::{Claimed, NewReply, SessionRow, Settled, StepRow, Store, now},
    tools::Toolbox,
    web::{self, Readiness, Web},
};

/// An installation without models: nothing can be promoted, and nothing is left to erase.
pub struct NoModels;

#[async_trait::async_trait]
impl web::Steward for NoModels {
    fn adapter_of(&self, _: &Person) -> String {
        "starter".to_owned()
    }

    fn training_of(&self, _: &PersonId) -> Option<web::Training> {
        None
    }

    async fn promote(&self, person: &PersonId) -> anyhow::Result<String> {
        Err(Hint::new(format!("there is no new adapter of {person}"), "train one").into())
    }

    async fn roll_back(&self, person: &PersonId) -> anyhow::Result<String> {
        Err(Hint::new(format!("nothing was promoted for {person}"), "see what serves").into())
    }

    async fn erase(&self, _: &PersonId) -> anyhow::Result<()> {
        Ok(())
    }

    async fn health(&self) -> anyhow::Result<serde_json::Value> {
        Ok(json!({"uptime_s": 1}))
    }
}

/// A running console.
pub struct Desk {
    pub store: Store,
    pub files: Files,
    pub vault: Vault,
    pub progress: Progress,
    pub wake_outbox: Arc<Notify>,
    pub ready: Arc<AtomicBool>,
    pub token: String,
    pub address: String,
    pub stop: CancellationToken,
    pub serving: tokio::task::JoinHandle<()>,
    _dir: tempfile::TempDir,
}

/// What came back.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    pub fn header(&self, name: &str) -> Option<&str> {
        let lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines.filter(|(n, _)| n.eq_ignore_ascii_case(name)).map(|(_, value)| value).next()
    }
}

impl Desk {
    /// Bob is stood in for and owns his understudy; Mallory's name is hostile.
    pub async fn new() -> Self {
        Self::of_many(0, Toolbox::default()).await
    }

    /// The same with this many further people, and these tools.
    pub async fn of_many(further: usize, toolbox: Toolbox) -> Self {
        let dir = tempfile::tempdir().unwrap();
        for n in 0..further {
            let folder = dir.path().join(format!("people/person-{n:04}"));
            std::fs::create_dir_all(&folder).unwrap();
            let text = format!(
                "id = \"person-{n:04}\"\nname = \"Person {n}\"\nhandle = \"p{n}-bot\"\nrole = \"Work\"\nowner = \"p{n}\"\n"
            );
            std::fs::write(folder.join("person.toml"), text).unwrap();
        }
        for (id, name) in [("bob", "Bob"), ("mallory", "<script>alert('name')</script>")] {
            let folder = dir.path().join("people").join(id);
            std::fs::create_dir_all(&folder).unwrap();
            let text = format!(
                "id = \"{id}\"\nname = \"{name}\"\nhandle = \"{id}-bot\"\nrole = \"{name}\"\nowner = \"{id}\"\n"
            );
            std::fs::write(folder.join("person.toml"), text).unwrap();
        }
        let people = Arc::new(People::read(&[&dir.path().join("people")]).unwrap());
        let store = Store::open(dir.path()).await.unwrap();
        let token = web::first_sign_in_token(&store).await.unwrap().unwrap();
        let vault = Vault::new(dir.path());
        let (progress, wake_outbox) = (Progress::default(), Arc::new(Notify::new()));
        let ready = Arc::new(AtomicBool::new(true));
        let asked = Arc::clone(&ready);
        let files = Files::below(dir.path());
        let console = Web {
            store: store.clone(),
            vault: vault.clone(),
            files: files.clone(),
            inbox: Inbox::new(store.clone()),
            people,
            mailboxes: vec![("bob-bot@mail.test:993/INBOX".to_owned(), vec![bob()])],
            progress: progress.clone(),
            ready: Arc::new(move || {
                let ready = asked.load(Ordering::Relaxed);
                Readiness { ready, parts: vec![("models".to_owned(), "loaded".to_owned())] }
            }),
            wake_outbox: Arc::clone(&wake_outbox),
            toolbox: Arc::new(toolbox),
            approved: Arc::new(Notify::new()),
            keep: Arc::new(|_| Box::pin(async { Ok(()) })),
            steward: Arc::new(NoModels),
            metrics: Arc::new(|| Box::pin(async { "understudy_commits_total 1\n".to_owned() })),
        };
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let serving = tokio::spawn(async move { web::serve(console, listener, stopped).await.unwrap() });
        Self { store, files, vault, progress, wake_outbox, ready, token, address, stop, serving, _dir: dir }
    }

    /// Sends a request as it is.
    pub async fn raw(&self, head: &str, body: &[u8]) -> Reply {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let length = body.len();
        let head =
            format!("{head}Host: {}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n", self.address);
        stream.write_all(head.as_bytes()).await.unwrap();
        stream.write_all(body).await.unwrap();
        let mut answer = Vec::new();
        stream.read_to_end(&mut answer).await.unwrap();
        let answer = String::from_utf8(answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head[9..12].parse().unwrap();
        Reply { status, head: head.to_owned(), body: body.to_owned() }
    }

    pub async fn get(&self, path: &str, cookie: &str) -> Reply {
        self.raw(&format!("GET {path} HTTP/1.1\r\nCookie: understudy_session={cookie}\r\n"), b"").await
    }

    /// Posts a form of this site.
    pub async fn post(&self, path: &str, cookie: &str, form: &str) -> Reply {
        self.post_with(path, cookie, form.as_bytes(), "Sec-Fetch-Site: same-origin\r\n").await
    }

    pub async fn post_with(&self, path: &str, cookie: &str, form: &[u8], headers: &str) -> Reply {
        let kind = "Content-Type: application/x-www-form-urlencoded\r\n";
        let head = format!("POST {path} HTTP/1.1\r\nCookie: understudy_session={cookie}\r\n{kind}{headers}");
        self.raw(&head, form).await
    }

    /// Opens a stream of events and returns it after its head.
    pub async fn watch(&self, path: &str, cookie: &str) -> TcpStream {
        let mut stream = TcpStream::connect(&self.address).await.unwrap();
        let host = &self.address;
        let head =
            format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nCookie: understudy_session={cookie}\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        assert!(next_event(&mut stream).await.contains("text/event-stream"));
        stream
    }

    /// Signs in with the token and returns the cookie.
    pub async fn sign_in(&self, name: &str) -> String {
        let reply = self.post("/sign-in", "", &format!("token={}&name={name}", self.token)).await;
        assert_eq!(reply.status, 303, "{reply:?}");
        let cookie = reply.header("set-cookie").unwrap();
        cookie.split_once('=').unwrap().1.split_once(';').unwrap().0.to_owned()
    }

    /// A session of somebody who does not run the installation.
    pub async fn member(&self, reader: &str) -> String {
        use sha2::Digest;
        let cookie = format!("cookie-of-{reader}");
        let session = SessionRow {
            token_hash: hex::encode(sha2::Sha256::digest(cookie.as_bytes())),
            reader: reader.to_owned(),
            name: reader.to_owned(),
            standing: "member".to_owned(),
            expires_at: now() + 1000,
        };
        self.store.put_session(session, now()).await.unwrap();
        cookie
    }

    /// Posts to Bob as a program does and returns the row.
    pub async fn ask(&self, cookie: &str, key: &str, text: &str) -> InboxId {
        let form = format!("key={key}&text={text}");
        let headers = "Sec-Fetch-Site: same-origin\r\nAccept: application/json\r\n";
        let reply = self.post_with("/talk/bob", cookie, form.as_bytes(), headers).await;
        assert_eq!(reply.status, 202, "{reply:?}");
        let answer: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        InboxId(answer["inbox"].as_i64().unwrap())
    }

    pub async fn claim(&self) -> Claimed {
        self.store.claim_next(now(), 60).await.unwrap().unwrap()
    }

    /// Ends a turn as the real one does; `words` stand in every field that a model or a note fills.
    pub async fn settle(&self, claimed: &Claimed, words: &str) {
        let passage = |n: usize, readers: &str| {
            json!({"n": n, "source": format!("{words}-{readers}"), "title": words, "text": words, "score": 0.5,
                   "integrity": "internal", "readers": [readers]})
        };
        let passages = [passage(1, "everyone"), passage(2, claimed.message.requester.id.as_str())];
        let step = |kind: &str, result: serde_json::Value| StepRow {
            kind: kind.to_owned(),
            result: result.to_string(),
            took_us: 1_234_000,
        };
        let steps = vec![
            step("ask", json!({"adapter": words, "queries": [words]})),
            step("recall", json!({"passages": passages})),
            step("draft", json!({"draft": words})),
        ];
        let reply = Some(NewReply { text: format!("{words} [1]"), cites: vec![1], file: None });
        self.store
            .settle(claimed, Settled { outcome: "answered", steps, reply, aside: None }, now())
            .await
            .unwrap();
    }

    /// Delivers the next reply, if one may leave.
    pub async fn deliver(&self) -> bool {
        let Some(reply) = self.store.claim_reply(now()).await.unwrap() else { return false };
        self.store.mark_delivered(&reply, "shown", now()).await.unwrap();
        true
    }

    /// Claims a message and parks it.
    pub async fn park(&self, why: &str) {
        let claimed = self.claim().await;
        self.store.fail(&claimed, why, None, now()).await.unwrap();
    }
}

/// Reads what a stream says next.
pub async fn next_event(stream: &mut TcpStream) -> String {
    let mut buffer = [0; 4096];
    let reading = stream.read(&mut buffer);
    let n = tokio::time::timeout(std::time::Duration::from_secs(5), reading)
        .await
        .expect("no event came")
        .unwrap();
    String::from_utf8_lossy(&buffer[..n]).into_owned()
}

pub fn bob() -> PersonId {
    PersonId::new("bob").unwrap()
}
