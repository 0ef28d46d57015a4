//! One message with its reply, as a conversation shows it.

use std::borrow::Cow;

use maud::{Markup, html};

use super::{Console, page, session::SignedIn};
use crate::{
    domain::{Audience, InboxId},
    inbox::{Record, Stage},
    people::Person,
    store::{InboxRow, OutboxRow, ReplyState, STUCK, StoreError},
};

/// A message, its reply if there is one, and what led to it.
pub(super) struct Turn {
    row: InboxRow,
    reply: Option<OutboxRow>,
    notice: Option<OutboxRow>,
    words: Vec<OutboxRow>,
    record: Record,
    stage: Option<Stage>,
    paused: bool,
}

/// What the sender reads whose message waits for the end of a pause.
const PAUSED: &str = "paused for now; your message is kept and will be answered";

/// What there is to show of the answer.
enum Answer<'t> {
    /// Nothing yet, and these words say why.
    Forming(Cow<'static, str>),
    /// The reply was delivered.
    Given(&'t OutboxRow),
    /// The reply waits for the owner.
    Waiting,
    /// There will be none unless somebody does something.
    Without(&'t str),
}

impl Turn {
    /// Loads what belongs to a message.
    pub(super) async fn load(console: &Console, row: InboxRow) -> Result<Self, StoreError> {
        let store = &console.web.store;
        let reply = store.replies_to(row.id, row.id).await?.into_iter().next();
        let notice = store.notices_to(row.id, row.id).await?.into_iter().next();
        let mut words = store.words_to(row.id, row.id).await?;
        words.retain(|word| word.state == ReplyState::Sent);
        let record = Record::of(&store.steps(row.id).await?);
        let paused = match row.channel.parse() {
            Ok(channel) => store.pauses().await?.covering(&row.person, channel).is_some(),
            Err(_) => false,
        };
        Ok(Self { stage: console.stages.of(row.id), row, reply, notice, words, record, paused })
    }

    fn answer(&self) -> Answer<'_> {
        match (self.row.state.as_str(), &self.reply) {
            ("ready", _) if self.paused => Answer::Forming(PAUSED.into()),
            ("ready", _) if self.row.last_error.is_empty() => Answer::Forming("waiting for its turn".into()),
            ("ready", _) => Answer::Forming(Stage::Waiting.words()),
            ("running", _) => Answer::Forming(self.stage.unwrap_or(Stage::Started).words()),
            ("parked", _) => Answer::Without(self.notice.as_ref().map_or(STUCK, |notice| &notice.reply.text)),
            ("dropped", _) => {
                Answer::Without("An admin took this message off my desk. Write again if you still need it.")
            }
            ("cancelled", _) => Answer::Without("This message was taken back, so I did not answer it."),
            ("merged", _) => Answer::Without("I answered this together with the message before it."),
            (_, Some(reply)) => match reply.state {
                ReplyState::Draft => Answer::Waiting,
                ReplyState::Ready if self.paused => Answer::Forming(PAUSED.into()),
                ReplyState::Ready | ReplyState::Sending | ReplyState::Uncertain => {
                    Answer::Forming("about to send".into())
                }
                ReplyState::Sent => Answer::Given(reply),
                ReplyState::Parked => {
                    Answer::Without("My reply could not be delivered. An admin has to look at it.")
                }
                ReplyState::Dropped => {
                    Answer::Without("My owner decided not to send a reply to this. Ask them directly.")
                }
            },
            (_, None) => Answer::Without("I have nothing to say to this. Ask me with other words."),
        }
    }

    /// The turn for `viewer`; the element is what the script replaces.
    pub(super) fn show(&self, viewer: &SignedIn, person: &Person) -> Markup {
        let answer = self.answer();
        let (id, pending) = (self.row.id, matches!(answer, Answer::Forming(_)));
        let by_viewer = self.row.conversation == viewer.conversation(&self.row.person);
        html! {
            article.turn id={ "turn-" (id) } data-turn=(id) data-pending[pending] {
                div.said {
                    p.meta { b { @if by_viewer { "You" } @else { (self.row.from) } } " " (page::time(self.row.accepted_at)) }
                    @if self.row.text.trim().is_empty() { p.hint { "(empty message)" } } @else { p.words { (self.row.text) } }
                }
                div.answered {
                    p.meta { (page::face(person)) b { (person.name) } " " span.badge { "understudy" }
                        @if self.row.done_at > 0 { " " (page::time(self.row.done_at)) } }
                    (self.show_answer(&answer, viewer, person))
                }
                @for word in &self.words {
                    div.answered {
                        p.meta { (page::face(person)) b { (person.name) } " " span.badge { "understudy" } " " (page::time(word.sent_at)) }
                        p.words { (word.reply.text) }
                    }
                }
            }
        }
    }

    fn show_answer(&self, answer: &Answer<'_>, viewer: &SignedIn, person: &Person) -> Markup {
        html! {
            @match answer {
                Answer::Forming(words) => {
                    p.status role="status" { span.dots aria-hidden="true" { i {} i {} i {} } span data-stage { (words) } }
                    @if viewer.owns(person) {
                        div.forming hidden { p.meta { span.badge.draft { "draft" } " forming, seen by you only" } p.words data-draft {} }
                    }
                    @if self.row.conversation == viewer.conversation(&person.id) {
                        form method="post" action={ "/talk/" (person.id) "/turn/" (self.row.id) "/stop" } {
                            button.quiet type="submit" { "Stop" }
                        }
                    }
                    noscript { p { a href={ "/talk/" (person.id) "?after=" (crate::store::now()) "#turn-" (self.row.id) } { "Look again" } } }
                }
                Answer::Given(reply) => {
                    p.words { (with_cites(&reply.reply.text, &reply.reply.cites, self.row.id)) }
                    @if let Some(file) = &reply.reply.file {
                        p { a href={ "/talk/" (person.id) "/turn/" (self.row.id) "/file" } download { (file.name) } }
                    }
                    (self.how(viewer))
                }
                Answer::Waiting => {
                    p.status { span.badge.draft { "draft" } " This reply waits for " (person.owner) "'s yes." }
                    @if viewer.decides_for(Some(person)) {
                        p { a href={ "/admin/drafts#draft-" (self.row.id) } { "Decide on it" } }
                    }
                }
                Answer::Without(words) => {
                    p.status.stuck { (words) }
                    @if self.row.state == "parked" && viewer.decides_for(Some(person)) {
                        p { a href={ "/admin/inbox#stuck-" (self.row.id) } { "See why and decide" } }
                    }
                }
            }
        }
    }

    /// Queries, passages and timings behind a reply.
    pub(super) fn how(&self, viewer: &SignedIn) -> Markup {
        let Record { adapter, queries, passages, timings_ms, .. } = &self.record;
        // Found for the audience of the reply; somebody else who looks on sees what they may read themselves.
        let eyes = Audience::only(viewer.reader.clone());
        let (shown, hidden): (Vec<_>, Vec<_>) =
            passages.iter().partition(|passage| eyes.may_read(&passage.readers));
        let total_ms: f64 = timings_ms.iter().map(|(_, ms)| ms).sum();
        html! {
            details.how {
                summary { "How it got there" span.hint { " " (passages.len()) " " @if passages.len() == 1 { "passage" } @else { "passages" } ", " (seconds(total_ms)) } }
                h3 { "Queries it wrote" }
                @if queries.is_empty() { p.hint { "None; your message itself was looked up." } }
                @else { ul.queries { @for query in queries { li { (query) } } } }
                h3 { "Passages it found" }
                @if passages.is_empty() { p.hint { "None." } }
                ol.passages { @for passage in shown {
                    li id={ "turn-" (self.row.id) "-passage-" (passage.n) } value=(passage.n) {
                        p.source { b { "[" (passage.n) "] " (passage.title) } span.score title="fused rank score, higher is better" { "score " (format!("{:.3}", passage.score)) } }
                        p.path { (passage.source) }
                        @match self.record.read_of(passage) {
                            Some(read) if read == passage.text => p.words { (read) },
                            Some(read) => { p.words { (read) } details { summary { "All of it" } p.words { (passage.text) } } }
                            None => details { summary { "Found, not read" } p.words { (passage.text) } },
                        }
                    }
                } }
                @if !hidden.is_empty() { p.hint { (hidden.len()) " more are for other readers." } }
                h3 { "Timings" }
                table.timings {
                    tbody { @for (step, ms) in timings_ms {
                        tr { th scope="row" { (step_name(step)) }
                            td.bar { meter min="0" max=(total_ms.max(1.0)) value=(ms) {} }
                            td.number { (seconds(*ms)) } }
                    } }
                    tfoot { tr { th scope="row" { "Together" } td {} td.number { (seconds(total_ms)) } } }
                }
                p.hint { "Answered by " @if adapter.is_empty() { "no model" } @else { code { (adapter) } } ", message " (self.row.id) "." }
            }
        }
    }
}

/// The text with each `[n]` that it cites linked to its passage.
fn with_cites(text: &str, cites: &[usize], inbox: InboxId) -> Markup {
    let mut pieces = text.split('[');
    let first = pieces.next().unwrap_or_default();
    let pieces = pieces.map(|piece| match piece.split_once(']') {
        Some((n, after)) => (n.parse().ok().filter(|n| cites.contains(n)), after, piece),
        None => (None, "", piece),
    });
    html! {
        (first)
        @for (cite, after, piece) in pieces {
            @if let Some(n) = cite {
                a.cite href={ "#turn-" (inbox) "-passage-" (n) } { "[" (n) "]" } (after)
            } @else { "[" (piece) }
        }
    }
}

fn seconds(ms: f64) -> String {
    match ms {
        ..10.0 => format!("{ms:.1} ms"),
        ..1000.0 => format!("{ms:.0} ms"),
        _ => format!("{:.1} s", ms / 1000.0),
    }
}

fn step_name(step: &str) -> &str {
    match step {
        "identify" => "who asks",
        "act" => "using tools",
        "ask" => "writing queries",
        "recall" => "searching notes",
        "judge" => "judging clauses",
        "draft" => "writing the reply",
        "manners" => "checking it",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_real_cites_become_links() {
        let shown = |text: &str| with_cites(text, &[1, 3], InboxId(7)).into_string();
        let link = |n| format!("<a class=\"cite\" href=\"#turn-7-passage-{n}\">[{n}]</a>");
        assert_eq!(shown("no cites"), "no cites");
        assert_eq!(shown("a [1], b [3]."), format!("a {}, b {}.", link(1), link(3)));
        for plain in ["[2]", "[x] [", "a [ 1", "[[", "[]"] {
            assert_eq!(shown(plain), plain);
        }
        assert_eq!(shown("<b>[1]"), format!("&lt;b&gt;{}", link(1)));
    }
}
