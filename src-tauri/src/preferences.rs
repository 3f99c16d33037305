//! What the user prefers of the window itself, in `preferences.json` in the program's data folder.

use std::{
    fs, io,
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
};

use serde::{Deserialize, Serialize};

const FILE: &str = "preferences.json";

/// The preferences. What a file of another version lacks has its default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Preferences {
    /// Whether a failed delivery or a fallen tunnel is told while the window is in the background.
    pub notifications: bool,
}

impl Default for Preferences {
    fn default() -> Self {
        Self { notifications: true }
    }
}

/// Where they are kept.
pub struct Kept {
    file: Option<PathBuf>,
    now: Mutex<Preferences>,
}

impl Kept {
    /// Those of this folder; `None`: there is none, and they last until the program ends.
    pub fn open(folder: Option<&Path>) -> Self {
        let file = folder.map(|folder| folder.join(FILE));
        let read = file.as_ref().and_then(|file| fs::read(file).ok());
        // A file that cannot be understood is no reason to stop: the defaults count, and the next change replaces it.
        let now = read.and_then(|text| serde_json::from_slice(&text).ok()).unwrap_or_default();
        Self { file, now: Mutex::new(now) }
    }

    /// As they are now.
    pub fn get(&self) -> Preferences {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Changes them, here and in the file.
    ///
    /// # Errors
    /// The file cannot be written; until the end of the program they are changed nevertheless.
    pub fn change(&self, change: impl FnOnce(&mut Preferences)) -> io::Result<()> {
        let mut now = self.now.lock().unwrap_or_else(PoisonError::into_inner);
        change(&mut now);
        let Some(file) = &self.file else { return Ok(()) };
        // In one step: a program that ends meanwhile leaves no half of a file.
        let beside = file.with_extension("json.new");
        fs::write(&beside, serde_json::to_vec_pretty(&*now)?)?;
        fs::rename(beside, file)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_is_there_at_the_next_start() {
        let folder = tempfile::tempdir().unwrap();
        let kept = Kept::open(Some(folder.path()));
        assert!(kept.get().notifications);
        kept.change(|preferences| preferences.notifications = false).unwrap();
        assert!(!kept.get().notifications);
        assert!(!Kept::open(Some(folder.path())).get().notifications);
    }

    #[test]
    fn a_file_that_is_not_understood_counts_as_none() {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join(FILE), "{ nothing").unwrap();
        assert_eq!(Kept::open(Some(folder.path())).get(), Preferences::default());
    }
}
