//! A workspace with Alice and Carol, and an installation in which Bob and Eve have bots.

use std::{process::Stdio, time::Duration};

use fake_slack::{Bot, ChannelId, FakeSlack, Kind, Message, Rates, Room, Ts, UserId, World};

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
                 [slack]\napp_token = \"{upper}_SLACK_APP_TOKEN\"\nbot_token = \"{upper}_SLACK_BOT_TOKEN\"\n"
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
