//! Why a program could not be fetched, and what to do about it.

use std::{
    io,
    path::{Path, PathBuf},
};

/// Why it could not be fetched.
#[derive(Debug, thiserror::Error)]
pub(super) enum FetchError {
    #[error("Cloudflare has no cloudflared for this system and processor.")]
    NoFile,
    #[error("cloudflared could not be fetched. {0}")]
    NoAnswer(String),
    #[error("{host} sent nothing for {seconds} seconds, so the download was given up.")]
    Stalled { host: String, seconds: u64 },
    #[error("GitHub lets this network ask no more for now (status {0}).")]
    RateLimited(u16),
    #[error("There is no release at {0} (status 404).")]
    NoRelease(String),
    #[error("The release {version} has no file {file}.")]
    NoFileInRelease { version: String, file: String },
    #[error("{host} answered with status {status}.")]
    Refused { host: String, status: u16 },
    #[error("{0} did not describe a release in a way that is understood.")]
    NotUnderstood(String),
    #[error("The download leads to {0}, which is not GitHub's, so it was not followed.")]
    Foreign(String),
    #[error("The release {version} has no published checksum for {file}, so it is not installed.")]
    NoChecksum { version: String, file: String },
    #[error(
        "Two different checksums are published for {file}: {digest} by GitHub, {notes} in the release notes. It is not installed."
    )]
    TwoChecksums { file: String, digest: String, notes: String },
    #[error("{file} has {size} bytes, more than a cloudflared could have ({limit}).")]
    TooLarge { file: String, size: u64, limit: u64 },
    #[error("The download of {file} has the wrong length: {got} bytes came, {expected} were announced.")]
    WrongLength { file: String, got: u64, expected: u64 },
    #[error("The checksum of {file} is wrong: {got} came, {expected} is published. It was deleted and never run.")]
    WrongChecksum { file: String, got: String, expected: String },
    #[error("{file} has no cloudflared in it that can be unpacked.")]
    NotUnpacked { file: String },
    #[error("{path} cannot be written: {source}.")]
    Disk { path: PathBuf, source: io::Error },
}

impl FetchError {
    pub(super) fn disk(path: &Path, source: io::Error) -> Self {
        Self::Disk { path: path.to_owned(), source }
    }

    /// What to do about it.
    pub(super) fn fix(&self) -> String {
        let text = match self {
            Self::NoFile | Self::NoFileInRelease { .. } => {
                "Install cloudflared in another way, use ngrok, or give an address of your own."
            }
            Self::NoAnswer(_) | Self::Stalled { .. } => {
                "See whether this machine is online and may reach github.com (firewall, VPN, proxy). Then try again."
            }
            Self::RateLimited(_) => "Try again in an hour, or use the install command.",
            Self::NoRelease(_) | Self::Refused { .. } | Self::NotUnderstood(_) => {
                "Try again later, or use the install command."
            }
            Self::Foreign(_) => {
                "See whether a proxy or sign-in page of this network answers in GitHub's place. Or use the install command."
            }
            Self::WrongLength { .. } => "The connection broke off. Try again.",
            Self::WrongChecksum { .. } => {
                "Try again. If it stays wrong, something on the way changes the file: use another network."
            }
            Self::NoChecksum { .. } | Self::TwoChecksums { .. } | Self::TooLarge { .. } | Self::NotUnpacked { .. } => {
                "Try again with the next release, or use the install command."
            }
            Self::Disk { path, source } => return disk_fix(path, source),
        };
        text.to_owned()
    }
}

fn disk_fix(path: &Path, source: &io::Error) -> String {
    match source.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "Make room on the disk, then try again.".into(),
        io::ErrorKind::PermissionDenied => {
            format!("Make {} writable, and stop a tunnel that runs from there. Then try again.", path.display())
        }
        _ => "See that the disk is there, writable and not full. Then try again.".into(),
    }
}
