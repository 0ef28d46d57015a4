//! Real mail servers on free ports of this machine: Dovecot for IMAP and LMTP, aiosmtpd for SMTP.
//!
//! `make test` installs both. Everything lies in one directory and ends with its owner.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::{TcpListener, TcpStream},
    os::unix::fs::MetadataExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

/// How long an answer may take on a busy machine.
pub const PATIENCE: Duration = Duration::from_secs(60);

pub const BOB: &str = "bob-bot@example.test";
pub const ALICE: &str = "alice@example.test";
pub const CAROL: &str = "carol@example.test";

/// A post office with a mailbox for Bob's understudy, Alice and Carol.
pub struct PostOffice {
    dir: tempfile::TempDir,
    dovecot: Option<Child>,
    smtp: Child,
    provider: Option<Child>,
    /// Who gives out tokens, where there is somebody.
    pub token_port: u16,
    pub imap_port: u16,
    pub imaps_port: u16,
    /// The SMTP server that fails on request.
    pub smtp_port: u16,
    /// Dovecot's own ways in, which hand on to it: STARTTLS, and TLS from the start.
    pub submission_port: u16,
    pub submissions_port: u16,
    lmtp_port: u16,
    account: Option<String>,
}

/// When a mail was filed, in seconds and microseconds, as Dovecot writes it into the name of its file.
fn arrival(path: &Path) -> Option<(u64, u64)> {
    let name = path.file_name()?.to_str()?;
    let (seconds, rest) = name.split_once(".M")?;
    Some((seconds.parse().ok()?, rest.split_once('P')?.0.parse().ok()?))
}

/// A port below those that the system gives away by itself, so that nobody takes it before its server does.
fn free_port() -> u16 {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let first = std::process::id().wrapping_mul(97);
    loop {
        let n = first.wrapping_add(NEXT.fetch_add(1, Ordering::Relaxed));
        let port = 10_000 + u16::try_from(n % 20_000).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Waits until `ready` gives something.
pub fn eventually<T>(what: &str, mut ready: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = ready() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "{what} did not happen");
        std::thread::sleep(Duration::from_millis(50));
    }
}

fn tools() -> PathBuf {
    let home = || PathBuf::from(std::env::var_os("HOME").unwrap()).join(".cache/understudy");
    std::env::var_os("UNDERSTUDY_CACHE").map_or_else(home, PathBuf::from).join("tools")
}

impl PostOffice {
    /// Opens it.
    pub fn open() -> Self {
        Self::with(None, false)
    }

    /// With a provider of tokens, whose tokens let people in.
    pub fn with_tokens() -> Self {
        Self::with(None, true)
    }

    /// With somebody whose server answers everything with a note of absence.
    pub fn with_vacation(who: &str) -> Self {
        Self::with(Some(who), false)
    }

