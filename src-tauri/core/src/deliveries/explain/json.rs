//! JSON by its spelling: what was written, so that it can be written in another way without losing a digit.

use std::{borrow::Cow, fmt::Write as _};

use serde_json::Value;

/// A value as it is spelled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Node<'a> {
    /// A string, with its quotes and escapes.
    Text(&'a str),
    /// A number, `true`, `false` or `null`.
    Plain(&'a str),
    /// An array.
    Array(Vec<Node<'a>>),
    /// An object; its keys as they are spelled.
    Object(Vec<(&'a str, Node<'a>)>),
}

/// How JSON is laid out.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Writing {
    /// Between its parts.
    pub(super) spacing: Spacing,
    /// Within its texts.
    pub(super) escapes: Escapes,
    /// Whether `/` is written `\/`, as PHP does.
    pub(super) slashes: bool,
}

/// White space between the parts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Spacing {
    /// None: `JSON.stringify`, Polar's deliveries to apps.
    None,
    /// One blank after `,` and `:`: Python's `json.dumps`, Polar's deliveries to chats.
    Blank,
    /// A line for each part, indented by this text.
    Lines(&'static str),
}

impl Spacing {
    /// All in use.
    pub(super) const ALL: [Self; 5] =
        [Self::None, Self::Blank, Self::Lines("  "), Self::Lines("    "), Self::Lines("\t")];
}

/// How characters beyond ASCII are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Escapes {
    /// As they were.
    AsTheyAre,
    /// As themselves.
    None,
    /// `\u00e9`.
    Lower,
    /// `\u00E9`.
    Upper,
}

impl Escapes {
    /// All.
    pub(super) const ALL: [Self; 4] = [Self::AsTheyAre, Self::None, Self::Lower, Self::Upper];
}

impl<'a> Node<'a> {
    /// Reads JSON that is known to be good, and not nested deeper than `serde_json` allows.
    pub(super) fn read(text: &'a str) -> Option<Self> {
        let mut rest = text;
        let node = read(&mut rest)?;
        rest.trim_ascii().is_empty().then_some(node)
    }

    /// The field of this name.
    pub(super) fn field(&self, name: &str) -> Option<&Self> {
        let Self::Object(fields) = self else { return None };
        fields.iter().find(|(key, _)| decoded(key).as_deref() == Some(name)).map(|(_, value)| value)
    }

    /// The text that it is.
    pub(super) fn text(&self) -> Option<String> {
        if let Self::Text(lexeme) = self { decoded(lexeme) } else { None }
    }

    /// Written in this way.
    pub(super) fn written(&self, writing: Writing) -> String {
        let mut out = String::new();
        self.write(writing, 0, &mut out);
        out
    }

    /// With all keys sorted.
    pub(super) fn sorted(&self) -> Self {
        self.arranged(&|fields| fields.sort_by_key(|(key, _)| decoded(key)))
    }

    /// With the keys of each object in the order that the model's object in the same place has them.
    pub(super) fn ordered_like(&self, model: &Value) -> Self {
        match (self, model) {
            (Self::Array(items), Value::Array(models)) => {
                let model = |at: usize| models.get(at).or(models.first()).unwrap_or(&Value::Null);
                Self::Array(items.iter().enumerate().map(|(at, item)| item.ordered_like(model(at))).collect())
            }
            (Self::Object(fields), Value::Object(models)) => {
                let place = |key: &str| decoded(key).and_then(|key| models.keys().position(|known| *known == key));
                let mut fields: Vec<_> = fields
                    .iter()
                    .map(|(key, value)| {
                        // A key that the model lacks may be an id: any other value of it is a model then.
                        let model = decoded(key).and_then(|key| models.get(&key)).or(models.values().next());
                        let model = model.unwrap_or(&Value::Null);
                        (*key, value.ordered_like(model))
                    })
                    .collect();
                fields.sort_by_key(|(key, _)| place(key).unwrap_or(usize::MAX));
                Self::Object(fields)
            }
            _ => self.clone(),
        }
    }

