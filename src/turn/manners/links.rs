//! Links: one survives only when the passages or the thread hold the very same bytes.
//!
//! A link that a model made up, or that a hostile passage talked it into, can carry a secret out
//! in its path. So Markdown links fall back to their text, bare addresses go, and reference
//! links never resolve, because their definitions always go.

use std::collections::HashSet;
use std::ops::Range;

use super::markup::{Label, is_citation, label, rewrite, round_brackets, up_to_closing};
use super::text::{Shielded, close_gap, is_stand_in};

/// The links and mail addresses that a reply may repeat.
#[derive(Debug, Default)]
pub(in crate::turn) struct KnownLinks {
    urls: HashSet<String>,
    mails: HashSet<String>,
}

impl KnownLinks {
    /// Gathers every link and mail address of the passages and the thread.
    pub(in crate::turn) fn gather(known_text: &[&str]) -> Self {
        let mut known = Self::default();
        for text in known_text {
            let links = find_links(text).into_iter().filter_map(|range| text.get(range));
            for token in links {
                // Chat mark-up writes `<address|text>`, Markdown writes `(address)` before more text.
                let chat = token.split('|').next().unwrap_or(token);
                let bracketed = up_to_closing(token).map_or(token, |(before, _)| before);
                for address in [token, chat, bracketed] {
                    known.urls.extend(candidates(address).map(str::to_owned));
                }
            }
            let mails = find_mails(text).into_iter().filter_map(|range| text.get(range));
            known.mails.extend(mails.map(str::to_lowercase));
        }
        known
    }

    /// Says whether `url` may stand in a reply, byte for byte as it is.
    pub(in crate::turn) fn holds(&self, url: &str) -> bool {
        let lower = url.to_ascii_lowercase();
        if let Some(mail) = lower.strip_prefix("mailto:") {
            return self.mails.contains(mail) || self.urls.contains(url);
        }
        let runs_code = ["javascript:", "data:", "vbscript:"].iter().any(|s| lower.starts_with(s));
        !runs_code && self.urls.contains(url)
    }

    fn holds_mail(&self, mail: &str) -> bool {
        self.mails.contains(&mail.to_lowercase())
    }
}

/// Removes every link of `text` that is not known.
pub(super) fn remove_unknown_links(text: &str, known: &KnownLinks) -> String {
    let mut shielded = Shielded::code(text);
    for span in &mut shielded.spans {
        *span = drop_bare(span, known);
    }
    let prose = std::mem::take(&mut shielded.text);
    let prose = bracketed_links(&prose, known, &mut shielded);
    shielded.restore(&drop_bare(&prose, known))
}

/// Settles the links that have brackets around them, those inside a link's text too.
fn bracketed_links(prose: &str, known: &KnownLinks, kept: &mut Shielded) -> String {
    rewrite(prose, &['[', '<'], |out, at| link(out, at, known, kept).or_else(|| angled(out, at, known)))
}

/// Takes a Markdown link: to its text when unknown, as it is when known.
fn link<'a>(out: &mut String, at: &'a str, known: &KnownLinks, kept: &mut Shielded) -> Option<&'a str> {
    let Label { text, after } = label(at)?;
    let (url, after) = target(after)?;
    let is_known = known.holds(url);
    if text.trim().is_empty() {
        if !is_known {
            return Some(close_gap(out, after));
        }
        out.push_str(url);
    } else if is_known {
        // Kept out of reach of the search for bare links, which would end it elsewhere.
        let target = kept.add(format!("]({url})"))?;
        out.push('[');
        out.push_str(&bracketed_links(text, known, kept));
        out.push(target);
    } else if is_citation(text) {
        out.extend(["[", text, "]"]);
    } else {
        out.push_str(&bracketed_links(text, known, kept));
    }
    Some(after)
}

/// Reads `(address "title")` after a label and returns the address and what follows.
fn target(after: &str) -> Option<(&str, &str)> {
    let (content, after) = round_brackets(after)?;
    let content = content.trim();
    let (url, title) = content.split_once(char::is_whitespace).unwrap_or((content, ""));
    let titled = title.is_empty() || title.trim_start().starts_with(['"', '\'', '(', '“']);
    let url = url.strip_prefix('<').and_then(|url| url.strip_suffix('>')).unwrap_or(url);
    titled.then_some((url, after))
}

