//! A workbook sheet by sheet. Each row says its columns' names, so that a row that is found alone can be understood.

use std::io::Cursor;

use calamine::{DataRef, Reader, SheetVisible, Xlsx, XlsxError};
use understudy_ears::{Document, Kind, Section, Trouble};

use super::text::labelled;

/// Most cells that are read of a workbook.
const CELLS_MAX: usize = 200_000;

/// Reads the sheets that are shown.
pub(super) fn read(bytes: &[u8]) -> Result<Document, Trouble> {
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(of_book)?;
    let (mut sections, mut left_out, mut left) = (Vec::new(), Vec::new(), CELLS_MAX);
    let mut hidden = 0;
    for sheet in book.sheets_metadata().to_vec() {
        if sheet.visible != SheetVisible::Visible {
            hidden += 1;
            continue;
        }
        // A sheet of nothing but a diagram has no cells.
        let Ok(rows) = rows(&mut book, &sheet.name, &mut left) else { continue };
        sections.push(Section {
            place: format!("sheet {}", sheet.name),
            text: labelled(&rows),
            is_markdown: false,
        });
    }
    if hidden > 0 {
        left_out.push(format!("{hidden} hidden sheets"));
    }
    if left == 0 {
        left_out.push(format!("everything after {CELLS_MAX} cells"));
    }
    Ok(Document { kind: Kind::Xlsx, sections, left_out, ..Document::default() })
}

/// The filled cells of a sheet by row; read one after the other, because a sheet may claim to be endless.
fn rows(
    book: &mut Xlsx<Cursor<&[u8]>>,
    sheet: &str,
    left: &mut usize,
) -> Result<Vec<Vec<(u32, String)>>, XlsxError> {
    let mut cells = book.worksheet_cells_reader(sheet)?;
    let mut rows: Vec<Vec<(u32, String)>> = Vec::new();
    let mut at = None;
    while let Some(cell) = cells.next_cell()? {
        let text = shown(cell.get_value());
        if text.is_empty() {
            continue;
        }
        if *left == 0 {
            break;
        }
        *left -= 1;
        let (row, column) = cell.get_position();
        if at != Some(row) {
            at = Some(row);
            rows.push(Vec::new());
        }
        if let Some(row) = rows.last_mut() {
            row.push((column, text));
        }
    }
    Ok(rows)
}

/// A value as a person reads it.
fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Empty => String::new(),
        DataRef::Int(n) => n.to_string(),
        // What is stored is the nearest double of what was typed.
        DataRef::Float(n) => format!("{}", (n * 1e6).round() / 1e6),
        DataRef::String(text) | DataRef::DateTimeIso(text) | DataRef::DurationIso(text) => one_line(text),
        DataRef::SharedString(text) => one_line(text),
        DataRef::Bool(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        DataRef::Error(e) => format!("{e}"),
        DataRef::DateTime(at) => match at.as_datetime() {
            Some(at) if at.time() == chrono::NaiveTime::MIN => at.format("%Y-%m-%d").to_string(),
            Some(at) => at.format("%Y-%m-%d %H:%M").to_string(),
            None => at.as_f64().to_string(),
        },
    }
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn of_book(error: XlsxError) -> Trouble {
    match error {
        XlsxError::Password => Trouble::Encrypted,
        _ => Trouble::Damaged,
    }
}
