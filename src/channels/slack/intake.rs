//! From an envelope to the inbox: what is to be answered is committed, and only then may the envelope be
//! acknowledged. Nothing here waits for Slack.

use std::sync::Arc;

use serde_json::Value;
use tokio_util::sync::CancellationToken;
use tracing::{debug, error, info, warn};

use super::{
    account::{Account, Identity},
    deciding::Deciding,
    event::{self, Author, Event, Said, Surface},
    frame::{Envelope, str_at},
    limits::{Allowed, Heard, Limits},
    mrkdwn,
    place::Place,
    speak::{self, From, Overheard, Verdict},
    status::Status,
    talks::{Named, Talks},
};
use crate::{
    domain::{Audience, Channel, Conversation, Inbound, Requester, Standing},
    inbox::{Inbox, Refused},
    store::{Accepted, Span, Store, StoreError},
};

/// Said where an admin wants silence.
const PAUSED: &str =
    "An admin has paused me here, so I don't answer for now. Ask the person I stand in for, or an admin.";
/// Said to whoever asks faster than they are answered.
const TOO_MANY: &str = "That is more than I can answer at once, so I leave this one out, and whatever else comes \
    within the next minute. Ask it again after that.";

/// Takes in what one account hears.
pub(super) struct Intake {
    pub(super) account: Arc<Account>,
    pub(super) inbox: Inbox,
    pub(super) store: Store,
    pub(super) status: Arc<Status>,
    deciding: Arc<Deciding>,
    /// Ends everything of this account.
    pub(super) over: CancellationToken,
    /// Held while something that was not heard is read back.
    pub(super) catching_up: tokio::sync::Mutex<()>,
    limits: Limits,
    talks: Talks,
}

impl Intake {
    pub(super) fn new(
        account: Arc<Account>,
        inbox: Inbox,
        store: Store,
        status: Arc<Status>,
        deciding: Arc<Deciding>,
        over: CancellationToken,
    ) -> Self {
        let limits = Limits::new(&account.app);
        let (catching_up, talks) = Default::default();
        Self { account, inbox, store, status, deciding, over, catching_up, limits, talks }
    }

    /// Ends this account for good and says why, once.
    pub(super) fn give_up(&self, why: String) {
        if !self.over.is_cancelled() {
            error!("{why}");
            self.account.line.end(why);
            self.over.cancel();
        }
    }

    /// Takes an envelope in; when this returns `Ok` it may be acknowledged, with what is returned if anything is.
    ///
    /// # Errors
    /// When the store is out of reach: without an acknowledgement Slack sends it again.
    pub(super) async fn take(&self, envelope: &Envelope) -> Result<Option<Value>, StoreError> {
        if envelope.retries > 0 {
            metrics::counter!("understudy_slack_redelivered_total").increment(1);
        }
        match envelope.kind.as_str() {
            "events_api" => self.happened(&envelope.payload).await.map(|()| None),
            // Slack sends these once: somebody waits and tries again.
            "interactive" => Ok(self.deciding.interaction(&envelope.payload).await),
            "slash_commands" => Ok(self.deciding.command(&envelope.payload).await),
            other => {
                debug!("An envelope of the kind {other} is only acknowledged");
                Ok(None)
            }
        }
    }

    async fn happened(&self, payload: &Value) -> Result<(), StoreError> {
        let Some(own) = self.account.known_identity() else { return Ok(()) };
        match event::read(payload) {
            Event::Said(said) => self.said(own, *said, Heard::Live).await,
            Event::Edited { channel, ts, text } => self.edited(own, channel, &ts, &text).await,
            Event::Deleted { channel, ts } => self.deleted(own, channel, &ts).await,
            Event::Stopped { channel, thread, user } => {
                self.stopped(own, &channel, thread.as_deref(), &user).await
            }
            Event::Joined { channel, user } => self.joined(own, &channel, &user).await,
            Event::Left { channel, user } => self.left(own, &channel, &user).await,
            Event::ChannelChanged { channel } => {
                self.account.directory.forget_channel(&channel);
                Ok(())
            }
            Event::UserChanged { user } => {
                self.account.directory.forget_user(&user);
                Ok(())
            }
            Event::HomeOpened { user } => {
                self.deciding.opened_home(user);
                Ok(())
            }
            Event::Gone { why } => {
                let person = &self.account.person;
                let told = format!(
                    "Slack says {why}: the app of {person} was removed from the workspace. Install it again, put its new tokens into {} and {}, and start again",
                    self.account.app.app_token, self.account.app.bot_token
                );
                self.give_up(told);
                Ok(())
            }
            Event::Other(kind) => {
                let named = str_at(payload, "/event_id").unwrap_or("?");
                debug!("Event {named} ({kind}) needs nothing");
                Ok(())
            }
        }
    }

