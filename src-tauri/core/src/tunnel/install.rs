//! How programs are installed on this machine.

use std::fs;

/// This machine, as far as installing goes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct System {
    /// How packages come onto it.
    pub package: Package,
    architecture: &'static str,
}

/// A way to install.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Package {
    /// Debian, Ubuntu and what descends from them.
    Deb,
    /// Arch.
    Pacman,
    /// macOS.
    Homebrew,
    /// Windows.
    Winget,
    /// Another Linux.
    Unknown,
}

impl System {
    pub(super) fn here() -> Self {
        let release = fs::read_to_string("/etc/os-release").unwrap_or_default();
        Self::of(std::env::consts::OS, std::env::consts::ARCH, &release)
    }

    fn of(system: &str, architecture: &'static str, os_release: &str) -> Self {
        let value = |name: &str| {
            let line = os_release.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix('='));
            line.unwrap_or_default().trim_matches('"').to_lowercase()
        };
        let family = format!("{} {}", value("ID"), value("ID_LIKE"));
        let is = |name: &str| family.split_whitespace().any(|word| word == name);
        let package = match system {
            "macos" => Package::Homebrew,
            "windows" => Package::Winget,
            _ if is("debian") || is("ubuntu") => Package::Deb,
            _ if is("arch") => Package::Pacman,
            _ => Package::Unknown,
        };
        Self { package, architecture }
    }

    /// The processor in the words of release files.
    pub(super) fn processor(self) -> &'static str {
        match self.architecture {
            "aarch64" => "arm64",
            "arm" => "arm",
            "x86" => "386",
            _ => "amd64",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn knows_families() {
        let mint = "NAME=\"Linux Mint\"\nID=linuxmint\nID_LIKE=\"ubuntu debian\"\n";
        assert_eq!(System::of("linux", "x86_64", mint).package, Package::Deb);
        assert_eq!(System::of("linux", "x86_64", "ID=debian\n").package, Package::Deb);
        assert_eq!(System::of("linux", "x86_64", "ID=manjaro\nID_LIKE=arch\n").package, Package::Pacman);
        assert_eq!(System::of("linux", "x86_64", "ID=nixos\n").package, Package::Unknown);
        assert_eq!(System::of("macos", "aarch64", "").package, Package::Homebrew);
        assert_eq!(System::of("macos", "aarch64", "").processor(), "arm64");
    }
}
