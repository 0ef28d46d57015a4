//! What the home tab looks like: how the understudy is, what waits, what it may do, and an admin's switches.
//!
//! Slack takes 100 blocks a view, so tools are shown in pages.

use serde_json::{Value, json};

use super::{
    actor::Actor,
    card::{context, mrkdwn},
    cut, escaped,
};
use crate::{
    domain::{Mode, Standing},
    store::ActionRow,
};

/// How the names of everything that can be used here begin.
pub(super) const ACTIONS: &str = "home.";
/// Turns to another page of tools.
pub(super) const PAGE: &str = "home.page";
/// Stops the understudy.
pub(super) const PAUSE: &str = "home.pause";
/// Lets it go on.
pub(super) const RESUME: &str = "home.resume";
/// Switches a tool; followed by a class of requesters.
pub(super) const GRANT: &str = "home.grant.";
/// How a block is named that holds the switches of a tool, before its name.
pub(super) const TOOL: &str = "tool:";
/// Tools of one page: two blocks each.
pub(super) const TOOLS: usize = 20;
/// Requests that are listed.
const REQUESTS: usize = 10;
/// Most characters of what a tool does; descriptions of others' tools can be long.
const ABOUT_CHARS: usize = 300;
/// Longest name of a tool that fits into the name of a block.
pub(super) const NAME_CHARS: usize = 240;

/// The classes of requesters and their names on a switch.
pub(super) const CLASSES: [(Standing, &str, &str); 5] = [
    (Standing::Owner, "owner", "Owner"),
    (Standing::Admin, "admin", "Admins"),
    (Standing::Member, "member", "Colleagues"),
    (Standing::Guest, "guest", "Guests"),
    (Standing::Unknown, "unknown", "Strangers"),
];
/// What a switch can say: its word and how it reads.
pub(super) const CHOICES: [(Option<Mode>, &str, &str); 4] = [
    (None, "off", "off"),
    (Some(Mode::Ask), "ask", "ask first"),
    (Some(Mode::Allow), "allow", "at once"),
    (Some(Mode::Deny), "deny", "never"),
];

/// A tool and how it is switched.
pub(super) struct ToolLine {
    pub name: String,
    pub about: String,
    /// Whether it does more than looking.
    pub acts: bool,
    /// The row for each of [`CLASSES`].
    pub rows: [Option<Mode>; 5],
    /// What holds for the viewer.
    pub for_viewer: Mode,
}

/// Everything that the tab shows.
pub(super) struct Home<'h> {
    /// The name of the person who is stood in for.
    pub person: &'h str,
    pub viewer: &'h Actor,
    /// What is to be said first.
    pub notice: Option<&'h str>,
    /// Where it is paused, in words.
    pub paused: &'h [String],
    /// What waits; only for those who decide.
    pub waiting: &'h [ActionRow],
    pub tools: &'h [ToolLine],
    /// From 0.
    pub page: usize,
}

