//! A workspace with Alice and Carol, and an installation in which Bob and Eve have bots.

use std::{collections::BTreeMap, process::Stdio, time::Duration};

use fake_slack::{Bot, ChannelId, FakeSlack, Kind, Message, Rates, Room, Ts, UserId, World};

use serde_json::json;
use sqlx::{ConnectOptions, sqlite::SqliteConnectOptions};

use crate::support::{Running, Site};

/// How long an answer may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(30);

/// Everything a test about Slack needs.
pub struct Office {
    pub site: Site,
    pub slack: FakeSlack,
    pub bob: Bot,
    pub eve: Bot,
    pub alice: UserId,
    pub carol: UserId,
    pub general: ChannelId,
}

impl Office {
    /// Sets everybody up; nothing runs yet.
    pub async fn new() -> Self {
        let slack = FakeSlack::start().await;
        let world = slack.world();
        world.tune(|settings| settings.rates = Rates::unlimited());
        let (bob, eve) = (world.app("bob-bot"), world.app("eve-bot"));
        let (alice, carol) = (world.user("Alice", Kind::Member), world.user("Carol", Kind::Member));
        let general = world.channel("general", Room::Public, &[&alice, &carol, &bob.user, &eve.user]);
        let site = Site::new();
        for (id, name) in [("bob", "Bob"), ("eve", "Eve")] {
            let folder = site.dir.path().join("people").join(id);
            std::fs::create_dir_all(&folder).unwrap();
            let upper = name.to_uppercase();
            let person = format!(
                "id = \"{id}\"\nname = \"{name}\"\nhandle = \"{id}-bot\"\nrole = \"Operations\"\nowner = \"{id}\"\n\
                 [slack]\napp_token = \"{upper}_SLACK_APP_TOKEN\"\nbot_token = \"{upper}_SLACK_BOT_TOKEN\"\n\
                 user_per_minute = 100000\nchannel_per_minute = 100000\n"
            );
            std::fs::write(folder.join("person.toml"), person).unwrap();
        }
        Self { site, bob, eve, alice, carol, general, slack }
    }

    /// Sets everybody up and starts the program.
    pub async fn open() -> (Self, Running) {
        let office = Self::new().await;
        let running = office.start();
        for bot in [&office.bob, &office.eve] {
            office.world().wait_for_sockets(&bot.app, 2, PATIENCE).await;
        }
        (office, running)
    }

    pub fn world(&self) -> &World {
        self.slack.world()
    }

    /// The real binary with the tokens of both bots.
    pub fn command(&self) -> std::process::Command {
        let mut command = self.site.command();
        command.env("UNDERSTUDY_SLACK_API", self.slack.api_url());
        for (name, bot) in [("BOB", &self.bob), ("EVE", &self.eve)] {
            command.env(format!("{name}_SLACK_APP_TOKEN"), &bot.app_token);
            command.env(format!("{name}_SLACK_BOT_TOKEN"), &bot.bot_token);
        }
        command
    }

    /// Writes something else into Bob's `person.toml`, before the program starts.
    pub fn tune_bob(&self, from: &str, to: &str) {
        let file = self.site.dir.path().join("people/bob/person.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{text}");
        std::fs::write(file, text.replace(from, to)).unwrap();
    }

    /// Gives Bob a note about the fair that only these readers may read, before the program starts.
    pub fn note(&self, readers: &[&str]) {
        let notes = self.site.dir.path().join("notes");
        std::fs::create_dir(&notes).unwrap();
        std::fs::write(notes.join("fair.md"), "# Fair\n\nThe fair is on Friday.\n").unwrap();
        let file = self.site.dir.path().join("people/bob/person.toml");
        let mut text = std::fs::read_to_string(&file).unwrap();
        text.push_str(&format!("[notes]\nfolders = [{notes:?}]\nreaders = {readers:?}\n"));
        std::fs::write(file, text).unwrap();
    }

