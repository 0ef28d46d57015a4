//! What commands ask about mail.

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::{app::App, error::Hint, store::now};

/// Rows of each kind that `mail list` shows.
const SHOWN: u32 = 100;
/// Who decides at the command line.
const OPERATOR: &str = "operator";

/// A request about mail.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MailRequest {
    /// Lists mail that nobody answered, what owners were told, and addresses that replies did not reach.
    List,
    /// Has a parked mail read again.
    Retry {
        /// The row.
        id: i64,
    },
    /// Lets an old mail be answered.
    Answer {
        /// The row.
        id: i64,
    },
    /// Lets a held mail be answered as a stranger's.
    Release {
        /// The row.
        id: i64,
    },
    /// Gives a mail up that waits for a person.
    Drop {
        /// The row.
        id: i64,
    },
}

pub(super) async fn handle(app: &App, request: MailRequest) -> anyhow::Result<Value> {
    let store = &app.store;
    let (is_done, id, kind, told) = match request {
        MailRequest::List => return list(app).await,
        MailRequest::Retry { id } => (store.reopen_mail(id).await?, id, "parked", "is read again"),
        MailRequest::Answer { id } => {
            (store.admit_mail(id, OPERATOR, now()).await?, id, "old", "is answered now")
        }
        MailRequest::Release { id } => (
            store.release_mail(id, OPERATOR, now()).await?,
            id,
            "held",
            "is answered as a stranger's, after its owner has read the reply",
        ),
        MailRequest::Drop { id } => {
            (store.drop_mail(id, OPERATOR, now()).await?, id, "waiting", "is dropped")
        }
    };
    if !is_done {
        let what = format!("no {kind} mail has the number {id}");
        return Err(Hint::new(what, "`understudy mail list` shows them").into());
    }
    Ok(json!({"done": format!("mail {id} {told}")}))
}

async fn list(app: &App) -> anyhow::Result<Value> {
    let store = &app.store;
    let counts: Map<String, Value> =
        store.mail_counts().await?.into_iter().map(|(state, n)| (state, n.into())).collect();
    let addresses = store.mail_addresses(SHOWN).await?;
    let addresses: Vec<Value> = addresses
        .into_iter()
        .map(|(address, state, said)| json!({"address": address, "state": state, "said": said}))
        .collect();
    Ok(json!({
        "mails": store.mail_to_see(SHOWN).await?, "counts": counts,
        "notices": store.mail_notices(SHOWN).await?, "addresses": addresses,
    }))
}
