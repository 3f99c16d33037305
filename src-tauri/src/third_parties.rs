//! Whose work is in the program, and under which licences: collected by the build script from the packages themselves.

use std::{
    borrow::Cow,
    fmt::Write as _,
    io::{self, Write},
    process::ExitCode,
};

use serde::{Deserialize, Serialize};
use ts_rs::TS;

/// As the build script wrote it.
const COLLECTED: &str = include_str!(concat!(env!("OUT_DIR"), "/third_parties.json"));

/// All of them.
#[derive(Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ThirdParties {
    /// The packages, by name.
    pub packages: Vec<ThirdParty>,
    /// The licences' texts, each once.
    pub texts: Vec<Cow<'static, str>>,
}

/// One package.
#[derive(Debug, Serialize, Deserialize, TS)]
#[ts(export)]
pub struct ThirdParty {
    /// Its name.
    pub name: Cow<'static, str>,
    /// Its version.
    pub version: Cow<'static, str>,
    /// Its licences, as an SPDX expression.
    pub licence: Cow<'static, str>,
    /// Which of the texts came with it.
    pub texts: Vec<u32>,
}

/// All of them.
///
/// # Errors
/// What the build script wrote is not what is expected here.
pub fn all() -> serde_json::Result<ThirdParties> {
    serde_json::from_str(COLLECTED)
}

/// Prints all of them: the packages, then the texts that they name by number.
pub fn print() -> ExitCode {
    let text = match all() {
        Ok(all) => text(&all),
        Err(error) => {
            eprintln!("polar-setup: {error}");
            return ExitCode::FAILURE;
        }
    };
    match io::stdout().write_all(text.as_bytes()) {
        Ok(()) => ExitCode::SUCCESS,
        // Whoever reads it has read enough.
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("polar-setup: {error}");
            ExitCode::FAILURE
        }
    }
}

fn text(all: &ThirdParties) -> String {
    let mut text = String::from(
        "Polar Setup is made of the work of others. The numbers are those of the licence texts below.\n\n",
    );
    for ThirdParty { name, version, licence, texts } in &all.packages {
        let numbers = texts.iter().map(|text| format!("[{}]", text + 1)).collect::<Vec<_>>().join(" ");
        // Writing to a string does not fail.
        let _ = writeln!(text, "{name} {version}: {licence} {numbers}");
    }
    for (number, licence) in all.texts.iter().enumerate() {
        let _ = writeln!(text, "\n======== [{}] ========\n\n{licence}", number + 1);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn those_that_everybody_knows_are_there_with_their_licences() {
        let all = all().unwrap();
        for name in ["tauri", "tokio", "reqwest", "svelte"] {
            let found = all.packages.iter().find(|package| package.name == name);
            let found = found.unwrap_or_else(|| panic!("{name} is missing"));
            assert!(!found.licence.is_empty());
            assert!(found.texts.iter().any(|text| all.texts[*text as usize].contains("MIT")), "{found:?}");
        }
    }

    #[test]
    fn what_only_tests_and_builds_use_is_not_there() {
        let all = all().unwrap();
        for name in ["proptest", "tauri-build", "vite", "polar-setup-core"] {
            assert!(all.packages.iter().all(|package| package.name != name), "{name}");
        }
    }

    #[test]
    fn no_text_is_named_twice_by_a_package() {
        for package in all().unwrap().packages {
            assert!(package.texts.is_sorted_by(|one, next| one < next), "{package:?}");
        }
    }

    #[test]
    fn printed_each_package_leads_to_its_texts() {
        let all = ThirdParties {
            packages: vec![ThirdParty {
                name: "one".into(),
                version: "1.0.0".into(),
                licence: "MIT".into(),
                texts: vec![0],
            }],
            texts: vec!["Permission is granted".into()],
        };
        let text = text(&all);
        assert!(
            text.contains("one 1.0.0: MIT [1]\n") && text.contains("[1] ========\n\nPermission is granted"),
            "{text}"
        );
    }

    #[test]
    fn nobody_is_without_a_licence() {
        for package in all().unwrap().packages {
            assert_ne!(package.licence, "", "{package:?}");
        }
    }
}
