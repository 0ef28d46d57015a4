//! The calendar tools with the real binary, against a Radicale of the test's own.

use std::{
    io::{Read, Write},
    net::{TcpListener, TcpStream},
    path::PathBuf,
    process::{Child, Command, Stdio},
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use super::tooling;
use crate::support::{Running, Site};

const TOOLS: [&str; 6] = ["free_busy", "list", "propose", "create", "move", "cancel"];
/// A Monday that no test run will reach.
const DAY: &str = "4 May 2099";

/// A calendar server with one calendar of Bob's.
struct Radicale {
    child: Child,
    dir: tempfile::TempDir,
    port: u16,
}

impl Radicale {
    fn start() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let work = dir.path().join("data/collection-root/bob/work");
        std::fs::create_dir_all(&work).unwrap();
        std::fs::write(work.join(".Radicale.props"), "{\"tag\": \"VCALENDAR\"}").unwrap();
        std::fs::write(dir.path().join("users"), "bob:correct-horse\n").unwrap();
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let of = |name: &str| dir.path().join(name).display().to_string();
        let child = Command::new(tooling("radicale/bin/python3"))
            .args(["-m", "radicale", "--hosts", &format!("127.0.0.1:{port}")])
            .args(["--auth-type", "htpasswd", "--auth-htpasswd-encryption", "plain"])
            .args(["--auth-htpasswd-filename", &of("users"), "--storage-filesystem-folder", &of("data")])
            .args(["--config", ""])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut server = Self { child, dir, port };
        let started = Instant::now();
        while TcpStream::connect(("127.0.0.1", port)).is_err() {
            assert!(server.child.try_wait().unwrap().is_none(), "Radicale ended at its start");
            assert!(started.elapsed() < Duration::from_secs(60), "Radicale does not listen");
            std::thread::sleep(Duration::from_millis(20));
        }
        server
    }

    fn work(&self) -> PathBuf {
        self.dir.path().join("data/collection-root/bob/work")
    }

    /// What is in the calendar, as the server keeps it.
    fn events(&self) -> Vec<String> {
        let files = std::fs::read_dir(self.work()).unwrap().flatten().map(|entry| entry.path());
        let events = files.filter(|path| path.extension().is_some_and(|end| end == "ics"));
        events.map(|path| std::fs::read_to_string(path).unwrap()).collect()
    }

    /// Somebody puts an event in by hand.
    fn by_hand(&self, name: &str, lines: &str) {
        let text = format!(
            "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:test\r\nBEGIN:VEVENT\r\nUID:{name}\r\nDTSTAMP:20260101T000000Z\r\n{}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n",
            lines.replace('\n', "\r\n")
        );
        std::fs::write(self.work().join(format!("{name}.ics")), text).unwrap();
    }
}