/// Takes an autolink `<https://…>` or a chat mark-up link `<https://…|text>`.
fn angled<'a>(out: &mut String, at: &'a str, known: &KnownLinks) -> Option<&'a str> {
    let inside = at.strip_prefix('<')?;
    let (end, _) = inside.char_indices().find(|(_, c)| matches!(c, '<' | '>' | '\n'))?;
    let (content, after) = inside.split_at_checked(end)?;
    let after = after.strip_prefix('>')?;
    let (address, text) = content.split_once('|').unwrap_or((content, ""));
    let keep = if let Some(text) = chat_mention(address, text) {
        text
    } else if address.contains(char::is_whitespace) || !is_address(address) {
        return None;
    } else if known.holds(address) || known.holds_mail(address) {
        address
    } else {
        text
    };
    if keep.is_empty() {
        return Some(close_gap(out, after));
    }
    out.push_str(keep);
    Some(after)
}

/// The text of `<!here>`, `<@U1|alice>` and `<#C1|general>`; a bare `<@U1>` is left to the channel.
fn chat_mention<'a>(address: &'a str, text: &'a str) -> Option<&'a str> {
    let shown = text.trim_start_matches('@');
    match address.chars().next()? {
        '!' if matches!(address, "!here" | "!channel" | "!everyone") => Some(address.trim_start_matches('!')),
        '!' if address.starts_with("!subteam") => Some(shown),
        '@' | '#' if !text.is_empty() => Some(shown),
        _ => None,
    }
}

fn is_address(text: &str) -> bool {
    let scheme = text.split_once(':').is_some_and(|(scheme, _)| {
        scheme.starts_with(|c: char| c.is_ascii_alphabetic()) && scheme.chars().all(is_scheme_char)
    });
    scheme || find_mails(text).first().is_some_and(|mail| *mail == (0..text.len()))
}

/// Removes bare addresses that are not known, wherever they stand.
fn drop_bare(text: &str, known: &KnownLinks) -> String {
    let mut out = String::with_capacity(text.len());
    let mut done = 0;
    for range in find_links(text) {
        let (Some(before), Some(token)) = (text.get(done..range.start), text.get(range.clone())) else {
            continue;
        };
        if let Some(url) = candidates(token).find(|url| known.holds(url)) {
            out.push_str(before);
            out.push_str(url);
            done = range.start + url.len();
            continue;
        }
        out.push_str(before);
        done = range.start + candidates(token).last().unwrap_or(token).len();
        let rest = text.get(done..).unwrap_or_default();
        done += rest.len() - close_gap(&mut out, rest).len();
    }
    out.push_str(text.get(done..).unwrap_or_default());
    out
}

/// Finds the byte ranges that a reader's program may turn into a link, up to the next space.
///
/// That is `scheme://…`, `www.…`, `mailto:…`, `javascript:…`, `data:…` and `host.tld/path`.
/// The punctuation after a link is still in its range; see [`candidates`].
pub(in crate::turn) fn find_links(text: &str) -> Vec<Range<usize>> {
    let mut links = Vec::new();
    let mut start = 0;
    for token in text.split_inclusive(is_delimiter) {
        let bare = token.trim_end_matches(is_delimiter);
        if let Some(at) = link_start(bare) {
            links.push(start + at..start + bare.len());
        }
        start += token.len();
    }
    links
}

fn is_delimiter(c: char) -> bool {
    c.is_whitespace()
        || c.is_control()
        || is_stand_in(c)
        || matches!(c, '<' | '>' | '"' | '`' | '“' | '”' | '„' | '«' | '»' | '—' | '―')
}

/// The same link with less and less of the punctuation that may belong to the sentence.
pub(in crate::turn) fn candidates(token: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(token), |longer| {
        let shorter = without_citation(longer)
            .or_else(|| longer.strip_suffix(|c: char| ".,;:!?'\"]}*_~…’|".contains(c)))
            .or_else(|| longer.strip_suffix(')').filter(|_| closes_too_much(longer)))?;
        (!shorter.is_empty()).then_some(shorter)
    })
}

fn closes_too_much(token: &str) -> bool {
    token.matches(')').count() > token.matches('(').count()
}

/// A citation glued to a link, as in `https://a.example/x[1]`, is not a part of it.
fn without_citation(token: &str) -> Option<&str> {
    let (before, number) = token.strip_suffix(']')?.rsplit_once('[')?;
    is_citation(number).then_some(before)
}

/// Finds where a link starts in a run of characters without spaces.
fn link_start(token: &str) -> Option<usize> {
    let lower = token.to_ascii_lowercase();
    let starts = [scheme_start(&lower), word_start(&lower), host_start(&lower)];
    starts.into_iter().flatten().min()
}

