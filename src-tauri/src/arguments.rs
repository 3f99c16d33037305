//! The program's arguments: a folder, and little else.

use std::{ffi::OsString, path::PathBuf};

/// What `--help` says.
pub const USAGE: &str = "Usage: polar-setup [DIR]\n\nOpens the window, on the project in DIR if one is given. In a terminal: polar-setup-cli --help\n\n  --third-parties  print whose work is in it, and under which licences\n  --version        print its version";

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
pub enum Arguments {
    /// The window, on a folder or without one.
    Open(Option<PathBuf>),
    /// How it is used.
    Help,
    /// Which version it is.
    Version,
    /// Whose work is in it, and under which licences.
    ThirdParties,
    /// The terminal program instead, with these arguments: in packages, `polar-setup-cli` calls it so.
    Terminal(Vec<OsString>),
}

impl Arguments {
    /// Reads the arguments that follow the program's name.
    ///
    /// # Errors
    /// What is wrong with them, in a sentence.
    pub fn read(mut arguments: impl Iterator<Item = OsString>) -> Result<Self, String> {
        let mut folder = None;
        while let Some(argument) = arguments.next() {
            match argument.to_str() {
                Some("--help" | "-h") => return Ok(Self::Help),
                Some("--version" | "-V") => return Ok(Self::Version),
                Some("--terminal") if folder.is_none() => return Ok(Self::Terminal(arguments.collect())),
                Some("--third-parties") => return Ok(Self::ThirdParties),
                Some(option) if option.starts_with('-') => return Err(format!("There is no option {option}.")),
                _ if folder.is_some() => return Err("Only one folder can be opened.".to_owned()),
                _ => folder = Some(PathBuf::from(argument)),
            }
        }
        Ok(Self::Open(folder))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(arguments: &[&str]) -> Result<Arguments, String> {
        Arguments::read(arguments.iter().map(OsString::from))
    }

    #[test]
    fn a_folder_or_nothing() {
        assert_eq!(read(&[]), Ok(Arguments::Open(None)));
        assert_eq!(read(&["shop"]), Ok(Arguments::Open(Some("shop".into()))));
        assert_eq!(read(&["--help"]), Ok(Arguments::Help));
        assert_eq!(read(&["--third-parties"]), Ok(Arguments::ThirdParties));
        assert_eq!(
            read(&["--terminal", "check", "--help"]),
            Ok(Arguments::Terminal(vec!["check".into(), "--help".into()]))
        );
        assert!(read(&["one", "two"]).is_err());
        assert!(read(&["--token"]).is_err());
    }
}
