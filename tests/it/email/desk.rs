//! Bob's understudy with a mailbox, the program that reads it, and people who write to it.

use std::process::Stdio;

use super::post::{ALICE, BOB, PATIENCE, PostOffice, eventually, header, text};
use crate::support::{Running, Site};

/// The name under which the office's server stamps mail.
pub const MX: &str = "mx.example.test";

/// Everything a test about mail needs.
pub struct Desk {
    pub site: Site,
    pub post: PostOffice,
}

/// A running program and where its console is.
pub struct Console {
    pub running: Running,
    pub address: String,
    token: String,
}

impl Desk {
    /// `settings` are more lines of the `[mail]` table.
    pub fn new(settings: &str) -> Self {
        Self::with(PostOffice::open(), settings)
    }

    pub fn with(post: PostOffice, settings: &str) -> Self {
        let site = Site::new();
        let file = site.dir.path().join("people/bob/person.toml");
        let person = std::fs::read_to_string(&file).unwrap();
        let (imap, smtp) = (post.imap_port, post.smtp_port);
        let mail = format!(
            "[mail]\naddress = \"{BOB}\"\nimap = \"imap://127.0.0.1:{imap}\"\nsmtp = \"smtp://127.0.0.1:{smtp}\"\n\
             password = \"BOB_MAIL_PASSWORD\"\nauthserv_id = \"{MX}\"\ncolleagues = [\"example.test\"]\n{settings}\n"
        );
        std::fs::write(file, person + &mail).unwrap();
        Self { site, post }
    }

    /// The real binary with Bob's password.
    pub fn command(&self) -> std::process::Command {
        let mut command = self.site.command();
        command.env("BOB_MAIL_PASSWORD", "secret");
        command
    }

    /// Starts the program for the first time and waits until it reads the mailbox.
    pub fn open(&self) -> Console {
        let console = self.open_unread();
        console.wait_until_read();
        console
    }

    /// Starts it for the first time, whether or not it can read the mailbox.
    pub fn open_unread(&self) -> Console {
        let (running, link) = self.site.greeted(&mut self.command());
        Console::of(running, &link)
    }

    /// Changes Bob's person.toml.
    pub fn settings(&self, change: impl FnOnce(String) -> String) {
        let file = self.site.dir.path().join("people/bob/person.toml");
        let text = std::fs::read_to_string(&file).unwrap();
        std::fs::write(file, change(text)).unwrap();
    }

    /// Starts it again, console and all.
    pub fn open_again(&self) -> Console {
        let (running, link) = self.site.greeted(&mut self.command());
        let address = link.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
        Console { running, address, token: String::new() }
    }

    /// Starts it again.
    pub fn start(&self) -> Running {
        self.site.wait(self.command().arg("run").stdout(Stdio::null()).spawn().unwrap())
    }

    /// What `understudy mail` says to these arguments, and whether it is content.
    pub fn mail_command(&self, arguments: &[&str]) -> (String, bool) {
        let output = self.command().arg("mail").args(arguments).stdout(Stdio::piped()).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), output.status.success())
    }

    /// Alice writes to Bob's understudy and the server vouches for her.
    pub fn alice_writes(&self, id: &str, subject: &str, words: &str) {
        self.arrives(ALICE, &from_alice(id, subject, words));
    }

    /// A mail comes in for Bob's understudy.
    pub fn arrives(&self, from: &str, mail: &str) {
        self.post.deliver(from, &[BOB], mail.as_bytes());
    }

    /// The replies that Alice has, once there are `count`.
    pub fn replies(&self, count: usize) -> Vec<String> {
        self.post.wait_for(ALICE, "INBOX", count)
    }

    /// Waits until nothing is on its way any more.
    pub fn settle(&self, running: &Running) {
        eventually("quiet", || {
            let health = running.connect()?.call(&serde_json::json!("health"))?;
            let open = ["/inbox/ready", "/inbox/running", "/inbox/parked", "/open_replies"];
            open.iter().all(|count| health.pointer(count).unwrap() == 0).then_some(())
        });
    }
}

