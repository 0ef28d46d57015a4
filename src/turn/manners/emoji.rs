//! Emoji and invisible characters: what they are and how they leave a text.

use std::borrow::Cow;

use unicode_segmentation::UnicodeSegmentation;

use super::text::{close_gap, is_wordy, on_prose};

const ZERO_WIDTH_JOINER: char = '\u{200D}';
const EMOJI_STYLE: char = '\u{FE0F}';
const KEYCAP: char = '\u{20E3}';

/// Removes characters that nobody sees but a machine reads, and returns the rest.
///
/// That is zero-width characters, bidirectional controls, tag characters, soft hyphens, fillers
/// and variation selectors. The joiner and the emoji style selector stay inside an emoji, and
/// only there. Meant for both ways: what comes in and what goes out.
pub fn strip_invisible(text: &str) -> Cow<'_, str> {
    if !text.chars().any(is_invisible) {
        return Cow::Borrowed(text);
    }
    let mut kept = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied();
        if !is_invisible(c) || holds_emoji_together(&kept, c, after) {
            kept.push(c);
        }
    }
    Cow::Owned(kept)
}

/// Says whether `c` joins or styles the emoji that `kept` ends with.
fn holds_emoji_together(kept: &str, c: char, after: Option<char>) -> bool {
    let mut back = kept.chars().rev();
    let last = back.next();
    match c {
        EMOJI_STYLE => last.is_some_and(|base| {
            is_emoji(base) || is_symbol(base) || (is_keycap_base(base) && after == Some(KEYCAP))
        }),
        ZERO_WIDTH_JOINER => {
            let base = if last == Some(EMOJI_STYLE) { back.next() } else { last };
            base.is_some_and(is_emoji) && after.is_some_and(|c| is_emoji(c) || is_symbol(c))
        }
        _ => false,
    }
}

fn is_invisible(c: char) -> bool {
    matches!(u32::from(c),
        0xAD | 0x34F | 0x61C | 0x115F..=0x1160 | 0x17B4..=0x17B5 | 0x180B..=0x180F
        | 0x200B..=0x200F | 0x202A..=0x202E | 0x2060..=0x206F | 0x3164
        | 0xFE00..=0xFE0F | 0xFEFF | 0xFFA0 | 0xFFF0..=0xFFFB
        | 0x1_BCA0..=0x1_BCA3 | 0x1_D173..=0x1_D17A
        // Tags, supplementary variation selectors, and two planes of private use.
        | 0xE_0000..=0xE_0FFF | 0xF_0000..=0x10_FFFF)
}

/// Removes emoji, the `:name:` codes that Slack draws as emoji included.
///
/// Digits of keycaps stay as digits; signs that are typography without the emoji style, such as
/// © and arrows, stay as signs.
pub(super) fn remove_emoji(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(cluster) = rest.graphemes(true).next() {
        let after = rest.strip_prefix(cluster).unwrap_or_default();
        rest = after;
        if cluster.starts_with(is_emoji) {
            rest = close_gap(&mut out, after);
        } else {
            out.extend(cluster.chars().filter(|c| !is_emoji_part(*c)));
        }
    }
    on_prose(&out, remove_codes)
}

fn is_emoji_part(c: char) -> bool {
    is_emoji(c) || matches!(c, ZERO_WIDTH_JOINER | EMOJI_STYLE | KEYCAP)
}

fn is_keycap_base(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '#' | '*')
}

/// Says whether `c` is drawn as a picture, or is a half of a flag or a skin tone.
pub(super) fn is_emoji(c: char) -> bool {
    matches!(u32::from(c),
        0x1_F000..=0x1_F0FF | 0x1_F170..=0x1_F2FF | 0x1_F300..=0x1_F64F | 0x1_F680..=0x1_F6FF
        | 0x1_F7E0..=0x1_F7FF | 0x1_F900..=0x1_F9FF | 0x1_FA70..=0x1_FAFF | 0x1_FC00..=0x1_FFFD
        | 0x231A..=0x231B | 0x2328 | 0x23CF | 0x23E9..=0x23F3 | 0x23F8..=0x23FA
        | 0x25FD..=0x25FE | 0x2B1B..=0x2B1C | 0x2B50 | 0x2B55)
        || is_dingbat_emoji(c)
}

