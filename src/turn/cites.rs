//! Citations: every `[1]` in a reply points at a passage that was really put before the model.
//!
//! A person notices that each number in brackets leads somewhere. A number that leads nowhere is
//! taken out together with the words that only led up to it, such as "according to".

use super::manners::text::{capitalised, close_gap, code_ranges, is_wordy};

/// Words that only lead up to a citation and go with it, the longest first.
const LEAD_INS: [&str; 13] = [
    "as described in",
    "as mentioned in",
    "as stated in",
    "as noted in",
    "as shown in",
    "according to",
    "see also",
    "sources:",
    "source:",
    "see",
    "per",
    "from",
    "cf.",
];

/// What stands between two citations of one list.
const CONNECTORS: [&str; 6] = [", and", ",", ";", "and", "&", "or"];

/// A reply whose citations all match a passage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cited {
    /// The reply without the citations that match nothing.
    pub text: String,
    /// The passage numbers cited, counted from one, each once and in rising order.
    pub cites: Vec<usize>,
}

/// One citation marker in the reply, such as `[1, 3]`.
struct Marker<'a> {
    numbers: Vec<usize>,
    after: &'a str,
}

/// Removes citations that match none of the `passage_count` passages and tidies what they leave.
///
/// Passages are counted from one. Markers in code, Markdown links and footnotes are left alone.
/// Checking a checked reply changes nothing.
pub fn check_cites(reply: &str, passage_count: usize) -> Cited {
    let mut cited = check_once(reply, passage_count);
    loop {
        // What closes around a citation that is gone may be one itself, as in `[[9]1]`.
        let next = check_once(&cited.text, passage_count);
        if next.text == cited.text {
            return next;
        }
        cited = next;
    }
}

fn check_once(reply: &str, passage_count: usize) -> Cited {
    let mut cited = Cited { text: String::with_capacity(reply.len()), cites: Vec::new() };
    let code = code_ranges(reply);
    let mut rest = reply;
    while let Some(at) = rest.find('[') {
        let (before, from) = rest.split_at_checked(at).unwrap_or((rest, ""));
        cited.text.push_str(before);
        let position = reply.len() - from.len();
        let in_code = code.iter().any(|range| range.contains(&position));
        // `[1]: address` at the start of a line is a definition; that is the link policy's too.
        let in_text = |m: &Marker<'_>| !(m.after.starts_with(':') && cited.starts_line());
        match marker(from).filter(|m| !in_code && in_text(m)) {
            Some(marker) => rest = cited.settle(marker, passage_count),
            None => {
                cited.text.push('[');
                rest = from.strip_prefix('[').unwrap_or_default();
            }
        }
    }
    cited.text.push_str(rest);
    cited.cites.sort_unstable();
    cited.cites.dedup();
    cited
}

/// Reads a marker at the start of `from`: numbers, commas and ranges in square brackets.
fn marker(from: &str) -> Option<Marker<'_>> {
    let inside = from.strip_prefix('[')?;
    let end = inside.find(|c: char| !(c.is_ascii_digit() || " ,;-–".contains(c)))?;
    let (inside, after) = inside.split_at_checked(end)?;
    let after = after.strip_prefix(']')?;
    let is_number = |part: &str| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit());
    let mut numbers = Vec::new();
    for part in inside.split([',', ';']).map(str::trim) {
        let (first, last) = part.split_once(['-', '–']).unwrap_or((part, part));
        let (first, last) = (first.trim(), last.trim());
        if !is_number(first) || !is_number(last) {
            return None;
        }
        // A number too large to count matches no passage; zero says so and doesn't either.
        let (first, last) = (first.parse().unwrap_or(0), last.parse().unwrap_or(0));
        numbers.extend(range(first, last));
    }
    // `[1](address)` is a link; the link policy sees to it.
    (!after.starts_with('(')).then_some(Marker { numbers, after })
}

/// The numbers of `[1-3]`; a range no list of passages can have counts by its ends.
fn range(first: usize, last: usize) -> Vec<usize> {
    if first <= last && last - first < 50 { (first..=last).collect() } else { vec![first, last] }
}

