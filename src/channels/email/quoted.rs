//! New text told from quoted text.
//!
//! Only what is proven to be a quote is put aside, and never all of it: a mail that seems to be nothing but a
//! quote is new text as a whole.

/// Lines after which a mail program puts the mail that is answered.
const SEPARATORS: [&str; 7] = [
    "-----original message-----",
    "----- original message -----",
    "-------- original message --------",
    "-----ursprüngliche nachricht-----",
    "-----mensaje original-----",
    "-----message d'origine-----",
    "________________________________",
];

/// How a line ends that says who wrote what follows.
const WROTE: [&str; 8] =
    ["wrote:", "schrieb:", "a écrit :", "a écrit:", "escribió:", "ha scritto:", "schreef:", "escreveu:"];

/// How the lines begin that Outlook puts above what is answered.
const FIELDS: [&str; 14] = [
    "from:",
    "sent:",
    "date:",
    "to:",
    "cc:",
    "subject:",
    "von:",
    "gesendet:",
    "an:",
    "betreff:",
    "de :",
    "envoyé :",
    "à :",
    "objet :",
];

/// Most lines of a signature.
const SIGNATURE_LINES: usize = 15;

/// A mail's own words and what it quotes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Split {
    pub(super) new: String,
    pub(super) quoted: String,
}

/// Tells new text from quoted text.
pub(super) fn split(text: &str) -> Split {
    let lines: Vec<&str> = text.lines().collect();
    let (mut new, mut quoted) = (Vec::<&str>::new(), Vec::<&str>::new());
    let mut n = 0;
    while let Some(line) = lines.get(n).copied() {
        if is_separator(&lines, n) {
            // Below it is what somebody else wrote, to the end.
            quoted.extend(lines.iter().skip(n).copied());
            break;
        }
        match attribution(&lines, n) {
            Some((length, Then::Quote)) => {
                quoted.extend(lines.iter().skip(n).take(length).copied());
                n += length;
                continue;
            }
            Some((_, Then::End)) => {
                quoted.extend(lines.iter().skip(n).copied());
                break;
            }
            None => {}
        }
        if line.trim_start().starts_with('>') {
            quoted.push(line)
        } else {
            new.push(line)
        }
        n += 1;
    }
    let own = without_signature(&new).join("\n").trim().to_owned();
    if own.is_empty() {
        return Split { new: text.trim().to_owned(), quoted: String::new() };
    }
    Split { new: own, quoted: quoted.join("\n").trim().to_owned() }
}

fn is_separator(lines: &[&str], n: usize) -> bool {
    let lower =
        |n: usize| lines.get(n).map(|line| line.trim().trim_matches('*').to_lowercase()).unwrap_or_default();
    let is_field = |n: usize| FIELDS.iter().any(|field| lower(n).starts_with(field));
    let line = lower(n);
    // A line of underscores may be decoration, so a field has to follow it.
    if SEPARATORS.contains(&line.as_str()) {
        return !line.starts_with('_') || is_field(n + 1) || is_field(n + 2);
    }
    let first = ["from:", "von:", "de :"].iter().any(|field| line.starts_with(field));
    first && is_field(n + 1) && is_field(n + 2)
}

/// What follows an attribution.
enum Then {
    /// Quoted lines, which say themselves how far they go.
    Quote,
    /// The quoted mail without marks, to the end.
    End,
}

/// How many lines say who wrote what follows, if these do.
fn attribution(lines: &[&str], n: usize) -> Option<(usize, Then)> {
    let line = lines.get(n)?.trim();
    let next = lines.get(n + 1).map_or("", |line| line.trim());
    let ends = |text: &str| WROTE.iter().any(|wrote| text.to_lowercase().ends_with(wrote));
    let starts =
        ["on ", "am ", "le ", "el ", "il ", "op "].iter().any(|s| line.to_lowercase().starts_with(s));
    let length = if ends(line) {
        1
    } else if starts && ends(next) {
        2
    } else {
        return None;
    };
    let below = lines.iter().skip(n + length).find(|line| !line.trim().is_empty());
    if below.is_some_and(|line| line.trim_start().starts_with('>')) {
        return Some((length, Then::Quote));
    }
    // Without marks below, only an address and a date prove that it is one.
    let said: String = lines.iter().skip(n).take(length).copied().collect();
    let proven = said.contains('@') && said.chars().any(|c| c.is_ascii_digit());
    proven.then_some((length, Then::End))
}

/// Cuts what stands below the line of two dashes and a space.
fn without_signature<'l>(lines: &[&'l str]) -> Vec<&'l str> {
    let at = lines.iter().rposition(|line| *line == "-- ");
    let end = at.filter(|at| lines.len() - at <= SIGNATURE_LINES).unwrap_or(lines.len());
    lines.iter().take(end).copied().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn f16_quotes_are_put_aside_and_new_text_is_never_lost() {
        for (text, new, quoted) in [
            (
                "Yes.\n\nOn Sun, 3 May 2026 at 12:00, Alice <a@x.example> wrote:\n> which?\n> day?",
                "Yes.",
                "> which?",
            ),
            (
                "Yes.\n\nOn Sunday, 3 May 2026 at 12:00, Alice\n<a@x.example> wrote:\n\n> which?",
                "Yes.",
                "> which?",
            ),
            ("Yes.\n\nAm 3. Mai schrieb:\n> which?", "Yes.", "> which?"),
            (
                "> which day?\nTuesday\n> which hall?\nThe large one",
                "Tuesday\nThe large one",
                "> which hall?",
            ),
            ("Done.\n\nFrom: Alice\nSent: Sunday\nTo: Bob\nSubject: x\n\nold", "Done.", "old"),
            ("Done.\n-----Original Message-----\nFrom: Alice\n\nold", "Done.", "old"),
            ("Done.\n________________________________\nFrom: Alice\n\nold", "Done.", "old"),
            (
                "Done.\nOn 3 May 2026 Alice <a@x.example> wrote:\nold without marks",
                "Done.",
                "old without marks",
            ),
            ("It is on.\n-- \nBob Miller", "It is on.", ""),
        ] {
            let split = split(text);
            assert_eq!(split.new, new, "{text:?}");
            assert!(split.quoted.contains(quoted), "{text:?}: {split:?}");
        }
        for whole in [
            "On Monday the hall is closed, Alice wrote:\nplease tell everybody",
            "On time? I think so.\nOn Tuesday as well.",
            "> only a quote",
            "From: here to there\nit takes an hour",
            "________________________________\na line of decoration",
            "-----Original Message-----\nFrom: x",
            "Alice wrote:\nso what",
        ] {
            assert_eq!(split(whole), Split { new: whole.to_owned(), quoted: String::new() }, "{whole:?}");
        }
    }
}
