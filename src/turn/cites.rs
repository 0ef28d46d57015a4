//! Keeps only the source numbers that exist: a reply never points at a note nobody can open.
//!
//! A bracket such as `[2]` stays when there is a second passage and vanishes, with its gap closed, when
//! there is none. Brackets in code, links and anything that is not a plain list of numbers stay as written.

/// Holds a reply whose source numbers all exist.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// The reply, without the numbers that point nowhere.
    pub text: String,
    /// The passage numbers that remain, sorted, each once, starting at 1.
    pub cites: Vec<usize>,
}

/// Removes every source number outside `1..=passage_count` and lists the ones that remain.
pub fn check_cites(reply: &str, passage_count: usize) -> Cited {
    let mut text = reply.to_owned();
    loop {
        let (next, mut cites) = one_pass(&text, passage_count);
        // Taking "[9]" out of "[[9]1]" makes a new bracket, so look again until nothing changes.
        if next == text {
            cites.sort_unstable();
            cites.dedup();
            return Cited { text, cites };
        }
        text = next;
    }
}

fn one_pass(text: &str, count: usize) -> (String, Vec<usize>) {
    let (mut out, mut cites, mut rest) = (String::with_capacity(text.len()), Vec::new(), text);
    while let Some(c) = rest.chars().next() {
        if let Some((code, after)) = code_span(rest) {
            out.push_str(code);
            rest = after;
        } else if let Some((marker, after)) = marker(rest) {
            let valid: Vec<usize> =
                marker.numbers.iter().flatten().copied().filter(|n| (1..=count).contains(n)).collect();
            rest = after;
            match valid.len() {
                0 => rest = close_gap(&mut out, after),
                n if n == marker.numbers.len() => out.push_str(marker.source),
                _ => out.push_str(&written(&valid)),
            }
            cites.extend(valid);
        } else {
            out.push(c);
            rest = rest.strip_prefix(c).unwrap_or_default();
        }
    }
    (out, cites)
}

fn written(numbers: &[usize]) -> String {
    let listed: Vec<String> = numbers.iter().map(ToString::to_string).collect();
    format!("[{}]", listed.join(", "))
}

struct Marker<'a> {
    source: &'a str,
    /// `None` for a number too large to be one.
    numbers: Vec<Option<usize>>,
}

/// Reads a `[1]` or `[1, 2]` at the start of `rest`, unless a link target follows.
fn marker(rest: &str) -> Option<(Marker<'_>, &str)> {
    let inner = rest.strip_prefix('[')?;
    let (inside, tail) =
        inner.split_at_checked(inner.find(|c: char| !matches!(c, '0'..='9' | ',' | ' '))?)?;
    let after = tail.strip_prefix(']')?;
    let parts: Vec<&str> = inside.split(',').map(str::trim).collect();
    let plain = parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit()));
    if !plain || after.starts_with('(') {
        return None;
    }
    let source = rest.get(..inside.len() + 2)?;
    Some((Marker { source, numbers: parts.iter().map(|part| part.parse().ok()).collect() }, after))
}

/// Reads a backtick span, or a whole fenced block, at the start of `rest`.
fn code_span(rest: &str) -> Option<(&str, &str)> {
    let inner = rest.trim_start_matches('`');
    let ticks = rest.len() - inner.len();
    if ticks == 0 {
        return None;
    }
    let closing = closing_ticks(inner, ticks);
    // An unclosed run is ordinary text, but it must be passed as a whole.
    rest.split_at_checked(closing.map_or(ticks, |end| ticks + end))
}

fn closing_ticks(inner: &str, ticks: usize) -> Option<usize> {
    let (mut run, mut seen) = (0, 0);
    for c in inner.chars() {
        if c == '`' {
            run += 1;
        } else if run == ticks {
            return Some(seen);
        } else if c == '\n' && ticks < 3 {
            return None;
        } else {
            run = 0;
        }
        seen += c.len_utf8();
    }
    (run == ticks).then_some(seen)
}

