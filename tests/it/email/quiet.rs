//! What the program does not do: load what a mail points to, or write into its log who wrote what.

use std::{io::Read, net::TcpListener, process::Stdio};

use super::{
    desk::{Desk, mail},
    post::{ALICE, eventually},
};

#[test]
fn nothing_that_a_mail_points_to_is_loaded() {
    let desk = Desk::new("automatic = [\"colleagues\"]");
    let console = desk.open();
    let beacon = TcpListener::bind("127.0.0.1:0").unwrap();
    beacon.set_nonblocking(true).unwrap();
    let at = beacon.local_addr().unwrap();
    let page = format!(
        "<html><head><link rel=stylesheet href=http://{at}/a.css><style>@import url(http://{at}/b.css)</style></head>\
         <body background=http://{at}/c.png><p>When is the fair?</p><img src=\"http://{at}/d.gif\">\
         <iframe src=\"http://{at}/e\"></iframe><a href=\"http://{at}/f\">here</a></body></html>"
    );
    let fields = [("MIME-Version", "1.0"), ("Content-Type", "text/html; charset=utf-8")];
    desk.arrives(ALICE, &mail(&fields, "q1", &page));
    desk.replies(1);
    desk.settle(&console.running);
    assert!(beacon.accept().is_err(), "somebody came");
}

#[test]
fn the_log_names_nobody_and_quotes_nothing() {
    let desk = Desk::new("automatic = [\"colleagues\"]");
    drop(desk.open());
    let mut child =
        desk.command().arg("run").env("UNDERSTUDY_LOG", "debug").stderr(Stdio::piped()).spawn().unwrap();
    let mut log = child.stderr.take().unwrap();
    let reading = std::thread::spawn(move || {
        let mut text = String::new();
        log.read_to_string(&mut text).unwrap();
        text
    });
    let mut running = desk.site.wait(child);
    desk.alice_writes("q1", "Zebrafish", "the wolverine is secretive");
    desk.replies(1);
    desk.settle(&running);
    // A server that names the recipient when it refuses.
    desk.post.smtp_mode(&format!("refuse {ALICE}"));
    desk.alice_writes("q2", "Zebrafish", "another wolverine");
    let parked = || {
        let health = running.connect()?.call(&serde_json::json!("health"))?;
        (health.pointer("/open_replies").unwrap() == 0 && health.pointer("/inbox/done").unwrap() == 2)
            .then_some(())
    };
    eventually("the end of both", parked);
    running.kill();
    let log = reading.join().unwrap();
    assert!(log.contains("Mail 1 is taken"), "{log}");
    for word in ["alice", "Zebrafish", "wolverine", "=secret", "\"secret\""] {
        assert!(!log.contains(word), "the log says {word}: {log}");
    }
}