impl Drop for Radicale {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

/// An installation whose Bob has a calendar behind `port`.
fn site(port: u16) -> Site {
    let site = Site::new();
    let file = site.dir.path().join("people/bob/person.toml");
    let mut person = std::fs::read_to_string(&file).unwrap();
    person.push_str(&format!(
        "[hours]\nzone = \"Europe/Athens\"\nquiet = \"18:00-09:00\"\n\
         [calendar]\nurl = \"http://127.0.0.1:{port}/bob/work\"\nuser = \"bob\"\npassword = \"BOBS_CALENDAR\"\n"
    ));
    std::fs::write(file, person).unwrap();
    site
}

fn start(site: &Site) -> Running {
    site.wait(site.command().env("BOBS_CALENDAR", "correct-horse").arg("run").spawn().unwrap())
}

fn allow_all(site: &Site) {
    for tool in TOOLS {
        let mut command = site.command();
        command.env("BOBS_CALENDAR", "correct-horse");
        let tool = format!("calendar.{tool}");
        assert!(
            command.args(["tools", "allow", "bob", &tool, "--for", "member"]).status().unwrap().success()
        );
    }
}

fn ask(running: &Running, from: &str, tool: &str, arguments: &Value) -> Value {
    let text = format!("use calendar.{tool} {arguments}");
    let ask = json!({"ask": {"person": "bob", "from": from, "thread": null, "key": null, "text": text}});
    running.connect().unwrap().call(&ask).unwrap()
}

fn says(answer: &Value, words: &[&str]) {
    let reply = answer["reply"].as_str().unwrap();
    for word in words {
        assert!(reply.contains(word), "`{word}` is not in: {answer}");
    }
}

#[test]
fn an_appointment_is_booked_found_moved_and_cancelled_in_the_zone_of_its_person() {
    let server = Radicale::start();
    let site = site(server.port);
    let running = start(&site);
    let day = json!({"day": DAY});
    assert_eq!(
        ask(&running, "alice", "free_busy", &day)["actions"],
        json!([]),
        "off until an admin allows it"
    );
    allow_all(&site);

    says(
        &ask(&running, "alice", "free_busy", &day),
        &["Bob has nothing in the calendar on Monday, 4 May 2099"],
    );
    let lunch = json!({"title": "Lunch; with Zora", "day": DAY, "start": "13:00", "minutes": 90});
    let booked = ask(&running, "alice", "create", &lunch);
    says(&booked, &["I've put \"Lunch; with Zora\"", "Monday, 4 May 2099, 13:00 to 14:30 (Europe/Athens)"]);
    let events = server.events();
    assert_eq!(events.len(), 1, "{events:?}");
    // Athens is three hours ahead of UTC in May.
    assert!(
        events[0].contains("DTSTART:20990504T100000Z") && events[0].contains("SUMMARY:Lunch\\; with Zora"),
        "{events:?}"
    );

    server.by_hand(
        "standup",
        "SUMMARY:Standup\nDTSTART;TZID=Europe/Athens:20990427T093000\nDURATION:PT15M\nRRULE:FREQ=WEEKLY",
    );
    says(
        &ask(&running, "alice", "free_busy", &day),
        &["busy from 09:30 to 09:45, from 13:00 to 14:30 (Europe/Athens)"],
    );
    says(&ask(&running, "bob", "list", &day), &["09:30 to 09:45: Standup\n13:00 to 14:30: Lunch; with Zora"]);
    says(
        &ask(&running, "alice", "propose", &json!({"day": DAY, "minutes": 180})),
        &["time on Monday, 4 May 2099, 09:45 to 12:45", "14:30 to 17:30"],
    );

    let taken = ask(&running, "alice", "create", &json!({"title": "Call", "day": DAY, "start": "14:00"}));
    assert_eq!(taken["outcome"], "refused", "{taken}");
    says(
        &taken,
        &[
            "Bob is busy then (Monday, 4 May 2099, 14:00 to 14:30",
            "so I did nothing",
            "Free would be Monday, 4 May 2099, 09:00 to 09:30",
        ],
    );
    assert!(
        !taken["reply"].as_str().unwrap().contains("Zora"),
        "a title is not told with a conflict: {taken}"
    );

    let to = json!({"title": "lunch", "day": DAY, "time": "5 May 2099 at 12:00"});
    says(
        &ask(&running, "alice", "move", &to),
        &["I've moved \"Lunch; with Zora\" to Tuesday, 5 May 2099, 12:00 to 13:30"],
    );
    says(
        &ask(
            &running,
            "alice",
            "move",
            &json!({"title": "standup", "day": DAY, "time": "5 May 2099 at 15:00"}),
        ),
        &["repeats", "by hand"],
    );
    says(
        &ask(&running, "alice", "cancel", &json!({"title": "lunch", "day": DAY})),
        &["no such appointment on Monday, 4 May 2099"],
    );
    server.by_hand("lunch2", "SUMMARY:Team lunch\nDTSTART:20990505T150000Z\nDURATION:PT1H");
    let tuesday = |title: &str| json!({"title": title, "day": "5 May 2099"});
    says(&ask(&running, "alice", "cancel", &tuesday("lunch")), &["2 appointments"]);
    says(
        &ask(&running, "alice", "cancel", &tuesday("with Zora")),
        &["I've taken \"Lunch; with Zora\" out of the calendar of Bob"],
    );
    assert_eq!(server.events().len(), 2, "the standup and the team lunch are left");
    says(
        &ask(&running, "alice", "create", &json!({"title": "x", "day": "soon", "start": "5"})),
        &["I can't tell when"],
    );

    // A server that is away, and a wrong password, are said.
    let doctor = |password: &str| {
        let output = site
            .command()
            .env("BOBS_CALENDAR", password)
            .arg("doctor")
            .stdout(Stdio::piped())
            .output()
            .unwrap();
        String::from_utf8(output.stdout).unwrap()
    };
    assert!(
        doctor("correct-horse").contains("ok    calendar of bob: can be read"),
        "{}",
        doctor("correct-horse")
    );
    assert!(
        doctor("wrong")
            .contains("FAIL  calendar of bob: the calendar does not accept the user or the password"),
        "{}",
        doctor("wrong")
    );
    drop(server);
    let away = ask(&running, "alice", "create", &lunch);
    assert_eq!(away["actions"][0]["state"], "failed", "{away}");
    says(&away, &["so I did nothing"]);
}

/// A way to the server that keeps the answer to a write to itself, once.
struct Swallowing {
    port: u16,
    swallowed: Arc<AtomicBool>,
}

impl Swallowing {
    fn before(server: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let swallowed = Arc::new(AtomicBool::new(false));
        let done = Arc::clone(&swallowed);
        std::thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                let done = Arc::clone(&done);
                std::thread::spawn(move || pass_on(client, server, &done));
            }
        });
        Self { port, swallowed }
    }
}

