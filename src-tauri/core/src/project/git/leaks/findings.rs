//! What was found so far: one entry for each secret, however often it is found.

use gix::ObjectId;

use super::needles::Found;
use crate::{
    SecretText,
    setup::view::{LeakFile, LeakHistory, LeakKind},
};

const LEAKS: usize = 200;
const FILES: usize = 50;
const OBJECTS: usize = 10_000;

/// One secret and its places.
pub(super) struct Leak {
    pub(super) kind: LeakKind,
    /// The secret; for a shipped name, the name.
    pub(super) secret: SecretText,
    pub(super) files: Vec<LeakFile>,
    pub(super) more_files: u32,
    /// Objects of the repository that hold it, and the line.
    pub(super) objects: Vec<(ObjectId, gix::objs::Kind, u32)>,
    pub(super) history: Option<LeakHistory>,
}

/// All of them.
#[derive(Default)]
pub(super) struct Findings {
    pub(super) leaks: Vec<Leak>,
    /// More than can be kept.
    pub(super) overflow: bool,
}

impl Findings {
    fn leak(&mut self, kind: LeakKind, secret: SecretText) -> Option<&mut Leak> {
        if let Some(at) = self.leaks.iter().position(|leak| leak.kind == kind && leak.secret == secret) {
            return self.leaks.get_mut(at);
        }
        if self.leaks.len() == LEAKS {
            self.overflow = true;
            return None;
        }
        self.leaks.push(Leak { kind, secret, files: Vec::new(), more_files: 0, objects: Vec::new(), history: None });
        self.leaks.last_mut()
    }

    pub(super) fn in_file(&mut self, kind: LeakKind, secret: SecretText, file: LeakFile) {
        let Some(leak) = self.leak(kind, secret) else { return };
        if leak.files.iter().any(|known| known.path == file.path) {
            return;
        }
        if leak.files.len() < FILES {
            leak.files.push(file);
        } else {
            leak.more_files += 1;
        }
    }

    pub(super) fn in_object(&mut self, found: Found, id: ObjectId, kind: gix::objs::Kind, line: u32) {
        let Some(leak) = self.leak(found.kind, found.secret) else { return };
        if leak.objects.iter().any(|(known, ..)| *known == id) {
            return;
        }
        if leak.objects.len() < OBJECTS {
            leak.objects.push((id, kind, line));
        } else {
            self.overflow = true;
        }
    }
}
