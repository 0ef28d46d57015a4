//! `conversations.*`, except reading messages.

use serde_json::{Value, json};

use super::{Answer, ApiError, Call, people::page};
use crate::{
    ids::{ChannelId, UserId},
    state::{Channel, Room},
};

impl Call<'_> {
    /// The channel of a call, if the bot may know of it.
    ///
    /// # Errors
    /// `channel_not_found` also for private ones where the bot is not a member.
    pub fn channel(&self) -> Result<&Channel, ApiError> {
        let id = self.args.text("channel").ok_or("channel_not_found")?;
        let channel = self.state.channels.get(id.as_str()).ok_or("channel_not_found")?;
        let seen = channel.room == Room::Public || channel.members.contains(&self.bot_user());
        if seen { Ok(channel) } else { Err("channel_not_found".into()) }
    }
}

pub(super) fn info(call: &mut Call<'_>) -> Answer {
    let channel = call.channel()?;
    call.need_scope(&[&channel.room.read_scope()])?;
    let mut json = channel.json(&call.bot_user());
    if call.args.yes("include_num_members")
        && let Some(fields) = json.as_object_mut()
    {
        fields.insert("num_members".to_owned(), channel.members.len().into());
    }
    Ok(json!({"channel": json}))
}

pub(super) fn members(call: &mut Call<'_>) -> Answer {
    let channel = call.channel()?;
    call.need_scope(&[&channel.room.read_scope()])?;
    let all: Vec<UserId> = channel.members.iter().cloned().collect();
    let (page, next) = page(&all, call.args.text("cursor").as_deref(), call.args.number("limit"));
    Ok(json!({"members": page, "response_metadata": {"next_cursor": next}}))
}

/// All channels of the wanted types that the bot may see.
pub(super) fn list(call: &mut Call<'_>) -> Answer {
    listed(call, |channel, bot| channel.room == Room::Public || channel.members.contains(bot))
}

/// Only those where the bot is a member.
pub(super) fn of_user(call: &mut Call<'_>) -> Answer {
    listed(call, |channel, bot| channel.members.contains(bot))
}

fn listed(call: &Call<'_>, seen: impl Fn(&Channel, &UserId) -> bool) -> Answer {
    let types = call.args.text("types").unwrap_or_else(|| "public_channel".to_owned());
    let mut rooms = Vec::new();
    for kind in types.split(',') {
        let room = match kind.trim() {
            "public_channel" => Room::Public,
            "private_channel" => Room::Private,
            "im" => Room::Direct,
            "mpim" => Room::Group,
            _ => return Err("invalid_types".into()),
        };
        call.need_scope(&[&room.read_scope()])?;
        rooms.push(room);
    }
    let bot = call.bot_user();
    let archived_too = !call.args.yes("exclude_archived");
    let wanted = |channel: &&Channel| {
        rooms.contains(&channel.room) && seen(channel, &bot) && (archived_too || !channel.archived)
    };
    let all: Vec<Value> =
        call.state.channels.values().filter(wanted).map(|channel| channel.json(&bot)).collect();
    let (page, next) = page(&all, call.args.text("cursor").as_deref(), call.args.number("limit"));
    Ok(json!({"channels": page, "response_metadata": {"next_cursor": next}}))
}

/// A direct message with one person.
pub(super) fn open(call: &mut Call<'_>) -> Answer {
    let users = call.args.text("users").ok_or("users_list_not_supplied")?;
    if users.contains(',') {
        return Err("not_enough_users".into());
    }
    let known = call.state.users.get(users.trim()).ok_or("user_not_found")?;
    if known.deactivated {
        return Err("user_disabled".into());
    }
    let (user, bot) = (known.id.clone(), call.bot_user());
    let before = call.state.channels.len();
    let id: ChannelId = call.state.direct(&user, &bot);
    let already_open = call.state.channels.len() == before;
    let full = call.args.yes("return_im").then(|| call.state.channels.get(&id)).flatten();
    let channel = full.map_or_else(|| json!({"id": id}), |channel| channel.json(&bot));
    Ok(json!({"channel": channel, "no_op": already_open, "already_open": already_open}))
}
