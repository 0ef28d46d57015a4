//! Cuts what the sender did not write: quotes, forwarded mail, signatures, disclaimers.

/// Lines that begin a quoted mail, in the languages of common mail programs.
const QUOTE_STARTS: [&str; 12] = [
    "-----original message-----",
    "----- original message -----",
    "---------- forwarded message",
    "begin forwarded message:",
    "________________________________",
    "-----ursprüngliche nachricht-----",
    "-------- original message --------",
    "-------- forwarded message --------",
    "-----mensaje original-----",
    "-----message d'origine-----",
    "> from:",
    "*from:*",
];

/// Words that end an attribution line such as "On 3 May 2026, Alice wrote:".
const WROTE: [&str; 8] =
    ["wrote:", "schrieb:", "a écrit :", "a écrit:", "escribió:", "ha scritto:", "schreef:", "escreveu:"];

/// Lines that only a mail program or a company adds.
const SENT_FROM: [&str; 7] = [
    "sent from my ",
    "sent from outlook",
    "get outlook for ",
    "von meinem iphone gesendet",
    "von meinem ipad gesendet",
    "envoyé de mon iphone",
    "enviado desde mi ",
];

/// Beginnings of paragraphs that lawyers add.
const DISCLAIMERS: [&str; 12] = [
    "this e-mail and any",
    "this email and any",
    "this message and any",
    "this e-mail is confidential",
    "this email is confidential",
    "this message is confidential",
    "the information contained in this",
    "confidentiality notice",
    "disclaimer:",
    "if you are not the intended recipient",
    "please consider the environment",
    "diese e-mail enthält vertrauliche",
];

/// Words that end a mail.
const SIGN_OFFS: [&str; 25] = [
    "best regards",
    "kind regards",
    "warm regards",
    "with kind regards",
    "regards",
    "best wishes",
    "many thanks",
    "thanks",
    "thank you",
    "thanks again",
    "best",
    "cheers",
    "sincerely",
    "yours sincerely",
    "all the best",
    "take care",
    "talk soon",
    "see you soon",
    "hugs",
    "warmly",
    "mit freundlichen grüßen",
    "viele grüße",
    "liebe grüße",
    "cordialement",
    "saludos",
];

/// What the sender of a mail wrote themselves.
pub fn own_words(mail: &str) -> String {
    let lines = before_quote(mail);
    let lines: Vec<&str> = lines.into_iter().filter(|line| !line.trim_start().starts_with('>')).collect();
    let lines = before_signature(&lines);
    let text = lines.join("\n");
    let kept = text.split("\n\n").filter(|paragraph| !is_disclaimer(paragraph));
    tidy(&kept.collect::<Vec<_>>().join("\n\n"))
}

/// A chat message without the lines that it quotes.
pub(super) fn without_quotes(message: &str) -> String {
    let own = message.lines().filter(|line| !line.trim_start().starts_with('>'));
    tidy(&own.collect::<Vec<_>>().join("\n"))
}

fn before_quote(mail: &str) -> Vec<&str> {
    let lines: Vec<&str> = mail.lines().collect();
    let end = (0..lines.len()).find(|&n| {
        let line = lines.get(n).map_or("", |line| line.trim());
        let next = lines.get(n + 1).map_or("", |line| line.trim());
        starts_quote(line, next)
    });
    lines.into_iter().take(end.unwrap_or(usize::MAX)).collect()
}

fn starts_quote(line: &str, next: &str) -> bool {
    let lower = line.to_lowercase();
    let attribution = WROTE.iter().any(|wrote| lower.ends_with(wrote)) && lower.chars().any(char::is_numeric);
    // A long attribution is wrapped: "On Sunday, 3 May 2026 at 12:00, Alice\n<alice@…> wrote:"
    let wrapped = (lower.starts_with("on ") || lower.starts_with("am ") || lower.starts_with("le "))
        && lower.chars().any(char::is_numeric)
        && WROTE.iter().any(|wrote| next.to_lowercase().ends_with(wrote));
    let header = |text: &str, names: &[&str]| names.iter().any(|name| text.to_lowercase().starts_with(name));
    let outlook = header(line, &["from:", "von:", "de:"])
        && header(next, &["sent:", "date:", "to:", "gesendet:", "datum:", "envoyé", "enviado"]);
    attribution || wrapped || outlook || QUOTE_STARTS.iter().any(|start| lower.starts_with(start))
}

