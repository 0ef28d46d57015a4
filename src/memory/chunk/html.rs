//! HTML as an outline of what a reader of the page would see.

pub(super) use understudy_ears::html::visible_text;
use understudy_ears::html::{MARK, render};

use super::Outline;

pub(super) fn outline(html: &str) -> Outline {
    let mut outline = Outline::default();
    let (title, text) = render(html);
    outline.title = title;
    let mut block = String::new();
    for line in text.lines().chain([""]) {
        if let Some(heading) = line.trim_start().strip_prefix(MARK) {
            outline.block(&std::mem::take(&mut block));
            let mut rest = heading.chars();
            let level = rest.next().and_then(|level| level.to_digit(10)).unwrap_or(6);
            outline.heading(u8::try_from(level).unwrap_or(6), rest.as_str());
        } else if line.trim().is_empty() {
            outline.block(&std::mem::take(&mut block));
        } else {
            block.push_str(line);
            block.push('\n');
        }
    }
    outline
}
