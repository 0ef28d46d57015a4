//! Transcripts of meetings and calls: `WebVTT`, SRT, or plain lines of `Name: text`.
//!
//! Their day is the one in the file's name (`2026-05-03 standup.vtt`), or when the file was changed last.

use std::path::Path;

use super::{
    Me, Sink, Trouble, changed_at, files_below,
    subtitles::{Cue, cues, has_cues},
};
use crate::learning::{
    calendar::{clock_s, day_start},
    event::{Event, ME},
};

/// Most bytes of a transcript.
const MAX_BYTES: u64 = 16 * 1024 * 1024;
/// Most characters of a speaker's name.
const NAME_MAX_CHARS: usize = 40;

pub(super) fn read(path: &Path, me: &Me, sink: &mut dyn Sink) -> Result<(), Trouble> {
    for file in files_below(path) {
        let shown = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        match read_file(&file, &shown, me, sink) {
            Err(Trouble::Broken(why)) => sink.skip(&shown, &why),
            other => other?,
        }
    }
    Ok(())
}

fn read_file(file: &Path, shown: &str, me: &Me, sink: &mut dyn Sink) -> Result<(), Trouble> {
    let bytes = std::fs::metadata(file)?.len();
    sink.advance(bytes);
    if bytes > MAX_BYTES {
        return Err(Trouble::Broken(format!("it has more than {} MB", MAX_BYTES >> 20)));
    }
    let text = String::from_utf8(std::fs::read(file)?)
        .map_err(|_| Trouble::Broken("it is not text in UTF-8".to_owned()))?;
    let said = if has_cues(&text) { cues(&text) } else { lines(&text) };
    if said.is_empty() {
        return Err(Trouble::Broken("it has neither cues nor lines like `Name: text`".to_owned()));
    }
    let began = day_in(shown).unwrap_or_else(|| changed_at(file));
    let thread = format!("meeting:{shown}");
    for (n, cue) in (1..).zip(said) {
        let author = if me.is(&cue.speaker) { ME.to_owned() } else { cue.speaker };
        sink.event(Event {
            id: format!("{thread}:{n}"),
            thread: thread.clone(),
            t: began + cue.at_s,
            author: if author.is_empty() { "somebody".to_owned() } else { author },
            channel: "meeting".to_owned(),
            to: Vec::new(),
            text: cue.text,
            reply_to: None,
        })?;
    }
    Ok(())
}

/// Lines of `Name: text`, perhaps with a time before; other lines go on with the one before.
fn lines(text: &str) -> Vec<Cue> {
    let mut said: Vec<Cue> = Vec::new();
    for (n, line) in (0..).zip(text.trim_start_matches('\u{feff}').lines()) {
        let (at, rest) = timed(line.trim());
        match speaker(rest) {
            Some((name, words)) => {
                said.push(Cue { at_s: at.unwrap_or(n), speaker: name.to_owned(), text: words.to_owned() })
            }
            None => {
                if let Some(last) = said.last_mut().filter(|_| !rest.is_empty()) {
                    last.text.push('\n');
                    last.text.push_str(rest);
                }
            }
        }
    }
    said
}

/// Takes `[10:15]` or `10:15:30` off the beginning of a line.
fn timed(line: &str) -> (Option<i64>, &str) {
    let bare = line.trim_start_matches(['[', '(']);
    let end = bare.find(|c: char| !(c.is_ascii_digit() || c == ':' || c == '.')).unwrap_or(bare.len());
    let Some((clock, rest)) = bare.split_at_checked(end) else { return (None, line) };
    match clock_s(clock) {
        Some(at) => (Some(at), rest.trim_start_matches([']', ')', ' ', '-'])),
        None => (None, line),
    }
}

/// Splits `Name: text`; a name is up to four words that begin with capitals or digits.
pub(super) fn speaker(line: &str) -> Option<(&str, &str)> {
    let (name, words) = line.split_once(':')?;
    let name = name.trim();
    let fits = (1..=NAME_MAX_CHARS).contains(&name.chars().count());
    let mut parts = name.split_whitespace();
    let named = parts
        .all(|part| part.chars().next().is_some_and(|c| c.is_uppercase() || c.is_ascii_digit() || c == '('));
    let few = name.split_whitespace().count() <= 4;
    // "https://…" and "10:15" have a colon too.
    let spaced = words.starts_with(char::is_whitespace) || words.is_empty();
    let letters = name.chars().any(char::is_alphabetic);
    (fits && named && few && spaced && letters).then(|| (name, words.trim()))
}

/// The day in a file's name.
fn day_in(name: &str) -> Option<i64> {
    let bytes: Vec<char> = name.chars().collect();
    bytes.windows(10).find_map(|window| {
        let text: String = window.iter().collect();
        day_start(&text.replace(['_', '.'], "-")).filter(|_| window.first().is_some_and(char::is_ascii_digit))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_begins_with_its_speaker_or_goes_on() {
        for (line, name) in [
            ("Alice: hello", Some("Alice")),
            ("Dr. Carol Smith: yes", Some("Dr. Carol Smith")),
            ("Speaker 1: hm", Some("Speaker 1")),
            ("and then: we left", None),
            ("https://example.org", None),
            ("10:15", None),
            ("One two three four five: x", None),
        ] {
            assert_eq!(speaker(line).map(|(name, _)| name), name, "{line}");
        }
        let said = lines("[00:05] Alice: can you\ncome?\n\n00:01:10 - Bob: yes: at nine\n");
        assert_eq!(said.len(), 2);
        assert_eq!((said[0].at_s, &*said[0].text), (300, "can you\ncome?"));
        assert_eq!((said[1].at_s, &*said[1].speaker, &*said[1].text), (70, "Bob", "yes: at nine"));
    }

    #[test]
    fn the_day_stands_in_the_name() {
        assert_eq!(day_in("2026-05-03 standup.vtt"), day_start("2026-05-03"));
        assert_eq!(day_in("call_2026_05_03.txt"), day_start("2026-05-03"));
        assert_eq!(day_in("standup.vtt"), None);
    }
}