    fn with(vacation: Option<&str>, has_tokens: bool) -> Self {
        let dir = tempfile::Builder::new().prefix("post").tempdir_in("/tmp").unwrap();
        let (imap_port, imaps_port, lmtp_port, smtp_port) =
            (free_port(), free_port(), free_port(), free_port());
        let (submission_port, submissions_port) = (free_port(), free_port());
        // Dovecot refuses to serve mail as root.
        let is_root = fs::metadata(dir.path()).unwrap().uid() == 0;
        let account = is_root.then(|| "nobody".to_owned());
        let base = dir.path().to_str().unwrap().to_owned();
        for folder in ["run", "state", "mail"] {
            fs::create_dir(dir.path().join(folder)).unwrap();
        }
        // The six colons matter: the other fields of a passwd file are empty.
        let users: String =
            [BOB, ALICE, CAROL].map(|user| format!("{user}:{{PLAIN}}secret::::::\n")).concat();
        fs::write(dir.path().join("users"), users).unwrap();
        if let Some(who) = vacation {
            let home = dir.path().join("mail").join(who);
            fs::create_dir(&home).unwrap();
            let script =
                format!("require [\"vacation\"];\nvacation :days 1 :addresses [\"{who}\"] \"I am away.\";\n");
            fs::write(home.join(".dovecot.sieve"), script).unwrap();
        }
        let (user, group) = match &account {
            Some(user) => (user.clone(), "nogroup".to_owned()),
            None => (run("id", &["-un"]), run("id", &["-gn"])),
        };
        let token_port = free_port();
        let (mechanisms, tokens) = if has_tokens {
            let asking = format!(
                "introspection_mode = auth\nintrospection_url = http://127.0.0.1:{token_port}/introspect\n\
                 username_attribute = email\nactive_attribute = active\nactive_value = yes\n"
            );
            fs::write(dir.path().join("oauth2.conf"), asking).unwrap();
            let passdb = format!(
                "passdb {{\n  driver = oauth2\n  mechanisms = xoauth2 oauthbearer\n  args = {base}/oauth2.conf\n}}\n"
            );
            ("plain login xoauth2 oauthbearer", passdb)
        } else {
            ("plain login", String::new())
        };
        let uid = run("id", &["-u", &user]);
        let gid = run("id", &["-g", &user]);
        fs::write(
            dir.path().join("dovecot.conf"),
            format!(
                "base_dir = {base}/run\nstate_dir = {base}/state\nlog_path = {base}/dovecot.log\n\
                 protocols = imap lmtp submission\nlisten = 127.0.0.1\nssl = yes\n\
                 ssl_cert = <{base}/server.pem\nssl_key = <{base}/server.key\nhostname = mail.example.test\n\
                 submission_relay_host = 127.0.0.1\nsubmission_relay_port = {smtp_port}\n\
                 submission_relay_trusted = no\nsubmission_backend_capabilities = 8BITMIME\ndisable_plaintext_auth = no\n\
                 default_internal_user = {user}\ndefault_internal_group = {group}\ndefault_login_user = {user}\n\
                 first_valid_uid = 1\nmail_location = maildir:~/Maildir\nauth_mechanisms = {mechanisms}\n\
                 recipient_delimiter = +\nmail_fsync = never\n{tokens}\
                 passdb {{\n  driver = passwd-file\n  args = scheme=PLAIN username_format=%u {base}/users\n}}\n\
                 userdb {{\n  driver = passwd-file\n  args = username_format=%u {base}/users\n\
                 \x20 default_fields = uid={uid} gid={gid} home={base}/mail/%u\n}}\n\
                 namespace inbox {{\n  inbox = yes\n  separator = /\n\
                 \x20 mailbox Sent {{\n    auto = subscribe\n    special_use = \\Sent\n  }}\n}}\n\
                 protocol lmtp {{\n  mail_plugins = sieve\n}}\n\
                 plugin {{\n  sieve = file:%h/sieve;active=%h/.dovecot.sieve\n}}\n\
                 submission_host = 127.0.0.1:{smtp_port}\n\
                 service imap-login {{\n  chroot =\n  inet_listener imap {{\n    port = {imap_port}\n  }}\n\
                 \x20 inet_listener imaps {{\n    port = {imaps_port}\n    ssl = yes\n  }}\n}}\n\
                 service submission-login {{\n  chroot =\n\
                 \x20 inet_listener submission {{\n    port = {submission_port}\n  }}\n\
                 \x20 inet_listener submissions {{\n    port = {submissions_port}\n    ssl = yes\n  }}\n}}\n\
                 service lmtp {{\n  inet_listener lmtp {{\n    address = 127.0.0.1\n    port = {lmtp_port}\n  }}\n}}\n\
                 service anvil {{\n  chroot =\n}}\nservice stats {{\n  chroot =\n}}\n"
            ),
        )
        .unwrap();
        certify(&base);
        fs::write(dir.path().join("mode"), "ok").unwrap();
        fs::write(dir.path().join("smtp_server.py"), include_str!("smtp_server.py")).unwrap();
        if account.is_some() {
            run("chown", &["-R", &format!("{user}:{group}"), &base]);
        }
        let python = tools().join("aiosmtpd/bin/python3");
        assert!(python.exists(), "no aiosmtpd in {}: `make test` installs it", python.display());
        let provider = has_tokens.then(|| {
            fs::write(dir.path().join("token_server.py"), include_str!("token_server.py")).unwrap();
            let mut command = Command::new(&python);
            command.arg(dir.path().join("token_server.py")).arg(token_port.to_string());
            let child = command.arg(dir.path()).arg(BOB).stderr(Stdio::null()).spawn().unwrap();
            eventually("tokens", || TcpStream::connect(("127.0.0.1", token_port)).ok());
            child
        });
        let smtp = Command::new(python)
            .arg(dir.path().join("smtp_server.py"))
            .args([smtp_port.to_string(), lmtp_port.to_string()])
            .arg(dir.path().join("mode"))
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut office = Self {
            dir,
            dovecot: None,
            smtp,
            provider,
            token_port,
            imap_port,
            imaps_port,
            smtp_port,
            submission_port,
            submissions_port,
            lmtp_port,
            account,
        };
        office.start_dovecot();
        eventually("SMTP", || TcpStream::connect(("127.0.0.1", smtp_port)).ok());
        office
    }

