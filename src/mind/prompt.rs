//! Prompt files: a heading comment, `[system]`, `[user]`, and `{{name}}` where something is inserted.

use std::fmt::Write as _;

use understudy_engine::{Content, Model};

/// A prompt file in two parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template {
    system: &'static str,
    user: &'static str,
}

impl Template {
    /// Splits the text of a prompt file.
    ///
    /// # Panics
    /// When a part is missing; prompt files are compiled in, and a test reads each of them.
    #[must_use]
    pub fn parse(text: &'static str) -> Self {
        let (_, rest) = text.split_once("[system]\n").expect("a prompt file has a [system] part");
        let (system, user) = rest.split_once("[user]\n").expect("a prompt file has a [user] part");
        Self { system: system.trim_end(), user: user.trim_end() }
    }

    /// Fills in both parts.
    ///
    /// What is inserted is never searched for further marks, so no text can pull another one in.
    #[must_use]
    pub fn fill(&self, values: &[(&str, &str)]) -> (String, String) {
        (fill(self.system, values), fill(self.user, values))
    }
}

fn fill(template: &str, values: &[(&str, &str)]) -> String {
    let mut filled = String::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once("{{") {
        filled.push_str(before);
        let Some((name, after)) = after.split_once("}}") else {
            rest = after;
            break;
        };
        filled.push_str(values.iter().find(|(key, _)| *key == name).map_or("", |(_, value)| value));
        rest = after;
    }
    filled.push_str(rest);
    filled
}

/// Numbers the passages, each a title with its text, best first, as many as `budget_tokens` allow, and says how many fit.
///
/// A first passage that alone is too long is cut, so that there is always one.
#[must_use]
pub fn render_passages(
    model: Option<&Model>,
    passages: &[(&str, &str)],
    budget_tokens: usize,
) -> (String, usize) {
    let mut rendered = String::new();
    let mut left = budget_tokens;
    let mut fitting = 0;
    for (n, (title, text)) in (1..).zip(passages) {
        let mut block = format!("[{n}] {title}\n{}\n", text.trim());
        let size = tokens(model, &block);
        if size > left {
            if fitting > 0 {
                break;
            }
            block = cap(model, &block, left);
        }
        left = left.saturating_sub(size);
        rendered.push_str(&block);
        fitting += 1;
    }
    if rendered.is_empty() {
        rendered.push_str("(no note was found)\n");
    }
    (rendered, fitting)
}

/// Renders the newest messages of a thread that fit, oldest first.
pub fn render_thread(model: Option<&Model>, thread: &[(String, String)], budget_tokens: usize) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut left = budget_tokens;
    for (who, what) in thread.iter().rev() {
        let line = format!("{who}: {}\n", what.trim());
        let size = tokens(model, &line);
        if size > left {
            break;
        }
        left -= size;
        lines.push(line);
    }
    let mut rendered = String::new();
    if !lines.is_empty() {
        rendered.push_str("Earlier:\n");
        for line in lines.iter().rev() {
            write!(rendered, "{line}").expect("writing to a string can't fail");
        }
        rendered.push('\n');
    }
    rendered
}

/// Cuts `text` to `budget_tokens`, at a character, with a mark where it was cut.
pub fn cap(model: Option<&Model>, text: &str, budget_tokens: usize) -> String {
    // A token is at least one byte, so most texts need no count.
    if text.len() <= budget_tokens || tokens(model, text) <= budget_tokens {
        return text.to_owned();
    }
    // The answer to a long message usually needs its beginning; halve until it fits.
    let mut chars: usize = text.chars().count().min(budget_tokens * 6);
    loop {
        let head: String = text.chars().take(chars).collect();
        if tokens(model, &head) + 4 <= budget_tokens || chars < 8 {
            return format!("{} […]", head.trim_end());
        }
        chars = chars * 4 / 5;
    }
}

fn tokens(model: Option<&Model>, text: &str) -> usize {
    // Without a model (scripted mind) four bytes count as a token.
    model.map_or(text.len() / 4 + 1, |model| model.tokenize(text, Content::Written).len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inserted_text_is_never_searched_for_marks() {
        let filled = fill("a {{x}} b {{y}}", &[("x", "{{y}}"), ("y", "1")]);
        assert_eq!(filled, "a {{y}} b 1");
        assert_eq!(fill("open {{x", &[("x", "1")]), "open x");
    }

    #[test]
    fn passages_stop_at_the_budget_but_one_always_fits() {
        let long = "long ".repeat(500);
        let passages = [("Note 1", long.as_str()), ("Note 2", "short")];
        let (text, fitting) = render_passages(None, &passages, 50);
        assert_eq!(fitting, 1);
        assert!(text.len() < 400 && text.contains("[…]"), "{text}");
        let (text, fitting) = render_passages(None, &passages[1..], 50);
        assert_eq!((text.as_str(), fitting), ("[1] Note 2\nshort\n", 1));
        assert_eq!(render_passages(None, &[], 50).1, 0);
    }

    #[test]
    fn the_newest_messages_of_a_thread_are_kept() {
        let thread: Vec<_> = (0..50).map(|i| ("Alice".to_owned(), format!("message number {i}"))).collect();
        let text = render_thread(None, &thread, 40);
        assert!(text.contains("number 49") && !text.contains("number 1\n"), "{text}");
        assert_eq!(render_thread(None, &[], 40), "");
    }
}
