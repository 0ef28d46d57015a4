//! Mailboxes that want tokens: Dovecot and the SMTP server ask the provider of the tests whether one is good.

use std::{
    io::{BufRead, BufReader},
    process::Stdio,
};

use super::{
    desk::Desk,
    post::{ALICE, PostOffice, eventually},
};

/// Bob's mailbox by tokens of `provider`.
fn desk(provider: &str) -> Desk {
    let desk = Desk::with(PostOffice::with_tokens(), "automatic = [\"colleagues\"]");
    let at = format!("http://127.0.0.1:{}", desk.post.token_port);
    let table = format!(
        "[mail.oauth]\nprovider = \"{provider}\"\nclient_id = \"understudy-test\"\n\
         authorize_url = \"{at}/authorize\"\ndevice_url = \"{at}/device\"\ntoken_url = \"{at}/token\"\n"
    );
    desk.settings(|text| text.replace("password = \"BOB_MAIL_PASSWORD\"\n", "") + &table);
    desk
}

fn doctor(desk: &Desk) -> String {
    let output = desk.command().arg("doctor").stdout(Stdio::piped()).output().unwrap();
    let told = String::from_utf8(output.stdout).unwrap();
    told.lines().find(|line| line.contains("mail of bob")).unwrap_or_default().to_owned()
}

#[test]
fn a_sign_in_by_code_lasts_until_the_provider_ends_it() {
    let desk = desk("microsoft");
    let told = doctor(&desk);
    assert!(told.starts_with("FAIL") && told.ends_with("run `understudy mail sign-in -p bob`"), "{told}");
    // A program that runs already notices the sign-in.
    let console = desk.open_unread();
    let (told, fine) = desk.mail_command(&["sign-in", "-p", "bob"]);
    assert!(fine && told.contains("type the code ABCD-EFGH and sign in as bob-bot@example.test"), "{told}");
    console.wait_until_read();
    desk.alice_writes("q1", "Fair", "one");
    desk.replies(1);
    desk.settle(&console.running);

    // The servers take the token no more: a new one is fetched, and nobody notices.
    desk.post.end_tokens("expire");
    desk.alice_writes("q2", "Fair", "two");
    desk.replies(2);
    desk.settle(&console.running);

    // The provider has ended everything: the reply waits for somebody to sign in.
    desk.post.end_tokens("revoke");
    desk.post.kill_sessions();
    eventually("trouble", || console.get("ready").contains("bob can't be read").then_some(()));
    assert!(doctor(&desk).contains("run `understudy mail sign-in -p bob`"));
    desk.alice_writes("q3", "Fair", "three");
    let (told, fine) = desk.mail_command(&["sign-in", "-p", "bob"]);
    assert!(fine, "{told}");
    desk.replies(3);
    desk.settle(&console.running);
    assert_eq!(desk.post.mails(ALICE, "INBOX").len(), 3);

    // What is kept can't be read without its key.
    for entry in walkdir::WalkDir::new(desk.site.data()) {
        let entry = entry.unwrap();
        if entry.file_type().is_file() {
            let bytes = std::fs::read(entry.path()).unwrap();
            for word in [&b"access-"[..], b"refresh-"] {
                assert!(!bytes.windows(word.len()).any(|w| w == word), "{}", entry.path().display());
            }
        }
    }
}

#[test]
fn a_sign_in_by_page_comes_back_to_this_machine() {
    let desk = desk("google");
    let mut command = desk.command();
    let mut child = command.args(["mail", "sign-in", "-p", "bob"]).stdout(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let page = lines.find(|line| line.starts_with("http://")).unwrap();
    // Another page of the machine that guesses the port gets nothing.
    let back =
        page.split("redirect_uri=http%3A%2F%2F127.0.0.1%3A").nth(1).unwrap().split('&').next().unwrap();
    let forged = ureq::get(format!("http://127.0.0.1:{back}/?code=the-code&state=guessed"))
        .config()
        .http_status_as_error(false)
        .build()
        .call()
        .unwrap();
    assert_eq!(forged.status(), 404);
    let mut shown = ureq::get(&page).call().unwrap();
    assert_eq!(shown.body_mut().read_to_string().unwrap(), "You are signed in. You can close this page.");
    assert!(lines.any(|line| line.starts_with("Signed in.")));
    assert!(child.wait().unwrap().success());
    let told = doctor(&desk);
    assert!(told.starts_with("ok    mail of bob"), "{told}");
}
