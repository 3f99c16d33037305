//! Looking at every blob, commit and tag that the repository keeps, reachable or not, each once.

use std::{
    collections::HashMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use gix::{
    ObjectId,
    objs::Kind,
    odb::{
        loose,
        pack::{self, cache::DecodeEntry, data::entry::Header},
    },
};

use super::{LARGEST, Search, lock, needles::line_of};

/// Holds the bases of the deltas that are being resolved, for each thread.
const CACHE: usize = 24 << 20;

/// What came of it besides the findings.
#[derive(Default)]
pub(super) struct Outcome {
    /// Every commit, to name the one that brought a secret in.
    pub(super) commits: Mutex<Vec<ObjectId>>,
    pub(super) damaged: AtomicU64,
    pub(super) too_large: AtomicU64,
    pub(super) damaged_packs: AtomicU64,
}

/// Looks at all objects of the repository and of those it borrows objects from.
pub(super) fn search(search: &Search<'_>, repository: &gix::Repository) -> Outcome {
    let outcome = Outcome::default();
    let store = repository.objects.store_ref();
    let mut folders = vec![store.path().to_path_buf()];
    folders.extend(store.alternate_db_paths().unwrap_or_default());
    let hash = repository.object_hash();
    for folder in folders {
        for index in packs(&folder) {
            if !search.progress.is_cancelled() && in_pack(search, &outcome, &index, hash).is_none() {
                outcome.damaged_packs.fetch_add(1, Ordering::Relaxed);
            }
        }
        in_loose(search, &outcome, &loose::Store::at(&folder, hash));
    }
    outcome
}

fn packs(objects: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(objects.join("pack")).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.extension().is_some_and(|end| end == "idx")).collect()
}

fn in_loose(search: &Search<'_>, outcome: &Outcome, store: &loose::Store) {
    let ids: Vec<ObjectId> = store.iter().filter_map(Result::ok).collect();
    search.progress.expect(ids.len());
    search.progress.share(ids.len(), Vec::new, |buffer, number| {
        let id = ids[number];
        match store.try_header(&id) {
            Ok(Some((_, Kind::Tree)) | None) => {}
            Ok(Some((size, _))) if size > LARGEST => {
                outcome.too_large.fetch_add(1, Ordering::Relaxed);
            }
            Ok(Some(_)) => match store.try_find(&id, buffer) {
                Ok(Some(object)) => look(search, outcome, id, object.kind, object.data),
                Ok(None) => {}
                Err(_) => {
                    outcome.damaged.fetch_add(1, Ordering::Relaxed);
                }
            },
            Err(_) => {
                outcome.damaged.fetch_add(1, Ordering::Relaxed);
            }
        }
        search.progress.step(1);
    });
}

/// `None`: the pack or its index cannot be read at all.
fn in_pack(search: &Search<'_>, outcome: &Outcome, index: &Path, hash: gix::hash::Kind) -> Option<()> {
    let limit = usize::try_from(2 * LARGEST).ok();
    let pack = pack::data::File::at(index.with_extension("pack"), hash).ok()?.with_alloc_limit_bytes(limit);
    let index = pack::index::File::at(index, hash).ok()?;
    let mut entries: Vec<(u64, ObjectId)> = index.iter().map(|entry| (entry.pack_offset, entry.oid)).collect();
    entries.sort_unstable_by_key(|(offset, _)| *offset);
    search.progress.expect(entries.len());
    let families = Families::of(search, outcome, &pack, &index, &entries);
    let state = || (Vec::new(), gix::zlib::Inflate::default(), pack::cache::lru::MemoryCappedHashmap::new(CACHE));
    search.progress.share(families.roots.len(), state, |(buffer, inflate, cache), number| {
        let mut open = vec![families.roots[number]];
        while let Some(at) = open.pop() {
            if search.progress.is_cancelled() {
                return;
            }
            let (offset, id) = entries[at];
            let children = families.children.get(&at).map_or(&[][..], Vec::as_slice);
            let decoded = pack.entry(offset).and_then(|entry| {
                let (place, is_delta) = (entry.data_offset, entry.header.is_delta());
                let resolve = |base: &gix::hash::oid, _: &mut Vec<u8>| {
                    let Some(found) = index.lookup(base) else { return Ok(None) };
                    pack.entry(index.pack_offset_at_index(found))
                        .map(|entry| Some(pack::data::decode::entry::ResolvedBase::InPack(entry)))
                };
                let decoded = pack.decode_entry(entry, buffer, inflate, &resolve, cache)?;
                if !is_delta && !children.is_empty() {
                    cache.put(pack.id, place, buffer, decoded.kind, decoded.compressed_size);
                }
                Ok(decoded.kind)
            });
            match decoded {
                Ok(_) if buffer.len() as u64 > LARGEST => {
                    outcome.too_large.fetch_add(1, Ordering::Relaxed);
                }
                Ok(kind) => look(search, outcome, id, kind, buffer),
                Err(_) => {
                    outcome.damaged.fetch_add(1, Ordering::Relaxed);
                }
            }
            search.progress.step(1);
            open.extend_from_slice(children);
        }
    });
    Some(())
}

/// Which object is a delta of which. Done one family after the other, each base is at hand when it is needed, and the
/// families of trees, most of a long history, are left out.
#[derive(Default)]
struct Families {
    roots: Vec<usize>,
    children: HashMap<usize, Vec<usize>>,
}

impl Families {
    fn of(
        search: &Search<'_>,
        outcome: &Outcome,
        pack: &pack::data::File,
        index: &pack::index::File,
        entries: &[(u64, ObjectId)],
    ) -> Self {
        let mut families = Self::default();
        let mut unneeded = Vec::new();
        for (at, (offset, _)) in entries.iter().enumerate() {
            if at % 1024 == 0 && search.progress.is_cancelled() {
                return Self::default();
            }
            let Ok(entry) = pack.entry(*offset) else {
                outcome.damaged.fetch_add(1, Ordering::Relaxed);
                continue;
            };
            let base = match entry.header {
                Header::Tree => {
                    unneeded.push(at);
                    continue;
                }
                _ if !entry.header.is_delta() && entry.decompressed_size > LARGEST => {
                    outcome.too_large.fetch_add(1, Ordering::Relaxed);
                    unneeded.push(at);
                    continue;
                }
                Header::OfsDelta { base_distance } => offset.checked_sub(base_distance),
                Header::RefDelta { base_id } => index.lookup(base_id).map(|base| index.pack_offset_at_index(base)),
                _ => None,
            };
            let base = base.and_then(|base| entries.binary_search_by_key(&base, |(offset, _)| *offset).ok());
            match base {
                Some(base) if base != at => families.children.entry(base).or_default().push(at),
                // A delta without its base is tried too, so that it is counted as damaged.
                _ => families.roots.push(at),
            }
        }
        let mut left_out = unneeded.len();
        while let Some(at) = unneeded.pop() {
            let children = families.children.remove(&at).unwrap_or_default();
            left_out += children.len();
            unneeded.extend(children);
        }
        search.progress.step(left_out);
        families
    }
}

fn look(search: &Search<'_>, outcome: &Outcome, id: ObjectId, kind: Kind, bytes: &[u8]) {
    if kind == Kind::Commit {
        lock(&outcome.commits).push(id);
    }
    search.needles.find(bytes, |found| {
        let line = line_of(bytes, found.at);
        lock(&search.findings).in_object(found, id, kind, line);
    });
}