impl Console {
    /// The console of a program that started for the first time and printed this link.
    pub fn of(running: Running, link: &str) -> Self {
        let rest = link.strip_prefix("http://").unwrap();
        let (address, token) = rest.split_once("/sign-in?token=").unwrap();
        Self { running, address: address.to_owned(), token: token.to_owned() }
    }

    pub fn get(&self, path: &str) -> String {
        let answer =
            ureq::get(format!("http://{}/{path}", self.address)).config().http_status_as_error(false).build();
        answer.call().unwrap().body_mut().read_to_string().unwrap()
    }

    pub fn wait_until_read(&self) {
        eventually("reading the mailbox", || self.get("ready").contains("bob is read").then_some(()));
    }

    /// The value of a metric, 0 before it was counted.
    pub fn metric(&self, line: &str) -> u64 {
        let metrics = self.get("metrics");
        let found = metrics.lines().find_map(|l| l.strip_prefix(line)?.trim().parse().ok());
        found.unwrap_or(0)
    }

    /// Waits until so many mails came to an end of this kind.
    pub fn wait_for_state(&self, state: &str, count: u64) {
        let line = format!("understudy_mail_total{{state=\"{state}\"}}");
        let started = std::time::Instant::now();
        while self.metric(&line) < count {
            assert!(started.elapsed() < PATIENCE, "no {count} mails are {state}: {}", self.get("metrics"));
            std::thread::sleep(std::time::Duration::from_millis(50));
        }
        assert_eq!(self.metric(&line), count, "{state}");
    }

    /// Signs in as an admin and returns the cookie.
    pub fn sign_in(&self) -> String {
        let answer = self.post("sign-in", "", &format!("token={}&name=carol", self.token));
        let cookie = answer.headers().get("set-cookie").unwrap().to_str().unwrap().to_owned();
        cookie.split(';').next().unwrap().to_owned()
    }

    pub fn post(&self, path: &str, cookie: &str, form: &str) -> ureq::http::Response<ureq::Body> {
        ureq::post(format!("http://{}/{path}", self.address))
            .config()
            .max_redirects(0)
            .http_status_as_error(false)
            .build()
            .header("Cookie", cookie)
            .header("Sec-Fetch-Site", "same-origin")
            .content_type("application/x-www-form-urlencoded")
            .send(form)
            .unwrap()
    }

    /// A page of somebody who is signed in.
    pub fn page(&self, path: &str, cookie: &str) -> String {
        let asked = ureq::get(format!("http://{}/{path}", self.address)).header("Cookie", cookie);
        asked.call().unwrap().body_mut().read_to_string().unwrap()
    }
}

/// A mail from Alice that the own server vouches for.
pub fn from_alice(id: &str, subject: &str, words: &str) -> String {
    mail(&[("Subject", subject)], id, words)
}

/// A mail from Alice with more header fields, or other ones.
pub fn mail(fields: &[(&str, &str)], id: &str, words: &str) -> String {
    let stamp = format!("{MX}; dmarc=pass header.from=example.test");
    let id = format!("<{id}@example.test>");
    let usual = [
        ("Authentication-Results", stamp.as_str()),
        ("From", "Alice <alice@example.test>"),
        ("To", BOB),
        ("Date", "Tue, 24 Nov 2026 12:00:00 +0000"),
        ("Message-ID", &id),
        ("Subject", "Question"),
    ];
    let kept = usual.iter().filter(|(name, _)| !fields.iter().any(|(n, _)| n.eq_ignore_ascii_case(name)));
    let head: String = kept
        .chain(fields)
        .filter(|(_, v)| *v != "-")
        .map(|(name, value)| format!("{name}: {value}\r\n"))
        .collect();
    format!("{head}\r\n{words}\r\n")
}

/// What a reply says above its signature.
pub fn said(reply: &str) -> String {
    text(reply).split("\n\n-- \n").next().unwrap().to_owned()
}

/// The id of a mail with its brackets.
pub fn id_of(mail: &str) -> String {
    header(mail, "Message-ID").unwrap()
}
