//! The line that makes git ignore a file: which it is, where it belongs, and adding it.

use std::{
    fs,
    io::{self, Write},
    path::{Path, PathBuf},
};

use super::repository::{self, Opened};

/// A line and the `.gitignore` it belongs to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitignoreLine {
    /// The `.gitignore`, absolute.
    pub file: PathBuf,
    /// What to call that file in a sentence.
    pub name: String,
    /// The line, without its end.
    pub line: String,
}

/// The line that ignores `file` of `folder`: in the folder's own `.gitignore` where there is one, else in the
/// repository's. `None`: there is no repository.
#[must_use]
pub fn line(folder: &Path, file: &str) -> Option<GitignoreLine> {
    let Opened::Found(repository) = repository::open(folder) else { return None };
    let inside = repository::path_inside(&repository, folder)?;
    let own = folder.join(".gitignore");
    if inside.as_os_str().is_empty() || own.exists() {
        let name =
            if inside.as_os_str().is_empty() { ".gitignore".to_owned() } else { unix(&inside.join(".gitignore")) };
        return Some(GitignoreLine { file: own, name, line: escaped(file) });
    }
    Some(GitignoreLine {
        file: repository.workdir()?.join(".gitignore"),
        name: "the repository's .gitignore".to_owned(),
        line: format!("/{}", escaped(&unix(&inside.join(file)))),
    })
}

/// Appends the line, and makes the file when there is none. Everything else in it stays, to the byte.
///
/// # Errors
/// The file cannot be read or written.
pub fn append(line: &GitignoreLine) -> io::Result<()> {
    // A link is followed, so that it stays one.
    let file = line.file.canonicalize().unwrap_or_else(|_| line.file.clone());
    let mut content = match fs::read(&file) {
        Ok(content) => content,
        Err(error) if error.kind() == io::ErrorKind::NotFound => Vec::new(),
        Err(error) => return Err(error),
    };
    let end: &[u8] = if content.windows(2).any(|pair| pair == b"\r\n") { b"\r\n" } else { b"\n" };
    if !content.is_empty() && !content.ends_with(b"\n") {
        content.extend_from_slice(end);
    }
    content.extend_from_slice(line.line.as_bytes());
    content.extend_from_slice(end);
    let folder = file.parent().ok_or(io::ErrorKind::NotFound)?;
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    let mut builder = {
        use std::os::unix::fs::PermissionsExt;
        // What a new file would have; the process's mask is applied to it.
        builder.permissions(fs::Permissions::from_mode(0o666));
        builder
    };
    let mut written = builder.prefix(".gitignore.").tempfile_in(folder)?;
    written.write_all(&content)?;
    if let Ok(old) = fs::metadata(&file) {
        written.as_file().set_permissions(old.permissions())?;
    }
    written.as_file().sync_all()?;
    written.persist(&file).map_err(|error| error.error)?;
    Ok(())
}

/// Git reads these characters as patterns unless a backslash stands before them.
fn escaped(file: &str) -> String {
    let mut line = String::new();
    for (at, character) in file.char_indices() {
        let first = at == 0 && matches!(character, '!' | '#');
        let last_blank = character == ' ' && at + 1 == file.len();
        if first || last_blank || matches!(character, '\\' | '*' | '?' | '[') {
            line.push('\\');
        }
        line.push(character);
    }
    line
}

fn unix(path: &Path) -> String {
    path.to_string_lossy().replace(std::path::MAIN_SEPARATOR, "/")
}
