//! Who asks and who will read: found out after the message is safe, before anything is looked up for it.

use std::{collections::BTreeSet, sync::Arc};

use serde_json::Value;

use super::{
    account::{Account, Identity},
    api::CallError,
    directory::{Channel, User, read_user, reader_of},
    files::fetch_all,
    frame::str_at,
    mrkdwn,
    place::{Place, ts_of_key},
    send::without_sources,
};
use crate::{
    domain::{Audience, Inbound, Members, READERS_IN_FULL, Requester, Standing},
    files::Files,
    people::{Aside, Introduction},
};

/// Earlier posts of a thread that are read: its first one and the last of the rest.
const THREAD_POSTS: usize = 12;
/// Posts of one page; Slack gives 15 to some apps and says so by `has_more`.
const PAGE: &str = "200";
/// Pages of a thread that are read for one turn.
const PAGES: usize = 3;

/// Finds out who wrote `message`, who will read the reply and what was said before, and fetches its files.
///
/// # Errors
/// When Slack can't be asked now. What Slack refuses to tell gets the least rights instead.
pub(super) async fn introduce(
    account: &Account,
    place: &Place,
    own_bots: &BTreeSet<String>,
    files: &Files,
    message: &Inbound,
) -> Result<Introduction, CallError> {
    let own = account.identity().await?;
    let id = user_of(message);
    let asker = user(account, own, &id).await?;
    let is_direct = place.channel.starts_with('D');
    let audience = if is_direct {
        direct(asker.as_deref())
    } else {
        in_channel(account, own, &place.channel, own_bots).await?
    };
    let requester = match &asker {
        Some(user) => Requester { id: user.reader.clone(), name: user.name.clone(), standing: user.standing },
        None => Requester { id: reader_of(&id), name: id.clone(), standing: Standing::Unknown },
    };
    let thread = match ts_of_key(&message.key) {
        Some(ts) if ts != place.thread => thread(account, own, place, ts).await?,
        _ => Vec::new(),
    };
    let text = named(account, own, &message.text).await?;
    let attachments = fetch_all(account, files, place, &message.attachments).await;
    let aside = asker.as_deref().filter(|_| !is_direct).and_then(|user| aside(account, own, &id, user));
    Ok(Introduction { requester, audience, text, thread, attachments, aside })
}

/// A colleague who asks in a channel can be told in a direct message what the others there may not read.
fn aside(account: &Account, own: &Identity, id: &str, user: &User) -> Option<Aside> {
    let place = Place::top(account.person.clone(), &own.team, id);
    let known = !user.external && !user.bot && user.standing != Standing::Unknown;
    let audience = Audience::only(user.reader.clone());
    (known && place.is_a_user()).then(|| Aside { conversation: place.conversation(), audience })
}

/// The user id that a message was accepted with.
fn user_of(message: &Inbound) -> String {
    let id = message.requester.id.as_str();
    id.strip_prefix("slack:").unwrap_or(id).to_owned()
}

/// A direct message is read by whoever wrote it; somebody of another company counts as nobody we know.
fn direct(asker: Option<&User>) -> Audience {
    match asker {
        Some(user) if !user.external && user.standing != Standing::Unknown => {
            Audience::only(user.reader.clone())
        }
        _ => Audience::unknown(),
    }
}

/// Everybody in a channel but this installation's own bots.
pub(super) async fn in_channel(
    account: &Account,
    own: &Identity,
    channel: &str,
    own_bots: &BTreeSet<String>,
) -> Result<Audience, CallError> {
    let Some(known) = channel_of(account, channel).await? else { return Ok(Audience::unknown()) };
    if known.shared {
        return Ok(Audience::unknown());
    }
    let people: Vec<&String> = known.members.iter().filter(|id| !own_bots.contains(*id)).collect();
    let space = Some(reader_of(channel));
    if people.len() > READERS_IN_FULL {
        // Nobody is matched one by one any more, so nobody has to be asked for.
        let members = people.into_iter().map(|id| reader_of(id)).collect();
        return Ok(Audience { space, members: Members::Known(members) });
    }
    let mut members = BTreeSet::new();
    for id in people {
        match user(account, own, id).await? {
            Some(user) if !user.external => members.insert(user.reader.clone()),
            _ => return Ok(Audience::unknown()),
        };
    }
    Ok(Audience { space, members: Members::Known(members) })
}