    fn arranged(&self, arrange: &impl Fn(&mut Vec<(&'a str, Self)>)) -> Self {
        match self {
            Self::Array(items) => Self::Array(items.iter().map(|item| item.arranged(arrange)).collect()),
            Self::Object(fields) => {
                let mut fields = fields.iter().map(|(key, value)| (*key, value.arranged(arrange))).collect();
                arrange(&mut fields);
                Self::Object(fields)
            }
            plain => plain.clone(),
        }
    }

    fn write(&self, writing: Writing, depth: usize, out: &mut String) {
        match self {
            Self::Plain(text) => out.push_str(text),
            Self::Text(text) => out.push_str(&spelled(text, writing)),
            Self::Array(items) => {
                out.push('[');
                for (at, item) in items.iter().enumerate() {
                    separate(at, writing.spacing, depth + 1, out);
                    item.write(writing, depth + 1, out);
                }
                close(items.is_empty(), writing.spacing, depth, out);
                out.push(']');
            }
            Self::Object(fields) => {
                out.push('{');
                for (at, (key, value)) in fields.iter().enumerate() {
                    separate(at, writing.spacing, depth + 1, out);
                    out.push_str(&spelled(key, writing));
                    out.push_str(if writing.spacing == Spacing::None { ":" } else { ": " });
                    value.write(writing, depth + 1, out);
                }
                close(fields.is_empty(), writing.spacing, depth, out);
                out.push('}');
            }
        }
    }
}

fn separate(at: usize, spacing: Spacing, depth: usize, out: &mut String) {
    if at > 0 {
        out.push(',');
    }
    match spacing {
        Spacing::Blank if at > 0 => out.push(' '),
        Spacing::Lines(indent) => line(indent, depth, out),
        Spacing::None | Spacing::Blank => {}
    }
}

fn close(empty: bool, spacing: Spacing, depth: usize, out: &mut String) {
    if let Spacing::Lines(indent) = spacing
        && !empty
    {
        line(indent, depth, out);
    }
}

fn line(indent: &str, depth: usize, out: &mut String) {
    out.push('\n');
    out.push_str(&indent.repeat(depth));
}

fn decoded(lexeme: &str) -> Option<String> {
    serde_json::from_str(lexeme).ok()
}

fn spelled(lexeme: &str, writing: Writing) -> Cow<'_, str> {
    let text = match writing.escapes {
        Escapes::AsTheyAre => Cow::Borrowed(lexeme),
        escapes => match decoded(lexeme).map(|text| Value::String(text).to_string()) {
            // Half of a surrogate pair: it can only stay as it is.
            None => Cow::Borrowed(lexeme),
            Some(text) if escapes == Escapes::None => Cow::Owned(text),
            Some(text) => Cow::Owned(ascii(&text, escapes == Escapes::Upper)),
        },
    };
    if writing.slashes && text.contains('/') {
        return Cow::Owned(text.replace("\\/", "/").replace('/', "\\/"));
    }
    text
}

fn ascii(text: &str, upper: bool) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        if c.is_ascii() {
            out.push(c);
            continue;
        }
        for unit in c.encode_utf16(&mut [0; 2]) {
            let _ = if upper { write!(out, "\\u{unit:04X}") } else { write!(out, "\\u{unit:04x}") };
        }
    }
    out
}

