//! What is text already: pages, mails, tables, Markdown and plain text, told apart by how they begin.

use encoding_rs::{UTF_8, WINDOWS_1252};
use understudy_ears::{Document, Kind, Reading, Trouble, html};

use super::whole;

/// Lines that are looked at to tell a table from text.
const TABLE_LINES: usize = 20;

/// Reads a file that is text.
pub(super) fn read(bytes: &[u8]) -> Result<Document, Trouble> {
    if is_mail(bytes) {
        return mail(bytes);
    }
    let text = decoded(bytes);
    if is_page(&text) {
        return Ok(page(&text));
    }
    if let Some(separator) = separator(&text) {
        return Ok(whole(Kind::Csv, labelled(&table(&text, separator)), false));
    }
    let is_markdown = text.lines().any(|line| {
        let heading = line.trim_start_matches('#');
        (line.starts_with('#') && heading.starts_with(' '))
            || line.starts_with("```")
            || line.starts_with("- ")
    });
    Ok(whole(Kind::Text, text, is_markdown))
}

/// Text in UTF-8 or UTF-16, or else in the encoding of old Windows programs, in which every byte is something.
pub(super) fn decoded(bytes: &[u8]) -> String {
    if let Some((encoding, _)) = encoding_rs::Encoding::for_bom(bytes) {
        return encoding.decode(bytes).0.into_owned();
    }
    match UTF_8.decode_without_bom_handling_and_without_replacement(bytes) {
        Some(text) => text.into_owned(),
        None => WINDOWS_1252.decode(bytes).0.into_owned(),
    }
}

fn is_page(text: &str) -> bool {
    let head: String = text.trim_start().chars().take(2_000).collect::<String>().to_ascii_lowercase();
    head.starts_with("<!doctype html")
        || head.starts_with("<html")
        || (head.starts_with('<')
            && ["<body", "<head", "<div", "<p>", "<table"].iter().any(|tag| head.contains(tag)))
}

/// A page as Markdown, with what it hides left out.
fn page(text: &str) -> Document {
    let (title, text) = html::render(text);
    let line = |line: &str| match line.trim_start().strip_prefix(html::MARK) {
        Some(heading) => {
            let level = heading.chars().next().and_then(|level| level.to_digit(10)).unwrap_or(6);
            format!("{} {}", "#".repeat(level as usize), heading.chars().skip(1).collect::<String>())
        }
        None => line.to_owned(),
    };
    let mut shown: Vec<String> = title.into_iter().map(|title| format!("# {title}\n")).collect();
    shown.extend(text.lines().map(line));
    whole(Kind::Html, shown.join("\n"), true)
}

/// Whether the bytes begin with the header of a mail: fields alone, one of which only mails have.
fn is_mail(bytes: &[u8]) -> bool {
    let head = bytes.get(..bytes.len().min(16 * 1024)).unwrap_or_default();
    let head = String::from_utf8_lossy(head);
    let (mut known, mut fields) = (0, 0);
    for line in head.lines().take_while(|line| !line.trim().is_empty()) {
        if line.starts_with([' ', '\t']) {
            continue;
        }
        let Some((name, _)) = line.split_once(':') else { return false };
        if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-') {
            return false;
        }
        fields += 1;
        let name = name.to_ascii_lowercase();
        known += usize::from(
            ["from", "received", "message-id", "mime-version", "return-path", "subject", "date"]
                .contains(&name.as_str()),
        );
    }
    fields >= 2 && known >= 2
}

fn mail(bytes: &[u8]) -> Result<Document, Trouble> {
    let Reading::Letter(letter) = understudy_ears::read(bytes) else { return Err(Trouble::Bomb) };
    if letter.is_encrypted && letter.text.is_empty() {
        return Err(Trouble::Encrypted);
    }
    let mut lines: Vec<String> = ["From", "To", "Date"]
        .iter()
        .filter_map(|name| letter.first(name).map(|value| format!("{name}: {value}")))
        .collect();
    lines.push(format!("Subject: {}", letter.subject));
    let mut document = whole(Kind::Eml, format!("{}\n\n{}", lines.join("\n"), letter.text), false);
    document.left_out = letter.enclosures.iter().map(|file| format!("{} inside it", file.name)).collect();
    Ok(document)
}

/// What parts the columns, when the first lines all have as many of them.
fn separator(text: &str) -> Option<char> {
    let lines: Vec<&str> = text.lines().filter(|line| !line.trim().is_empty()).take(TABLE_LINES).collect();
    if lines.len() < 2 {
        return None;
    }
    [';', '\t', ','].into_iter().find(|separator| {
        let columns = |line: &&str| fields(line, *separator).len();
        let first = lines.first().map_or(0, columns);
        // Two sentences with a comma each are no table.
        let enough = if *separator == ',' && lines.len() < 3 { 3 } else { 2 };
        first >= enough && lines.iter().all(|line| columns(line) == first || line.contains('"'))
    })
}

fn table(text: &str, separator: char) -> Vec<Vec<(u32, String)>> {
    let filled = |line: &str| {
        let cells = (0..).zip(fields(line, separator));
        cells.filter(|(_, cell)| !cell.is_empty()).collect::<Vec<(u32, String)>>()
    };
    text.lines().map(filled).filter(|row| !row.is_empty()).collect()
}

/// The fields of a line, quotes undone (RFC 4180); a field does not go over lines.
fn fields(line: &str, separator: char) -> Vec<String> {
    let (mut fields, mut field, mut quoted) = (Vec::new(), String::new(), false);
    let mut chars = line.chars().peekable();
    while let Some(c) = chars.next() {
        match c {
            '"' if quoted && chars.peek() == Some(&'"') => {
                chars.next();
                field.push('"');
            }
            '"' => quoted = !quoted,
            c if c == separator && !quoted => fields.push(std::mem::take(&mut field)),
            c => field.push(c),
        }
    }
    fields.push(field);
    fields.into_iter().map(|field| field.trim().to_owned()).collect()
}

/// Rows as text: when the first one names the columns, each value stands behind its column's name.
pub(super) fn labelled(rows: &[Vec<(u32, String)>]) -> String {
    let names: &[(u32, String)] = match rows.first() {
        Some(first) if rows.len() > 1 && first.len() > 1 && first.iter().all(|(_, cell)| is_name(cell)) => {
            first
        }
        _ => &[],
    };
    let name_of =
        |column: u32| names.iter().find(|(known, _)| *known == column).map(|(_, name)| name.as_str());
    let line = |row: &Vec<(u32, String)>| {
        let cell = |(column, cell): &(u32, String)| match name_of(*column) {
            Some(name) => format!("{name}: {cell}"),
            None => cell.clone(),
        };
        row.iter().map(cell).collect::<Vec<_>>().join("; ")
    };
    rows.iter().skip(usize::from(!names.is_empty())).map(line).collect::<Vec<_>>().join("\n")
}

fn is_name(cell: &str) -> bool {
    cell.chars().any(char::is_alphabetic) && cell.chars().count() <= 60
}
