//! Slack's notation: what people wrote as plain text, and what the understudy writes as mrkdwn.

/// Most characters of one post: what an edit of it may have, too (`chat.update` refuses more than 4,000).
pub const POST_MAX_CHARS: usize = 3_500;

/// Turns Slack's notation into plain text; `name` gives the name of a user id.
///
/// A user whose name is not known stays in Slack's notation, so that it can be looked up later.
#[must_use]
pub fn to_plain(text: &str, name: impl Fn(&str) -> Option<String>) -> String {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(&unescape(before));
        match after.split_once('>') {
            Some((token, after)) => {
                plain.push_str(&read_token(token, &name));
                rest = after;
            }
            None => {
                plain.push('<');
                rest = after;
            }
        }
    }
    plain.push_str(&unescape(rest));
    plain
}

fn read_token(token: &str, name: &impl Fn(&str) -> Option<String>) -> String {
    let (target, label) = match token.split_once('|') {
        Some((target, label)) => (target, Some(label).filter(|label| !label.is_empty())),
        None => (token, None),
    };
    let labelled =
        |sign: char, id: &str| label.map_or(format!("{sign}{id}"), |label| format!("{sign}{label}"));
    if let Some(user) = target.strip_prefix('@') {
        return match label.map(str::to_owned).or_else(|| name(user)) {
            Some(name) => format!("@{name}"),
            None => format!("<@{user}>"),
        };
    }
    if let Some(channel) = target.strip_prefix('#') {
        return labelled('#', channel);
    }
    if let Some(special) = target.strip_prefix('!') {
        let word = special.split('^').next().unwrap_or(special);
        return label.map_or(format!("@{word}"), |label| label.to_owned());
    }
    let address = unescape(target);
    match label.map(unescape) {
        Some(label) if label != address && !address.ends_with(&label) => format!("{label} ({address})"),
        _ => address,
    }
}