impl Home<'_> {
    /// The view.
    pub(super) fn view(&self) -> Value {
        let mut blocks = Vec::new();
        if let Some(notice) = self.notice {
            blocks.push(mrkdwn(&format!("*{}*", escaped(notice))));
        }
        let name = cut(self.person, 80);
        blocks.push(header(&format!("{name}'s understudy")));
        blocks.push(mrkdwn(&self.status()));
        if self.viewer.decides() {
            let everywhere = self.paused.iter().any(|place| place == "everywhere");
            let (action, label) =
                if everywhere { (RESUME, "Let it go on") } else { (PAUSE, "Pause it everywhere") };
            blocks.push(
                json!({"type": "actions", "block_id": "pausing", "elements": [button(action, label, "all")]}),
            );
            self.waits(&mut blocks);
        }
        if self.viewer.admin {
            self.switches(&mut blocks)
        } else {
            self.may(&mut blocks)
        }
        json!({"type": "home", "private_metadata": self.page.to_string(), "blocks": blocks})
    }

    fn status(&self) -> String {
        let name = escaped(self.person);
        if self.paused.is_empty() {
            return format!(
                "It is a program that answers from {name}'s notes, and it is not {name}. It answers now."
            );
        }
        let places = escaped(&cut(&self.paused.join(", "), 500));
        format!(
            "An admin or {name} has paused it {places}. Where it is paused everywhere, questions wait; where it is silent in a channel, they are not answered later."
        )
    }

    fn waits(&self, blocks: &mut Vec<Value>) {
        blocks.push(header("Waits for a yes"));
        if self.waiting.is_empty() {
            blocks.push(mrkdwn("Nothing."));
            return;
        }
        for row in self.waiting.iter().take(REQUESTS) {
            let (id, until) = (row.id, row.expires_at);
            let (tool, by) = (escaped(&cut(&row.tool, NAME_CHARS)), escaped(row.requester.as_str()));
            blocks.push(mrkdwn(&format!(
                "Request {id}: `{tool}`, asked by {by}, until <!date^{until}^{{date_short_pretty}} {{time}}|its end>"
            )));
        }
        let more = self.waiting.len().saturating_sub(REQUESTS);
        let more = if more > 0 { format!("{more} more wait. ") } else { String::new() };
        blocks.push(context(&format!(
            "{more}The tab Messages has a card with buttons for each that you may decide on."
        )));
    }

    /// What it may do for somebody who switches nothing.
    fn may(&self, blocks: &mut Vec<Value>) {
        blocks.push(header("What it may do for you"));
        let lines: Vec<String> = self
            .tools
            .iter()
            .filter(|tool| tool.for_viewer > Mode::Deny)
            .map(|tool| {
                format!(
                    "`{}`: {}{}",
                    escaped(&tool.name),
                    escaped(&cut(&tool.about, ABOUT_CHARS)),
                    how(tool.for_viewer)
                )
            })
            .collect();
        if lines.is_empty() {
            blocks.push(mrkdwn("Nothing besides answering. An admin can allow it more."));
        }
        // One block each: the names and descriptions of others' tools are long.
        let left = lines.len().saturating_sub(2 * TOOLS);
        blocks.extend(lines.iter().take(2 * TOOLS).map(|line| mrkdwn(line)));
        if left > 0 {
            blocks.push(context(&format!("And {left} more; `/understudy tools` lists all.")));
        }
    }

    fn switches(&self, blocks: &mut Vec<Value>) {
        let pages = self.tools.len().div_ceil(TOOLS).max(1);
        let page = self.page.min(pages - 1);
        blocks.push(header("What it may do"));
        blocks.push(context(
            "For whom: whoever is trusted more may what the less trusted may, and \"never\" wins. What came by mail, what strangers ask for and what goes to somebody new asks first in any case.",
        ));
        for tool in self.tools.iter().skip(page * TOOLS).take(TOOLS) {
            let about = escaped(&cut(&tool.about, ABOUT_CHARS));
            blocks.push(mrkdwn(&format!("`{}`: {about}", escaped(&tool.name))));
            blocks.push(self.switch(tool));
        }
        if pages > 1 {
            let mut turns = Vec::new();
            if page > 0 {
                turns.push(button(&format!("{PAGE}.back"), "Earlier tools", &(page - 1).to_string()));
            }
            if page + 1 < pages {
                turns.push(button(&format!("{PAGE}.on"), "More tools", &(page + 1).to_string()));
            }
            blocks.push(json!({"type": "actions", "block_id": "pages", "elements": turns}));
            blocks.push(context(&format!("Page {} of {pages}", page + 1)));
        }
    }

    fn switch(&self, tool: &ToolLine) -> Value {
        let menus = CLASSES.iter().zip(tool.rows).map(|((_, class, name), row)| {
            let option = |word: &str, reads: &str| {
                json!({"value": word, "text": {"type": "plain_text", "text": format!("{name}: {reads}")}})
            };
            let options: Vec<Value> = CHOICES.iter().map(|(_, word, reads)| option(word, reads)).collect();
            let now = CHOICES.iter().find(|(mode, ..)| *mode == row).map(|(_, word, reads)| option(word, reads));
            let mut menu = json!({"type": "static_select", "action_id": format!("{GRANT}{class}"),
                                  "options": options, "initial_option": now});
            if let Some(fields) = menu.as_object_mut()
                && tool.acts
            {
                let sure = format!("This holds for {}'s understudy from its next step on.", cut(self.person, 80));
                fields.insert("confirm".to_owned(), confirm(&sure));
            }
            menu
        });
        json!({"type": "actions", "block_id": format!("{TOOL}{}", tool.name), "elements": menus.collect::<Vec<_>>()})
    }
}

