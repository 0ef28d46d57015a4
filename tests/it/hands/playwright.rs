//! Microsoft's Playwright server in a real Chromium: computer use, each step after a yes.

use std::{
    io::{Read as _, Write as _},
    net::{TcpListener, TcpStream},
    process::Stdio,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::support::{Browser, Site};

/// How long a browser may take to start beside other tests.
const PATIENCE: Duration = Duration::from_secs(120);

/// A page about a fair, and how often it was fetched.
fn page() -> (u16, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let (port, visits) = (listener.local_addr().unwrap().port(), Arc::new(AtomicUsize::new(0)));
    let counted = Arc::clone(&visits);
    std::thread::spawn(move || {
        // A browser opens connections that it does not use.
        for stream in listener.incoming().flatten() {
            let counted = Arc::clone(&counted);
            std::thread::spawn(move || serve(stream, &counted));
        }
    });
    (port, visits)
}

fn serve(mut stream: TcpStream, visits: &AtomicUsize) {
    let mut request = [0; 4096];
    let read = stream.read(&mut request).unwrap_or(0);
    visits.fetch_add(usize::from(request[..read].starts_with(b"GET /fair ")), Ordering::SeqCst);
    let body = "<title>Fair</title><h1>The lamp fair opens at nine</h1>";
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nConnection: close\r\n";
    stream.write_all(format!("{head}Content-Length: {}\r\n\r\n{body}", body.len()).as_bytes()).ok();
}

fn says(site: &Site, args: &[&str]) -> String {
    let output = site.command().args(args).stdout(Stdio::piped()).stderr(Stdio::piped()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

fn until<T>(what: &str, mut found: impl FnMut() -> Option<T>) -> T {
    let started = Instant::now();
    loop {
        if let Some(found) = found() {
            return found;
        }
        assert!(started.elapsed() < PATIENCE, "not in time: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_browser_is_used_step_by_step_after_a_yes() {
    let (port, visits) = page();
    let site = Site::new();
    let server = super::tooling("playwright/node_modules/@playwright/mcp/cli.js");
    let config = format!(
        "[servers.browser]\ncommand = [\"node\", {server:?}, \"--headless\", \"--isolated\", \"--no-sandbox\",\n\
         \"--executable-path\", \"/usr/bin/chromium\"]\nreads = [\"browser_snapshot\"]\npatience_s = 120\n"
    );
    std::fs::write(site.dir.path().join("mcp.toml"), config).unwrap();
    let (running, link) = site.start_console();
    until("the server", || {
        says(&site, &["tools", "list"]).contains("browser.browser_navigate").then_some(())
    });
    for (tool, more) in [("browser.browser_navigate", Some("--ask")), ("browser.browser_snapshot", None)] {
        let looked = says(&site, &["tools", "look", tool]);
        let hash = looked.trim().rsplit_once("sha256 ").unwrap().1;
        says(&site, &["tools", "look", tool, "--pin", hash]);
        let allow = ["tools", "allow", "bob", tool, "--for", "member"];
        says(&site, &allow.into_iter().chain(more).collect::<Vec<_>>());
    }
    let ask = |text: &str| -> Value {
        let ask =
            json!({"ask": {"person": "bob", "from": "alice", "thread": null, "key": null, "text": text}});
        running.connect().unwrap().call(&ask).unwrap()
    };
    let open = json!({"url": format!("http://127.0.0.1:{port}/fair")});
    let asked = ask(&format!("use browser.browser_navigate {open}"));
    assert_eq!(asked["actions"][0]["state"], "waiting", "{asked}");
    assert_eq!(visits.load(Ordering::SeqCst), 0, "nothing is opened before a yes");

    let bob = Browser::sign_in(&link, "bob");
    let waiting = bob.page("/admin/approvals");
    assert!(waiting.contains(&format!("http://127.0.0.1:{port}/fair")), "{waiting}");
    let print = waiting.split_once("name=\"fingerprint\" value=\"").unwrap().1.split_once('"').unwrap().0;
    let path = format!("/admin/approvals/{}", asked["actions"][0]["id"]);
    assert_eq!(bob.post(&path, &[("fingerprint", print), ("decision", "approve")]).0, 303);
    until("the page", || (visits.load(Ordering::SeqCst) > 0).then_some(()));
    // What stands there now is only looked at.
    let seen = until("the snapshot", || {
        let seen = ask("use browser.browser_snapshot {}");
        seen["passages"][0]["text"].as_str().map(str::to_owned).filter(|text| text.contains("lamp fair"))
    });
    assert!(seen.contains("The lamp fair opens at nine"), "{seen}");
    assert_eq!(visits.load(Ordering::SeqCst), 1);
}
