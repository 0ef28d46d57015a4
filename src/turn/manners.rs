//! Manners: what a draft goes through before anyone may read it.
//!
//! A person notices that the reply has no em-dash, no emoji unless their coworker uses them, no
//! stock phrase at either end, no ping of a whole channel, and no link that was not in the notes
//! or the thread already. All of it is done here by rules; no model is asked.
//!
//! Nothing is kept and nothing is read but the arguments, so a turn that starts again after a
//! crash gets the same text. Mending a mended draft changes nothing.

mod dashes;
mod emoji;
mod filler;
pub(in crate::turn) mod links;
pub(in crate::turn) mod markup;
#[cfg(test)]
mod tests;
pub(in crate::turn) mod text;

use std::fmt;

pub use emoji::strip_invisible;
use links::KnownLinks;
use unicode_segmentation::UnicodeSegmentation;

use crate::domain::Voice;

/// What stands at the end of a reply that was longer than allowed.
const CUT_TAIL: &str = "… (cut here)";
/// A chat message that people still read to its end.
const LONGEST_REPLY_CHARS: usize = 1800;
/// A longer draft is a runaway model; the rules are not made for it.
const LONGEST_DRAFT_BYTES: usize = 64 * 1024;
/// Each round settles what the last one laid bare; real drafts need two.
const MOST_ROUNDS: usize = 24;

/// Rewrites a text, and leaves it as it is when it minds this rule already.
type Rule<'a> = &'a dyn Fn(&str) -> String;

/// How a person's replies behave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Manners {
    /// Whether emoji stay in the reply.
    pub emoji: Emoji,
    /// The longest reply, in characters (Unicode scalar values), the note about a cut included.
    pub max_chars: usize,
}

impl Manners {
    /// Takes the manners from a person's voice.
    pub fn of(voice: &Voice) -> Self {
        let emoji = if voice.emoji { Emoji::Allowed } else { Emoji::Removed };
        Self { emoji, max_chars: LONGEST_REPLY_CHARS }
    }
}

/// Says whether a reply may hold emoji.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Emoji {
    /// The person uses them, so they stay.
    Allowed,
    /// They are taken out.
    Removed,
}

/// A draft that minds its manners.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mended {
    /// The text to send.
    pub text: String,
    /// What was done, each kind once, in the order it was first done.
    pub changes: Vec<Change>,
}

/// A kind of change, for the step journal; it never holds the text itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Change {
    /// Invisible and control characters went, line breaks became plain.
    CharactersCleaned,
    /// Images, HTML tags or reference links went.
    MarkupRemoved,
    /// A link went that neither passages nor thread hold.
    LinkRemoved,
    /// `@channel`, `@here` or `@everyone` lost its at sign.
    PingDefused,
    /// Emoji went.
    EmojiRemoved,
    /// A dash became a comma, a full stop or a range.
    DashRewritten,
    /// A stock closer such as "I hope this helps" was cut.
    CloserCut,
    /// A stock opener such as "Great question!" was cut.
    OpenerCut,
    /// Trailing spaces and blank lines went.
    SpacingTidied,
    /// The reply was longer than allowed and ends in a note that says so.
    Shortened,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::CharactersCleaned => "characters cleaned",
            Self::MarkupRemoved => "mark-up removed",
            Self::LinkRemoved => "link removed",
            Self::PingDefused => "ping defused",
            Self::EmojiRemoved => "emoji removed",
            Self::DashRewritten => "dash rewritten",
            Self::CloserCut => "closer cut",
            Self::OpenerCut => "opener cut",
            Self::SpacingTidied => "spacing tidied",
            Self::Shortened => "shortened",
        })
    }
}

/// Why a draft can't be mended; such a draft is not sent, and the person is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unmendable {
    /// There is no text in the draft.
    Empty,
    /// The draft is a stock phrase and nothing else.
    OnlyFiller,
    /// The draft knocks without saying what for: "Hey, you around?".
    BarePing,
    /// Nothing was left when links, mark-up or emoji were taken out.
    NothingLeft,
    /// The draft is far longer than any reply.
    TooLong,
    /// The limit leaves no room for a word and the note about the cut.
    NoRoom,
    /// The rules did not come to rest, which only a text made for that purpose can cause.
    Unsettled,
}

impl fmt::Display for Unmendable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "the draft is empty",
            Self::OnlyFiller => "the draft is a stock phrase and nothing else",
            Self::BarePing => "the draft asks for attention and does not say what for",
            Self::NothingLeft => "nothing of the draft may be sent",
            Self::TooLong => "the draft is longer than 64 KiB",
            Self::NoRoom => "the length limit leaves no room for a reply",
            Self::Unsettled => "the draft did not settle under the rewrite rules",
        })
    }
}

impl std::error::Error for Unmendable {}

/// Rewrites `draft` until it minds its manners; `known_text` is the passages and the thread.
///
/// Code keeps its dashes and spacing, but no unknown link, ping or invisible character hides in it.
/// The same draft gives the same reply, and mending a mended text changes nothing.
///
/// # Errors
/// When nothing worth sending is left. The caller must not send the draft then, not even in part.
pub fn mend(draft: &str, known_text: &[&str], manners: &Manners) -> Result<Mended, Unmendable> {
    if draft.len() > LONGEST_DRAFT_BYTES {
        return Err(Unmendable::TooLong);
    }
    if clean(draft).trim().is_empty() {
        return Err(Unmendable::Empty);
    }
    let known = KnownLinks::gather(known_text);
    let mut text = draft.to_owned();
    let mut changes = Vec::new();
    for _ in 0..MOST_ROUNDS {
        let next = one_round(&text, &known, manners, &mut changes)?;
        if next == text {
            return judge(text, changes);
        }
        text = next;
    }
    Err(Unmendable::Unsettled)
}

