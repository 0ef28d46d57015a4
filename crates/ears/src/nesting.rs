//! Mails inside mails, counted before anything parses them.
//!
//! mail-parser 0.11 has no limit for `message/rfc822` in itself: a mail of a megabyte with 40,000 levels is
//! parsed, and the stack overflows when the result is dropped, which ends the process. So the bytes are looked
//! through first; the process this runs in is the second line.

const NEEDLES: [&[u8]; 2] = [b"message/rfc822", b"message/global"];

/// Whether more than `most` parts say that they are a mail.
pub(super) fn is_deeper(mail: &[u8], most: usize) -> bool {
    let mut count = 0;
    for (at, byte) in mail.iter().enumerate() {
        if !byte.eq_ignore_ascii_case(&b'm') {
            continue;
        }
        let Some(rest) = mail.get(at..) else { return false };
        let begins =
            |needle: &&[u8]| rest.get(..needle.len()).is_some_and(|start| start.eq_ignore_ascii_case(needle));
        if NEEDLES.iter().any(begins) {
            count += 1;
            if count > most {
                return true;
            }
        }
    }
    false
}
