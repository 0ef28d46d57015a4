//! Keeps home tabs that somebody may be looking at: a switch made elsewhere shows within a second or two.

use std::{
    sync::PoisonError,
    time::{Duration, Instant},
};

use serde_json::{Value, json};
use tracing::{debug, info};

use super::{
    Deciding,
    actor::Actor,
    click::Refused,
    home::{CHOICES, CLASSES, GRANT, Home, NAME_CHARS, PAGE, PAUSE, RESUME, TOOL, ToolLine},
    interaction::Click,
};
use crate::{
    domain::{Channel, Effect, Grant, Integrity, Mode, Recipients, Standing},
    people::Person,
    permission::{Proposal, decide},
    store::{ActionRow, StoreError, now},
    tools::label_of,
};

/// How long a tab is kept up to date after it was opened or used; opening it again shows it anew.
const LOOKED_AT: Duration = Duration::from_secs(15 * 60);
/// Tabs that are kept up to date at most.
const MOST: usize = 100;
/// Requests that are read for a tab.
const REQUESTS: u32 = 50;

/// A tab that somebody may be looking at.
#[derive(Debug, Clone)]
pub(super) struct Open {
    at: Instant,
    page: usize,
    notice: Option<String>,
    /// What was published last.
    view: Value,
}

impl Deciding {
    /// Somebody opened their home tab.
    pub(in super::super) fn opened_home(self: &std::sync::Arc<Self>, user: String) {
        let deciding = std::sync::Arc::clone(self);
        self.tasks.spawn(async move {
            // What somebody is may have changed since they last looked.
            deciding.account.directory.forget_user(&user);
            deciding.show_home(&user, Some(0), None, None).await;
        });
    }

    /// Handles a click in a home tab.
    pub(super) async fn used_home(&self, click: &Click) {
        let done = self.switched(click).await;
        let page = click.action.starts_with(PAGE).then(|| click.value.parse().unwrap_or(0));
        let page = page.or_else(|| click.carries.parse().ok());
        let notice = done.err().map(|refused| refused.to_string());
        self.show_home(&click.user, page, notice.as_deref(), Some(&click.hash)).await;
    }

    async fn switched(&self, click: &Click) -> Result<(), Refused> {
        if click.action.starts_with(PAGE) {
            return Ok(());
        }
        let person = self.person().ok_or(Refused::Unknown)?;
        let actor = self.actor(person, &click.user).await.map_err(|_| Refused::WhoIsUnclear)?;
        if let Some(class) = click.action.strip_prefix(GRANT) {
            return self.switch_tool(person, &actor, class, click).await;
        }
        if !actor.decides() {
            return Err(Refused::NotTheirs(crate::permission::Refusal::NotTheirs));
        }
        match click.action.as_str() {
            PAUSE => self.store.pause(Some(&person.id), None, actor.reader.as_str(), now()).await?,
            RESUME => {
                self.store.resume(Some(&person.id), None, actor.reader.as_str(), now()).await?;
                // A wider pause goes on, and is not this understudy's alone to end.
                if self.store.pauses().await?.iter().any(|pause| pause.person.is_none()) {
                    return Err(Refused::WithEverybody);
                }
            }
            other => debug!("A button named {other} is not ours"),
        }
        Ok(())
    }

    async fn switch_tool(
        &self,
        person: &Person,
        actor: &Actor,
        class: &str,
        click: &Click,
    ) -> Result<(), Refused> {
        if !actor.admin {
            return Err(Refused::NoAdmin);
        }
        let tool = click.block.strip_prefix(TOOL).ok_or(Refused::NoTool)?;
        let class = CLASSES.iter().find(|(_, word, _)| *word == class).ok_or(Refused::NoTool)?.0;
        let mode = CHOICES.iter().find(|(_, word, _)| *word == click.value).ok_or(Refused::NoTool)?.0;
        let by = actor.reader.as_str();
        let Some(mode) = mode else {
            self.store.remove_grant(&person.id, tool, class, by, now()).await?;
            return Ok(());
        };
        if mode != Mode::Deny && self.levers.toolbox.find(tool).is_none() {
            return Err(Refused::NoTool);
        }
        let rows = self.store.grants(&person.id).await?;
        let known = rows.iter().find(|row| row.tool == tool && row.class == class);
        let highest_taint = known.map_or(Integrity::Internal, |row| row.highest_taint);
        let grant = Grant { person: person.id.clone(), tool: tool.to_owned(), class, highest_taint, mode };
        self.store.put_grant(grant, by, now()).await?;
        info!("A tool of {} was switched in Slack", person.id);
        Ok(())
    }

