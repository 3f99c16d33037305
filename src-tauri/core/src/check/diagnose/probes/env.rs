//! The env files: what the app gets, where it stands, and what else stands there.

use std::{fs, time::SystemTime};

use super::super::{EnvSeen, SecretPlace, Subject};
use crate::{
    SecretText,
    env_file::{self, Document},
};

pub fn look(subject: &Subject) -> EnvSeen {
    let project = &subject.project;
    let names = &subject.names;
    let mut files = project.env_files.iter().map(|view| view.file.clone()).collect::<Vec<_>>();
    if !files.contains(&project.env_file) {
        files.push(project.env_file.clone());
    }
    let mut seen = EnvSeen {
        file: project.env_file.clone(),
        secret_name: names.secret.clone(),
        name_is_read: project.names.secret.file.is_some(),
        ..EnvSeen::default()
    };
    // Somebody who named the folder around it reads where in that.
    let told = |file: String| match &subject.outer {
        Some((_, place)) => format!("{place}/{file}"),
        None => file,
    };
    seen.file = told(seen.file);
    for name in files {
        let path = project.folder.join(&name);
        let Ok(Some(bytes)) = env_file::read(&path) else { continue };
        let file = told(name);
        seen.exists = true;
        let document = Document::parse(&bytes).read_by(Some(project.reader));
        let in_file = secret_in_file(subject, &document);
        if let Some((place, changed)) = in_file {
            if seen.secrets.is_empty() {
                seen.changed = changed;
            }
            seen.secrets.push(place);
        } else if let Some(value) = document.get(&names.secret) {
            let line = document.line_of(&names.secret);
            if seen.secrets.is_empty() {
                seen.has_mark = line == Some(1) && bytes.starts_with(b"\xef\xbb\xbf");
                seen.changed = fs::metadata(&path).and_then(|meta| meta.modified()).ok();
            }
            let written = SecretText::new(written(&bytes, &names.secret).unwrap_or_default());
            let certain = document.is_certain(&names.secret);
            seen.secrets.push(SecretPlace {
                file: file.clone(),
                line,
                value: SecretText::new(value),
                written,
                certain,
            });
        } else if seen.other_name.is_none() {
            seen.other_name = other_name(&bytes, &names.secret).map(|name| (name, file.clone()));
        }
        let others = assignments(&bytes).into_iter().filter(|(name, _)| *name != names.secret);
        seen.others.extend(others.filter_map(|(name, _)| {
            let value = document.get(&name)?;
            (!value.is_empty()).then(|| (name, file.clone(), SecretText::new(value)))
        }));
        let filled = |name: &str| document.get(name).filter(|text| !text.trim().is_empty());
        seen.token = seen.token.or_else(|| filled(&names.token).map(SecretText::new));
        seen.server = seen.server.or_else(|| names.switch.as_ref().and_then(|switch| filled(&switch.name)));
        seen.means_sandbox = seen.means_sandbox.or_else(|| {
            let (switch, said) = (names.switch.as_ref()?, seen.server.as_ref()?);
            let means = [(&switch.sandbox, true), (&switch.production, false)];
            means.into_iter().find(|(word, _)| *word == said).map(|(_, sandbox)| (switch.name.clone(), sandbox))
        });
        seen.base = seen.base.or_else(|| filled(&names.url));
    }
    seen.strays = strays(subject).into_iter().map(|(file, value)| (told(file), value)).collect();
    // The folder around an app may have the token.
    let around = || subject.outer.as_ref().and_then(|(outer, _)| outer.value_of(&outer.variable_names().token));
    seen.token = seen.token.or_else(|| around().map(SecretText::new));
    seen
}

