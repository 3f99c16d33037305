//! Whether a folder can be a project, and bounded reading in it.

use std::{fs, io::Read, path::Path};

/// Why this folder cannot be used, in a sentence.
pub(super) fn problem(folder: &Path) -> Option<String> {
    let shown = folder.display();
    match fs::metadata(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Some(format!("{shown} does not exist. Choose your project's folder."));
        }
        Err(error) => return Some(format!("{shown} cannot be opened: {error}.")),
        Ok(found) if !found.is_dir() => return Some(format!("{shown} is a file. Choose the folder it is in.")),
        Ok(_) => {}
    }
    if let Err(error) = fs::read_dir(folder) {
        return Some(format!("{shown} cannot be read: {error}."));
    }
    let whole = fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    if whole.parent().is_none() {
        return Some("This is the whole disk. Choose your project's own folder.".to_owned());
    }
    let home = directories::BaseDirs::new().and_then(|dirs| fs::canonicalize(dirs.home_dir()).ok());
    (home.as_ref() == Some(&whole)).then(|| "This is your home folder. Choose your project's own folder.".to_owned())
}

/// A text file of at most `limit` bytes; anything else is `None`. Without a byte order mark.
pub(super) fn read_text(path: &Path, limit: u64) -> Option<String> {
    let found = fs::metadata(path).ok().filter(|found| found.is_file() && found.len() <= limit)?;
    let mut bytes = Vec::with_capacity(usize::try_from(found.len()).unwrap_or_default());
    // The file may grow while it is read.
    fs::File::open(path).ok()?.take(limit).read_to_end(&mut bytes).ok()?;
    let text = String::from_utf8_lossy(&bytes);
    Some(text.strip_prefix('\u{FEFF}').unwrap_or(&text).to_owned())
}
