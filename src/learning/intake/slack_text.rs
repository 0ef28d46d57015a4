//! Slack's own notation as the words that people saw.

/// Turns `<@U1>`, `<#C1|name>`, `<https://…|label>`, `<!here>` and `&amp;` into what Slack shows.
pub(super) fn plain(text: &str, name_of: impl Fn(&str) -> Option<String>) -> String {
    let mut shown = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        shown.push_str(before);
        let Some((inside, after)) = after.split_once('>') else {
            shown.push('<');
            rest = after;
            break;
        };
        shown.push_str(&reference(inside, &name_of));
        rest = after;
    }
    shown.push_str(rest);
    shown.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
}

fn reference(inside: &str, name_of: &impl Fn(&str) -> Option<String>) -> String {
    let (target, label) = inside.split_once('|').map_or((inside, None), |(t, l)| (t, Some(l)));
    let mut kind = target.chars();
    match kind.next() {
        Some('@') => {
            let name = label.map(str::to_owned).or_else(|| name_of(kind.as_str()));
            format!("@{}", name.unwrap_or_else(|| "somebody".to_owned()))
        }
        Some('#') => format!("#{}", label.unwrap_or("channel")),
        Some('!') => format!("@{}", label.unwrap_or(kind.as_str()).trim_start_matches('@')),
        _ => match label {
            Some(label) if !label.is_empty() && label != target => format!("{label} ({target})"),
            _ => target.trim_start_matches("mailto:").to_owned(),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_notation_becomes_what_people_saw() {
        let name_of = |id: &str| (id == "U1").then(|| "Alice".to_owned());
        for (text, shown) in [
            ("<@U1> can you look?", "@Alice can you look?"),
            ("<@U2|carol> and <@U9>", "@carol and @somebody"),
            (
                "see <#C1|events> &amp; <https://example.org/a|the plan>",
                "see #events & the plan (https://example.org/a)",
            ),
            ("<!here> <!subteam^S1|@ops> <https://example.org>", "@here @ops https://example.org"),
            ("1 &lt; 2, a < b", "1 < 2, a < b"),
        ] {
            assert_eq!(plain(text, name_of), shown);
        }
    }
}
