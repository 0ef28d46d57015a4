//! `chat.*`: posts, edits, deletions.

use serde_json::{Value, json};

use super::{Answer, ApiError, Call, blocks};
use crate::{
    events::Metadata,
    ids::{ChannelId, Ts},
    journal::{Place, What},
    state::{Message, Room},
};

/// <https://docs.slack.dev/reference/methods/chat.postMessage/>
pub(super) fn post(call: &mut Call<'_>) -> Answer {
    let channel = call.writable()?;
    let content = Content::read(call)?;
    let app = call.app.clone();
    let thread = call.thread_of(&channel)?;
    let place = call.place(&channel, thread.as_ref());
    let content_text = content.text.clone();
    let mut message = call.state.draft_of(&app, &content_text).ok_or("invalid_auth")?;
    message.thread.clone_from(&thread);
    message.subtype =
        (thread.is_some() && call.args.yes("reply_broadcast")).then(|| "thread_broadcast".to_owned());
    content.put_into(&mut message);
    let link = link_in(&content_text).filter(|_| call.args.text("unfurl_links").as_deref() != Some("false"));
    let ts = message.ts.clone();
    let kept = call.keep(&channel, message, place)?;
    if let Some(link) = link {
        call.state.unfurl(&channel, &ts, &link);
    }
    Ok(kept)
}

/// The first address in a text, which Slack shows a preview of.
fn link_in(text: &str) -> Option<String> {
    let start = text.find("https://").or_else(|| text.find("http://"))?;
    let rest = text.get(start..)?;
    let end = rest.find(|c: char| c.is_whitespace() || "<>|".contains(c)).unwrap_or(rest.len());
    rest.get(..end).map(str::to_owned)
}

/// <https://docs.slack.dev/reference/methods/chat.postEphemeral/>
pub(super) fn post_ephemeral(call: &mut Call<'_>) -> Answer {
    let channel = call.writable()?;
    let content = Content::read(call)?;
    let user = call.args.text("user").ok_or("user_not_in_channel")?;
    let known = call.state.channels.get(&channel).ok_or("channel_not_found")?;
    if !known.members.contains(user.as_str()) {
        return Err("user_not_in_channel".into());
    }
    let ts = call.state.ids.ts();
    if let Some(app) = call.state.apps.get_mut(&call.app) {
        app.ephemerals.push(json!({
            "user": user, "channel": channel, "thread_ts": call.args.text("thread_ts"), "ts": ts,
            "message": {"text": content.text, "blocks": content.blocks}, "by": "chat.postEphemeral",
        }));
    }
    Ok(json!({"message_ts": ts}))
}

/// <https://docs.slack.dev/reference/methods/chat.update/>
pub(super) fn update(call: &mut Call<'_>) -> Answer {
    let (channel, ts) = call.own_message("cant_update_message")?;
    if call.args.text("text").is_some_and(|text| text.chars().count() > blocks::UPDATE_TEXT) {
        return Err("msg_too_long".into());
    }
    let content = Content::read(call)?;
    let edited = (call.bot_user(), call.state.ids.ts());
    let text = content.text.clone();
    call.state.change(&channel, &ts, |message| {
        message.text.clone_from(&content.text);
        message.edited = Some(edited);
        content.put_into(message);
    });
    let message = call.shown(&channel, &ts);
    Ok(json!({"channel": channel, "ts": ts, "text": text, "message": message}))
}

/// <https://docs.slack.dev/reference/methods/chat.delete/>
pub(super) fn delete(call: &mut Call<'_>) -> Answer {
    let (channel, ts) = call.own_message("cant_delete_message")?;
    call.state.delete(&channel, &ts);
    Ok(json!({"channel": channel, "ts": ts}))
}

