//! Arguments of tools: a readable part of JSON Schema, checked by code and written into a grammar for the model.

use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Map, Value, json};

/// Longest text argument.
const TEXT_MAX_CHARS: usize = 4000;
/// Longest arguments as JSON.
const ARGUMENTS_MAX_BYTES: usize = 32 * 1024;

/// The arguments of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Schema {
    parameters: Vec<Parameter>,
}

#[derive(Debug, Clone, PartialEq)]
struct Parameter {
    name: String,
    kind: Kind,
    required: bool,
}

#[derive(Debug, Clone, PartialEq)]
enum Kind {
    Text,
    Choice(Vec<String>),
    Whole,
    Number,
    YesNo,
    /// What a person can fill in and a grammar here does not write.
    Other,
}

impl Schema {
    /// Required texts by these names, for the tools that come with the program.
    #[must_use]
    pub fn texts(names: &[&str]) -> Self {
        let one = |name: &&str| Parameter { name: (*name).to_owned(), kind: Kind::Text, required: true };
        Self { parameters: names.iter().map(one).collect() }
    }

    /// With one more required text.
    #[must_use]
    pub fn and_text(mut self, name: &str) -> Self {
        self.parameters.push(Parameter { name: name.to_owned(), kind: Kind::Text, required: true });
        self
    }

    /// With a text that may be left out.
    #[must_use]
    pub fn or_text(mut self, name: &str) -> Self {
        self.parameters.push(Parameter { name: name.to_owned(), kind: Kind::Text, required: false });
        self
    }

    /// With a required whole number.
    #[must_use]
    pub fn and_whole(mut self, name: &str) -> Self {
        self.parameters.push(Parameter { name: name.to_owned(), kind: Kind::Whole, required: true });
        self
    }

    /// With a whole number that may be left out.
    #[must_use]
    pub fn or_whole(mut self, name: &str) -> Self {
        self.parameters.push(Parameter { name: name.to_owned(), kind: Kind::Whole, required: false });
        self
    }

    /// Reads a JSON Schema of type `object`.
    ///
    /// # Errors
    /// In a few words, when it is no such schema.
    pub fn parse(schema: &Map<String, Value>) -> Result<Self, String> {
        if schema.get("type").and_then(Value::as_str) != Some("object") {
            return Err("its arguments are not an object".to_owned());
        }
        let required: Vec<&str> = schema
            .get("required")
            .and_then(Value::as_array)
            .into_iter()
            .flatten()
            .filter_map(Value::as_str)
            .collect();
        let none = Map::new();
        let properties = schema.get("properties").and_then(Value::as_object).unwrap_or(&none);
        let one = |(name, property): (&String, &Value)| Parameter {
            name: name.clone(),
            kind: Kind::of(property),
            required: required.contains(&name.as_str()),
        };
        let mut parameters: Vec<Parameter> = properties.iter().map(one).collect();
        if let Some(lost) = required.iter().find(|name| !properties.contains_key(**name)) {
            return Err(format!("it requires `{lost}` and does not say what that is"));
        }
        parameters.sort_by_key(|parameter| !parameter.required);
        Ok(Self { parameters })
    }

    /// Whether a model can fill it in.
    #[must_use]
    pub fn can_be_proposed(&self) -> bool {
        self.parameters.iter().all(|parameter| !parameter.required || parameter.kind != Kind::Other)
    }

    /// The names of the arguments, required ones first.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.parameters.iter().map(|parameter| parameter.name.as_str())
    }

    /// Checks arguments.
    ///
    /// # Errors
    /// Says in a few words what is wrong with which argument.
    pub fn check(&self, arguments: &Value) -> Result<(), String> {
        let Some(fields) = arguments.as_object() else {
            return Err("the arguments are not an object".to_owned());
        };
        if arguments.to_string().len() > ARGUMENTS_MAX_BYTES {
            return Err(format!("the arguments are longer than {ARGUMENTS_MAX_BYTES} bytes"));
        }
        if let Some(unknown) = fields.keys().find(|name| self.names().all(|known| known != *name)) {
            let known: Vec<&str> = self.names().collect();
            return Err(format!("there is no `{unknown}`; it takes {}", known.join(", ")));
        }
        for Parameter { name, kind, required } in &self.parameters {
            match fields.get(name) {
                None if *required => return Err(format!("`{name}` is missing")),
                None => {}
                Some(value) => kind.check(value).map_err(|why| format!("`{name}` {why}"))?,
            }
        }
        Ok(())
    }
}

