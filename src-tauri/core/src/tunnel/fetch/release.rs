//! What GitHub tells about a release: its version, the file for this machine, and the checksums published for it.
//!
//! GitHub computes a digest for each file. Cloudflare writes its own checksums into the release notes; for the `.tgz`
//! of macOS that one is of the program inside.

use serde::Deserialize;
use url::Url;

use super::{FetchError, web::Web};

/// More than any cloudflared so far has.
pub(super) const LARGEST_FILE: u64 = 200 << 20;
const LARGEST_DESCRIPTION: usize = 2 << 20;

/// A release's file for this machine.
#[derive(Debug, Clone)]
pub(super) struct Release {
    pub version: String,
    pub file: String,
    pub address: Url,
    pub size: u64,
    /// The SHA-256 by GitHub, in lower-case hex.
    pub digest: Option<String>,
    /// The SHA-256 in the release notes, likewise. There is this one or the other.
    pub notes: Option<String>,
}

#[derive(Deserialize)]
struct Description {
    tag_name: String,
    #[serde(default)]
    body: Option<String>,
    assets: Vec<Asset>,
}

#[derive(Deserialize)]
struct Asset {
    name: String,
    size: u64,
    browser_download_url: String,
    #[serde(default)]
    digest: Option<String>,
}

/// The file for a system and processor, in the words of [`std::env::consts`].
pub(super) fn file_for(system: &str, processor: &str) -> Option<&'static str> {
    Some(match (system, processor) {
        ("linux", "x86_64") => "cloudflared-linux-amd64",
        ("linux", "aarch64") => "cloudflared-linux-arm64",
        // Runs with and without hardware for floating point.
        ("linux", "arm") => "cloudflared-linux-arm",
        ("linux", "x86") => "cloudflared-linux-386",
        ("macos", "x86_64") => "cloudflared-darwin-amd64.tgz",
        ("macos", "aarch64") => "cloudflared-darwin-arm64.tgz",
        // Windows on ARM runs programs for x86_64, and there is none of its own.
        ("windows", "x86_64" | "aarch64") => "cloudflared-windows-amd64.exe",
        ("windows", "x86") => "cloudflared-windows-386.exe",
        _ => return None,
    })
}

impl Release {
    pub(super) async fn latest(web: &Web, address: &Url, file: &str) -> Result<Self, FetchError> {
        let mut answer = web.get(address, "application/vnd.github+json").await?;
        let strange = || FetchError::NotUnderstood(address.host_str().unwrap_or_default().to_owned());
        let mut text = Vec::new();
        while let Some(chunk) = web.chunk(&mut answer).await? {
            if text.len() + chunk.len() > LARGEST_DESCRIPTION {
                return Err(strange());
            }
            text.extend_from_slice(&chunk);
        }
        Self::of(serde_json::from_slice(&text).map_err(|_| strange())?, file)
    }

    fn of(described: Description, file: &str) -> Result<Self, FetchError> {
        let (version, file) = (described.tag_name, file.to_owned());
        let Some(asset) = described.assets.into_iter().find(|asset| asset.name == file) else {
            return Err(FetchError::NoFileInRelease { version, file });
        };
        if asset.size > LARGEST_FILE {
            return Err(FetchError::TooLarge { file, size: asset.size, limit: LARGEST_FILE });
        }
        let Ok(address) = Url::parse(&asset.browser_download_url) else {
            return Err(FetchError::NoFileInRelease { version, file });
        };
        let digest = asset.digest.as_deref().and_then(|digest| digest.strip_prefix("sha256:")).and_then(checksum);
        let notes = described.body.as_deref().and_then(|body| in_notes(body, &file));
        let release = Self { version, file, address, size: asset.size, digest, notes };
        match (&release.digest, &release.notes) {
            (None, None) => Err(FetchError::NoChecksum { version: release.version, file: release.file }),
            (Some(digest), Some(notes)) if digest != notes && !release.is_archive() => Err(FetchError::TwoChecksums {
                file: release.file.clone(),
                digest: digest.clone(),
                notes: notes.clone(),
            }),
            _ => Ok(release),
        }
    }

    pub(super) fn is_archive(&self) -> bool {
        self.file.ends_with("tgz")
    }
}

/// The checksum in the line `file: checksum`.
fn in_notes(body: &str, file: &str) -> Option<String> {
    body.lines().find_map(|line| checksum(line.trim().strip_prefix(file)?.strip_prefix(':')?))
}

fn checksum(text: &str) -> Option<String> {
    let text = text.trim().to_ascii_lowercase();
    (text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_notes_as_cloudflare_writes_them() {
        let (first, second) = ("A1".repeat(32), "b2".repeat(32));
        let notes = format!(
            " \r\n### SHA256 Checksums:\r\n```\r\ncloudflared-linux-amd64.deb: {second}\r\ncloudflared-linux-amd64: {first}\r\ncloudflared-linux-arm: short\r\n```"
        );
        assert_eq!(in_notes(&notes, "cloudflared-linux-amd64"), Some(first.to_lowercase()));
        assert_eq!(in_notes(&notes, "cloudflared-linux-amd64.deb"), Some(second));
        assert_eq!(in_notes(&notes, "cloudflared-linux-arm"), None);
        assert_eq!(in_notes(&notes, "cloudflared-linux"), None);
    }
}