/// <https://docs.slack.dev/reference/methods/chat.getPermalink/>
pub(super) fn permalink(call: &mut Call<'_>) -> Answer {
    let channel = call.channel()?.id.clone();
    let ts = call.args.text("message_ts").ok_or("message_not_found")?;
    let message = call.state.message(&channel, &ts).ok_or("message_not_found")?;
    let mut link = format!("https://acme.slack.com/archives/{channel}/p{}", ts.replace('.', ""));
    if let Some(root) = message.thread.as_ref().filter(|root| ***root != *ts) {
        link = format!("{link}?thread_ts={root}&cid={channel}");
    }
    Ok(json!({"channel": channel, "permalink": link}))
}

/// The parts of a message that a call brings.
struct Content {
    text: String,
    blocks: Option<Value>,
    attachments: Option<Value>,
    metadata: Option<Value>,
}

impl Content {
    fn read(call: &Call<'_>) -> Result<Self, ApiError> {
        let args = call.args;
        if args.is_broken_json("blocks") {
            return Err("invalid_blocks_format".into());
        }
        let (blocks, attachments) = (args.json("blocks"), args.json("attachments"));
        if let Some(given) = &blocks {
            blocks::check(given, blocks::IN_MESSAGE)?;
        }
        let markdown = args.text("markdown_text");
        if markdown.as_ref().is_some_and(|text| text.chars().count() > blocks::MARKDOWN) {
            return Err("msg_too_long".into());
        }
        if markdown.is_some() && (args.text("text").is_some() || blocks.is_some()) {
            return Err("markdown_text_conflict".into());
        }
        let text = markdown.or_else(|| args.text("text")).unwrap_or_default();
        let blank = |list: &Option<Value>| list.as_ref().and_then(Value::as_array).is_none_or(Vec::is_empty);
        if text.is_empty() && blank(&blocks) && blank(&attachments) {
            return Err("no_text".into());
        }
        let text = text.chars().take(blocks::TEXT_CUT).collect();
        Ok(Self { text, blocks, attachments, metadata: metadata(call)? })
    }

    /// What a call leaves out stays as it was.
    fn put_into(self, message: &mut Message) {
        message.blocks = self.blocks.or(message.blocks.take());
        message.attachments = self.attachments.or(message.attachments.take());
        message.metadata = self.metadata.or(message.metadata.take());
    }
}

/// `{event_type, event_payload}`, <https://docs.slack.dev/messaging/message-metadata/>.
fn metadata(call: &Call<'_>) -> Result<Option<Value>, ApiError> {
    if call.args.is_broken_json("metadata") {
        return Err("invalid_metadata_format".into());
    }
    let Some(metadata) = call.args.json("metadata") else { return Ok(None) };
    let named = metadata.get("event_type").is_some_and(Value::is_string);
    if named && metadata.get("event_payload").is_some_and(Value::is_object) {
        Ok(Some(metadata))
    } else {
        Err("invalid_metadata_format".into())
    }
}

