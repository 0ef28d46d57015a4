//! Sizes that Slack refuses, <https://docs.slack.dev/reference/block-kit/blocks/>.

use serde_json::Value;

use super::ApiError;

/// Text is cut here, <https://docs.slack.dev/reference/methods/chat.postMessage/#truncating>.
pub(super) const TEXT_CUT: usize = 40_000;
/// `chat.update` refuses more, <https://docs.slack.dev/reference/methods/chat.update/>.
pub(super) const UPDATE_TEXT: usize = 4_000;
/// `markdown_text`, a `markdown` block, all of them together, and one chunk of a stream,
/// <https://docs.slack.dev/reference/block-kit/blocks/markdown-block/>.
pub(super) const MARKDOWN: usize = 12_000;
/// Where a whole message fails, seen in `bolt-js#2509`.
const WHOLE_MESSAGE: usize = 13_200;
/// Blocks of a message, and of a modal or home tab.
pub(super) const IN_MESSAGE: usize = 50;
const IN_VIEW: usize = 100;
/// Bytes of a whole view, <https://docs.slack.dev/reference/views/>.
const WHOLE_VIEW: usize = 250_000;

/// Checks a list of blocks.
///
/// # Errors
/// `invalid_blocks` with the place, or `msg_blocks_too_long`.
pub(super) fn check(blocks: &Value, most: usize) -> Result<(), ApiError> {
    let blocks = check_each(blocks, most)?;
    let markdown = blocks.iter().filter(|block| kind(block) == "markdown").map(longest_text).sum::<usize>();
    if markdown > MARKDOWN || blocks.iter().map(all_text).sum::<usize>() > WHOLE_MESSAGE {
        return Err("msg_blocks_too_long".into());
    }
    Ok(())
}

/// Checks a modal or a home tab, <https://docs.slack.dev/reference/views/>.
///
/// # Errors
/// `invalid_arguments` with what is wrong with it, or as [`check`].
pub(super) fn check_view(view: &Value) -> Result<(), ApiError> {
    check_each(view.get("blocks").ok_or("invalid_arguments")?, IN_VIEW)?;
    let wrong = |what: String| ApiError::about("invalid_arguments", format!("[ERROR] {what}"));
    for (name, most) in [("private_metadata", 3_000), ("callback_id", 255)] {
        at_most(name, length(view.get(name)), most).map_err(wrong)?;
    }
    if kind(view) == "modal" {
        if length(view.pointer("/title/text")) == 0 {
            return Err(wrong("missing required field: title".to_owned()));
        }
        for name in ["title", "submit", "close"] {
            at_most(name, length(view.pointer(&format!("/{name}/text"))), 24).map_err(wrong)?;
        }
        let asks =
            view.get("blocks").and_then(Value::as_array).into_iter().flatten().any(|b| kind(b) == "input");
        if asks && view.get("submit").is_none() {
            return Err(wrong("missing required field: submit".to_owned()));
        }
    }
    if view.to_string().len() > WHOLE_VIEW {
        return Err("view_too_large".into());
    }
    Ok(())
}

fn check_each(blocks: &Value, most: usize) -> Result<&Vec<Value>, ApiError> {
    let blocks = blocks.as_array().ok_or("invalid_blocks_format")?;
    if blocks.len() > most {
        return Err(ApiError::about("invalid_blocks", format!("[ERROR] no more than {most} items allowed")));
    }
    for (place, block) in blocks.iter().enumerate() {
        check_block(block).map_err(|what| {
            ApiError::about("invalid_blocks", format!("[ERROR] {what} [json-pointer:/blocks/{place}]"))
        })?;
    }
    let mut ids: Vec<&str> =
        blocks.iter().filter_map(|block| block.get("block_id").and_then(Value::as_str)).collect();
    ids.sort_unstable();
    if ids.windows(2).any(|pair| matches!(pair, [one, other] if one == other)) {
        return Err(ApiError::about("invalid_blocks", "[ERROR] `block_id` already exists".to_owned()));
    }
    Ok(blocks)
}

fn check_block(block: &Value) -> Result<(), String> {
    if !block.is_object() || kind(block).is_empty() {
        return Err("missing required field: type".to_owned());
    }
    at_most("block_id", length(block.get("block_id")), 255)?;
    match kind(block) {
        "section" => {
            if block.get("text").is_some() {
                at_least_one("text", length(block.pointer("/text/text")))?;
            }
            at_most("text", length(block.pointer("/text/text")), 3_000)?;
            let fields = block.get("fields").and_then(Value::as_array);
            at_most("fields", fields.map_or(0, Vec::len), 10)?;
            if block.get("text").is_none() && fields.is_none() {
                return Err("missing required field: text or fields".to_owned());
            }
            block.get("accessory").map_or(Ok(()), check_element)
        }
        "header" => {
            at_least_one("text", length(block.pointer("/text/text")))?;
            at_most("text", length(block.pointer("/text/text")), 150)
        }
        "input" => {
            at_least_one("label", length(block.pointer("/label/text")))?;
            at_most("label", length(block.pointer("/label/text")), 2_000)?;
            check_element(block.get("element").ok_or("missing required field: element")?)
        }
        "actions" => {
            let elements =
                block.get("elements").and_then(Value::as_array).ok_or("missing required field: elements")?;
            at_most("elements", elements.len(), 25)?;
            at_least_one("elements", elements.len())?;
            elements.iter().try_for_each(check_element)
        }
        "context" => {
            at_most("elements", block.get("elements").and_then(Value::as_array).map_or(0, Vec::len), 10)
        }
        _ => Ok(()),
    }
}

