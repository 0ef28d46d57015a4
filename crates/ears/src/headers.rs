//! The header fields of a mail as they were written, because who sent it is judged by the writing itself.
//!
//! A library that repairs what it reads would hide the tricks that tell a forged sender: a space before the
//! colon, a second From, a NUL.

/// Most header fields of a mail.
pub const HEADERS_MAX: usize = 2_000;
/// Most bytes of one header field.
pub const HEADER_MAX_BYTES: usize = 64 * 1024;

/// Reads the fields before the first empty line, or the sentence that names the limit they break.
pub(super) fn read(mail: &[u8]) -> Result<Vec<(String, String)>, String> {
    let mut fields: Vec<(String, Vec<u8>)> = Vec::new();
    for line in mail.split(|byte| *byte == b'\n') {
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        if line.is_empty() {
            break;
        }
        match (line.first(), fields.last_mut()) {
            (Some(b' ' | b'\t'), Some((_, value))) => value.extend_from_slice(line),
            _ => {
                let colon = line.iter().position(|byte| *byte == b':');
                // The first line of a mbox is no field.
                let Some((name, value)) = colon.and_then(|at| line.split_at_checked(at)) else { continue };
                let value = value.strip_prefix(b":").unwrap_or(value);
                fields.push((String::from_utf8_lossy(name).into_owned(), value.to_vec()));
            }
        }
        if fields.len() > HEADERS_MAX {
            return Err(format!("it has more than {HEADERS_MAX} header fields"));
        }
        if fields.last().is_some_and(|(_, value)| value.len() > HEADER_MAX_BYTES) {
            return Err(format!("one of its header fields has more than {HEADER_MAX_BYTES} bytes"));
        }
    }
    let text = |value: Vec<u8>| String::from_utf8_lossy(&value).trim().to_owned();
    Ok(fields.into_iter().map(|(name, value)| (name, text(value))).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_keep_their_writing_and_lose_their_folds() {
        let mail = b"From : a@x\r\nTo: b@x,\r\n\tc@x\r\nno colon\nX:\xff\0\n\nFrom: body@x\r\n";
        let fields = read(mail).unwrap();
        let of = |n: usize| fields.get(n).map(|(name, value)| (name.as_str(), value.as_str())).unwrap();
        assert_eq!(of(0), ("From ", "a@x"));
        assert_eq!(of(1), ("To", "b@x,\tc@x"));
        assert_eq!(of(2), ("X", "\u{fffd}\0"));
        assert_eq!(fields.len(), 3);
    }

    #[test]
    fn too_many_and_too_long_fields_are_refused() {
        let many = "A: b\n".repeat(HEADERS_MAX + 1);
        assert!(read(many.as_bytes()).unwrap_err().contains("2000"));
        let long = format!("A: {}\n", "b\n ".repeat(HEADER_MAX_BYTES));
        assert!(read(long.as_bytes()).unwrap_err().contains("65536"));
    }
}