impl Cited {
    /// Writes what is valid of `marker` and returns the text to go on with.
    fn settle<'a>(&mut self, marker: Marker<'a>, passage_count: usize) -> &'a str {
        let mut valid = marker.numbers;
        valid.retain(|number| (1..=passage_count).contains(number));
        valid.sort_unstable();
        valid.dedup();
        if valid.is_empty() {
            return self.close(marker.after);
        }
        let list: Vec<String> = valid.iter().map(usize::to_string).collect();
        self.text.push_str(&format!("[{}]", list.join(", ")));
        self.cites.extend(valid);
        marker.after
    }

    fn starts_line(&self) -> bool {
        let line = self.text.rsplit('\n').next().unwrap_or_default();
        line.chars().all(|c| c.is_whitespace() || c == '>')
    }

    /// Closes the place of a marker that is gone.
    fn close<'a>(&mut self, after: &'a str) -> &'a str {
        if let Some(next) = without_connector(after) {
            return next;
        }
        self.drop_connector();
        let led_in = self.drop_lead_in(after);
        let line = self.text.trim_end_matches([' ', '\t']);
        let starts_sentence = line.is_empty() || line.ends_with(['.', '!', '?', ':', '\n']);
        match after.trim_start().strip_prefix(',').filter(|_| led_in && starts_sentence) {
            Some(clause) => self.start_sentence(clause.trim_start()),
            None => close_gap(&mut self.text, after),
        }
    }

    /// Takes " and" off the end of `[1] and` when the marker after it is gone.
    fn drop_connector(&mut self) {
        let text = self.text.trim_end();
        let joined = CONNECTORS.iter().find_map(|word| text.strip_suffix(word));
        if let Some(joined) = joined.map(str::trim_end).filter(|joined| joined.ends_with(']')) {
            self.text.truncate(joined.len());
        }
    }

    /// Takes "according to" off the end when only punctuation follows, and says whether it did.
    fn drop_lead_in(&mut self, after: &str) -> bool {
        if after.trim_start().starts_with(char::is_alphanumeric) {
            return false;
        }
        let text = self.text.trim_end();
        let lower = text.to_ascii_lowercase();
        let found = LEAD_INS.iter().find_map(|words| {
            let before = lower.strip_suffix(words)?;
            let free = !before.ends_with(is_wordy);
            // "As you can see" is no lead-in, "(see" is.
            let needs_start = words.starts_with(['s', 'c']);
            let starts = !before.trim_end().ends_with(is_wordy);
            (free && (starts || !needs_start)).then_some(before.len())
        });
        if let Some(length) = found {
            self.text.truncate(length);
        }
        found.is_some()
    }

    /// Writes the first word of `clause` with a capital and returns the rest.
    fn start_sentence<'a>(&mut self, clause: &'a str) -> &'a str {
        let end = clause.find(char::is_whitespace).unwrap_or(clause.len());
        let (word, rest) = clause.split_at_checked(end).unwrap_or((clause, ""));
        self.text.push_str(&capitalised(word));
        rest
    }
}