/// The secret in a file of its own, whose path stands under the name with `_FILE` at its end; and when that was last
/// changed.
fn secret_in_file(subject: &Subject, document: &Document) -> Option<(SecretPlace, Option<SystemTime>)> {
    const LONGEST: u64 = 4096;
    const END: &str = "_FILE";
    let name = &subject.names.secret;
    let name = if name.ends_with(END) { name.clone() } else { format!("{name}{END}") };
    let value = document.get(&name).filter(|value| !value.trim().is_empty())?;
    let path = subject.project.folder.join(value.trim());
    let about = fs::metadata(&path).ok().filter(|about| about.is_file() && about.len() <= LONGEST)?;
    let written = fs::read_to_string(&path).ok()?;
    let place = SecretPlace {
        file: value.trim().to_owned(),
        line: None,
        value: SecretText::new(written.trim()),
        written: SecretText::new(written),
        certain: true,
    };
    Some((place, about.modified().ok()))
}

/// The secret in env files beside those that are read: a command may name them.
fn strays(subject: &Subject) -> Vec<(String, SecretText)> {
    let project = &subject.project;
    let is_read = |file: &str| file == project.env_file || project.env_files.iter().any(|view| view.file == file);
    let is_sample = |file: &str| ["example", "sample", "template", "dist"].iter().any(|word| file.contains(word));
    let entries = fs::read_dir(&project.folder).into_iter().flatten().flatten();
    let names = entries.filter_map(|entry| entry.file_name().into_string().ok());
    let mut files = names
        .filter(|file| {
            (file.starts_with(".env") || file.starts_with(".dev.vars")) && !is_read(file) && !is_sample(file)
        })
        .collect::<Vec<_>>();
    files.sort_unstable();
    let value = |file: String| {
        let value = project.value_in(&file, &subject.names.secret)?;
        (!value.is_empty()).then(|| (file, SecretText::new(value)))
    };
    files.into_iter().filter_map(value).collect()
}

/// The lines that assign something: name and what is written behind the `=`.
fn assignments(bytes: &[u8]) -> Vec<(String, String)> {
    let text = String::from_utf8_lossy(bytes);
    let text = text.trim_start_matches('\u{feff}');
    let assigns = |line: &str| {
        let line = line.trim_start();
        let line = line.strip_prefix("export ").unwrap_or(line);
        let (name, value) = line.split_once('=')?;
        let name = name.trim();
        let is_name = !name.is_empty() && name.chars().all(|sign| sign.is_ascii_alphanumeric() || sign == '_');
        is_name.then(|| (name.to_owned(), value.to_owned()))
    };
    text.lines().filter_map(assigns).collect()
}

/// What is written behind the last assignment of a name, quotes and comments included.
fn written(bytes: &[u8], name: &str) -> Option<String> {
    assignments(bytes).into_iter().rfind(|(known, _)| known == name).map(|(_, value)| value)
}

/// A variable that must be meant for the webhook secret, but is called otherwise.
fn other_name(bytes: &[u8], name: &str) -> Option<String> {
    assignments(bytes)
        .into_iter()
        .find(|(known, value)| {
            let upper = known.to_uppercase();
            let meant = upper.contains("WEBHOOK")
                && upper.contains("SECRET")
                && (upper.contains("POLAR") || value.contains("whsec_"));
            meant && known != name && !value.trim().is_empty()
        })
        .map(|(known, _)| known)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_name_is_found_only_for_what_must_be_polars() {
        assert_eq!(
            other_name(b"POLAR_WEBHOOK_SECRETS=abc\n", "POLAR_WEBHOOK_SECRET").as_deref(),
            Some("POLAR_WEBHOOK_SECRETS")
        );
        assert_eq!(
            other_name(b"WEBHOOK_SECRET=whsec_abc\n", "POLAR_WEBHOOK_SECRET").as_deref(),
            Some("WEBHOOK_SECRET")
        );
        assert_eq!(other_name(b"STRIPE_WEBHOOK_SECRET=abc\n", "POLAR_WEBHOOK_SECRET"), None);
        assert_eq!(other_name(b"# POLAR_WEBHOOK_SECRETS=abc\n", "POLAR_WEBHOOK_SECRET"), None);
    }

    #[test]
    fn what_is_written_keeps_its_signs() {
        assert_eq!(written(b"A=1\nexport S=ab$c#d # note\n", "S").as_deref(), Some("ab$c#d # note"));
    }
}
