//! What a file is by its first bytes. Names and what a sender calls its type are not looked at.

use crate::{Kind, Trouble};

/// How far into a file a PDF may begin: mail gateways and scanners put lines before it.
const PDF_WITHIN: usize = 1024;
/// Where the directory of an old Office file and the names of a ZIP's first files lie.
const LOOK: usize = 64 * 1024;

/// What the bytes are, as far as it can be told without opening them.
///
/// # Errors
/// When they are nothing that is read; ZIP files are told apart by whoever opens them, see [`is_zip`].
pub fn sniff(bytes: &[u8]) -> Result<Kind, Trouble> {
    if bytes.is_empty() {
        return Err(Trouble::Empty);
    }
    let begins = |magic: &[u8]| bytes.starts_with(magic);
    let at = |from: usize, magic: &[u8]| bytes.get(from..).is_some_and(|rest| rest.starts_with(magic));
    let head = bytes.get(..bytes.len().min(LOOK)).unwrap_or_default();
    if holds(head.get(..head.len().min(PDF_WITHIN)).unwrap_or_default(), b"%PDF-") {
        return Ok(Kind::Pdf);
    }
    if begins(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1") {
        // An encrypted .docx is an old container around the new format.
        let name: Vec<u8> = "EncryptedPackage".bytes().flat_map(|b| [b, 0]).collect();
        return Err(if holds(bytes, &name) { Trouble::Encrypted } else { Trouble::OldOffice });
    }
    if is_sound(bytes) {
        return Ok(Kind::Audio);
    }
    let pictures: [&[u8]; 7] =
        [b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"\0\0\x01\0"];
    if pictures.iter().any(|magic| begins(magic)) && !is_text(head)
        || (begins(b"RIFF") && at(8, b"WEBP"))
        || (at(4, b"ftyp") && [&b"heic"[..], b"heix", b"mif1", b"avif"].iter().any(|brand| at(8, brand)))
    {
        return Err(Trouble::Picture);
    }
    let archives: [&[u8]; 6] =
        [b"\x1f\x8b", b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"\xfd7zXZ\0", b"BZh", b"\x28\xb5\x2f\xfd"];
    if archives.iter().any(|magic| begins(magic)) && !is_text(head) || at(257, b"ustar") {
        return Err(Trouble::Archive);
    }
    let programs: [&[u8]; 4] = [b"\x7fELF", b"MZ", b"\xcf\xfa\xed\xfe", b"\xca\xfe\xba\xbe"];
    if programs.iter().any(|magic| begins(magic)) && !is_text(head) {
        return Err(Trouble::Program);
    }
    if begins(b"{\\rtf") {
        return Err(Trouble::RichText);
    }
    if is_zip(bytes) || !is_text(head) {
        return Err(Trouble::Unknown);
    }
    Ok(Kind::Text)
}

/// Whether the bytes begin like a ZIP file, which Office documents are.
#[must_use]
pub fn is_zip(bytes: &[u8]) -> bool {
    bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06")
}

/// Whether the bytes begin like one of the containers of sound that voice notes come in.
fn is_sound(bytes: &[u8]) -> bool {
    let at = |from: usize, magic: &[u8]| bytes.get(from..).is_some_and(|rest| rest.starts_with(magic));
    let is_mp4 =
        at(4, b"ftyp") && ![&b"heic"[..], b"heix", b"mif1", b"avif"].iter().any(|brand| at(8, brand));
    // The first eleven bits of a frame of MPEG sound or of AAC are ones.
    let is_frame = bytes.first() == Some(&0xff)
        && bytes.get(1).is_some_and(|b| b & 0xe0 == 0xe0 && b & 0x06 != 0 || b & 0xf6 == 0xf0);
    (at(0, b"RIFF") && at(8, b"WAVE"))
        || (at(0, b"FORM") && (at(8, b"AIFF") || at(8, b"AIFC")))
        || [&b"OggS"[..], b"fLaC", b"ID3", b"caff", b"\x1a\x45\xdf\xa3", b"#!AMR"].iter().any(|m| at(0, m))
        || is_mp4
        || (is_frame && !at(0, b"\xff\xfe"))
}

/// Whether the bytes can be text: UTF-16 with a mark, or hardly any control characters.
fn is_text(bytes: &[u8]) -> bool {
    if bytes.starts_with(b"\xff\xfe") || bytes.starts_with(b"\xfe\xff") {
        return true;
    }
    let odd = bytes.iter().filter(|b| **b < 9 || (14..32).contains(*b) || **b == 127).count();
    if bytes.contains(&0) || odd * 50 > bytes.len() {
        return false;
    }
    // Random bytes above ASCII are no text in an old encoding either.
    let high = bytes.iter().filter(|b| **b >= 128).count();
    match std::str::from_utf8(bytes) {
        Ok(_) => true,
        Err(e) => e.error_len().is_none() || high * 3 < bytes.len(),
    }
}

/// Whether `needle` stands in `hay`.
fn holds(hay: &[u8], needle: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn content_decides_what_a_file_is() {
        let mut tar = vec![b'a'; 512];
        tar[257..262].copy_from_slice(b"ustar");
        let encrypted: Vec<u8> = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
            .iter()
            .copied()
            .chain("EncryptedPackage".bytes().flat_map(|b| [b, 0]))
            .collect();
        let table: Vec<(&[u8], Result<Kind, Trouble>)> = vec![
            (b"", Err(Trouble::Empty)),
            (b"%PDF-1.7 x", Ok(Kind::Pdf)),
            (b"\r\nreceived\r\n%PDF-1.4", Ok(Kind::Pdf)),
            (b"PK\x03\x04rest", Err(Trouble::Unknown)),
            (&encrypted, Err(Trouble::Encrypted)),
            (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1\0\0", Err(Trouble::OldOffice)),
            (b"\x89PNG\r\n\x1a\n\0\0", Err(Trouble::Picture)),
            (b"\0\0\0\x18ftypheic\0\0", Err(Trouble::Picture)),
            (b"RIFF\0\0\0\0WEBPVP8 ", Err(Trouble::Picture)),
            (b"RIFF\0\0\0\0WAVEfmt ", Ok(Kind::Audio)),
            (b"\0\0\0\x18ftypM4A \0\0", Ok(Kind::Audio)),
            (b"\0\0\0\x18ftypisom\0\0", Ok(Kind::Audio)),
            (b"OggS\0\x02", Ok(Kind::Audio)),
            (b"\x1a\x45\xdf\xa3\0", Ok(Kind::Audio)),
            (b"\xff\xfb\x90\0", Ok(Kind::Audio)),
            (b"\xff\xf1\x50\x80", Ok(Kind::Audio)),
            (b"\x1f\x8b\x08\0", Err(Trouble::Archive)),
            (&tar, Err(Trouble::Archive)),
            (b"MZ\x90\0\x03", Err(Trouble::Program)),
            (b"{\\rtf1 Hello}", Err(Trouble::RichText)),
            (b"MZ is a town, BM a name.", Ok(Kind::Text)),
            ("Gr\u{fc}\u{df}e".as_bytes(), Ok(Kind::Text)),
            (b"Gr\xfc\xdfe aus dem Norden", Ok(Kind::Text)),
            (b"\xff\xfeH\0i\0", Ok(Kind::Text)),
            (b"\x80\x91\xa2\xb3\xc4\xd5\xe6\xf7\x88", Err(Trouble::Unknown)),
            (b"text \0 with nothing in it", Err(Trouble::Unknown)),
        ];
        for (bytes, wanted) in table {
            assert_eq!(sniff(bytes), wanted, "{}", String::from_utf8_lossy(bytes));
        }
    }
}
