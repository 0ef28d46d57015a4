//! A lost sign-in link is replaced from the command line.

use std::process::Stdio;

use crate::support::Site;

/// The status that a token gets.
fn status(link: &str) -> u16 {
    let (address, token) = link.split_once("/sign-in?token=").unwrap();
    let agent: ureq::Agent =
        ureq::Agent::config_builder().http_status_as_error(false).max_redirects(0).build().into();
    let form = [("token", token), ("name", "alice")];
    let post = agent.post(format!("{address}/sign-in")).header("origin", address);
    post.send_form(form).unwrap().status().as_u16()
}

#[test]
fn a_new_link_takes_the_place_of_the_old_one() {
    let site = Site::new();
    let (_running, first) = site.start_console();
    let address = first.split_once("/sign-in").unwrap().0.to_owned();
    let listen = address.strip_prefix("http://").unwrap();
    assert_eq!(status(&first), 303);
    let renewed = site
        .command()
        .arg("sign-in")
        .env("UNDERSTUDY_LISTEN", listen)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .output()
        .unwrap();
    let second = String::from_utf8(renewed.stdout).unwrap().trim().to_owned();
    assert!(second.starts_with(&address) && second != first, "{second}");
    assert_eq!(status(&first), 403);
    assert_eq!(status(&second), 303);
}