fn is_scheme_char(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '.' | '-')
}

/// The start of the first `scheme://`.
fn scheme_start(lower: &str) -> Option<usize> {
    lower.match_indices("://").find_map(|(at, _)| {
        let before = lower.get(..at)?;
        let scheme = before.rsplit(|c| !is_scheme_char(c)).next()?;
        let scheme = scheme.trim_start_matches(|c: char| !c.is_ascii_alphabetic());
        (!scheme.is_empty()).then(|| at - scheme.len())
    })
}

/// The start of `www.`, or of a scheme that needs no slashes.
fn word_start(lower: &str) -> Option<usize> {
    ["www.", "mailto:", "javascript:", "vbscript:", "data:"]
        .into_iter()
        .filter_map(|word| {
            lower.match_indices(word).map(|(at, _)| at).find(|at| {
                let before = lower.get(..*at).unwrap_or_default();
                let after = lower.get(*at + word.len()..).unwrap_or_default();
                !before.ends_with(char::is_alphanumeric)
                    && after.contains(char::is_alphanumeric)
                    && (word != "data:" || is_data(after))
            })
        })
        .min()
}

/// Tells `data:text/html,…` from "data:1,2".
fn is_data(after: &str) -> bool {
    after.starts_with(',') || (after.contains(',') && after.contains(['/', ';']))
}

/// The start of `host.tld/path`, `host.tld?query` or `host.tld:80/path`, with slashes before it.
fn host_start(lower: &str) -> Option<usize> {
    lower.match_indices(['/', '?', ':', '\\']).find_map(|(at, sign)| {
        let (before, after) = lower.split_at_checked(at)?;
        let after = after.strip_prefix(sign)?;
        let goes_on = match sign {
            "?" => after.starts_with(char::is_alphanumeric),
            ":" => {
                let path = after.trim_start_matches(|c: char| c.is_ascii_digit());
                path.len() < after.len() && path.starts_with(['/', '?'])
            }
            _ => true,
        };
        let host = before.rsplit(|c| !is_host_char(c)).next()?;
        let host = host.rsplit("..").next()?.trim_start_matches(['.', '-', '_']);
        let lead = before.strip_suffix(host)?;
        let inside_path = lead.strip_suffix('/').is_some_and(|path| path.ends_with(is_host_char));
        // Whoever stands before an at sign is no part of the sentence either.
        let lead = lead
            .strip_suffix('@')
            .map_or(lead, |user| user.trim_end_matches(|c: char| is_local_char(c) || c == ':'));
        (goes_on && !inside_path && is_host(host)).then(|| lead.trim_end_matches(['/', '\\']).len())
    })
}

fn is_host_char(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '-' | '_')
}

/// Says whether `host` reads as a domain; `plan.docx` and `node.js` are files, `3.5` is a number.
fn is_host(host: &str) -> bool {
    const FILE_ENDINGS: [&str; 24] = [
        "js", "ts", "jsx", "tsx", "css", "html", "htm", "json", "toml", "yaml", "yml", "xml", "txt", "csv",
        "doc", "docx", "xls", "xlsx", "ppt", "pptx", "pdf", "png", "jpg", "eml",
    ];
    let last = host.rsplit('.').next().unwrap_or_default();
    host.contains('.')
        && host.split('.').all(|label| !label.is_empty())
        && last.chars().count() >= 2
        && (last.chars().all(char::is_alphabetic) || last.starts_with("xn--"))
        && !FILE_ENDINGS.contains(&last)
}

/// Finds the byte ranges of mail addresses.
pub(in crate::turn) fn find_mails(text: &str) -> Vec<Range<usize>> {
    let mut mails: Vec<Range<usize>> = Vec::new();
    for (at, _) in text.match_indices('@') {
        let (Some(before), Some(after)) = (text.get(..at), text.get(at + 1..)) else {
            continue;
        };
        let local = before.rsplit(|c| !is_local_char(c)).next().unwrap_or_default();
        let local = local.trim_start_matches('.');
        let host = after.split(|c| !is_host_char(c)).next().unwrap_or_default();
        let host = host.trim_end_matches(['.', '-', '_']);
        if !local.is_empty() && is_host(&host.to_lowercase()) {
            mails.push(at - local.len()..at + 1 + host.len());
        }
    }
    mails
}

fn is_local_char(c: char) -> bool {
    c.is_alphanumeric() || "._%+-'&=!#$".contains(c)
}