fn read<'a>(rest: &mut &'a str) -> Option<Node<'a>> {
    *rest = rest.trim_ascii_start();
    match rest.as_bytes().first()? {
        b'"' => Some(Node::Text(string(rest)?)),
        b'[' => {
            let mut items = Vec::new();
            *rest = rest[1..].trim_ascii_start();
            while !rest.starts_with(']') {
                items.push(read(rest)?);
                *rest = rest.trim_ascii_start();
                *rest = rest.strip_prefix(',').unwrap_or(rest).trim_ascii_start();
            }
            *rest = &rest[1..];
            Some(Node::Array(items))
        }
        b'{' => {
            let mut fields = Vec::new();
            *rest = rest[1..].trim_ascii_start();
            while !rest.starts_with('}') {
                let key = string(rest)?;
                *rest = rest.trim_ascii_start().strip_prefix(':')?;
                fields.push((key, read(rest)?));
                *rest = rest.trim_ascii_start();
                *rest = rest.strip_prefix(',').unwrap_or(rest).trim_ascii_start();
            }
            *rest = &rest[1..];
            Some(Node::Object(fields))
        }
        _ => {
            let end = rest.find(|c: char| ",]}".contains(c) || c.is_ascii_whitespace()).unwrap_or(rest.len());
            let (plain, after) = rest.split_at(end);
            *rest = after;
            (end > 0).then_some(Node::Plain(plain))
        }
    }
}

fn string<'a>(rest: &mut &'a str) -> Option<&'a str> {
    let bytes = rest.as_bytes();
    if bytes.first() != Some(&b'"') {
        return None;
    }
    let mut at = 1;
    loop {
        match bytes.get(at)? {
            b'\\' => at += 2,
            b'"' => break,
            _ => at += 1,
        }
    }
    let (string, after) = rest.split_at(at + 1);
    *rest = after;
    Some(string)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const AS_IT_IS: Writing = Writing { spacing: Spacing::None, escapes: Escapes::AsTheyAre, slashes: false };

    fn any_json() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            any::<String>().prop_map(Value::from),
        ];
        leaf.prop_recursive(4, 40, 5, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
                proptest::collection::vec((any::<String>(), inner), 0..5)
                    .prop_map(|fields| fields.into_iter().collect()),
            ]
        })
    }

    proptest! {
        #[test]
        fn it_is_read_from_any_layout_and_written_as_the_library_does(value in any_json()) {
            let compact = value.to_string();
            let pretty = serde_json::to_string_pretty(&value).unwrap();
            for text in [&compact, &pretty] {
                let node = Node::read(text).unwrap();
                prop_assert_eq!(node.written(AS_IT_IS), compact.clone());
                prop_assert_eq!(node.written(Writing { spacing: Spacing::Lines("  "), ..AS_IT_IS }), pretty.clone());
            }
        }

        #[test]
        fn however_it_is_written_it_means_the_same(value in any_json()) {
            let text = value.to_string();
            // Read once, as the last digit of a number may change by it.
            let value: Value = serde_json::from_str(&text).unwrap();
            let node = Node::read(&text).unwrap();
            for spacing in Spacing::ALL {
                for escapes in Escapes::ALL {
                    for slashes in [false, true] {
                        let written = node.written(Writing { spacing, escapes, slashes });
                        prop_assert_eq!(&serde_json::from_str::<Value>(&written).unwrap(), &value);
                    }
                }
            }
            prop_assert_eq!(&serde_json::from_str::<Value>(&node.sorted().written(AS_IT_IS)).unwrap(), &value);
            prop_assert_eq!(node.sorted().ordered_like(&value).field("x").is_some(), node.field("x").is_some());
        }

        #[test]
        fn what_is_no_json_is_no_panic(text in any::<String>()) {
            let _ = Node::read(&text);
        }
    }

    #[test]
    fn numbers_keep_their_digits_and_keys_their_order() {
        let text = r#"{ "b": 1.0, "a": 1e400, "c": -0.10 , "a": "\u00E9\/" }"#;
        let node = Node::read(text).unwrap();
        assert_eq!(node.written(AS_IT_IS), r#"{"b":1.0,"a":1e400,"c":-0.10,"a":"\u00E9\/"}"#);
        let plain = node.written(Writing { escapes: Escapes::None, ..AS_IT_IS });
        assert_eq!(plain, r#"{"b":1.0,"a":1e400,"c":-0.10,"a":"é/"}"#);
        let model = serde_json::json!({ "a": 0, "b": 0 });
        assert_eq!(node.ordered_like(&model).written(AS_IT_IS), r#"{"a":1e400,"a":"\u00E9\/","b":1.0,"c":-0.10}"#);
    }
}
