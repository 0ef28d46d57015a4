//! A click is looked up, checked and decided, or answered with one sentence that says why it changed nothing.

use tracing::{debug, info};

use super::{
    Deciding,
    actor::{Actor, own},
    card::{APPROVE, DECLINE, EDIT, ended},
    interaction::Click,
};
use crate::{
    people::Person,
    permission::{self, may_approve},
    store::{ActionRow, ActionState, BadCorrection, Decided, StoreError, now},
};

/// What somebody wants to decide.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wish {
    Yes,
    No,
}

/// Why a click changed nothing, for whoever clicked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Refused {
    /// No card has this token.
    #[error(
        "I don't know this card any more, so nothing was changed. `/understudy approvals` lists what waits."
    )]
    Unknown,
    /// It was clicked in another workspace.
    #[error(
        "This card belongs to another workspace, so nothing was changed. Decide where it was posted, or in the console under Approvals."
    )]
    Elsewhere,
    /// Slack did not say who clicked.
    #[error("I can't ask Slack who you are right now, so nothing was changed. Try it again in a moment.")]
    WhoIsUnclear,
    /// They may not decide on it.
    #[error("{0} Nothing was changed.")]
    NotTheirs(permission::Refusal),
    /// It does not wait any more.
    #[error("This was decided before, so your click changed nothing. {0}")]
    Over(String),
    /// It is not what the card shows.
    #[error("The request is not what this card shows any more, so nothing was changed. Ask for it again.")]
    Changed,
    /// It doesn't fit into a form.
    #[error("These arguments don't fit into a form here, so change them in the console.")]
    TooLong,
    /// Slack opened no form.
    #[error("Slack did not open the form, so nothing was changed. Click again, or change it in the console.")]
    NoForm,
    /// The store is out of reach.
    #[error("I could not save that, so nothing was changed. Try it again in a moment.")]
    NotSaved,
    /// Only admins switch tools.
    #[error("Only an admin can switch this, so nothing was changed. Admins stand in person.toml.")]
    NoAdmin,
    /// It is no reply of this understudy.
    #[error(
        "I can't find this among my answers, so there is nothing to correct. Choose the last text message of an answer; what I told one person alone is corrected in the console, under Answers."
    )]
    NoAnswer,
    /// It was chosen in another workspace.
    #[error(
        "This came from another workspace than mine, so nothing was kept. Correct it in the console, under Answers."
    )]
    ElsewhereChosen,
    /// Slack opened no form for it.
    #[error(
        "Slack did not open the form. Choose it again, or correct the answer in the console, under Answers."
    )]
    NoFormChosen,
    /// They may not say what it should have been.
    #[error(
        "Only the owner of this understudy or an admin corrects its answers, so nothing was kept. Tell one of them what it should have said."
    )]
    MayNotCorrect,
    /// It doesn't fit into a form.
    #[error("This answer doesn't fit into a form here, so correct it in the console, under Answers.")]
    AnswerTooLong,
    /// It can't be kept.
    #[error("{0}")]
    BadCorrection(BadCorrection),
    /// It is paused together with all others.
    #[error("It is paused together with everybody. An admin ends that in the console, under People.")]
    WithEverybody,
    /// There is no such tool.
    #[error(
        "There is no such tool any more, so nothing was changed. Open this tab again to see what there is."
    )]
    NoTool,
}

impl From<StoreError> for Refused {
    fn from(e: StoreError) -> Self {
        debug!("A click could not be saved: {e:#}");
        Self::NotSaved
    }
}

/// Whether somebody may wish that: a no also stops what they asked for themselves.
pub(super) fn may(person: &Person, actor: &Actor, row: &ActionRow, wish: Wish) -> Result<(), Refused> {
    let checked = may_approve(&actor.reader, actor.standing, person.known_as(&row.requester));
    match (checked, wish) {
        (Ok(()), _) | (Err(permission::Refusal::OwnRequest), Wish::No) => Ok(()),
        (Err(refusal), _) => Err(Refused::NotTheirs(refusal)),
    }
}

impl Deciding {
    /// Handles a click that was acknowledged.
    pub(super) async fn clicked(&self, click: Click) {
        let is_here = own(self).is_some_and(|own| own.team == click.team);
        let done = match click.action.as_str() {
            _ if !is_here => Err(Refused::Elsewhere),
            APPROVE => self.decide(&click.value, &click.user, &click.team, Decided::Approve).await,
            DECLINE => self.decide(&click.value, &click.user, &click.team, Decided::Reject).await,
            EDIT => self.open_form(&click.value, &click.user, &click.trigger).await,
            action if action.starts_with(super::home::ACTIONS) => {
                return self.used_home(&click).await;
            }
            other => {
                debug!("A button named {other} is not ours");
                Ok(())
            }
        };
        if let Err(refused) = done {
            match &click.message {
                Some((channel, _)) => self.whisper(channel, &click.user, &refused.to_string()).await,
                None => self.show_home(&click.user, None, Some(&refused.to_string()), None).await,
            }
            // A card that was clicked in vain may be out of date.
            self.look.notify_one();
        }
    }

    /// The person whose understudy asks, and what it asks.
    pub(super) async fn asked(&self, token: &str) -> Result<(&Person, ActionRow), Refused> {
        let card = self.store.card(token).await?.ok_or(Refused::Unknown)?;
        if card.person != self.account.person.as_str() {
            return Err(Refused::Unknown);
        }
        let row = self.store.action(card.action()).await?.ok_or(Refused::Unknown)?;
        let person = self.person().ok_or(Refused::Unknown)?;
        Ok((person, row))
    }

    /// Decides on what a card shows; everything is checked anew, and the first decision counts.
    pub(super) async fn decide(
        &self,
        token: &str,
        user: &str,
        team: &str,
        decided: Decided,
    ) -> Result<(), Refused> {
        let card = self.store.card(token).await?.ok_or(Refused::Unknown)?;
        if card.team != team {
            return Err(Refused::Elsewhere);
        }
        let (person, row) = self.asked(token).await?;
        let actor = self.actor(person, user).await.map_err(|_| Refused::WhoIsUnclear)?;
        let wish = if decided == Decided::Reject { Wish::No } else { Wish::Yes };
        may(person, &actor, &row, wish)?;
        if row.state != ActionState::Waiting {
            return Err(Refused::Over(ended(&row)));
        }
        if row.fingerprint != card.fingerprint {
            return Err(Refused::Changed);
        }
        let by = actor.reader.as_str();
        match self.store.decide_action(row.id, &card.fingerprint, decided, by, now()).await {
            Ok(row) => {
                info!(action.id = %row.id, "Action {} was decided in Slack", row.id);
                self.levers.approved.notify_one();
                self.levers.wake_outbox.notify_one();
                self.look.notify_one();
                Ok(())
            }
            Err(StoreError::NotThere(_)) => Err(match self.store.action(row.id).await? {
                Some(row) if row.state == ActionState::Waiting => {
                    Refused::Over("Nobody decided in time. Nothing was done.".to_owned())
                }
                Some(row) => Refused::Over(ended(&row)),
                None => Refused::Unknown,
            }),
            Err(e) => Err(e.into()),
        }
    }
}