/// Closes the hole a removed marker left: no doubled space, none before a full stop or a line end.
fn close_gap<'a>(out: &mut String, after: &'a str) -> &'a str {
    let spaced = out.is_empty() || out.ends_with([' ', '\n']);
    let after = if spaced { after.trim_start_matches(' ') } else { after };
    if after.is_empty() || after.starts_with(['.', ',', ';', ':', '!', '?', ')', '\n']) {
        out.truncate(out.trim_end_matches(' ').len());
    }
    after
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_numbers_of_real_passages_stay() {
        let cases: &[(&str, usize, &str, &[usize])] = &[
            ("Friday [1].", 1, "Friday [1].", &[1]),
            ("Friday [2].", 1, "Friday.", &[]),
            ("Friday [0].", 3, "Friday.", &[]),
            ("Friday[2].", 1, "Friday.", &[]),
            ("A [1] and B [2].", 2, "A [1] and B [2].", &[1, 2]),
            ("A [3] and B [2].", 2, "A and B [2].", &[2]),
            ("Both [1, 3].", 3, "Both [1, 3].", &[1, 3]),
            ("Both [1,3].", 3, "Both [1,3].", &[1, 3]),
            ("Both [1, 9].", 3, "Both [1].", &[1]),
            ("Three [3, 9, 1].", 3, "Three [3, 1].", &[1, 3]),
            ("Both [8, 9].", 3, "Both.", &[]),
            ("Two [2][1].", 2, "Two [2][1].", &[1, 2]),
            ("Two [1][7].", 2, "Two [1].", &[1]),
            ("Two [7][1].", 2, "Two [1].", &[1]),
            ("Twice [2] and [2].", 2, "Twice [2] and [2].", &[2]),
            ("An item [x] stays.", 2, "An item [x] stays.", &[]),
            ("Room [12a] stays.", 2, "Room [12a] stays.", &[]),
            ("A [9](https://x.test) link.", 2, "A [9](https://x.test) link.", &[]),
            ("Empty [] stays.", 2, "Empty [] stays.", &[]),
            ("Comma [,] stays.", 2, "Comma [,] stays.", &[]),
            ("Open [1", 2, "Open [1", &[]),
            ("Big [99999999999999999999999999].", 2, "Big.", &[]),
            ("Big [1, 99999999999999999999999999].", 2, "Big [1].", &[1]),
            ("[9] First.", 2, "First.", &[]),
            ("Line [9]\nnext", 2, "Line\nnext", &[]),
            ("Last [9]", 2, "Last", &[]),
            ("Code `row[9]` stays [9].", 2, "Code `row[9]` stays.", &[]),
            ("```\nrow[9]\n```\nDone [1].", 2, "```\nrow[9]\n```\nDone [1].", &[1]),
            ("A lone ` and [9].", 2, "A lone ` and.", &[]),
            ("[[9]1]", 2, "[1]", &[1]),
            ("[-1] stays", 2, "[-1] stays", &[]),
            ("[01] works", 2, "[01] works", &[1]),
            ("Nothing here", 0, "Nothing here", &[]),
            ("None [1], though", 0, "None, though", &[]),
            ("(see [4])", 2, "(see)", &[]),
            ("Two  spaces stay", 2, "Two  spaces stay", &[]),
            ("", 2, "", &[]),
        ];
        for (reply, count, text, cites) in cases {
            let cited = check_cites(reply, *count);
            assert_eq!((cited.text.as_str(), cited.cites.as_slice()), (*text, *cites), "{reply:?}");
        }
    }

    proptest! {
        #[test]
        fn checking_twice_changes_nothing_more(reply in "[\\[\\]0-9, .a(`\n]{0,60}", count in 0_usize..12) {
            let once = check_cites(&reply, count);
            prop_assert_eq!(&check_cites(&once.text, count), &once);
        }

        #[test]
        fn any_text_is_survived_and_only_real_passages_are_listed(reply in "\\PC{0,200}", count in 0_usize..12) {
            let cited = check_cites(&reply, count);
            prop_assert!(cited.cites.iter().all(|n| (1..=count).contains(n)));
        }
    }
}