fn unescape(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

/// The user ids that are mentioned in a text in Slack's notation.
pub fn mentions(text: &str) -> impl Iterator<Item = &str> {
    text.split("<@").skip(1).filter_map(|rest| rest.split(['>', '|']).next()).filter(|id| !id.is_empty())
}

/// Turns a reply into mrkdwn: what could be a mention or a link token of Slack is only text afterwards.
///
/// Code keeps its characters; bold, headings and list marks of Markdown become Slack's.
#[must_use]
pub fn from_reply(text: &str) -> String {
    let mut fenced = false;
    let mut lines = Vec::new();
    for line in text.lines() {
        let escaped = calm(&escape(line));
        if line.trim_start().starts_with("```") {
            fenced = !fenced;
            lines.push(escaped);
        } else if fenced {
            lines.push(escaped);
        } else {
            lines.push(dress(&escaped));
        }
    }
    lines.join("\n")
}

/// The three characters that Slack gives a meaning
/// (<https://docs.slack.dev/messaging/formatting-message-text#escaping>).
fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Some clients and workflows turn these words into mentions of everybody: a word joiner keeps them words.
fn calm(text: &str) -> String {
    ["here", "channel", "everyone", "group"]
        .iter()
        .fold(text.to_owned(), |text, word| text.replace(&format!("@{word}"), &format!("@\u{2060}{word}")))
}

fn dress(line: &str) -> String {
    let indent = line.len() - line.trim_start().len();
    let (space, body) = line.split_at_checked(indent).unwrap_or(("", line));
    if let Some(heading) = body.strip_prefix('#') {
        let heading = heading.trim_start_matches('#');
        if let Some(words) = heading.strip_prefix(' ') {
            return format!("*{}*", words.replace("**", "").trim());
        }
    }
    let body = match body.strip_prefix("- ").or_else(|| body.strip_prefix("* ")) {
        Some(item) => format!("• {item}"),
        None => body.to_owned(),
    };
    format!("{space}{}", bold(&body))
}

/// `**bold**` in pairs becomes `*bold*`.
fn bold(text: &str) -> String {
    let parts: Vec<&str> = text.split("**").collect();
    if parts.len().is_multiple_of(2) || parts.len() == 1 { text.to_owned() } else { parts.join("*") }
}

/// Cuts mrkdwn into posts of at most `most` characters: between paragraphs if that is possible, else between
/// lines, sentences, words; a fence that is cut is closed and opened again.
#[must_use]
pub fn split(text: &str, most: usize) -> Vec<String> {
    const FENCE: &str = "```";
    let room = most.saturating_sub(2 * (FENCE.len() + 1)).max(1);
    let (mut posts, mut rest) = (Vec::new(), text.trim_end());
    let mut fenced = false;
    while rest.chars().count() > room || (fenced && !rest.is_empty()) {
        let cut = if rest.chars().count() > room { border(rest, room) } else { rest.len() };
        let Some((post, after)) = rest.split_at_checked(cut) else { break };
        let opened = if fenced { format!("{FENCE}\n{post}") } else { post.to_owned() };
        fenced = opened.matches(FENCE).count() % 2 == 1;
        let closed =
            if fenced { format!("{}\n{FENCE}", opened.trim_end()) } else { opened.trim_end().to_owned() };
        if !closed.is_empty() {
            posts.push(closed);
        }
        rest = if fenced { after.trim_start_matches('\n') } else { after.trim_start() };
    }
    if !rest.is_empty() {
        posts.push(rest.to_owned());
    }
    posts
}

/// Where to cut within the first `room` characters, in bytes; never 0, never inside a character or an entity.
fn border(text: &str, room: usize) -> usize {
    let end = text.char_indices().nth(room).map_or(text.len(), |(at, _)| at);
    let Some(head) = text.get(..end) else { return text.len() };
    // A border too early would leave a short post in front of a long one.
    let late = |at: usize| at > end / 3;
    for sign in ["\n\n", "\n", ". ", "? ", "! ", " "] {
        if let Some(at) = head.rfind(sign).map(|at| at + sign.len()).filter(|at| late(*at)) {
            return at;
        }
    }
    // One endless word: do not cut through `&amp;`.
    let entity =
        head.rfind('&').filter(|at| end - at < 6 && head.get(*at..).is_some_and(|tail| !tail.contains(';')));
    entity.filter(|at| *at > 0).unwrap_or(end)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn slack_s_notation_becomes_plain_text() {
        let name = |id: &str| (id == "U1").then(|| "Alice".to_owned());
        for (slack, plain) in [
            ("hi <@U1>", "hi @Alice"),
            ("hi <@U2>", "hi <@U2>"),
            ("hi <@U2|carol>", "hi @carol"),
            ("see <#C1|general> and <#C2>", "see #general and #C2"),
            ("<!here> <!subteam^S1|@ops> <!date^1^{date}|Friday>", "@here @ops Friday"),
            ("<https://x.example/a?b=1&amp;c=2>", "https://x.example/a?b=1&c=2"),
            ("<https://x.example|the plan>", "the plan (https://x.example)"),
            ("<mailto:a@x.example|a@x.example>", "mailto:a@x.example"),
            ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
            ("&amp;lt;", "&lt;"),
            ("a < b", "a < b"),
            ("<", "<"),
            ("<>", ""),
        ] {
            assert_eq!(to_plain(slack, name), plain, "{slack}");
        }
        assert_eq!(mentions("<@U1> and <@U2|x>, <@>").collect::<Vec<_>>(), ["U1", "U2"]);
    }

    #[test]
    fn a_reply_pings_nobody() {
        for (reply, mrkdwn) in [
            ("a < b & c > d", "a &lt; b &amp; c &gt; d"),
            (
                "<!channel> <@U1> <https://evil.example|bank>",
                "&lt;!channel&gt; &lt;@U1&gt; &lt;https://evil.example|bank&gt;",
            ),
            ("ask @here or @channel", "ask @\u{2060}here or @\u{2060}channel"),
            ("**Friday** at 10", "*Friday* at 10"),
            ("2 ** 3", "2 ** 3"),
            ("## Plan", "*Plan*"),
            ("#1 is open", "#1 is open"),
            ("- one\n  - two", "• one\n  • two"),
            ("```\n- **x** <y>\n```", "```\n- **x** &lt;y&gt;\n```"),
        ] {
            assert_eq!(from_reply(reply), mrkdwn, "{reply}");
        }
    }

    #[test]
    fn long_text_is_cut_at_the_best_border() {
        for (text, most, posts) in [
            ("short", 100, vec!["short"]),
            ("", 100, vec![]),
            ("aaaa bbbb\n\ncccc dddd", 24, vec!["aaaa bbbb", "cccc dddd"]),
            ("One is. Two is here now", 24, vec!["One is.", "Two is here now"]),
            ("```\naaaa\nbbbb\ncccc\ndddd\n```", 26, vec!["```\naaaa\nbbbb\n```", "```\ncccc\ndddd\n```"]),
        ] {
            assert_eq!(split(text, most), posts, "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_post_is_too_long_and_no_word_is_lost(text in "([a-zé&<>]{0,30}[ \n.]{1,3}(```)?){0,60}", most in 24_usize..200) {
            let mrkdwn = from_reply(&text);
            let posts = split(&mrkdwn, most);
            for post in &posts {
                prop_assert!(post.chars().count() <= most, "{} of {most}", post.chars().count());
                prop_assert!(!post.trim().is_empty());
            }
            let letters = |text: &str| text.chars().filter(|c| !c.is_whitespace() && *c != '`').collect::<String>();
            prop_assert_eq!(letters(&posts.concat()), letters(&mrkdwn));
        }
    }
}
