//! The port that a project's receiver tries first, so that a second run finds the address of the first.

use std::path::Path;

use sha2::{Digest, Sha256};

/// Where the ports begin that are tried first: few programs listen there, and no system gives them to a connection of
/// any program that asks for some port (Linux does so from 32768 on, the others from 49152).
const FIRST: u16 = 23_000;
/// How many there are.
const COUNT: u16 = 1_000;

/// The port to try first for the receiver of the project in `folder`: always the same for the same folder, between
/// 23000 and 23999. If it is taken, let the system choose (port 0).
#[must_use]
pub fn stable_port(folder: &Path) -> u16 {
    let folder = std::fs::canonicalize(folder).unwrap_or_else(|_| folder.to_path_buf());
    let digest = Sha256::digest(folder.as_os_str().as_encoded_bytes());
    FIRST + u16::from_be_bytes([digest[0], digest[1]]) % COUNT
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_same_for_the_same_folder_only() {
        let port = stable_port(Path::new("/home/me/shop"));
        assert_eq!(port, stable_port(Path::new("/home/me/shop")));
        assert_ne!(port, stable_port(Path::new("/home/me/blog")));
        assert!((23_000..24_000).contains(&port));
    }

    #[test]
    fn does_not_care_how_the_folder_is_written() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::create_dir(folder.path().join("a")).unwrap();
        let around = folder.path().join("a").join("..").join("a");
        assert_eq!(stable_port(&around), stable_port(&folder.path().join("a")));
    }
}
