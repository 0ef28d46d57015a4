//! Who acts: asked of Slack at the moment they act, and who could be asked to decide.

use std::{
    collections::BTreeSet,
    sync::PoisonError,
    time::{Duration, Instant},
};

use super::{
    super::{
        account::Identity,
        api::CallError,
        directory::{User, reader_of},
        frame::str_at,
        introduce,
    },
    Deciding,
};
use crate::{
    domain::{ReaderId, Requester, Standing},
    people::Person,
    permission::may_approve,
    store::ActionRow,
};

/// How long it is believed which id in Slack belongs to an address.
const KNOWN: Duration = Duration::from_secs(3600);
/// How long it is believed that none does.
const UNKNOWN: Duration = Duration::from_secs(120);

/// Somebody who acts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Actor {
    /// Their id in Slack.
    pub user: String,
    /// The name under which they decide.
    pub reader: ReaderId,
    /// The name to show.
    pub name: String,
    /// What they are to the person.
    pub standing: Standing,
    /// Whether they switch tools; an owner may be an admin too.
    pub admin: bool,
}

impl Actor {
    fn of(id: &str, user: Option<&User>, person: &Person) -> Self {
        let Some(user) = user.filter(|user| !user.bot) else {
            let (reader, standing) = (reader_of(id), Standing::Unknown);
            return Self { user: id.to_owned(), name: id.to_owned(), reader, standing, admin: false };
        };
        // Whoever was deactivated, is a guest or belongs to another company decides nothing, whatever their name.
        let standing = if user.standing > Standing::Member || user.external {
            user.standing.max(Standing::Guest)
        } else {
            let (id, name) = (user.reader.clone(), user.name.clone());
            person.standing_of(&Requester { id, name, standing: user.standing })
        };
        let reader = person.known_as(&user.reader).clone();
        let admin = standing <= Standing::Admin && person.admins.contains(&user.reader);
        Self { user: id.to_owned(), reader, name: user.name.clone(), standing, admin }
    }

    /// Whether they decide on what the understudy asks.
    pub(super) fn decides(&self) -> bool {
        self.standing <= Standing::Admin
    }
}

impl Deciding {
    /// Who somebody is right now.
    ///
    /// # Errors
    /// When Slack can't be asked; then nobody may be taken for anybody.
    pub(super) async fn actor(&self, person: &Person, user: &str) -> Result<Actor, CallError> {
        let own = self.account.identity().await?;
        let known = introduce::user_now(&self.account, own, user).await?;
        Ok(Actor::of(user, known.as_deref(), person))
    }

    /// Who somebody was when Slack was last asked, within an hour; for what changes nothing.
    pub(super) async fn viewer(&self, person: &Person, user: &str) -> Result<Actor, CallError> {
        let own = self.account.identity().await?;
        let known = introduce::user(&self.account, own, user).await?;
        Ok(Actor::of(user, known.as_deref(), person))
    }

    /// The ids in Slack of those who may decide on a request.
    ///
    /// # Errors
    /// When Slack can't be asked.
    pub(super) async fn may_decide(
        &self,
        person: &Person,
        row: &ActionRow,
    ) -> Result<BTreeSet<String>, CallError> {
        let mut users = BTreeSet::new();
        for name in person.deciders() {
            let Some(user) = self.id_of(name).await? else { continue };
            let actor = self.viewer(person, &user).await?;
            let requester = person.known_as(&row.requester);
            if may_approve(&actor.reader, actor.standing, requester).is_ok() {
                users.insert(user);
            }
        }
        Ok(users)
    }

    async fn id_of(&self, name: &ReaderId) -> Result<Option<String>, CallError> {
        if let Some(id) = name.as_str().strip_prefix("slack:") {
            return Ok(Some(id.to_owned()));
        }
        if !name.as_str().contains('@') {
            return Ok(None);
        }
        let known = self.ids.lock().unwrap_or_else(PoisonError::into_inner).get(name).cloned();
        if let Some((since, id)) = known
            && since.elapsed() < if id.is_some() { KNOWN } else { UNKNOWN }
        {
            return Ok(id);
        }
        let id = match self.account.read("users.lookupByEmail", &[("email", name.as_str())]).await {
            Ok(answer) => str_at(&answer, "/user/id").map(str::to_owned),
            Err(CallError::Refused { code, .. }) if code == "users_not_found" => None,
            Err(e) => return Err(e),
        };
        let mut ids = self.ids.lock().unwrap_or_else(PoisonError::into_inner);
        ids.insert(name.clone(), (Instant::now(), id.clone()));
        Ok(id)
    }
}

/// The bot's own workspace, if Slack has been asked.
pub(super) fn own(deciding: &Deciding) -> Option<&Identity> {
    deciding.account.known_identity()
}