fn how(mode: Mode) -> &'static str {
    if mode == Mode::Ask { " (somebody has to say yes first)" } else { "" }
}

fn header(text: &str) -> Value {
    json!({"type": "header", "text": {"type": "plain_text", "text": text, "emoji": false}})
}

fn button(action: &str, label: &str, value: &str) -> Value {
    json!({"type": "button", "action_id": action, "value": value, "text": {"type": "plain_text", "text": label}})
}

fn confirm(text: &str) -> Value {
    let plain = |text: &str| json!({"type": "plain_text", "text": text});
    json!({"title": plain("Switch this?"), "text": plain(text), "confirm": plain("Switch it"), "deny": plain("Leave it")})
}

#[cfg(test)]
mod tests {
    use super::{super::card::tests::request, *};
    use crate::{domain::ReaderId, store::ActionState};

    fn viewer(standing: Standing, admin: bool) -> Actor {
        let reader = ReaderId::new("carol").unwrap();
        Actor { user: "U1".to_owned(), reader, name: "Carol".to_owned(), standing, admin }
    }

    fn tools(count: usize) -> Vec<ToolLine> {
        let one = |n| ToolLine {
            name: format!("server.tool-{n}"),
            about: "does <!channel> things ".repeat(40),
            acts: true,
            rows: [None, Some(Mode::Ask), Some(Mode::Allow), Some(Mode::Deny), None],
            for_viewer: Mode::Ask,
        };
        (0..count).map(one).collect()
    }

    fn view(standing: Standing, admin: bool, page: usize) -> Value {
        let (viewer, tools) = (viewer(standing, admin), tools(1_000));
        let waiting = vec![request(json!({"text": "a secret"}), ActionState::Waiting); 40];
        let waiting = if viewer.decides() { waiting } else { Vec::new() };
        let home = Home {
            person: "Bob",
            viewer: &viewer,
            notice: Some("Nothing was changed."),
            paused: &[],
            waiting: &waiting,
            tools: &tools,
            page,
        };
        home.view()
    }

    #[test]
    fn a_thousand_tools_fit_into_pages_of_less_than_a_hundred_blocks() {
        for (standing, admin) in [(Standing::Owner, true), (Standing::Admin, true), (Standing::Member, false)]
        {
            for page in [0, 7, 49, 9_999] {
                let view = view(standing, admin, page);
                let blocks = view["blocks"].as_array().unwrap();
                assert!(blocks.len() <= 100, "{}", blocks.len());
                let text = view.to_string();
                assert!(!text.contains("<!channel>") && text.contains("Nothing was changed."), "{text}");
                assert_eq!(text.contains(GRANT), admin, "{text}");
            }
        }
        assert!(view(Standing::Admin, true, 9_999).to_string().contains("Page 50 of 50"));
    }

    #[test]
    fn only_those_who_decide_see_what_waits() {
        assert!(view(Standing::Owner, false, 0).to_string().contains("Request 7"));
        let seen = view(Standing::Member, false, 0).to_string();
        assert!(!seen.contains("Request 7") && !seen.contains(PAUSE), "{seen}");
    }
}