    /// Starts the program and waits until Bob is connected and his note is indexed.
    pub async fn start_with_note(&self) -> Running {
        let running = self.start();
        self.world().wait_for_sockets(&self.bob.app, 2, PATIENCE).await;
        let listed = || running.connect().unwrap().call(&json!({"notes_list": {"person": "bob"}})).unwrap();
        while listed()["notes"].as_array().unwrap().is_empty() {
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        running
    }

    /// The state of each message in the inbox, by the `ts` of its post; read beside the running program.
    pub async fn states(&self) -> BTreeMap<String, String> {
        let options =
            SqliteConnectOptions::new().filename(self.site.data().join("understudy.db")).read_only(true);
        let mut connection = options.connect().await.unwrap();
        let rows: Vec<(String, String)> =
            sqlx::query_as("SELECT source_key, state FROM inbox").fetch_all(&mut connection).await.unwrap();
        let ts = |key: &str| key.rsplit('/').next().unwrap().to_owned();
        rows.into_iter().map(|(key, state)| (ts(&key), state)).collect()
    }

    /// Puts the end of every request that waits into the past, beside the running program.
    pub async fn let_requests_expire(&self) {
        self.change("UPDATE action SET expires_at = 1 WHERE state = 'waiting'").await;
    }

    /// Puts the time of every reminder that waits into the past, beside the running program.
    pub async fn make_reminders_due(&self) {
        self.change("UPDATE reminder SET due_at = 1 WHERE told_at = 0").await;
    }

    async fn change(&self, statement: &'static str) {
        let options = SqliteConnectOptions::new()
            .filename(self.site.data().join("understudy.db"))
            .busy_timeout(Duration::from_secs(30));
        let mut connection = options.connect().await.unwrap();
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }

    /// What was done and by whom, in the order of the audit; for a program that does not run.
    pub async fn audit(&self) -> Vec<(String, String)> {
        let options =
            SqliteConnectOptions::new().filename(self.site.data().join("understudy.db")).read_only(true);
        let mut connection = options.connect().await.unwrap();
        sqlx::query_as("SELECT action, actor FROM audit ORDER BY id")
            .fetch_all(&mut connection)
            .await
            .unwrap()
    }

    /// Waits until the message with this `ts` is in a state.
    pub async fn wait_for_state(&self, ts: &str, wanted: &str) {
        let started = std::time::Instant::now();
        loop {
            let states = self.states().await;
            if states.get(ts).map(String::as_str) == Some(wanted) {
                return;
            }
            assert!(started.elapsed() < PATIENCE, "{ts} is not {wanted}: {states:?}");
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }

    /// Carries out a command of the command line and returns what it prints and whether all was well.
    pub fn says(&self, words: &[&str]) -> (String, bool) {
        let output =
            self.command().args(words).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
        let told = [output.stdout, output.stderr].concat();
        (String::from_utf8(told).unwrap(), output.status.success())
    }

    /// Starts the program and waits until it takes commands.
    pub fn start(&self) -> Running {
        self.site.wait(self.command().arg("run").stdout(Stdio::null()).spawn().unwrap())
    }

    /// Alice mentions a bot in the general channel.
    pub fn mention(&self, bot: &Bot, words: &str) -> Ts {
        self.world().user_says(&self.alice, &self.general, &format!("{} {words}", bot.mention()))
    }

    /// The replies in a thread of the general channel once there are `count`.
    pub async fn replies(&self, root: &Ts, count: usize) -> Vec<Message> {
        self.world().wait_for_replies(&self.general, root, count, PATIENCE).await
    }

    /// Waits until nothing is on its way any more, and holds the journal against the rules.
    pub async fn settle(&self, running: &Running) {
        let quiet = |world: &World| {
            let waiting = world.undelivered(&self.bob.app) + world.undelivered(&self.eve.app);
            (waiting == 0 && is_idle(running)).then_some(())
        };
        let started = std::time::Instant::now();
        while quiet(self.world()).is_none() {
            assert!(started.elapsed() < PATIENCE, "something is still on its way");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        self.world().invariants();
    }
}

/// Whether every accepted message is answered and every reply has left.
fn is_idle(running: &Running) -> bool {
    let Some(health) = running.connect().and_then(|mut c| c.call(&serde_json::json!("health"))) else {
        return false;
    };
    let open = ["/inbox/ready", "/inbox/running", "/inbox/parked", "/open_replies"];
    open.iter().all(|count| health.pointer(count).unwrap() == 0)
}
