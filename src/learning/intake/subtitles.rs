//! `WebVTT` (<https://www.w3.org/TR/webvtt1/>) and SRT: cues with a time, often with a speaker.

use crate::learning::calendar::offset_s;

/// Something that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Cue {
    /// Seconds since the beginning.
    pub at_s: i64,
    /// Who said it, empty when the file does not say.
    pub speaker: String,
    /// The words.
    pub text: String,
}

/// Whether a text has cue times.
pub(super) fn has_cues(text: &str) -> bool {
    text.trim_start_matches('\u{feff}').starts_with("WEBVTT")
        || text.lines().take(50).any(|line| line.contains(" --> "))
}

/// Reads the cues in order; what is no cue is passed over.
pub(super) fn cues(text: &str) -> Vec<Cue> {
    let mut cues: Vec<Cue> = Vec::new();
    let mut open: Option<Cue> = None;
    for line in text.lines().chain([""]) {
        let line = line.trim();
        if let Some((start, _)) = line.split_once("-->") {
            cues.extend(open.take());
            let Some(at_s) = offset_s(start) else { continue };
            open = Some(Cue { at_s, speaker: String::new(), text: String::new() });
        } else if line.is_empty() {
            cues.extend(open.take());
        } else if let Some(cue) = &mut open {
            let (speaker, words) = spoken(line);
            if let Some(speaker) = speaker {
                cue.speaker = speaker;
            }
            if !cue.text.is_empty() {
                cue.text.push(' ');
            }
            cue.text.push_str(&words);
        }
    }
    cues.retain(|cue| !cue.text.trim().is_empty());
    // A cue without a name goes on with whoever spoke before.
    let mut last = String::new();
    for cue in &mut cues {
        if cue.speaker.is_empty() {
            cue.speaker.clone_from(&last);
        }
        last.clone_from(&cue.speaker);
    }
    cues
}

/// Splits `<v Alice>words</v>` or `Alice: words`, without other tags.
fn spoken(line: &str) -> (Option<String>, String) {
    let voice = line.strip_prefix("<v").and_then(|rest| rest.split_once('>'));
    if let Some((name, words)) = voice {
        // `<v.loud Alice>`: classes come before the name.
        let name = name.split_once(char::is_whitespace).map_or("", |(_, name)| name).trim();
        return ((!name.is_empty()).then(|| name.to_owned()), untagged(words));
    }
    let plain = untagged(line);
    match super::transcript::speaker(&plain) {
        Some((name, words)) => (Some(name.to_owned()), words.to_owned()),
        None => (None, plain),
    }
}

fn untagged(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('<') {
        plain.push_str(before);
        match after.split_once('>') {
            Some((_, after)) => rest = after,
            None => {
                rest = "";
                plain.push('<');
                plain.push_str(after);
            }
        }
    }
    plain.push_str(rest);
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cue(at_s: i64, speaker: &str, text: &str) -> Cue {
        Cue { at_s, speaker: speaker.into(), text: text.into() }
    }

    #[test]
    fn webvtt_and_srt_give_the_same_cues() {
        let vtt = "WEBVTT\n\nNOTE made up\n\n1\n00:01.000 --> 00:03.000\n<v Alice>Can we <i>move</i> it?</v>\n\n\
                   00:01:05.000 --> 00:01:07.000\n<v Bob>Yes, to\n<v Bob>Tuesday.\n\n00:02:00.000 --> 00:02:01.000\nFine\n";
        let want =
            [cue(1, "Alice", "Can we move it?"), cue(65, "Bob", "Yes, to Tuesday."), cue(120, "Bob", "Fine")];
        assert_eq!(cues(vtt), want);
        let srt = "1\n00:00:01,000 --> 00:00:03,000\nAlice: Can we move it?\n\n2\n00:01:05,000 --> 00:01:07,000\nBob: Yes, to\nTuesday.\n\n\
                   3\n00:02:00,000 --> 00:02:01,000\nFine\n";
        assert_eq!(cues(srt), want);
        assert!(has_cues(vtt) && has_cues(srt) && !has_cues("Alice: hi"));
    }
}
