//! Cuts a mailbox file into messages, one at a time (RFC 4155, with `>From ` quoting).

use std::io::{self, BufRead};

/// Most bytes of one message that are kept; what follows is attachments.
const MESSAGE_MAX_BYTES: usize = 32 * 1024 * 1024;

/// Messages of a mailbox.
pub(super) struct Mbox<R> {
    input: R,
    /// Whether a separator line has been read that the next message belongs to.
    begun: bool,
}

/// A message with the bytes that it took in the file.
pub(super) struct Raw {
    pub bytes: Vec<u8>,
    pub read: u64,
}

impl<R: BufRead> Mbox<R> {
    pub fn new(input: R) -> Self {
        Self { input, begun: false }
    }
}

impl<R: BufRead> Iterator for Mbox<R> {
    type Item = io::Result<Raw>;

    fn next(&mut self) -> Option<io::Result<Raw>> {
        let mut raw = Raw { bytes: Vec::new(), read: 0 };
        let mut after_blank = true;
        let mut line = Vec::new();
        loop {
            line.clear();
            match self.input.read_until(b'\n', &mut line) {
                Ok(0) => {
                    let ended = std::mem::take(&mut self.begun);
                    return ended.then_some(Ok(raw));
                }
                Ok(n) => raw.read += n as u64,
                Err(e) => return Some(Err(e)),
            }
            let blank = line.iter().all(u8::is_ascii_whitespace);
            if after_blank && line.starts_with(b"From ") {
                if std::mem::replace(&mut self.begun, true) {
                    return Some(Ok(raw));
                }
            } else if self.begun && raw.bytes.len() < MESSAGE_MAX_BYTES {
                raw.bytes.extend_from_slice(unquoted(&line));
            }
            after_blank = blank;
        }
    }
}

/// Takes one `>` off a quoted `From ` line.
fn unquoted(line: &[u8]) -> &[u8] {
    let bare = line.iter().position(|&b| b != b'>').unwrap_or(0);
    match line.split_first() {
        Some((b'>', rest)) if line.get(bare..).is_some_and(|text| text.starts_with(b"From ")) => rest,
        _ => line,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_is_cut_at_its_separators_only() {
        let text =
            "From a@x Mon\nSubject: one\n\nFrom here on\n>From quoted\n\nFrom b@x Tue\nSubject: two\n\nbye\n";
        let cut: Vec<String> =
            Mbox::new(text.as_bytes()).map(|raw| String::from_utf8(raw.unwrap().bytes).unwrap()).collect();
        // A line that starts with "From " after a blank one is a separator by the format; writers quote it.
        assert_eq!(cut.len(), 3);
        assert!(cut[0].contains("one") && cut[2].contains("two"));
        assert!(cut[1].contains("From quoted") && !cut[1].contains(">From"));
        let read: u64 = Mbox::new(text.as_bytes()).map(|raw| raw.unwrap().read).sum();
        assert_eq!(read, text.len() as u64);
        assert_eq!(Mbox::new("no mailbox\n".as_bytes()).count(), 0);
    }
}