/// Applies every rule once, in an order in which later rules seldom wake earlier ones.
fn one_round(
    text: &str,
    known: &KnownLinks,
    manners: &Manners,
    changes: &mut Vec<Change>,
) -> Result<String, Unmendable> {
    let links = |text: &str| links::remove_unknown_links(text, known);
    let emoji = |text: &str| match manners.emoji {
        Emoji::Allowed => text.to_owned(),
        Emoji::Removed => emoji::remove_emoji(text),
    };
    let rules: [(Change, Rule<'_>); 9] = [
        (Change::CharactersCleaned, &clean),
        (Change::MarkupRemoved, &markup::remove_markup),
        (Change::LinkRemoved, &links),
        (Change::PingDefused, &defuse_pings),
        (Change::EmojiRemoved, &emoji),
        (Change::DashRewritten, &dashes::rewrite_dashes),
        (Change::SpacingTidied, &tidy_spacing),
        (Change::CloserCut, &filler::cut_closers),
        (Change::OpenerCut, &filler::cut_openers),
    ];
    let mut text = text.to_owned();
    for (change, rule) in rules {
        let next = rule(&text);
        note(change, next != text, changes);
        text = next;
    }
    let next = shorten(&text, manners.max_chars)?;
    note(Change::Shortened, next != text, changes);
    Ok(next)
}

fn note(change: Change, happened: bool, changes: &mut Vec<Change>) {
    if happened && !changes.contains(&change) {
        changes.push(change);
    }
}

/// Decides whether a text that no rule changes any more is worth sending.
fn judge(text: String, changes: Vec<Change>) -> Result<Mended, Unmendable> {
    let said = text.strip_suffix(CUT_TAIL).unwrap_or(&text);
    let prose = text::Shielded::code(said).text;
    if filler::is_bare_ping(&prose) {
        Err(Unmendable::BarePing)
    } else if filler::is_stock_phrase(&prose) {
        Err(Unmendable::OnlyFiller)
    } else if !said.contains(|c: char| c.is_alphanumeric() || emoji::is_emoji(c)) {
        Err(Unmendable::NothingLeft)
    } else {
        Ok(Mended { text, changes })
    }
}

/// Makes every line break `\n` and drops control and invisible characters.
fn clean(text: &str) -> String {
    let plain: String = text
        .replace("\r\n", "\n")
        .chars()
        .map(|c| if matches!(c, '\r' | '\u{85}' | '\u{2028}' | '\u{2029}') { '\n' } else { c })
        .filter(|c| !c.is_control() || matches!(c, '\n' | '\t'))
        .collect();
    strip_invisible(&plain).into_owned()
}

/// Takes the at sign from `@channel`, `@here` and `@everyone`, which would call a whole room.
fn defuse_pings(text: &str) -> String {
    markup::rewrite(text, &['@'], |out, at| {
        let inside = at.trim_start_matches('@');
        let end = inside.find(|c: char| !c.is_alphanumeric() && c != '_' && c != '-');
        let (word, after) = inside.split_at_checked(end.unwrap_or(inside.len()))?;
        let calls = ["channel", "here", "everyone"].iter().any(|w| word.eq_ignore_ascii_case(w));
        let in_address = out.ends_with(|c: char| c.is_alphanumeric() || c == '/')
            || after.strip_prefix('.').is_some_and(|host| host.starts_with(char::is_alphanumeric));
        (calls && !in_address).then(|| {
            out.push_str(word);
            after
        })
    })
}

/// Takes off spaces at line ends and blank lines beyond two in a row; code keeps its own.
fn tidy_spacing(text: &str) -> String {
    let tidied = text::on_prose(text, |prose| {
        let mut out = String::with_capacity(prose.len());
        let mut blank_lines = 0;
        for line in prose.split('\n').map(str::trim_end) {
            blank_lines = if line.is_empty() { blank_lines + 1 } else { 0 };
            if blank_lines <= 2 {
                out.push_str(line);
                out.push('\n');
            }
        }
        out
    });
    tidied.trim().to_owned()
}

/// Cuts `text` to `max_chars` at a sentence end, or at a word when no sentence end is near.
fn shorten(text: &str, max_chars: usize) -> Result<String, Unmendable> {
    if text.chars().count() <= max_chars {
        return Ok(text.to_owned());
    }
    // One more for the space or line break before the note.
    let room = max_chars.saturating_sub(CUT_TAIL.chars().count() + 1);
    let limit = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
    let code = text::code_ranges(text);
    let is_free =
        |end: &usize| *end > 0 && *end <= limit && !code.iter().any(|c| c.start < *end && *end < c.end);
    let sentence = text::sentence_ends(text).into_iter().rfind(is_free);
    let words = text.char_indices().filter(|(_, c)| c.is_whitespace()).map(|(at, _)| at);
    let clusters = text.grapheme_indices(true).map(|(at, _)| at);
    let end = sentence
        .filter(|end| *end >= limit / 4)
        .or_else(|| words.into_iter().rfind(is_free))
        .or_else(|| clusters.into_iter().rfind(|end| *end > 0 && *end <= limit))
        .ok_or(Unmendable::NoRoom)?;
    let kept = text.get(..end).unwrap_or_default().trim_end();
    let after_fence = kept.lines().next_back().is_some_and(|l| text::fence_marker(l).is_some());
    let gap = if after_fence { '\n' } else { ' ' };
    Ok(format!("{kept}{gap}{CUT_TAIL}"))
}
