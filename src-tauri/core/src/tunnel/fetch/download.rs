//! The file comes into a temporary one beside its place, and is hashed while it comes.

use std::{
    fs,
    io::{ErrorKind, Write},
    path::Path,
    time::{Duration, SystemTime},
};

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use super::{FetchError, release::Release, web::Web};

const PREFIX: &str = ".cloudflared-";
const SUFFIX: &str = ".part";
/// No download takes this long: a part that is older was left by a killed program.
const LEFT_OVER: Duration = Duration::from_secs(24 * 60 * 60);

/// A whole file that is not trusted yet; dropped, it is deleted.
pub(super) struct Downloaded {
    pub part: NamedTempFile,
    pub checksum: String,
}

pub(super) async fn download(
    web: &Web,
    release: &Release,
    folder: &Path,
    progress: impl Fn(u64),
) -> Result<Downloaded, FetchError> {
    let mut part = new_part(folder)?;
    remove_left_over(folder);
    let mut answer = web.get(&release.address, "application/octet-stream").await?;
    let wrong_length = |got| FetchError::WrongLength { file: release.file.clone(), got, expected: release.size };
    let mut hash = Sha256::new();
    let mut got = 0_u64;
    loop {
        let chunk = match web.chunk(&mut answer).await {
            Ok(Some(chunk)) => chunk,
            Ok(None) => break,
            // The connection broke off in the middle.
            Err(FetchError::NoAnswer(_)) => return Err(wrong_length(got)),
            Err(error) => return Err(error),
        };
        got += chunk.len() as u64;
        if got > release.size {
            return Err(wrong_length(got));
        }
        hash.update(&chunk);
        part.write_all(&chunk).map_err(|error| FetchError::disk(folder, error))?;
        progress(got);
    }
    if got != release.size {
        return Err(wrong_length(got));
    }
    Ok(Downloaded { part, checksum: hex(&hash.finalize()) })
}

/// A temporary file in this folder, which is made if it is not there.
pub(super) fn new_part(folder: &Path) -> Result<NamedTempFile, FetchError> {
    fs::create_dir_all(folder).map_err(|error| FetchError::disk(folder, error))?;
    tempfile::Builder::new()
        .prefix(PREFIX)
        .suffix(SUFFIX)
        .tempfile_in(folder)
        .map_err(|error| FetchError::disk(folder, error))
}

fn remove_left_over(folder: &Path) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let name = entry.file_name();
        let is_part = name.to_str().is_some_and(|name| name.starts_with(PREFIX) && name.ends_with(SUFFIX));
        let age = entry.metadata().and_then(|data| data.modified()).ok();
        let age = age.and_then(|time| SystemTime::now().duration_since(time).ok());
        if is_part
            && age.is_some_and(|age| age > LEFT_OVER)
            && let Err(error) = fs::remove_file(entry.path())
            && error.kind() != ErrorKind::NotFound
        {
            tracing::warn!(%error, "a part of an old download cannot be removed");
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |text, byte| text + &format!("{byte:02x}"))
}