/// Skips the " and" of `[9] and [1]` when the first marker is gone, up to the second.
fn without_connector(after: &str) -> Option<&str> {
    let after = after.trim_start_matches(' ');
    let next = CONNECTORS.iter().find_map(|word| after.strip_prefix(word))?.trim_start_matches(' ');
    marker(next).map(|_| next)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn becomes(cases: &[(&str, &str, &[usize])]) {
        for (reply, text, cites) in cases {
            let expected = Cited { text: (*text).to_owned(), cites: cites.to_vec() };
            assert_eq!(check_cites(reply, 3), expected, "reply: {reply:?}");
        }
    }

    #[test]
    fn citations_of_real_passages_stay() {
        becomes(&[
            ("It is Friday [1].", "It is Friday [1].", &[1]),
            ("It is Friday [1][2].", "It is Friday [1][2].", &[1, 2]),
            ("It is Friday [1, 3].", "It is Friday [1, 3].", &[1, 3]),
            ("It is Friday[2]. Or not [2].", "It is Friday[2]. Or not [2].", &[2]),
            ("[3] says so, and [1] too.", "[3] says so, and [1] too.", &[1, 3]),
            ("No citation here.", "No citation here.", &[]),
            ("", "", &[]),
        ]);
    }

    #[test]
    fn a_citation_list_is_written_one_way() {
        becomes(&[
            ("So [3,1].", "So [1, 3].", &[1, 3]),
            ("So [ 1 ; 2 ].", "So [1, 2].", &[1, 2]),
            ("So [1-3].", "So [1, 2, 3].", &[1, 2, 3]),
            ("So [2, 2].", "So [2].", &[2]),
        ]);
    }

    #[test]
    fn a_citation_without_a_passage_is_removed_and_the_gap_closed() {
        becomes(&[
            ("It is Friday [4].", "It is Friday.", &[]),
            ("It is Friday [0].", "It is Friday.", &[]),
            ("It is Friday[9], I think.", "It is Friday, I think.", &[]),
            ("[7] It is Friday.", "It is Friday.", &[]),
            ("It [7] is Friday.", "It is Friday.", &[]),
            ("It is Friday ([7]).", "It is Friday.", &[]),
            ("It is Friday [1][7].", "It is Friday [1].", &[1]),
            ("It is Friday [7][1].", "It is Friday [1].", &[1]),
            ("It is Friday [1, 7].", "It is Friday [1].", &[1]),
            ("It is Friday [7, 8].", "It is Friday.", &[]),
            ("It is Friday [2-9].", "It is Friday [2, 3].", &[2, 3]),
            ("It is Friday [99999999999999999999].", "It is Friday.", &[]),
            ("It is Friday [5-99999999].", "It is Friday.", &[]),
            ("Line one [9]\nline two", "Line one\nline two", &[]),
        ]);
    }

    #[test]
    fn words_that_only_led_to_the_citation_go_too() {
        becomes(&[
            ("It is Friday [1] and [7].", "It is Friday [1].", &[1]),
            ("It is Friday [7] and [1].", "It is Friday [1].", &[1]),
            ("It is Friday [1], [7], I think.", "It is Friday [1], I think.", &[1]),
            ("It is Friday [7] and [8].", "It is Friday.", &[]),
            ("According to [9], the plan is done.", "The plan is done.", &[]),
            ("The plan is done, according to [9].", "The plan is done.", &[]),
            ("It is Friday (see [9]).", "It is Friday.", &[]),
            ("It is Friday. Source: [9]", "It is Friday.", &[]),
            ("As you can see [9], it is Friday.", "As you can see, it is Friday.", &[]),
            ("I have it from [9] Bob.", "I have it from Bob.", &[]),
        ]);
    }

    #[test]
    fn what_is_not_a_citation_stays() {
        for reply in [
            "Use `list[9]` here.",
            "```\nlist[9]\n```",
            "See [9](https://a.example/x).",
            "[9]: https://a.example/x",
            "A note[^9] and [x] and [] and [a, 1].",
            "An open [9 bracket",
            "- [ ] to do",
        ] {
            becomes(&[(reply, reply, &[])]);
        }
    }

    proptest! {
        #[test]
        fn checking_twice_is_checking_once(
            parts in prop::collection::vec(prop::sample::select(vec![
                "[1]", "[2]", "[9]", "[1, 9]", "[", "]", "(", ")", ", ", " and ", ".", " ", "word",
                "see ", "according to ", "`", "\n", ":", "[9](x)", "*", "_", "\"", "é",
            ]), 0..20),
        ) {
            let reply = parts.concat();
            let once = check_cites(&reply, 2);
            prop_assert!(once.cites.iter().all(|number| (1..=2).contains(number)));
            let twice = check_cites(&once.text, 2);
            prop_assert_eq!(twice, once);
        }

        #[test]
        fn no_reply_makes_it_panic(reply in any::<String>(), passage_count in any::<usize>()) {
            check_cites(&reply, passage_count);
        }
    }
}