/// Cuts at `-- `, at a sign-off near the end, and lines that a telephone adds.
fn before_signature<'l>(lines: &[&'l str]) -> Vec<&'l str> {
    let dashes = lines.iter().position(|line| matches!(*line, "-- " | "--" | "\u{2014}" | "__"));
    let mut kept: Vec<&str> = lines.iter().take(dashes.unwrap_or(usize::MAX)).copied().collect();
    kept.retain(|line| {
        let lower = line.trim().to_lowercase();
        !SENT_FROM.iter().any(|sent| lower.starts_with(sent))
    });
    let filled: Vec<usize> =
        (0..kept.len()).filter(|n| kept.get(*n).is_some_and(|line| !line.trim().is_empty())).collect();
    // What follows a sign-off is a name, a title, a telephone number: a few short lines.
    let sign_off =
        filled.iter().rev().take(8).rev().find(|&&n| kept.get(n).is_some_and(|line| is_sign_off(line)));
    if let Some(&n) = sign_off
        && filled.first() != Some(&n)
    {
        let short = kept.iter().skip(n + 1).all(|line| line.chars().count() <= 60);
        if short {
            kept.truncate(n);
        }
    }
    kept
}

fn is_sign_off(line: &str) -> bool {
    let bare = line.trim().trim_end_matches([',', '.', '!']).to_lowercase();
    SIGN_OFFS.contains(&bare.as_str())
}

fn is_disclaimer(paragraph: &str) -> bool {
    let start = paragraph.trim_start_matches(['*', '_', ' ', '\n']).to_lowercase();
    DISCLAIMERS.iter().any(|words| start.starts_with(words))
}

fn tidy(text: &str) -> String {
    let lines: Vec<&str> = text.lines().map(str::trim_end).collect();
    let mut tidied = lines.join("\n");
    while tidied.contains("\n\n\n") {
        tidied = tidied.replace("\n\n\n", "\n\n");
    }
    tidied.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_senders_own_words_remain() {
        for (mail, own) in [
            (
                "Yes, Tuesday.\n\nOn Sun, 3 May 2026 at 12:00, Alice <a@x> wrote:\n> which day?\n",
                "Yes, Tuesday.",
            ),
            ("Yes.\n\nOn Sunday, 3 May 2026 at 12:00, Alice\n<a@x> wrote:\n> which?", "Yes."),
            ("See below.\n\nFrom: Alice\nSent: Sunday\nTo: Bob\n\nold", "See below."),
            ("Done.\n-- \nBob Miller\nOperations", "Done."),
            ("Hi,\n\nit is on.\n\nBest regards,\nBob\n+44 20 7946 0958", "Hi,\n\nit is on."),
            ("It is on.\n\nSent from my phone", "It is on."),
            ("It is on.\n\nSee you soon,\nBob", "It is on."),
            ("Two are coming.\n\nHugs\nBob", "Two are coming."),
            ("It is on.\nSee you\nat the hall at 9", "It is on.\nSee you\nat the hall at 9"),
            (
                "It is on.\n\nThis email and any attachments are confidential.\nDelete it.\n\nBob",
                "It is on.\n\nBob",
            ),
            ("> old\nnew\n>> older\n", "new"),
            ("Thanks", "Thanks"),
            (
                "Thanks,\nand one more thing: the fair moves to a place where we have never been before, so plan for it.",
                "Thanks,\nand one more thing: the fair moves to a place where we have never been before, so plan for it.",
            ),
            ("-----Original Message-----\nFrom: x", ""),
        ] {
            assert_eq!(own_words(mail), own, "{mail:?}");
        }
        assert_eq!(without_quotes("> which day?\nTuesday"), "Tuesday");
    }
}