impl Call<'_> {
    /// The channel to write to: by id, by `#name`, or by a person's id, which means the direct message.
    ///
    /// # Errors
    /// `channel_not_found`, `not_in_channel` or `is_archived`; the first two also go to the journal.
    pub fn writable(&mut self) -> Result<ChannelId, ApiError> {
        self.writable_as("channel")
    }

    /// The same for methods that have another name for that argument.
    ///
    /// # Errors
    /// As [`Self::writable`].
    pub fn writable_as(&mut self, argument: &str) -> Result<ChannelId, ApiError> {
        let name = self.args.text(argument).ok_or("channel_not_found")?;
        let bot = self.bot_user();
        let person = self.state.users.get(name.as_str()).map(|user| user.id.clone());
        let id = match person {
            Some(user) => Some(self.state.direct(&user, &bot)),
            None => self.state.named_channel(&name),
        };
        let channel = id.as_ref().and_then(|id| self.state.channels.get(id));
        let Some(channel) = channel.filter(|channel| channel.members.contains(&bot)) else {
            let open = channel.is_some_and(|channel| channel.room == Room::Public);
            let outside = What::Outside { method: self.method.to_owned(), channel: name };
            self.state.journal.write(Some(&self.app), outside);
            return Err(if open { "not_in_channel" } else { "channel_not_found" }.into());
        };
        if channel.archived { Err("is_archived".into()) } else { Ok(channel.id.clone()) }
    }

    /// The thread that the call names.
    ///
    /// # Errors
    /// `thread_not_found` when its root is gone or never was; Slack's own answer here is not documented.
    pub fn thread_of(&mut self, channel: &ChannelId) -> Result<Option<Ts>, ApiError> {
        let Some(named) = self.args.text("thread_ts") else { return Ok(None) };
        let known = self.state.channels.get(channel).ok_or("channel_not_found")?;
        if known.messages.contains_key(named.as_str()) {
            return Ok(Some(Ts(named)));
        }
        if !known.deleted.contains(named.as_str()) {
            let lost = What::NoThread { channel: channel.clone(), thread: named };
            self.state.journal.write(Some(&self.app), lost);
        }
        Err("thread_not_found".into())
    }

    /// Whether a post belongs where it is going.
    pub fn place(&mut self, channel: &ChannelId, thread: Option<&Ts>) -> Place {
        let bot = self.bot_user();
        let Some(known) = self.state.channels.get_mut(channel) else { return Place::ChannelRoot };
        let Some(root) = thread else {
            let fine = known.is_direct() || known.open_floor || known.may_greet.remove(&bot);
            return if fine { Place::Right } else { Place::ChannelRoot };
        };
        let reply = known.messages.get(root).and_then(|message| message.thread.as_ref());
        if reply.is_some_and(|real| real != root) {
            return Place::ReplyAsRoot;
        }
        let own_root = known.messages.get(root).is_some_and(|message| message.user == bot);
        let taking_part = own_root || known.replies(root).any(|reply| reply.user == bot);
        let addressed = self.state.addressed.contains(&(channel.clone(), root.clone(), bot));
        if known.is_direct() || known.open_floor || taking_part || addressed {
            Place::Right
        } else {
            Place::StrangersThread
        }
    }

    /// Stores a post, notes it in the journal, and clears the assistant's status in its thread.
    pub fn keep(&mut self, channel: &ChannelId, mut message: Message, place: Place) -> Answer {
        // A reply to a reply lands in the thread of the latter.
        let real_root = |ts: &Ts| self.state.message(channel, ts)?.thread.clone();
        if let Some(root) = message.thread.as_ref().and_then(real_root) {
            message.thread = Some(root);
        }
        let ts = message.ts.clone();
        let posted = What::Posted {
            channel: channel.clone(),
            ts: ts.clone(),
            thread: message.thread.clone(),
            text: message.text.clone(),
            metadata: message.metadata.clone(),
            place,
            secret: holds_token(&message.text),
        };
        if let Some(root) = &message.thread {
            self.state.statuses.remove(&(channel.clone(), root.clone()));
        }
        let app = self.app.clone();
        self.state.store(channel, message);
        self.state.journal.write(Some(&app), posted);
        let message = self.shown(channel, &ts);
        Ok(json!({"channel": channel, "ts": ts, "message": message}))
    }

    fn shown(&self, channel: &ChannelId, ts: &Ts) -> Option<Value> {
        let channel = self.state.channels.get(channel)?;
        Some(self.state.message_json(channel, channel.messages.get(ts)?, Metadata::Shown))
    }

    fn own_message(&mut self, not_ours: &str) -> Result<(ChannelId, Ts), ApiError> {
        let channel = self.writable()?;
        let ts = self.args.text("ts").ok_or("message_not_found")?;
        let message = self.state.message(&channel, &ts).ok_or("message_not_found")?;
        let ours = message.app.as_ref() == Some(&self.app);
        if ours { Ok((channel, message.ts.clone())) } else { Err(not_ours.into()) }
    }
}

/// Whether a text holds something that looks like one of Slack's tokens.
fn holds_token(text: &str) -> bool {
    ["xoxb-", "xoxp-", "xoxe-", "xapp-"].iter().any(|start| text.contains(start))
}
