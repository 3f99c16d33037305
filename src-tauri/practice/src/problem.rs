//! One complaint about a request, as Polar's validation words it, and the checks of single values that many fields
//! share. The conversions are as lenient as pydantic's.

use serde_json::{Value, json};
use uuid::Uuid;

use crate::uuid_error;

/// One complaint.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Problem {
    pub kind: &'static str,
    pub place: Vec<Value>,
    pub message: String,
    pub input: Box<Value>,
    pub context: Option<Box<Value>>,
}

impl Problem {
    pub fn new(kind: &'static str, place: &[Value], message: impl Into<String>, input: &Value) -> Self {
        Self { kind, place: place.to_vec(), message: message.into(), input: Box::new(input.clone()), context: None }
    }

    pub fn with(mut self, context: Value) -> Self {
        self.context = Some(Box::new(context));
        self
    }

    pub fn missing(place: &[Value], input: &Value) -> Self {
        Self::new("missing", place, "Field required", input)
    }

    pub fn to_json(&self) -> Value {
        let mut value = json!({ "type": self.kind, "loc": self.place, "msg": self.message, "input": self.input });
        if let Some(context) = &self.context {
            value["ctx"] = Value::clone(context);
        }
        value
    }
}

/// `["body", "url"]` and the like.
pub(crate) fn place(parts: &[&str]) -> Vec<Value> {
    parts.iter().map(|part| json!(part)).collect()
}

/// A version 4 UUID in any spelling.
pub(crate) fn uuid(at: &[Value], value: &Value) -> Result<Uuid, Problem> {
    let Some(text) = value.as_str() else {
        return Err(Problem::new("uuid_type", at, "UUID input should be a string, bytes or UUID object", value));
    };
    match Uuid::parse_str(text) {
        Ok(id) if id.get_version_num() == 4 => Ok(id),
        Ok(_) => {
            Err(Problem::new("uuid_version", at, "UUID version 4 expected", value).with(json!({"expected_version": 4})))
        }
        Err(_) => {
            let why = uuid_error::reason(text);
            Err(Problem::new("uuid_parsing", at, format!("Input should be a valid UUID, {why}"), value)
                .with(json!({ "error": why })))
        }
    }
}

/// A text.
pub(crate) fn string(at: &[Value], value: &Value) -> Result<String, Problem> {
    value
        .as_str()
        .map(str::to_owned)
        .ok_or_else(|| Problem::new("string_type", at, "Input should be a valid string", value))
}

/// A yes or no, in any of the spellings that pydantic takes.
pub(crate) fn boolean(at: &[Value], value: &Value) -> Result<bool, Problem> {
    let unclear =
        || Problem::new("bool_parsing", at, "Input should be a valid boolean, unable to interpret input", value);
    match value {
        Value::Bool(yes) => Ok(*yes),
        Value::Number(number) => match number.as_f64() {
            Some(0.0) => Ok(false),
            Some(1.0) => Ok(true),
            Some(other) if other.fract() != 0.0 => {
                Err(Problem::new("bool_type", at, "Input should be a valid boolean", value))
            }
            _ => Err(unclear()),
        },
        Value::String(text) => match text.to_ascii_lowercase().as_str() {
            "1" | "on" | "t" | "true" | "y" | "yes" => Ok(true),
            "0" | "off" | "f" | "false" | "n" | "no" => Ok(false),
            _ => Err(unclear()),
        },
        _ => Err(Problem::new("bool_type", at, "Input should be a valid boolean", value)),
    }
}

/// One of `allowed`; `listed` is how the complaint lists them.
pub(crate) fn choice(at: &[Value], value: &Value, allowed: &[&str]) -> Result<String, Problem> {
    if let Some(text) = value.as_str()
        && allowed.contains(&text)
    {
        return Ok(text.to_owned());
    }
    let listed = listed(allowed);
    Err(Problem::new("enum", at, format!("Input should be {listed}"), value).with(json!({ "expected": listed })))
}

/// `'a', 'b' or 'c'`.
pub(crate) fn listed(names: &[&str]) -> String {
    let quoted: Vec<String> = names.iter().map(|name| format!("'{name}'")).collect();
    match quoted.split_last() {
        Some((last, [])) => last.clone(),
        Some((last, others)) => format!("{} or {last}", others.join(", ")),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_is_wrong_with_an_id() {
        let at = place(&["path", "id"]);
        let message = |text: &str| uuid(&at, &json!(text)).unwrap_err().message;
        assert_eq!(message("nope"), "Input should be a valid UUID, invalid character: found `n` at 1");
        assert_eq!(message("11111111-1111-1111-8111-111111111111"), "UUID version 4 expected");
        assert!(uuid(&at, &json!("D5993AB586744771BF50B620836DE0E2")).is_ok());
        assert_eq!(uuid(&at, &json!(5)).unwrap_err().kind, "uuid_type");
    }

    #[test]
    fn takes_many_spellings_of_yes() {
        let at = place(&["body", "enabled"]);
        for value in [json!(true), json!(1), json!("YES"), json!("on")] {
            assert_eq!(boolean(&at, &value), Ok(true));
        }
        assert_eq!(boolean(&at, &json!("maybe")).unwrap_err().kind, "bool_parsing");
        assert_eq!(boolean(&at, &json!([])).unwrap_err().kind, "bool_type");
    }

    #[test]
    fn lists_choices_as_people_do() {
        assert_eq!(listed(&["raw", "discord", "slack"]), "'raw', 'discord' or 'slack'");
        assert_eq!(listed(&["raw"]), "'raw'");
    }
}