fn pass_on(mut client: TcpStream, server: u16, done: &Arc<AtomicBool>) {
    let mut upstream = TcpStream::connect(("127.0.0.1", server)).unwrap();
    let (mut answers, mut back) = (upstream.try_clone().unwrap(), client.try_clone().unwrap());
    let holds = Arc::new(AtomicBool::new(false));
    let (held, told) = (Arc::clone(&holds), Arc::clone(done));
    std::thread::spawn(move || {
        let mut buffer = [0; 16 * 1024];
        while let Ok(n) = answers.read(&mut buffer) {
            if n == 0 {
                break;
            }
            if held.load(Ordering::SeqCst) {
                told.store(true, Ordering::SeqCst);
                std::thread::sleep(Duration::from_secs(600));
            }
            if back.write_all(&buffer[..n]).is_err() {
                break;
            }
        }
    });
    let mut buffer = [0; 16 * 1024];
    while let Ok(n) = client.read(&mut buffer) {
        // Before the request goes on, so that its answer can't be faster.
        if buffer.starts_with(b"PUT ") && !done.load(Ordering::SeqCst) {
            holds.store(true, Ordering::SeqCst);
        }
        if n == 0 || upstream.write_all(&buffer[..n]).is_err() {
            break;
        }
    }
}

#[test]
fn kill_nine_between_the_booking_and_its_receipt_books_once() {
    let server = Radicale::start();
    let way = Swallowing::before(server.port);
    let site = site(way.port);
    let mut running = start(&site);
    allow_all(&site);
    let text = format!("use calendar.create {}", json!({"title": "Review", "day": DAY, "start": "10:00"}));
    running.connect().unwrap().post("k1", "t1", &text).unwrap();
    let started = Instant::now();
    while !way.swallowed.load(Ordering::SeqCst) {
        assert!(started.elapsed() < Duration::from_secs(60), "nothing was written");
        std::thread::sleep(Duration::from_millis(10));
    }
    running.kill();
    assert_eq!(server.events().len(), 1, "the server has it");

    let running = start(&site);
    // The same message again is the same row, and its turn tells what became of it.
    let again = json!({"ask": {"person": "bob", "from": "alice", "thread": "t1", "key": "k1", "text": text}});
    let answer = running.connect().unwrap().call(&again).unwrap();
    assert_eq!(answer["actions"][0]["state"], "done", "{answer}");
    says(&answer, &["I've put \"Review\"", "10:00 to 10:30"]);
    let events = server.events();
    assert_eq!(events.len(), 1, "{events:?}");
}
