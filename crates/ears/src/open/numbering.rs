//! The numbers that Word counts by itself and does not write into the text: "§ 3.2" of a contract is one of them.

use std::collections::HashMap;

use super::xml::{Step, attribute, walk};

/// Deepest level of a list.
const LEVELS: usize = 9;

/// The lists of a document and how far each has come.
#[derive(Default)]
pub(super) struct Numbering {
    /// The list that each list in use is an instance of.
    of: HashMap<String, String>,
    lists: HashMap<String, List>,
}

#[derive(Default)]
struct List {
    levels: Vec<Level>,
    counts: [u32; LEVELS],
}

#[derive(Clone)]
struct Level {
    start: u32,
    format: String,
    /// Such as `%1.%2`.
    text: String,
}

impl Numbering {
    /// Reads `word/numbering.xml`; a broken one leaves the paragraphs without numbers.
    pub fn read(xml: &[u8]) -> Self {
        let mut all = Self::default();
        let (mut list, mut instance, mut level) = (String::new(), None, 0);
        let _walked = walk(xml, |step| match step {
            Step::Open(name, tag) => {
                let val = || attribute(tag, "val").unwrap_or_default();
                match name {
                    "abstractNum" => list = attribute(tag, "abstractNumId").unwrap_or_default(),
                    "num" => instance = attribute(tag, "numId"),
                    "abstractNumId" => {
                        if let Some(instance) = &instance {
                            all.of.insert(instance.clone(), val());
                        }
                    }
                    "lvl" if instance.is_none() => {
                        level = attribute(tag, "ilvl").and_then(|n| n.parse().ok()).unwrap_or(LEVELS);
                        let levels = &mut all.lists.entry(list.clone()).or_default().levels;
                        if level < LEVELS && levels.len() <= level {
                            let none = Level { start: 1, format: "decimal".to_owned(), text: String::new() };
                            levels.resize(level + 1, none);
                        }
                    }
                    "start" | "numFmt" | "lvlText" if instance.is_none() => {
                        let known = all.lists.get_mut(&list).and_then(|list| list.levels.get_mut(level));
                        if let Some(known) = known {
                            match name {
                                "start" => known.start = val().parse().unwrap_or(1),
                                "numFmt" => known.format = val(),
                                _ => known.text = val(),
                            }
                        }
                    }
                    _ => {}
                }
            }
            Step::Close("num") => instance = None,
            _ => {}
        });
        all
    }

    /// Counts one paragraph of a list and says what stands in front of it.
    pub fn next(&mut self, instance: &str, level: usize) -> Option<String> {
        let list = self.lists.get_mut(self.of.get(instance)?)?;
        let own = list.levels.get(level)?.clone();
        for (n, count) in list.counts.iter_mut().enumerate().skip(level) {
            match (n == level, *count) {
                (true, 0) => *count = own.start,
                (true, _) => *count = count.saturating_add(1),
                (false, _) => *count = 0,
            }
        }
        if own.format == "bullet" {
            return Some("-".to_owned());
        }
        let mut label = own.text.clone();
        for (n, (level, count)) in list.levels.iter().zip(list.counts).enumerate() {
            let count = if count == 0 { level.start } else { count };
            label = label.replace(&format!("%{}", n + 1), &written(count, &level.format));
        }
        (own.format != "none" && !label.trim().is_empty()).then(|| label.trim().to_owned())
    }
}

fn written(n: u32, format: &str) -> String {
    match format {
        "lowerLetter" => letters(n, 'a'),
        "upperLetter" => letters(n, 'A'),
        "lowerRoman" => roman(n).to_lowercase(),
        "upperRoman" => roman(n),
        "decimalZero" => format!("{n:02}"),
        _ => n.to_string(),
    }
}

/// a to z, then aa to zz, as Word goes on.
fn letters(n: u32, first: char) -> String {
    let place = n.saturating_sub(1);
    let letter = char::from_u32(u32::from(first) + place % 26).unwrap_or(first);
    std::iter::repeat_n(letter, (place / 26 + 1).min(8) as usize).collect()
}

fn roman(n: u32) -> String {
    const SIGNS: [(u32, &str); 13] = [
        (1000, "M"),
        (900, "CM"),
        (500, "D"),
        (400, "CD"),
        (100, "C"),
        (90, "XC"),
        (50, "L"),
        (40, "XL"),
        (10, "X"),
        (9, "IX"),
        (5, "V"),
        (4, "IV"),
        (1, "I"),
    ];
    let (mut left, mut out) = (n.min(3999), String::new());
    for (value, sign) in SIGNS {
        while left >= value {
            out.push_str(sign);
            left -= value;
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_counted_as_word_counts_them() {
        let xml = r#"<w:numbering xmlns:w="w"><w:abstractNum w:abstractNumId="4">
            <w:lvl w:ilvl="0"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="&#167; %1"/></w:lvl>
            <w:lvl w:ilvl="1"><w:start w:val="1"/><w:numFmt w:val="decimal"/><w:lvlText w:val="%1.%2"/></w:lvl>
            <w:lvl w:ilvl="2"><w:start w:val="3"/><w:numFmt w:val="lowerLetter"/><w:lvlText w:val="(%3)"/></w:lvl>
            </w:abstractNum><w:num w:numId="1"><w:abstractNumId w:val="4"/></w:num></w:numbering>"#;
        let mut numbering = Numbering::read(xml.as_bytes());
        let labels: Vec<Option<String>> =
            [0, 1, 1, 2, 0, 1, 2].iter().map(|level| numbering.next("1", *level)).collect();
        let wanted = ["\u{a7} 1", "1.1", "1.2", "(c)", "\u{a7} 2", "2.1", "(c)"];
        assert_eq!(labels, wanted.map(|label| Some(label.to_owned())));
        assert_eq!(numbering.next("9", 0), None);
        assert_eq!(numbering.next("1", 12), None);
    }

    #[test]
    fn numbers_are_written_in_every_way() {
        let of = |format| [1, 4, 27].map(|n| written(n, format));
        assert_eq!(of("lowerLetter"), ["a", "d", "aa"]);
        assert_eq!(of("upperRoman"), ["I", "IV", "XXVII"]);
        assert_eq!(of("decimalZero"), ["01", "04", "27"]);
    }
}