impl Kind {
    fn of(property: &Value) -> Self {
        if let Some(choices) = property.get("enum").and_then(Value::as_array) {
            let texts: Option<Vec<String>> = choices.iter().map(|c| c.as_str().map(str::to_owned)).collect();
            return texts.map_or(Self::Other, Self::Choice);
        }
        match property.get("type").and_then(Value::as_str) {
            Some("string") => Self::Text,
            Some("integer") => Self::Whole,
            Some("number") => Self::Number,
            Some("boolean") => Self::YesNo,
            _ => Self::Other,
        }
    }

    fn check(&self, value: &Value) -> Result<(), String> {
        match self {
            Self::Text => match value.as_str() {
                Some(text) if text.trim().is_empty() => Err("is empty".to_owned()),
                Some(text) if text.chars().count() > TEXT_MAX_CHARS => {
                    Err(format!("is longer than {TEXT_MAX_CHARS} characters"))
                }
                Some(_) => Ok(()),
                None => Err("is not a text".to_owned()),
            },
            Self::Choice(choices) => {
                let found = value.as_str().is_some_and(|text| choices.iter().any(|choice| choice == text));
                if found { Ok(()) } else { Err(format!("is not one of {}", choices.join(", "))) }
            }
            Self::Whole => value.as_i64().map(drop).ok_or_else(|| "is not a whole number".to_owned()),
            Self::Number => value.as_f64().map(drop).ok_or_else(|| "is not a number".to_owned()),
            Self::YesNo => value.as_bool().map(drop).ok_or_else(|| "is not true or false".to_owned()),
            Self::Other => Ok(()),
        }
    }

    fn rule(&self) -> String {
        match self {
            Self::Text => "text".to_owned(),
            Self::Whole => "whole".to_owned(),
            Self::Number => "number".to_owned(),
            Self::YesNo => r#"("true" | "false")"#.to_owned(),
            Self::Choice(choices) => {
                let all: Vec<String> =
                    choices.iter().map(|choice| literal(&json!(choice).to_string())).collect();
                format!("({})", all.join(" | "))
            }
            Self::Other => String::new(),
        }
    }
}

/// A step as the model writes it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Step {
    /// The tool, or `reply`.
    pub tool: String,
    /// Its arguments.
    #[serde(default)]
    pub arguments: Value,
}

/// A tool in one line, as the prompt lists it.
#[must_use]
pub fn line(name: &str, schema: &Schema, about: &str) -> String {
    let names: Vec<&str> = schema.names().collect();
    let about: String = about.split_whitespace().collect::<Vec<_>>().join(" ");
    let about: String = about.chars().take(120).collect();
    format!("{name}({}): {about}", names.join(", "))
}