/// Buttons and their kin, <https://docs.slack.dev/reference/block-kit/block-elements/button-element/>.
fn check_element(element: &Value) -> Result<(), String> {
    at_most("action_id", length(element.get("action_id")), 255)?;
    match kind(element) {
        "button" => {
            at_most("button text", length(element.pointer("/text/text")), 75)?;
            at_most("button value", length(element.get("value")), 2_000)?;
        }
        "plain_text_input" => {
            if let Some(begin) = element.get("initial_value") {
                at_least_one("initial_value", length(Some(begin)))?;
                at_most("initial_value", length(Some(begin)), 3_000)?;
            }
        }
        "static_select" => check_menu(element)?,
        _ => {}
    }
    element.get("confirm").map_or(Ok(()), check_confirm)
}

/// <https://docs.slack.dev/reference/block-kit/block-elements/select-menu-element/>
fn check_menu(menu: &Value) -> Result<(), String> {
    let options = menu.get("options").and_then(Value::as_array).ok_or("missing required field: options")?;
    at_least_one("options", options.len())?;
    at_most("options", options.len(), 100)?;
    for option in options {
        at_least_one("option text", length(option.pointer("/text/text")))?;
        at_most("option text", length(option.pointer("/text/text")), 75)?;
        at_most("option value", length(option.get("value")), 150)?;
    }
    match menu.get("initial_option") {
        Some(first) if !options.contains(first) => Err("initial_option is none of the options".to_owned()),
        _ => Ok(()),
    }
}

/// <https://docs.slack.dev/reference/block-kit/composition-objects/confirmation-dialog-object/>
fn check_confirm(confirm: &Value) -> Result<(), String> {
    for (name, most) in [("title", 100), ("text", 300), ("confirm", 30), ("deny", 30)] {
        at_most(name, length(confirm.pointer(&format!("/{name}/text"))), most)?;
    }
    Ok(())
}

fn at_least_one(what: &str, is: usize) -> Result<(), String> {
    if is > 0 { Ok(()) } else { Err(format!("{what} must be more than 0 characters")) }
}

fn at_most(what: &str, is: usize, most: usize) -> Result<(), String> {
    if is <= most { Ok(()) } else { Err(format!("{what} must be less than {} characters", most + 1)) }
}

fn kind(block: &Value) -> &str {
    block.get("type").and_then(Value::as_str).unwrap_or_default()
}

fn length(text: Option<&Value>) -> usize {
    text.and_then(Value::as_str).map_or(0, |text| text.chars().count())
}

fn longest_text(block: &Value) -> usize {
    length(block.get("text"))
}

/// Characters of all texts inside.
fn all_text(value: &Value) -> usize {
    match value {
        Value::Object(fields) => {
            let inside = |(key, value): (&String, &Value)| match value {
                Value::String(text) if key == "text" => text.chars().count(),
                Value::String(_) => 0,
                other => all_text(other),
            };
            fields.iter().map(inside).sum()
        }
        Value::Array(items) => items.iter().map(all_text).sum(),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn code(blocks: &Value) -> String {
        check(blocks, IN_MESSAGE).map_or_else(|error| error.code, |()| "ok".to_owned())
    }

    #[test]
    fn sizes_at_the_border_pass_and_beyond_it_fail() {
        let section =
            |size: usize| json!([{"type": "section", "text": {"type": "mrkdwn", "text": "x".repeat(size)}}]);
        let markdown = |size: usize| json!([{"type": "markdown", "text": "x".repeat(size)}]);
        let many = |count: usize| json!(vec![json!({"type": "divider"}); count]);
        let button = |size: usize| {
            json!([{"type": "actions", "elements": [
                {"type": "button", "text": {"type": "plain_text", "text": "x".repeat(size)}}
            ]}])
        };
        for (blocks, expected) in [
            (section(3_000), "ok"),
            (section(3_001), "invalid_blocks"),
            (markdown(12_000), "ok"),
            (markdown(12_001), "msg_blocks_too_long"),
            (many(50), "ok"),
            (many(51), "invalid_blocks"),
            (button(75), "ok"),
            (button(76), "invalid_blocks"),
            (json!({}), "invalid_blocks_format"),
            (json!([{}]), "invalid_blocks"),
        ] {
            assert_eq!(
                code(&blocks),
                expected,
                "{}",
                blocks.to_string().chars().take(80).collect::<String>()
            );
        }
        let five = json!(vec![section(3_000)[0].clone(); 5]);
        assert_eq!(code(&five), "msg_blocks_too_long");
    }
}
