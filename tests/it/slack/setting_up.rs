//! What an operator sees: doctor, manifest, probes.

use fake_slack::Fault;

use super::office::{Office, PATIENCE};
use crate::support::Site;

/// What a command prints, and whether it says that all is well.
fn said(command: &mut std::process::Command) -> (String, bool) {
    let output = command.stdout(std::process::Stdio::piped()).output().unwrap();
    (String::from_utf8(output.stdout).unwrap(), output.status.success())
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_says_what_to_do() {
    let office = Office::new().await;
    let world = office.world();
    let (told, fine) = said(office.command().arg("doctor"));
    assert!(fine && told.contains("ok    slack of bob: @bob-bot in Acme, both tokens are taken"), "{told}");

    let seed = |variable: &str, value: &str| said(office.command().arg("doctor").env(variable, value)).0;
    let refused = |method: &str, code: &str| {
        world.fail(method, Fault::Refused(code.to_owned()));
        said(office.command().arg("doctor")).0
    };
    for (told, wanted) in [
        (seed("BOB_SLACK_APP_TOKEN", ""), "BOB_SLACK_BOT_TOKEN is set and BOB_SLACK_APP_TOKEN is not"),
        (seed("BOB_SLACK_BOT_TOKEN", ""), "BOB_SLACK_APP_TOKEN is set and BOB_SLACK_BOT_TOKEN is not"),
        (seed("BOB_SLACK_BOT_TOKEN", "xapp-fake-bob-bot"), "BOB_SLACK_BOT_TOKEN does not begin with xoxb-"),
        (seed("BOB_SLACK_APP_TOKEN", "xoxb-fake-bob-bot"), "BOB_SLACK_APP_TOKEN does not begin with xapp-"),
        (
            seed("BOB_SLACK_BOT_TOKEN", "xoxb-stale"),
            "refuses the token in BOB_SLACK_BOT_TOKEN (invalid_auth)",
        ),
        (
            seed("BOB_SLACK_APP_TOKEN", "xapp-stale"),
            "refuses the token in BOB_SLACK_APP_TOKEN (invalid_auth)",
        ),
        (seed("UNDERSTUDY_SLACK_API", "http://127.0.0.1:9/api"), "can't reach Slack"),
        (
            refused("auth.test", "account_inactive"),
            "refuses the token in BOB_SLACK_BOT_TOKEN (account_inactive)",
        ),
        (refused("apps.connections.open", "missing_scope"), "lacks the scope connections:write"),
    ] {
        assert!(told.contains(wanted), "{wanted}: {told}");
    }
    world.set_scopes(&office.bob.app, &["app_mentions:read"]);
    let (told, _) = said(office.command().arg("doctor"));
    assert!(
        told.contains("look  slack of bob: @bob-bot in Acme lacks assistant:write, channels:history"),
        "{told}"
    );
    assert!(!told.contains("xoxb-"), "{told}");
}

#[tokio::test(flavor = "multi_thread")]
async fn doctor_sees_mixed_up_apps_and_other_processes() {
    let (office, running) = Office::open().await;
    let world = office.world();
    let (bob, eve) = (&office.bob, &office.eve);
    // Beside its own program doctor finds nothing; for anybody else that program is a stranger.
    let (told, fine) = said(office.command().arg("doctor"));
    assert!(fine && told.contains("ok    slack of bob: @bob-bot in Acme, both tokens are taken"), "{told}");
    let elsewhere = tempfile::tempdir().unwrap();
    let (told, _) = said(office.command().arg("doctor").env("UNDERSTUDY_DATA", elsewhere.path()));
    assert!(
        told.contains("look  slack of bob: @bob-bot in Acme shares its app with 2 other sockets"),
        "{told}"
    );
    drop(running);
    for bot in [bob, eve] {
        world.wait_for_sockets(&bot.app, 0, PATIENCE).await;
    }

    let mut mixed = office.command();
    mixed.arg("doctor").env("BOB_SLACK_APP_TOKEN", &eve.app_token);
    mixed.env("EVE_SLACK_APP_TOKEN", "").env("EVE_SLACK_BOT_TOKEN", "");
    let (told, fine) = said(&mut mixed);
    let wanted = "BOB_SLACK_APP_TOKEN and BOB_SLACK_BOT_TOKEN belong to two different apps";
    assert!(!fine && told.contains(wanted), "{told}");

    let mut shared = office.command();
    shared
        .arg("doctor")
        .env("EVE_SLACK_APP_TOKEN", &bob.app_token)
        .env("EVE_SLACK_BOT_TOKEN", &bob.bot_token);
    let (told, fine) = said(&mut shared);
    let wanted = "EVE_SLACK_APP_TOKEN or EVE_SLACK_BOT_TOKEN holds a token of bob's app";
    assert!(!fine && told.contains(wanted), "{told}");

    world.removes(&bob.user, &office.general);
    let (told, _) = said(office.command().arg("doctor"));
    assert!(
        told.contains("look  slack of bob: @bob-bot in Acme is in no channel; write `/invite @bob-bot`"),
        "{told}"
    );

    world.tune(|settings| settings.max_sockets = 0);
    let (told, fine) = said(office.command().arg("doctor"));
    assert!(!fine && told.contains("Slack allows ten sockets for an app and all are open"), "{told}");
}

#[test]
fn without_tokens_slack_is_left_out() {
    let site = Site::new();
    let (told, _) = said(site.command().arg("doctor"));
    assert!(told.contains("ok    slack: not set up"), "{told}");
    let (manifest, fine) = said(site.command().args(["slack", "manifest", "-p", "bob"]));
    assert!(fine && manifest.contains("display_name: \"bob-bot\""), "{manifest}");
}

#[tokio::test(flavor = "multi_thread")]
async fn ready_and_metrics_show_the_sockets() {
    let office = Office::new().await;
    let (running, link) = office.site.greeted(&mut office.command());
    office.world().wait_for_sockets(&office.bob.app, 2, PATIENCE).await;
    office.world().wait_for_sockets(&office.eve.app, 2, PATIENCE).await;
    let address = link.strip_prefix("http://").unwrap().split('/').next().unwrap().to_owned();
    let get = |path: &str| {
        ureq::get(format!("http://{address}/{path}")).call().unwrap().body_mut().read_to_string().unwrap()
    };
    let ready = get("ready");
    assert!(ready.contains("bob has 2 sockets, last heard"), "{ready}");
    assert!(get("metrics").contains("understudy_slack_sockets 4"), "four sockets");
    drop(running);
}