/// The grammar (GBNF) of a step: a reply, or one of these tools with arguments of the right kinds.
///
/// Without optional white space and with the arguments in order, as the adapters were taught.
#[must_use]
pub fn grammar(tools: &[(&str, &Schema)]) -> String {
    let mut rules = format!("root ::= {}", literal(r#"{"tool":"reply"}"#));
    for n in 0..tools.len() {
        write!(rules, " | call{n}").expect("writing to a string can't fail");
    }
    for (n, (name, schema)) in tools.iter().enumerate() {
        let head = literal(&format!(r#"{{"tool":{},"arguments":{{"#, json!(name)));
        let field = |parameter: &Parameter| {
            format!("{} {}", literal(&format!("{}:", json!(parameter.name))), parameter.kind.rule())
        };
        let writable = |required: bool| {
            schema.parameters.iter().filter(move |p| p.required == required && p.kind != Kind::Other)
        };
        let required: Vec<String> = writable(true).map(field).collect();
        let optional: Vec<String> = writable(false).map(field).collect();
        let mut body = required.join(" \",\" ");
        if required.is_empty() && !optional.is_empty() {
            body = format!("({})?", optional.join(" | "));
        } else {
            for field in optional {
                write!(body, " (\",\" {field})?").expect("writing to a string can't fail");
            }
        }
        write!(rules, "\ncall{n} ::= {head} {body} \"}}}}\"").expect("writing to a string can't fail");
    }
    rules.push_str(concat!(
        "\ntext ::= \"\\\"\" letter+ \"\\\"\"",
        "\nletter ::= [^\"\\\\\\x00-\\x1f\\x7f] | \"\\\\\" [\"\\\\/n]",
        "\nwhole ::= \"-\"? [0-9] [0-9]*",
        "\nnumber ::= whole (\".\" [0-9] [0-9]*)?",
    ));
    rules
}

/// A literal of GBNF.
fn literal(text: &str) -> String {
    let mut quoted = String::from("\"");
    for c in text.chars() {
        match c {
            '"' | '\\' => quoted.extend(['\\', c]),
            '\n' => quoted.push_str("\\n"),
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schema(value: &Value) -> Schema {
        Schema::parse(value.as_object().unwrap()).unwrap()
    }

    fn meeting() -> Schema {
        schema(&json!({"type": "object", "required": ["title"], "properties": {
            "title": {"type": "string"}, "seats": {"type": "integer"}, "loud": {"type": "boolean"},
            "size": {"enum": ["s", "l"]}, "extra": {"type": "object"}}}))
    }

    #[test]
    fn arguments_that_break_the_schema_are_named() {
        let schema = meeting();
        assert!(schema.can_be_proposed());
        assert_eq!(
            schema.check(&json!({"title": "a", "seats": 3, "loud": true, "size": "s", "extra": {}})),
            Ok(())
        );
        for (arguments, why) in [
            (json!([]), "not an object"),
            (json!({}), "`title` is missing"),
            (json!({"title": " "}), "`title` is empty"),
            (json!({"title": 3}), "`title` is not a text"),
            (json!({"title": "x".repeat(4001)}), "longer than 4000"),
            (json!({"title": "a", "seats": "3"}), "`seats` is not a whole number"),
            (json!({"title": "a", "seats": 1.5}), "`seats` is not a whole number"),
            (json!({"title": "a", "loud": "yes"}), "true or false"),
            (json!({"title": "a", "size": "m"}), "one of s, l"),
            (json!({"title": "a", "rm": "-rf"}), "there is no `rm`"),
            (json!({"title": "a", "extra": "x".repeat(40_000)}), "longer than"),
        ] {
            let said = schema.check(&arguments).unwrap_err();
            assert!(said.contains(why), "{said}");
        }
    }

    #[test]
    fn a_schema_that_no_model_can_fill_in_is_not_proposed() {
        let nested = json!({"type": "object", "required": ["a"], "properties": {"a": {"type": "object"}}});
        assert!(!schema(&nested).can_be_proposed());
        for bad in [json!({}), json!({"type": "object", "required": ["lost"]})] {
            assert!(Schema::parse(bad.as_object().unwrap()).is_err(), "{bad}");
        }
    }

    #[test]
    fn the_grammar_is_what_a_reviewer_saw() {
        let (texts, meeting) = (Schema::texts(&["text", "when"]), meeting());
        let none = schema(&json!({"type": "object"}));
        insta::assert_snapshot!(grammar(&[("remind.set", &texts), ("rooms.book", &meeting), ("now", &none)]));
        assert_eq!(line("remind.set", &texts, "sets a\nreminder"), "remind.set(text, when): sets a reminder");
    }
}
