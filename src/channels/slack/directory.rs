//! People and channels of a workspace, remembered for a while and forgotten when Slack says that they changed.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::{Duration, Instant},
};

use serde_json::Value;

use super::{account::Identity, frame::str_at};
use crate::{
    channels::shown_name,
    domain::{ReaderId, Standing},
};

/// How long a user is believed.
const USERS: Duration = Duration::from_secs(3600);
/// How long the members of a channel are believed; a missed event must not let somebody read on for long.
const CHANNELS: Duration = Duration::from_secs(300);
/// Entries of one kind that are remembered at most.
const MOST: usize = 10_000;

/// Somebody in the workspace.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    /// As readers lists name them: the mail address of a colleague, otherwise `slack:` and the user id.
    pub reader: ReaderId,
    /// The name to show.
    pub name: String,
    /// What they are to the company.
    pub standing: Standing,
    /// Whether they belong to another company.
    pub external: bool,
    /// Whether they are a program.
    pub bot: bool,
}

/// Who reads a channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Channel {
    /// Whether another company is in it, or invited.
    pub shared: bool,
    /// The user ids in it; more than [`crate::domain::READERS_IN_FULL`] are not all there.
    pub members: Vec<String>,
}

/// What is remembered.
#[derive(Default)]
pub struct Directory {
    users: Remembered<Arc<User>>,
    channels: Remembered<Arc<Channel>>,
}

impl Directory {
    /// A user, if known.
    #[must_use]
    pub fn user(&self, id: &str) -> Option<Arc<User>> {
        self.users.get(id, USERS)
    }

    /// Remembers a user.
    pub fn put_user(&self, id: &str, user: Arc<User>) {
        self.users.put(id, user);
    }

    /// Forgets a user.
    pub fn forget_user(&self, id: &str) {
        self.users.forget(id);
    }

    /// A channel, if known.
    #[must_use]
    pub fn channel(&self, id: &str) -> Option<Arc<Channel>> {
        self.channels.get(id, CHANNELS)
    }

    /// Remembers a channel.
    pub fn put_channel(&self, id: &str, channel: Arc<Channel>) {
        self.channels.put(id, channel);
    }

    /// Forgets a channel.
    pub fn forget_channel(&self, id: &str) {
        self.channels.forget(id);
    }

    /// The names of all known people.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        let users = self.users.lock();
        users.values().filter(|(_, user)| !user.bot).map(|(_, user)| user.name.clone()).collect()
    }
}

struct Remembered<T>(Mutex<HashMap<String, (Instant, T)>>);

impl<T> Default for Remembered<T> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<T: Clone> Remembered<T> {
    fn lock(&self) -> MutexGuard<'_, HashMap<String, (Instant, T)>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, id: &str, most: Duration) -> Option<T> {
        self.lock().get(id).filter(|(since, _)| since.elapsed() < most).map(|(_, known)| known.clone())
    }

    fn put(&self, id: &str, known: T) {
        let mut all = self.lock();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(id.to_owned(), (Instant::now(), known));
    }

    fn forget(&self, id: &str) {
        self.lock().remove(id);
    }
}

/// Reads the user of a `users.info` answer.
#[must_use]
pub fn read_user(id: &str, answer: &Value, own: &Identity) -> User {
    let user = answer.get("user").unwrap_or(&Value::Null);
    let yes = |pointer: &str| user.pointer(pointer).and_then(Value::as_bool).unwrap_or(false);
    let name = ["/profile/display_name", "/profile/real_name", "/real_name", "/name"]
        .iter()
        .find_map(|pointer| str_at(user, pointer))
        .unwrap_or(id);
    let name = shown_name(name);
    let same_team = str_at(user, "/team_id") == Some(own.team.as_str());
    let same_organisation = own.enterprise.is_some()
        && str_at(user, "/enterprise_user/enterprise_id") == own.enterprise.as_deref();
    let external = yes("/is_stranger") || !(same_team || same_organisation);
    let guest = external || yes("/is_restricted") || yes("/is_ultra_restricted");
    let standing = match (yes("/deleted"), guest) {
        (true, _) => Standing::Unknown,
        (false, true) => Standing::Guest,
        (false, false) => Standing::Member,
    };
    // The address of somebody outside is their company's word, not ours.
    let address = str_at(user, "/profile/email").filter(|_| !external).map(str::to_lowercase);
    let reader = address.and_then(|address| ReaderId::new(address).ok());
    User { reader: reader.unwrap_or_else(|| reader_of(id)), name, standing, external, bot: yes("/is_bot") }
}

/// How readers lists name a user or channel by its id.
#[must_use]
pub fn reader_of(id: &str) -> ReaderId {
    let clean: String = id.chars().filter(char::is_ascii_alphanumeric).take(64).collect();
    ReaderId::new(format!("slack:{clean}")).expect("letters and digits after a word")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn who_somebody_is_by_what_slack_says() {
        let own = Identity {
            team: "T1".to_owned(),
            enterprise: Some("E1".to_owned()),
            user: "UB".to_owned(),
            bot: "BB".to_owned(),
        };
        let of = |user: Value| read_user("U1", &json!({"user": user}), &own);
        let alice = of(
            json!({"team_id": "T1", "name": "alice", "profile": {"email": "Alice@Pellanook.example", "display_name": "Alice"}}),
        );
        assert_eq!((alice.reader.as_str(), alice.name.as_str()), ("alice@pellanook.example", "Alice"));
        assert_eq!((alice.standing, alice.external), (Standing::Member, false));
        let called_you = of(json!({"team_id": "T1", "profile": {"display_name": " you "}}));
        assert_eq!(called_you.name, "you (somebody)", "in a thread, You is the understudy");
        for (user, reader, standing, external) in [
            (json!({"team_id": "T1"}), "slack:U1", Standing::Member, false),
            (
                json!({"team_id": "T1", "is_restricted": true, "profile": {"email": "g@x.example"}}),
                "g@x.example",
                Standing::Guest,
                false,
            ),
            (json!({"team_id": "T1", "deleted": true}), "slack:U1", Standing::Unknown, false),
            (
                json!({"team_id": "T2", "profile": {"email": "alice@pellanook.example"}}),
                "slack:U1",
                Standing::Guest,
                true,
            ),
            (
                json!({"team_id": "T1", "is_stranger": true, "profile": {"email": "a@x.example"}}),
                "slack:U1",
                Standing::Guest,
                true,
            ),
            (
                json!({"team_id": "T3", "enterprise_user": {"enterprise_id": "E1"}}),
                "slack:U1",
                Standing::Member,
                false,
            ),
            (json!(null), "slack:U1", Standing::Guest, true),
            (json!({"team_id": "T1", "profile": {"email": "everyone"}}), "slack:U1", Standing::Member, false),
        ] {
            let read = of(user.clone());
            assert_eq!(
                (read.reader.as_str(), read.standing, read.external),
                (reader, standing, external),
                "{user}"
            );
        }
    }

    #[test]
    fn what_changed_is_forgotten() {
        let directory = Directory::default();
        let channel = Arc::new(Channel { shared: false, members: vec!["U1".to_owned()] });
        directory.put_channel("C1", Arc::clone(&channel));
        assert_eq!(directory.channel("C1"), Some(channel));
        directory.forget_channel("C1");
        assert_eq!(directory.channel("C1"), None);
    }
}