    /// The authority that signed the servers' certificate.
    pub fn ca(&self) -> PathBuf {
        self.dir.path().join("ca.pem")
    }

    /// Puts `count` mails into Bob's mailbox as files, as a day of mail would.
    pub fn pile_up<M: AsRef<[u8]>>(&self, count: usize, mail: impl Fn(usize) -> M) {
        let new = self.dir.path().join("mail").join(BOB).join("Maildir/new");
        for n in 0..count {
            let file = new.join(format!("{}.M{n}P1.pile", 1_795_000_000 + n));
            fs::write(&file, mail(n)).unwrap();
            if self.account.is_some() {
                std::os::unix::fs::chown(&file, fs::metadata(&new).map(|m| m.uid()).ok(), None).unwrap();
            }
        }
    }

    /// Puts a mail into Bob's mailbox that the server got so long ago.
    pub fn deliver_old(&self, mail: &str, age: Duration) {
        let new = self.dir.path().join("mail").join(BOB).join("Maildir/new");
        self.pile_up(1, |_| mail.to_owned());
        let file = new.join("1795000000.M0P1.pile");
        let at = std::time::SystemTime::now() - age;
        fs::File::options().write(true).open(&file).unwrap().set_modified(at).unwrap();
        // Dovecot takes the time of arrival from the file.
        fs::rename(&file, new.join(format!("1795000001.M{}P1.old", age.as_secs()))).unwrap();
    }

    fn as_account(&self, program: &str) -> Command {
        let Some(account) = &self.account else { return Command::new(program) };
        let mut command = Command::new("setpriv");
        let ids = [format!("--reuid={account}"), "--regid=nogroup".to_owned(), "--clear-groups".to_owned()];
        command.args(ids).arg(program);
        command
    }

    pub fn start_dovecot(&mut self) {
        let config = self.dir.path().join("dovecot.conf");
        let child = self.as_account("dovecot").arg("-F").arg("-c").arg(config).spawn().unwrap();
        self.dovecot = Some(child);
        for port in [self.imap_port, self.lmtp_port] {
            eventually("Dovecot", || TcpStream::connect(("127.0.0.1", port)).ok());
        }
    }

    pub fn stop_dovecot(&mut self) {
        let Some(mut child) = self.dovecot.take() else { return };
        run("kill", &[&child.id().to_string()]);
        child.wait().unwrap();
    }

    /// `kill -9` to every IMAP session, as when a server falls over.
    pub fn kill_sessions(&self) -> usize {
        let master = self.dovecot.as_ref().unwrap().id().to_string();
        let mut killed = 0;
        for entry in fs::read_dir("/proc").unwrap().flatten() {
            let Ok(stat) = fs::read_to_string(entry.path().join("stat")) else { continue };
            let Some((before, after)) = stat.rsplit_once(')') else { continue };
            let parent = after.split_whitespace().nth(1);
            if before.ends_with("(imap") && parent == Some(master.as_str()) {
                run("kill", &["-9", entry.file_name().to_str().unwrap()]);
                killed += 1;
            }
        }
        killed
    }

    /// Runs `doveadm`.
    pub fn doveadm(&self, arguments: &[&str]) -> String {
        let config = self.dir.path().join("dovecot.conf");
        let output = self.as_account("doveadm").arg("-c").arg(config).args(arguments).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap()
    }

    /// How the SMTP server behaves from now on.
    pub fn smtp_mode(&self, mode: &str) {
        fs::write(self.dir.path().join("mode"), mode).unwrap();
    }

    /// Lets the provider end its access tokens (`expire`), or everything (`revoke`).
    pub fn end_tokens(&self, how: &str) {
        fs::write(self.dir.path().join("wish"), how).unwrap();
        // Whatever is asked next, the wish is obeyed first.
        ureq::get(format!("http://127.0.0.1:{}/introspect", self.token_port)).call().unwrap();
    }

