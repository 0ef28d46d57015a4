//! A presentation slide by slide, with what its speaker wrote below.

use understudy_ears::{Document, Kind, Section, Trouble};

use super::{
    pack::Pack,
    xml::{Step, attribute, walk},
};

/// Most slides that are read.
const SLIDES_MAX: usize = 1_000;

/// Reads the slides in the order in which they are shown.
pub(super) fn read(pack: &mut Pack<'_>) -> Result<Document, Trouble> {
    let mut shown: Vec<String> = Vec::new();
    walk(&pack.file("ppt/presentation.xml")?, |step| {
        if let Step::Open("sldId", tag) = step {
            // `id` is there twice, without a prefix and as `r:id`, which is the one that leads to the file.
            let relation = tag.attributes().with_checks(false).flatten().find(|a| a.key.as_ref() == "r:id");
            shown.extend(relation.map(|relation| relation.value.to_string()));
        }
    })?;
    let files = related(pack, "ppt/_rels/presentation.xml.rels", "slide")?;
    let (mut sections, mut left_out, mut hidden) = (Vec::new(), Vec::new(), 0);
    for (n, id) in (1..).zip(shown.iter().take(SLIDES_MAX)) {
        let Some((_, target)) = files.iter().find(|(known, _)| known == id) else { continue };
        let file = format!("ppt/{}", target.trim_start_matches("/ppt/"));
        let slide = slide(&pack.file(&file)?)?;
        if slide.is_hidden {
            hidden += 1;
            continue;
        }
        let notes = notes(pack, &file)?;
        let mut text = slide.text;
        if !notes.is_empty() {
            text.push_str("\n\nNotes: ");
            text.push_str(&notes);
        }
        sections.push(Section { place: format!("slide {n}"), text, is_markdown: true });
    }
    if hidden > 0 {
        left_out.push(format!("{hidden} hidden slides"));
    }
    Ok(Document { kind: Kind::Pptx, sections, left_out, ..Document::default() })
}

/// Ids and targets of the relations whose type ends in `kind`.
fn related(pack: &mut Pack<'_>, name: &str, kind: &str) -> Result<Vec<(String, String)>, Trouble> {
    let mut found = Vec::new();
    if pack.has(name) {
        walk(&pack.file(name)?, |step| {
            if let Step::Open("Relationship", tag) = step
                && attribute(tag, "Type").is_some_and(|t| t.rsplit('/').next() == Some(kind))
                && let (Some(id), Some(target)) = (attribute(tag, "Id"), attribute(tag, "Target"))
            {
                found.push((id, target));
            }
        })?;
    }
    Ok(found)
}

/// What the speaker wrote below the slide in `file`.
fn notes(pack: &mut Pack<'_>, file: &str) -> Result<String, Trouble> {
    let (folder, name) = file.rsplit_once('/').unwrap_or(("ppt/slides", file));
    let related = related(pack, &format!("{folder}/_rels/{name}.rels"), "notesSlide")?;
    let Some((_, target)) = related.first() else { return Ok(String::new()) };
    let file = format!("ppt/{}", target.trim_start_matches("/ppt/").trim_start_matches("../"));
    if !pack.has(&file) {
        return Ok(String::new());
    }
    let text = slide(&pack.file(&file)?)?.text;
    // A page of notes repeats the number of its slide.
    let lines = text.lines().filter(|line| !line.is_empty() && line.parse::<u32>().is_err());
    Ok(lines.collect::<Vec<_>>().join("\n"))
}

#[derive(Default)]
struct Slide {
    text: String,
    is_hidden: bool,
}

fn slide(xml: &[u8]) -> Result<Slide, Trouble> {
    let mut slide = Slide::default();
    let (mut paragraph, mut row) = (String::new(), None::<Vec<String>>);
    let (mut in_title, mut in_text) = (false, false);
    walk(xml, |step| match step {
        Step::Open("sld", tag) => slide.is_hidden = attribute(tag, "show").as_deref() == Some("0"),
        Step::Open("sp", _) => in_title = false,
        Step::Open("ph", tag) => {
            in_title = attribute(tag, "type").is_some_and(|kind| kind == "title" || kind == "ctrTitle");
        }
        Step::Open("t", _) => in_text = true,
        Step::Close("t") => in_text = false,
        Step::Text(text) if in_text => paragraph.push_str(text),
        Step::Open("br", _) => paragraph.push(' '),
        Step::Open("tr", _) => row = Some(Vec::new()),
        Step::Open("tc", _) => {
            if let Some(row) = &mut row {
                row.push(String::new());
            }
        }
        Step::Close("tr") => {
            slide.text.push_str(&row.take().unwrap_or_default().join(" | "));
            slide.text.push('\n');
        }
        Step::Close("p") => {
            let text = std::mem::take(&mut paragraph);
            match row.as_mut().and_then(|row| row.last_mut()) {
                Some(cell) => cell.push_str(text.trim()),
                None if text.trim().is_empty() => {}
                None => {
                    slide.text.push_str(if in_title { "# " } else { "" });
                    slide.text.push_str(text.trim());
                    slide.text.push_str(if in_title { "\n\n" } else { "\n" });
                }
            }
        }
        _ => {}
    })?;
    Ok(slide)
}
