//! Compares checksums, unpacks what comes packed, and makes the program executable.

use std::{
    fs::File,
    io::{self, Read, Seek, Write},
    path::{Path, PathBuf},
};

use flate2::read::GzDecoder;
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use tokio::task::spawn_blocking;

use super::{
    FetchError,
    download::{Downloaded, hex, new_part},
    release::{LARGEST_FILE, Release},
};

/// The program, whole on the disk under a temporary name, and as published.
pub(super) async fn checked_program(
    downloaded: Downloaded,
    release: Release,
    folder: PathBuf,
) -> Result<NamedTempFile, FetchError> {
    spawn_blocking(move || {
        let program = trusted(downloaded, &release, &folder)?;
        make_executable(program.as_file()).map_err(|error| FetchError::disk(&folder, error))?;
        Ok(program)
    })
    .await
    .unwrap_or_else(|error| Err(FetchError::NoAnswer(error.to_string())))
}

fn trusted(downloaded: Downloaded, release: &Release, folder: &Path) -> Result<NamedTempFile, FetchError> {
    let wrong = |got: String, expected: &str| {
        Err(FetchError::WrongChecksum { file: release.file.clone(), got, expected: expected.to_owned() })
    };
    if let Some(digest) = release.digest.as_ref().filter(|digest| **digest != downloaded.checksum) {
        return wrong(downloaded.checksum, digest);
    }
    let notes_agree = |checksum: &str| release.notes.as_deref().is_none_or(|notes| notes == checksum);
    let notes = release.notes.as_deref().unwrap_or_default();
    if !release.is_archive() {
        return if notes_agree(&downloaded.checksum) { Ok(downloaded.part) } else { wrong(downloaded.checksum, notes) };
    }
    let (program, checksum) = unpack(downloaded.part.into_file(), release, folder)?;
    // Which of the two the notes mean has not always been the same.
    if notes_agree(&checksum) || notes_agree(&downloaded.checksum) { Ok(program) } else { wrong(checksum, notes) }
}

fn unpack(mut archive: File, release: &Release, folder: &Path) -> Result<(NamedTempFile, String), FetchError> {
    let broken = |_| FetchError::NotUnpacked { file: release.file.clone() };
    archive.rewind().map_err(|error| FetchError::disk(folder, error))?;
    // What is packed may be far larger than the file.
    let mut archive = tar::Archive::new(GzDecoder::new(archive).take(LARGEST_FILE));
    for entry in archive.entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        let is_program = entry.header().entry_type().is_file()
            && entry.path().map_err(broken)?.file_name().is_some_and(|name| name == "cloudflared");
        if !is_program {
            continue;
        }
        let mut program = new_part(folder)?;
        let mut hash = Sha256::new();
        let (mut buffer, mut written) = (vec![0; 64 << 10], 0);
        loop {
            let length = entry.read(&mut buffer).map_err(broken)?;
            // An archive that is cut off ends without an error.
            if length == 0 && written < entry.size() {
                return Err(FetchError::NotUnpacked { file: release.file.clone() });
            }
            if length == 0 {
                return Ok((program, hex(&hash.finalize())));
            }
            written += length as u64;
            hash.update(&buffer[..length]);
            program.write_all(&buffer[..length]).map_err(|error| FetchError::disk(folder, error))?;
        }
    }
    Err(FetchError::NotUnpacked { file: release.file.clone() })
}

fn make_executable(program: &File) -> io::Result<()> {
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        program.set_permissions(std::fs::Permissions::from_mode(0o755))?;
    }
    program.sync_all()
}