    /// Decides about a post and takes it in.
    pub(super) async fn said(&self, own: &Identity, said: Said, heard: Heard) -> Result<(), StoreError> {
        let place = self.place(own, &said.channel, said.thread.as_deref().unwrap_or(&said.ts));
        let conversation = place.conversation();
        let overheard = self.overhear(own, &said, &conversation).await?;
        if overheard.mentions_me {
            self.talks.note(&conversation, &said.ts, Named::Me);
        } else if overheard.from == From::Person && overheard.opens_naming_other && overheard.in_my_thread {
            self.talks.note(&conversation, &said.ts, Named::Other);
        }
        if let Verdict::Silent(why) = speak::decide(&overheard) {
            debug!("Says nothing to a post: {why}");
            return self.overheard(&conversation, &said, &overheard).await;
        }
        if self.store.is_paused_in_slack(&self.account.person, &said.channel).await? {
            self.overheard(&conversation, &said, &overheard).await?;
            return self.decline(own, &place, said, PAUSED).await;
        }
        match self.limits.check(&place.key(&said.ts), &said, heard) {
            Allowed::Yes => self.accept(own, &place, said, heard).await,
            Allowed::SayNo => self.refuse(own, &place, said, TOO_MANY).await,
            Allowed::No => {
                metrics::counter!("understudy_slack_over_limit_total").increment(1);
                info!("Somebody or a program asks more than is answered, so a post is left out");
                self.overheard(&conversation, &said, &overheard).await
            }
        }
    }

    /// Notes when a person wrote in a thread that the bot takes part in, where nothing else is kept of it.
    async fn overheard(
        &self,
        conversation: &Conversation,
        said: &Said,
        overheard: &Overheard,
    ) -> Result<(), StoreError> {
        let at = said.ts.split('.').next().and_then(|seconds| seconds.parse().ok());
        match at {
            Some(at)
                if overheard.from == From::Person
                    && (overheard.in_my_thread || self.store.takes_part(conversation).await?) =>
            {
                self.store.overheard_in(conversation, at).await
            }
            _ => Ok(()),
        }
    }

    async fn accept(
        &self,
        own: &Identity,
        place: &Place,
        said: Said,
        heard: Heard,
    ) -> Result<(), StoreError> {
        let ts = said.ts.clone();
        // People go on in a thread, and in a direct message with a new post, too.
        let among = match (heard, said.surface, &said.thread) {
            (Heard::Late, ..) | (_, Surface::Channel, None) => None,
            (_, _, Some(_)) => Some(Span::of(&place.conversation())),
            (_, Surface::Direct, None) => {
                Some(Place::channel_span(&place.person, &place.team, &place.channel))
            }
        };
        let message = self.inbound(own, place, said);
        let accepted = match &among {
            Some(among) => self.inbox.accept_following(&message, among).await,
            None => self.inbox.accept(&message).await,
        };
        match accepted {
            Ok(Accepted::New(_)) => self.status.begin(&self.account, place, &ts),
            Ok(Accepted::Joined(earlier)) => {
                let id = earlier.id;
                info!(inbox.id = %id, "A follow-up is answered with inbox row {id}");
            }
            // The two events of one post need not both name its files.
            Ok(Accepted::Repeat(_)) if !message.attachments.is_empty() => {
                self.inbox.add_files(Channel::Slack, &message.key, &message.attachments).await?;
            }
            Ok(Accepted::Repeat(_)) => {}
            Err(Refused::Store(e)) => return Err(e),
            // The parser has cut it; a longer one can't come.
            Err(e @ Refused::TooLong { .. }) => warn!("A post was not taken in: {e}"),
        }
        Ok(())
    }

