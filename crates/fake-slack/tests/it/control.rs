//! The HTTP control endpoint.

use serde_json::{Value, json};

use crate::support::cast;

#[tokio::test(flavor = "multi_thread")]
async fn a_person_drives_the_fake_by_http() {
    let cast = cast().await;
    let control = format!("{}/_control", cast.slack.base_url());
    let agent: ureq::Agent = ureq::Agent::config_builder().http_status_as_error(false).build().into();
    let post = |act: &str, wish: Value| {
        let request = agent.post(format!("{control}/{act}")).header("Content-Type", "application/json");
        let mut response = request.send(wish.to_string()).unwrap();
        (
            response.status().as_u16(),
            serde_json::from_str::<Value>(&response.body_mut().read_to_string().unwrap()).unwrap(),
        )
    };
    let mut socket = cast.socket().await;
    let (status, said) =
        post("say", json!({"user": "Bob", "channel": "payments", "text": "@demetrios hello"}));
    assert_eq!(status, 200, "{said}");
    assert_eq!(socket.take().await["type"], "app_mention");
    let messages = cast.api.fetch(&format!("{control}/messages?channel=payments"), false).unwrap().text;
    assert!(messages.contains(&cast.bot.mention()), "{messages}");
    assert_eq!(post("edit", json!({"channel": "payments", "ts": said["ts"], "text": "bye"})).0, 200);
    assert_eq!(post("say", json!({"channel": "payments"})).0, 400);
    assert_eq!(post("dance", json!({})).0, 400);
    let verdict = cast.api.fetch(&format!("{control}/invariants"), false).unwrap().text;
    assert_eq!(serde_json::from_str::<Value>(&verdict).unwrap()["ok"], true);
}
