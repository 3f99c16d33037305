//! Variables in other forms, for other programs: for the clipboard only, except names without values.

use std::fmt::Write;

use serde::Deserialize;

use super::{Document, Variable, error::EnvFileError};
use crate::SecretText;

/// Another form.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Form {
    /// `export NAME='value'`, for any shell of the Bourne family.
    Shell,
    /// One JSON object.
    Json,
    /// `NAME=value` lines as they are, for `docker run --env-file`.
    Docker,
}

/// The variables in another form.
///
/// # Errors
/// A value that this form cannot hold.
pub fn export(form: Form, variables: &[(String, SecretText)]) -> Result<SecretText, EnvFileError> {
    let mut text = String::new();
    match form {
        Form::Shell => {
            for (name, value) in variables {
                let _ = writeln!(text, "export {name}='{}'", value.expose().replace('\'', "'\\''"));
            }
        }
        Form::Json => {
            let map: serde_json::Map<String, serde_json::Value> =
                variables.iter().map(|(name, value)| (name.clone(), value.expose().into())).collect();
            text = format!("{:#}\n", serde_json::Value::Object(map));
        }
        Form::Docker => {
            for (name, value) in variables {
                if value.expose().contains(['\n', '\r']) {
                    return Err(EnvFileError::Value {
                        name: name.clone(),
                        problem: "it has several lines, and such a file holds one value a line",
                    });
                }
                let _ = writeln!(text, "{name}={}", value.expose());
            }
        }
    }
    Ok(SecretText::new(text))
}

/// What `.env.example` must have besides what it has: each missing name with a comment, and no value. `None`: nothing.
#[must_use]
pub fn example(present: &[u8], wanted: &[(Variable, String)]) -> Option<Vec<u8>> {
    let document = Document::parse(present);
    let missing: Vec<_> = wanted.iter().filter(|(_, name)| document.get(name).is_none()).collect();
    if missing.is_empty() {
        return None;
    }
    let text = String::from_utf8_lossy(present);
    let ending = if text.matches("\r\n").count() * 2 > text.matches('\n').count() { "\r\n" } else { "\n" };
    let mut bytes = present.to_vec();
    if !bytes.is_empty() && !bytes.ends_with(b"\n") {
        bytes.extend_from_slice(ending.as_bytes());
    }
    for (variable, name) in missing {
        bytes.extend_from_slice(format!("# {}{ending}{name}={ending}", variable.meaning()).as_bytes());
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn some() -> Vec<(String, SecretText)> {
        vec![("A".into(), SecretText::new("it's $HOME")), ("B".into(), SecretText::new("x\"y\\z"))]
    }

    #[test]
    fn each_form_is_its_programs_own() {
        let text = |form| export(form, &some()).unwrap().expose().to_owned();
        assert_eq!(text(Form::Shell), "export A='it'\\''s $HOME'\nexport B='x\"y\\z'\n");
        assert_eq!(text(Form::Docker), "A=it's $HOME\nB=x\"y\\z\n");
        let read: serde_json::Value = serde_json::from_str(&text(Form::Json)).unwrap();
        assert_eq!(read, serde_json::json!({ "A": "it's $HOME", "B": "x\"y\\z" }));
        let lines = [("A".to_owned(), SecretText::new("one\ntwo"))];
        let error = export(Form::Docker, &lines).unwrap_err();
        assert!(error.to_string().contains("several lines") && !error.to_string().contains("two"));
    }

    #[cfg(unix)]
    #[test]
    fn a_shell_reads_what_was_exported() {
        let variables = [("A".to_owned(), SecretText::new("a'b\"c$d`e\\f\ng  *"))];
        let script = format!("{}printf %s \"$A\"", export(Form::Shell, &variables).unwrap().expose());
        let output = std::process::Command::new("sh").args(["-c", &script]).output().unwrap();
        assert_eq!(String::from_utf8(output.stdout).unwrap(), "a'b\"c$d`e\\f\ng  *");
    }

    #[test]
    fn the_example_gets_names_and_never_values() {
        let wanted = [(Variable::Token, "POLAR_ACCESS_TOKEN".to_owned()), (Variable::Url, "URL_DEV".to_owned())];
        let made = example(b"", &wanted).unwrap();
        let text = String::from_utf8(made.clone()).unwrap();
        assert_eq!(text.lines().filter(|line| line.starts_with('#')).count(), 2);
        assert!(text.contains("\nPOLAR_ACCESS_TOKEN=\n") && text.ends_with("\nURL_DEV=\n"), "{text}");
        assert_eq!(example(&made, &wanted), None);
        let windows = example(b"# mine\r\nURL_DEV=http://x", &wanted).unwrap();
        assert!(windows.starts_with(b"# mine\r\nURL_DEV=http://x\r\n# Polar"));
        assert!(windows.ends_with(b"\r\nPOLAR_ACCESS_TOKEN=\r\n"));
    }
}