    /// Says to a person why they get no answer, once in a while.
    async fn decline(
        &self,
        own: &Identity,
        place: &Place,
        said: Said,
        sentence: &str,
    ) -> Result<(), StoreError> {
        match &said.author {
            Author::User(user) if self.limits.may_say(&format!("paused in {}", said.channel), user) => {
                self.refuse(own, place, said, sentence).await
            }
            _ => Ok(()),
        }
    }

    async fn refuse(
        &self,
        own: &Identity,
        place: &Place,
        said: Said,
        sentence: &str,
    ) -> Result<(), StoreError> {
        let message = self.inbound(own, place, said);
        self.inbox.answer_at_once(&message, "refused", sentence).await?;
        Ok(())
    }

    async fn overhear(
        &self,
        own: &Identity,
        said: &Said,
        conversation: &Conversation,
    ) -> Result<Overheard, StoreError> {
        let from = match &said.author {
            Author::User(user) if *user == own.user => From::Me,
            Author::Bot { bot, user } if *bot == own.bot || user.as_ref() == Some(&own.user) => From::Me,
            Author::User(_) => From::Person,
            Author::Bot { .. } => From::Bot,
            Author::Nobody => From::Nobody,
        };
        let mentions_me = said.is_mention || mrkdwn::mentions(&said.text).any(|user| user == own.user);
        let direct = said.surface == Surface::Direct;
        let asks_the_store = !direct && !mentions_me && said.thread.is_some() && from == From::Person;
        let names: Vec<&str> = self.account.names.iter().map(String::as_str).collect();
        let others = self.account.directory.names();
        let has_text = !self.without_me(own, &said.text).trim().is_empty();
        Ok(Overheard {
            from,
            direct,
            mentions_me,
            opens_naming_other: speak::opens_naming_other(&said.text, &own.user, &names, &others),
            in_my_thread: said.parent.as_ref() == Some(&own.user)
                || (asks_the_store && self.store.takes_part(conversation).await?),
            others_talk: self.talks.among_people(conversation),
            // A bare mention is answered too: somebody waits.
            has_content: has_text || !said.files.is_empty() || mentions_me,
            policy: self.account.app.policy_in(&said.channel),
        })
    }

    fn inbound(&self, own: &Identity, place: &Place, said: Said) -> Inbound {
        let id = match &said.author {
            Author::User(user) => user.as_str(),
            Author::Bot { bot, user } => user.as_deref().unwrap_or(bot),
            Author::Nobody => "nobody",
        };
        let known = self.account.directory.user(id);
        Inbound {
            channel: Channel::Slack,
            key: place.key(&said.ts),
            conversation: place.conversation(),
            person: self.account.person.clone(),
            // Least rights until the turn has asked Slack who this is.
            requester: Requester {
                id: super::directory::reader_of(id),
                name: known.map_or_else(|| id.to_owned(), |user| user.name.clone()),
                standing: Standing::Unknown,
            },
            audience: Audience::unknown(),
            text: self.without_me(own, &said.text),
            attachments: said.files,
        }
    }

    /// A text without the mention that it begins with, as people would say it.
    pub(super) fn without_me(&self, own: &Identity, text: &str) -> String {
        let mention = format!("<@{}>", own.user);
        let text = text.trim();
        let text = text.strip_prefix(&mention).unwrap_or(text).trim_start_matches([',', ':', ' ']);
        mrkdwn::to_plain(text, |id| {
            if id == own.user {
                return self.account.names.first().cloned();
            }
            self.account.directory.user(id).map(|user| user.name.clone())
        })
    }

    /// Always the bot's own workspace: the two events of one post need not agree on a team.
    pub(super) fn place(&self, own: &Identity, channel: &str, thread: &str) -> Place {
        Place {
            person: self.account.person.clone(),
            team: own.team.clone(),
            channel: channel.to_owned(),
            thread: thread.to_owned(),
        }
    }
}