    /// Publishes somebody's home tab; without a page the one they looked at last. A `hash` that Slack does not know any
    /// more means that a newer one is shown, which is then replaced by what holds now.
    pub(super) async fn show_home(
        &self,
        user: &str,
        page: Option<usize>,
        notice: Option<&str>,
        hash: Option<&str>,
    ) {
        let known = self.homes.lock().unwrap_or_else(PoisonError::into_inner).get(user).cloned();
        let page = page.or(known.map(|open| open.page)).unwrap_or(0);
        let view = match self.home(user, page, notice).await {
            Ok(Some(view)) => view,
            Ok(None) => return,
            Err(e) => {
                debug!("A home tab can't be made: {e}");
                return;
            }
        };
        if !self.publish(user, &view, hash).await {
            return;
        }
        let mut homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
        if homes.len() >= MOST {
            homes.retain(|_, open| open.at.elapsed() < LOOKED_AT / 3);
        }
        if homes.len() < MOST || homes.contains_key(user) {
            let notice = notice.map(str::to_owned);
            homes.insert(user.to_owned(), Open { at: Instant::now(), page, notice, view });
        }
    }

    async fn publish(&self, user: &str, view: &Value, hash: Option<&str>) -> bool {
        let mut arguments = json!({"user_id": user, "view": view});
        if let (Some(fields), Some(hash)) = (arguments.as_object_mut(), hash.filter(|hash| !hash.is_empty()))
        {
            fields.insert("hash".to_owned(), json!(hash));
        }
        let done = match self.account.write("views.publish", &arguments).await {
            Err(e) if e.code() == Some("hash_conflict") => {
                self.account.write("views.publish", &json!({"user_id": user, "view": view})).await
            }
            done => done,
        };
        if let Err(e) = &done {
            debug!("A home tab was not taken: {e}");
        }
        done.is_ok()
    }

    /// Publishes the tabs anew that show something else than what holds.
    pub(super) async fn refresh_homes(&self) {
        let open: Vec<(String, Open)> = {
            let mut homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
            homes.retain(|_, open| open.at.elapsed() < LOOKED_AT);
            homes.iter().map(|(user, open)| (user.clone(), open.clone())).collect()
        };
        for (user, open) in open {
            let Ok(Some(view)) = self.home(&user, open.page, open.notice.as_deref()).await else { continue };
            if view != open.view && self.publish(&user, &view, None).await {
                let mut homes = self.homes.lock().unwrap_or_else(PoisonError::into_inner);
                if let Some(known) = homes.get_mut(&user) {
                    known.view = view;
                }
            }
        }
    }

    async fn home(&self, user: &str, page: usize, notice: Option<&str>) -> anyhow::Result<Option<Value>> {
        let Some(person) = self.person() else { return Ok(None) };
        let viewer = self.viewer(person, user).await?;
        let tools = self.tools(person, viewer.standing).await?;
        let paused = self.paused(person).await?;
        let waiting = if viewer.decides() { self.waiting(person).await? } else { Vec::new() };
        let home = Home {
            person: &person.name,
            viewer: &viewer,
            notice,
            paused: &paused,
            waiting: &waiting,
            tools: &tools,
            page,
        };
        Ok(Some(home.view()))
    }

    /// What waits for a yes.
    pub(super) async fn waiting(&self, person: &Person) -> Result<Vec<ActionRow>, StoreError> {
        self.store.waiting_actions(&person.id, now(), REQUESTS).await
    }

    /// Where the understudy is paused, in words.
    pub(super) async fn paused(&self, person: &Person) -> Result<Vec<String>, StoreError> {
        let pauses = self.store.pauses().await?;
        let here =
            pauses.iter().filter(|pause| pause.person.as_ref().is_none_or(|paused| *paused == person.id));
        let mut places: Vec<String> = here
            .map(|pause| match pause.channel {
                None => "everywhere".to_owned(),
                Some(channel) => format!("in {}", name(channel)),
            })
            .collect();
        for channel in self.store.slack_pauses(&person.id).await? {
            places.push(if channel.is_empty() {
                "in Slack".to_owned()
            } else {
                format!("in the channel {channel}")
            });
        }
        places.sort();
        places.dedup();
        Ok(places)
    }

    /// Every tool, how it is switched, and what holds for somebody of this standing.
    pub(super) async fn tools(
        &self,
        person: &Person,
        standing: Standing,
    ) -> Result<Vec<ToolLine>, StoreError> {
        let grants = self.store.grants(&person.id).await?;
        let fits = |name: &str| name.chars().count() <= NAME_CHARS;
        let tools = self.levers.toolbox.all().into_iter().filter(|tool| fits(tool.name()));
        let line = |tool: std::sync::Arc<dyn crate::tools::Tool>| {
            let row = |class: Standing| {
                grants.iter().find(|row| row.tool == tool.name() && row.class == class).map(|row| row.mode)
            };
            let proposal = Proposal {
                person: &person.id,
                tool: tool.name(),
                effect: tool.effect(),
                requester: standing,
                channel: Channel::Slack,
                label: label_of(standing),
                recipients: Recipients::Nobody,
            };
            ToolLine {
                name: tool.name().to_owned(),
                about: tool.about().to_owned(),
                acts: tool.effect() > Effect::Read,
                rows: CLASSES.map(|(class, ..)| row(class)),
                for_viewer: decide(&proposal, &grants),
            }
        };
        Ok(tools.map(line).collect())
    }
}

fn name(channel: Channel) -> &'static str {
    match channel {
        Channel::Console => "the console",
        Channel::Cli => "the command line",
        Channel::Slack => "Slack",
        Channel::Mail => "mail",
    }
}
