//! The data set as `messages` JSONL, as external trainers read it.
//!
//! One line an example: `{"messages":[{"role","content"}…]}` with the keys `id`, `thread`, `t`, `split`, `source` and
//! `synthetic` beside it. The person has to agree to it: it leaves this installation.

use std::io::Write;

use serde_json::json;

use super::{
    Example,
    cases::{Case, Split},
    consent,
};
use crate::{
    domain::{PersonId, Purpose},
    store::Store,
};

/// A prompt in two parts with its answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rendered {
    /// What the model is.
    pub system: String,
    /// What it is asked.
    pub user: String,
    /// What it should answer.
    pub assistant: String,
}

/// Whether the person agreed to an export of these cases.
///
/// # Errors
/// A [`crate::error::Hint`] with the next command when they did not, for one of the sources.
pub async fn allow(store: &Store, person: &PersonId, cases: &[Case], now: i64) -> anyhow::Result<()> {
    let kinds: std::collections::BTreeSet<_> = cases.iter().map(|case| case.source).collect();
    for kind in kinds {
        consent::covering(store, person, Purpose::Export, kind, now).await?;
    }
    Ok(())
}

/// Writes cases as `messages` JSONL, rendered as the prompts that serve, and returns how many.
///
/// The exam is left out: whoever trains on it can't be judged by it.
///
/// # Errors
/// When `out` can't be written.
pub fn messages<'c>(
    cases: impl IntoIterator<Item = &'c Case>,
    render: impl Fn(&Example) -> Rendered,
    mut out: impl Write,
) -> std::io::Result<usize> {
    let mut written = 0;
    for case in cases.into_iter().filter(|case| case.split != Split::Exam) {
        let Rendered { system, user, assistant } = render(&case.example);
        let line = json!({
            "messages": [
                {"role": "system", "content": system},
                {"role": "user", "content": user},
                {"role": "assistant", "content": assistant},
            ],
            "id": case.id, "thread": case.thread, "t": case.t, "split": case.split,
            "source": case.source, "synthetic": case.synthetic,
        });
        writeln!(out, "{line}")?;
        written += 1;
    }
    out.flush()?;
    Ok(written)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        domain::SourceKind,
        learning::{Call, Cast},
        store::NewConsent,
    };

    fn case(id: &str, split: Split) -> Case {
        let cast = Cast { name: "Bob".into(), role: "Operations".into(), manner: "Short.".into() };
        let call = Call::Reply { notes: Vec::new(), reply: "yes, all set".into() };
        Case {
            id: id.into(),
            thread: "t".into(),
            t: 7,
            split,
            source: SourceKind::Slack,
            synthetic: false,
            example: Example {
                cast,
                requester: "Robin".into(),
                thread: Vec::new(),
                message: "is it on?".into(),
                call,
            },
        }
    }

    #[test]
    fn each_example_is_a_line_of_messages_and_the_exam_stays_sealed() {
        let cases = [case("a", Split::Train), case("b", Split::Exam), case("c", Split::Dev)];
        let render = |example: &Example| Rendered {
            system: format!("You are {}.", example.cast.name),
            user: example.message.clone(),
            assistant: "yes".into(),
        };
        let mut out = Vec::new();
        assert_eq!(messages(&cases, render, &mut out).unwrap(), 2);
        let lines: Vec<serde_json::Value> =
            String::from_utf8(out).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines[0]["messages"][0], json!({"role": "system", "content": "You are Bob."}));
        assert_eq!(lines[0]["messages"][2]["role"], "assistant");
        assert_eq!(lines[1]["id"], "c");
        for (key, value) in [
            ("thread", json!("t")),
            ("t", json!(7)),
            ("split", json!("dev")),
            ("source", json!("slack")),
            ("synthetic", json!(false)),
        ] {
            assert_eq!(lines[1][key], value, "{key}");
        }
    }

    #[tokio::test]
    async fn an_export_needs_a_consent_of_its_own() {
        let dir = tempfile::tempdir().unwrap();
        let store = Store::open(dir.path()).await.unwrap();
        let bob = PersonId::new("bob").unwrap();
        let cases = [case("a", Split::Train)];
        let agree = |purpose| NewConsent {
            person: bob.clone(),
            purpose,
            sources: vec![SourceKind::Slack],
            from_at: 0,
            until_at: 9,
            text_version: 1,
            how: "made up".into(),
        };
        store.give_consent(agree(Purpose::Training), 1).await.unwrap();
        let text = allow(&store, &bob, &cases, 9).await.unwrap_err().to_string();
        assert!(text.contains("not to export from slack") && text.contains("--purpose export"), "{text}");
        store.give_consent(agree(Purpose::Export), 1).await.unwrap();
        allow(&store, &bob, &cases, 9).await.unwrap();
    }
}