/// The emoji among Miscellaneous Symbols and Dingbats, whose neighbours are plain signs.
fn is_dingbat_emoji(c: char) -> bool {
    matches!(u32::from(c),
        0x2600..=0x2604 | 0x260E | 0x2611 | 0x2614..=0x2615 | 0x2618 | 0x261D | 0x2620
        | 0x2622..=0x2623 | 0x2626 | 0x262A | 0x262E..=0x262F | 0x2638..=0x263A | 0x2640 | 0x2642
        | 0x2648..=0x2653 | 0x265F..=0x2660 | 0x2663 | 0x2665..=0x2666 | 0x2668 | 0x267B
        | 0x267E..=0x267F | 0x2692..=0x2697 | 0x2699 | 0x269B..=0x269C | 0x26A0..=0x26A1 | 0x26A7
        | 0x26AA..=0x26AB | 0x26B0..=0x26B1 | 0x26BD..=0x26BE | 0x26C4..=0x26C5 | 0x26C8
        | 0x26CE..=0x26CF | 0x26D1 | 0x26D3..=0x26D4 | 0x26E9..=0x26EA | 0x26F0..=0x26F5
        | 0x26F7..=0x26FA | 0x26FD | 0x2702 | 0x2705 | 0x2708..=0x270D | 0x270F | 0x2712 | 0x2714
        | 0x2716 | 0x271D | 0x2721 | 0x2728 | 0x2733..=0x2734 | 0x2744 | 0x2747 | 0x274C | 0x274E
        | 0x2753..=0x2755 | 0x2757 | 0x2763..=0x2764 | 0x2795..=0x2797 | 0x27B0 | 0x27BF)
}

/// Signs that become an emoji only with the style selector: © ® ™ ‼ ℹ, arrows, squares.
fn is_symbol(c: char) -> bool {
    matches!(u32::from(c),
        0xA9 | 0xAE | 0x203C | 0x2049 | 0x2122 | 0x2139 | 0x2194..=0x2199 | 0x21A9..=0x21AA
        | 0x24C2 | 0x25AA..=0x25AB | 0x25B6 | 0x25C0 | 0x25FB..=0x25FC | 0x27A1
        | 0x2934..=0x2935 | 0x2B05..=0x2B07 | 0x3030 | 0x303D | 0x3297 | 0x3299)
}

/// Removes `:tada:` and its kind; `10:30:45`, `std::fmt::` and `key:value:` stay.
fn remove_codes(prose: &str) -> String {
    let mut out = String::with_capacity(prose.len());
    let mut rest = prose;
    while let Some((before, after)) = rest.split_once(':') {
        out.push_str(before);
        let free = !out.ends_with(|c| is_wordy(c) || matches!(c, ':' | '/' | '_'));
        match code_name(after).filter(|_| free) {
            Some(end) => rest = close_gap(&mut out, end),
            None => {
                out.push(':');
                rest = after;
            }
        }
    }
    out.push_str(rest);
    out
}

/// Reads the name of an emoji code after its first colon and returns what follows the code.
fn code_name(after: &str) -> Option<&str> {
    let (name, mut end) = after.split_once(':')?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "_+-".contains(c);
    let named = name.chars().any(|c| c.is_ascii_lowercase()) || matches!(name, "+1" | "-1" | "100");
    if name.len() > 60 || !named || !name.chars().all(is_name) {
        return None;
    }
    if let Some((_, tail)) = end.strip_prefix(":skin-tone-").and_then(|t| t.split_once(':')) {
        end = tail;
    }
    let next_code = end.strip_prefix(':').is_some_and(|next| next.starts_with(is_name));
    let free = !end.starts_with(|c| is_wordy(c) || matches!(c, ':' | '/' | '_'));
    (free || next_code).then_some(end)
}
