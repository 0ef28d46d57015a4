//! What tests share: the real binary in a directory of its own, and messages of the usual cast.

mod browser;

use std::{
    io::{BufRead, BufReader, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

pub use browser::Browser;
use serde_json::{Value, json};
use understudy::domain::{Audience, Channel, Conversation, Inbound, PersonId, ReaderId, Requester, Standing};

/// Alice asks Bob's understudy something.
pub fn message(key: &str, conversation: &str, text: &str) -> Inbound {
    let alice = ReaderId::new("alice").unwrap();
    Inbound {
        channel: Channel::Cli,
        key: key.to_owned(),
        conversation: Conversation(conversation.to_owned()),
        person: PersonId::new("bob").unwrap(),
        requester: Requester { id: alice.clone(), name: "Alice".to_owned(), standing: Standing::Member },
        audience: Audience::only(alice),
        text: text.to_owned(),
        attachments: Vec::new(),
    }
}

/// Where `make test` has put the models.
pub fn models() -> PathBuf {
    let models = std::env::var_os("UNDERSTUDY_MODELS").map_or_else(
        || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/understudy/models"),
        PathBuf::from,
    );
    assert!(models.is_dir(), "no models in {}: `make test` pulls them", models.display());
    models
}

/// A directory with Bob in it and room for data.
pub struct Site {
    pub dir: tempfile::TempDir,
}

impl Site {
    pub fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let bob = dir.path().join("people/bob");
        std::fs::create_dir_all(&bob).unwrap();
        let person =
            "id = \"bob\"\nname = \"Bob\"\nhandle = \"bob-bot\"\nrole = \"Operations\"\nowner = \"bob\"\n";
        std::fs::write(bob.join("person.toml"), person).unwrap();
        Self { dir }
    }

    pub fn data(&self) -> PathBuf {
        self.dir.path().join("data")
    }

    /// The real binary with a scripted mind, in this site.
    pub fn command(&self) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_understudy"));
        command
            .current_dir(self.dir.path())
            .env_remove("UNDERSTUDY_MODELS")
            .env("HOME", self.dir.path())
            .env("UNDERSTUDY_DATA", self.data())
            .env("UNDERSTUDY_PEOPLE", self.dir.path().join("people"))
            .env("UNDERSTUDY_LISTEN", "127.0.0.1:0")
            .env("UNDERSTUDY_MIND", "scripted")
            .env("UNDERSTUDY_LOG", "warn")
            .stdout(Stdio::null())
            .stderr(Stdio::inherit());
        command
    }

    /// Starts `understudy run` for the first time and returns the sign-in link it prints.
    pub fn start_console(&self) -> (Running, String) {
        self.greeted(&mut self.command())
    }

    /// The same, by a command that has been given more settings.
    pub fn greeted(&self, command: &mut Command) -> (Running, String) {
        let mut child = command.arg("run").stdout(Stdio::piped()).spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let link = lines
            .map_while(Result::ok)
            .find_map(|line| Some(line.split_once("Console: ")?.1.to_owned()))
            .expect("the first start prints a link");
        (self.wait(child), link)
    }

    /// Starts `understudy run` and waits until it takes commands.
    pub fn start(&self) -> Running {
        self.wait(self.command().arg("run").spawn().unwrap())
    }

    /// Waits until a started process takes commands.
    pub fn wait(&self, child: Child) -> Running {
        let mut running = Running { child, socket: self.data().join("control.sock") };
        let started = Instant::now();
        while running.connect().is_none() {
            assert!(running.child.try_wait().unwrap().is_none(), "understudy ended at its start");
            assert!(started.elapsed() < Duration::from_secs(30), "understudy does not take commands");
            std::thread::sleep(Duration::from_millis(5));
        }
        running
    }
}

/// A running process; killed when dropped.
pub struct Running {
    pub child: Child,
    socket: PathBuf,
}

impl Running {
    pub fn connect(&self) -> Option<Commands> {
        connect(&self.socket)
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// A connection to the control socket.
pub struct Commands {
    reading: BufReader<UnixStream>,
    writing: UnixStream,
}

pub fn connect(socket: &Path) -> Option<Commands> {
    let writing = UnixStream::connect(socket).ok()?;
    let reading = BufReader::new(writing.try_clone().ok()?);
    Some(Commands { reading, writing })
}

impl Commands {
    /// Sends a request; `None` when the process died before it answered.
    pub fn call(&mut self, request: &Value) -> Option<Value> {
        writeln!(self.writing, "{request}").ok()?;
        let mut line = String::new();
        let n = self.reading.read_line(&mut line).ok()?;
        if n == 0 || !line.ends_with('\n') {
            return None;
        }
        let answer: Value = serde_json::from_str(&line).unwrap();
        Some(answer.get("ok").unwrap_or_else(|| panic!("refused: {answer}")).clone())
    }

    /// Posts a message and waits for the commit.
    pub fn post(&mut self, key: &str, thread: &str, text: &str) -> Option<Value> {
        self.call(
            &json!({"post": {"person": "bob", "from": "alice", "thread": thread, "key": key, "text": text}}),
        )
    }
}