    /// Puts a mail into mailboxes of this office.
    pub fn deliver(&self, from: &str, to: &[&str], mail: &[u8]) {
        let mut writing = TcpStream::connect(("127.0.0.1", self.lmtp_port)).unwrap();
        let mut reading = BufReader::new(writing.try_clone().unwrap());
        let mut answer = |wanted: &str| loop {
            let mut line = String::new();
            reading.read_line(&mut line).unwrap();
            if line.as_bytes().get(3) != Some(&b'-') {
                assert!(line.starts_with(wanted), "{line}");
                break;
            }
        };
        answer("220");
        let mut say = |line: &str, wanted: &str| {
            writing.write_all(format!("{line}\r\n").as_bytes()).unwrap();
            answer(wanted);
        };
        say("LHLO test", "250");
        say(&format!("MAIL FROM:<{from}>"), "250");
        for to in to {
            say(&format!("RCPT TO:<{to}>"), "250");
        }
        say("DATA", "354");
        // A dot alone would end the mail.
        let text =
            String::from_utf8_lossy(mail).replace("\r\n", "\n").replace("\n.", "\n..").replace('\n', "\r\n");
        say(&format!("{text}\r\n."), "250");
        for _ in 1..to.len() {
            answer("250");
        }
    }

    /// Everything that lies in a folder of somebody's mailbox, in order of delivery.
    pub fn mails(&self, user: &str, folder: &str) -> Vec<String> {
        let maildir = self.dir.path().join("mail").join(user).join("Maildir");
        let maildir = if folder == "INBOX" { maildir } else { maildir.join(format!(".{folder}")) };
        let files = |sub: &str| fs::read_dir(maildir.join(sub)).into_iter().flatten().flatten();
        let mut paths: Vec<PathBuf> = files("new").chain(files("cur")).map(|entry| entry.path()).collect();
        // By name mails of the same second would be in no order: the microseconds in it are not padded.
        paths.sort_by_key(|path| arrival(path));
        paths
            .iter()
            .filter_map(|path| fs::read(path).ok())
            .map(|b| String::from_utf8_lossy(&b).into_owned())
            .collect()
    }

    /// Somebody's mails once there are `count`.
    pub fn wait_for(&self, user: &str, folder: &str, count: usize) -> Vec<String> {
        eventually(&format!("mail {count} for {user}"), || {
            let mails = self.mails(user, folder);
            (mails.len() >= count).then_some(mails)
        })
    }
}

impl Drop for PostOffice {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = fs::read_to_string(self.dir.path().join("dovecot.log")).unwrap_or_default();
            let last: Vec<&str> = log.lines().rev().take(15).collect();
            eprintln!("Dovecot said, latest first:\n{}", last.join("\n"));
        }
        for child in [Some(&mut self.smtp), self.provider.as_mut()].into_iter().flatten() {
            child.kill().ok();
            child.wait().ok();
        }
        self.stop_dovecot();
    }
}

fn run(program: &str, arguments: &[&str]) -> String {
    let output = Command::new(program).args(arguments).output().unwrap();
    assert!(output.status.success(), "{program}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// Makes an authority and lets it sign a certificate for `localhost`.
fn certify(base: &str) {
    let key = |name: &str| {
        run(
            "openssl",
            &["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", &format!("{base}/{name}.key")],
        )
    };
    key("ca");
    key("server");
    let at = |name: &str| format!("{base}/{name}");
    run(
        "openssl",
        &[
            "req",
            "-x509",
            "-new",
            "-key",
            &at("ca.key"),
            "-subj",
            "/CN=Test",
            "-days",
            "30",
            "-out",
            &at("ca.pem"),
        ],
    );
    run(
        "openssl",
        &["req", "-new", "-key", &at("server.key"), "-subj", "/CN=localhost", "-out", &at("server.csr")],
    );
    fs::write(at("names"), "subjectAltName=DNS:localhost\nbasicConstraints=CA:FALSE\n").unwrap();
    run(
        "openssl",
        &[
            "x509",
            "-req",
            "-in",
            &at("server.csr"),
            "-CA",
            &at("ca.pem"),
            "-CAkey",
            &at("ca.key"),
            "-CAcreateserial",
            "-days",
            "30",
            "-extfile",
            &at("names"),
            "-out",
            &at("server.pem"),
        ],
    );
}

/// The value of a header, unfolded.
pub fn header(mail: &str, name: &str) -> Option<String> {
    let head = mail.replace("\r\n", "\n");
    let head = head.split("\n\n").next().unwrap().replace("\n ", " ").replace("\n\t", " ");
    head.lines().find_map(|line| {
        let (key, value) = line.split_once(':')?;
        key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
    })
}

/// The plain text of a mail.
pub fn text(mail: &str) -> String {
    let parsed = mail_parser::MessageParser::default().parse(mail.as_bytes()).unwrap();
    parsed.body_text(0).unwrap().replace("\r\n", "\n")
}