async fn channel_of(account: &Account, id: &str) -> Result<Option<Arc<Channel>>, CallError> {
    if let Some(known) = account.directory.channel(id) {
        return Ok(Some(known));
    }
    let Some(info) = allowed(account.read("conversations.info", &[("channel", id)]).await)? else {
        return Ok(None);
    };
    let yes = |key: &str| info.pointer(key).and_then(Value::as_bool).unwrap_or(false);
    let shared = yes("/channel/is_ext_shared")
        || yes("/channel/is_pending_ext_shared")
        || (yes("/channel/is_shared") && !yes("/channel/is_org_shared"));
    let arguments = [("channel", id), ("limit", "200")];
    let Some(answer) = allowed(account.read("conversations.members", &arguments).await)? else {
        return Ok(None);
    };
    let Some(members) = answer.get("members").and_then(Value::as_array) else { return Ok(None) };
    let mut members: Vec<String> = members.iter().filter_map(Value::as_str).map(str::to_owned).collect();
    let more = str_at(&answer, "/response_metadata/next_cursor").is_some();
    if more && members.len() <= 2 * READERS_IN_FULL {
        // A short page that is not the last one: it must not be taken for a small channel.
        members.extend((0..=2 * READERS_IN_FULL).map(|n| format!("more{n}")));
    }
    let channel = Arc::new(Channel { shared, members });
    account.directory.put_channel(id, Arc::clone(&channel));
    Ok(Some(channel))
}

/// A user, remembered or asked for; `None` when Slack does not tell.
pub(super) async fn user(
    account: &Account,
    own: &Identity,
    id: &str,
) -> Result<Option<Arc<User>>, CallError> {
    if let Some(known) = account.directory.user(id) {
        return Ok(Some(known));
    }
    user_now(account, own, id).await
}

/// A user as Slack says right now, for what must not rest on what was true before.
pub(super) async fn user_now(
    account: &Account,
    own: &Identity,
    id: &str,
) -> Result<Option<Arc<User>>, CallError> {
    let Some(answer) = allowed(account.read("users.info", &[("user", id)]).await)? else { return Ok(None) };
    let user = Arc::new(read_user(id, &answer, own));
    account.directory.put_user(id, Arc::clone(&user));
    Ok(Some(user))
}

/// A refusal is an answer, unless it is about the token; everything else is a reason to try again.
fn allowed(answer: Result<Value, CallError>) -> Result<Option<Value>, CallError> {
    match answer {
        Ok(value) => Ok(Some(value)),
        Err(e) if e.is_fatal() => Err(e),
        Err(CallError::Refused { method, code }) => {
            tracing::warn!("{method} is refused ({code}), so the least is assumed");
            Ok(None)
        }
        Err(e) => Err(e),
    }
}

/// Puts names where a text still has user ids.
pub(super) async fn named(account: &Account, own: &Identity, text: &str) -> Result<String, CallError> {
    let ids: BTreeSet<String> = mrkdwn::mentions(text).map(str::to_owned).collect();
    let mut named = text.to_owned();
    for id in ids.into_iter().take(THREAD_POSTS) {
        if let Some(user) = user(account, own, &id).await? {
            named = named.replace(&format!("<@{id}>"), &format!("@{}", user.name));
        }
    }
    Ok(named)
}

/// The posts of a thread before `ts`: its first one and the newest of the rest.
async fn thread(
    account: &Account,
    own: &Identity,
    place: &Place,
    ts: &str,
) -> Result<Vec<(String, String)>, CallError> {
    let mut posts: Vec<Value> = Vec::new();
    let mut cursor = String::new();
    for _ in 0..PAGES {
        let mut arguments =
            vec![("channel", place.channel.as_str()), ("ts", &place.thread), ("latest", ts), ("limit", PAGE)];
        if !cursor.is_empty() {
            arguments.push(("cursor", &cursor));
        }
        let Some(mut answer) = allowed(account.read("conversations.replies", &arguments).await)? else {
            break;
        };
        if let Some(page) = answer.get_mut("messages").and_then(Value::as_array_mut) {
            posts.append(page);
        }
        match str_at(&answer, "/response_metadata/next_cursor") {
            Some(next) => cursor = next.to_owned(),
            None => break,
        }
    }
    posts.retain(|post| str_at(post, "/ts").is_some_and(|at| at < ts));
    if posts.len() > THREAD_POSTS {
        posts.drain(1..=posts.len() - THREAD_POSTS);
    }
    let mut thread = Vec::new();
    for post in &posts {
        let text = str_at(post, "/text").unwrap_or_default();
        let plain = mrkdwn::to_plain(text, |id| account.directory.user(id).map(|user| user.name.clone()));
        let mine = str_at(post, "/user") == Some(&own.user) || str_at(post, "/bot_id") == Some(&own.bot);
        if mine {
            thread.push(("You".to_owned(), without_sources(&plain)));
            continue;
        }
        let name = match str_at(post, "/user") {
            Some(id) => user(account, own, id).await?.map(|user| user.name.clone()),
            None => str_at(post, "/username").map(str::to_owned),
        };
        thread.push((name.unwrap_or_else(|| "Somebody".to_owned()), plain));
    }
    thread.retain(|(_, text)| !text.trim().is_empty());
    Ok(thread)
}
