//! What a power cut could leave of a folder.
//!
//! The model is as hard as a file system may be: of what wasn't synced any subset is there, torn at 512 bytes; a
//! file's new length is there or not, with or without what was written; names that were made or taken away since the
//! folder was last synced are as they were at any moment between. What was synced is there. A log's first sync is the
//! folder's too, as SQLite does it.

use std::collections::HashMap;

use super::trace::Record;

/// What a disk writes as a whole or not at all.
const SECTOR: usize = 512;

/// The files of a folder: their names and what they hold.
pub type Image = Vec<(String, Vec<u8>)>;

/// A folder, with what the disk has of it for certain and what it may have.
#[derive(Clone, Debug, Default)]
pub struct Disk {
    files: Vec<Inode>,
    /// Which file a number of the trace means.
    open: HashMap<u64, usize>,
    /// What programs see.
    names: HashMap<String, usize>,
    synced_names: HashMap<String, usize>,
    /// What became of each name since the folder was synced, oldest first.
    renamed: Vec<(String, Option<usize>)>,
}

#[derive(Clone, Debug, Default)]
struct Inode {
    synced: Vec<u8>,
    pending: Vec<Pending>,
}

#[derive(Clone, Debug)]
enum Pending {
    Write(usize, Vec<u8>),
    Truncate(usize),
}

/// How much of what is pending a cut leaves.
#[derive(Clone, Copy, Debug)]
enum Kept {
    Nothing,
    All,
    /// Each by itself.
    Some,
    /// Each sector by itself.
    Sectors,
    /// So many, and some sectors of the next.
    First(usize),
}

impl Disk {
    /// A folder whose files are all on the disk.
    #[must_use]
    pub fn new(files: Image) -> Self {
        let mut disk = Self::default();
        for (name, synced) in files {
            disk.names.insert(name, disk.files.len());
            disk.files.push(Inode { synced, pending: Vec::new() });
        }
        disk.synced_names = disk.names.clone();
        disk
    }

    /// Does what a record says.
    pub fn apply(&mut self, record: &Record) {
        match record {
            Record::Open { file, name, created } => self.open(*file, name, *created),
            Record::Write { file, offset, bytes } => {
                self.pend(*file, Pending::Write(index(*offset), bytes.clone()));
            }
            Record::Truncate { file, size } => self.pend(*file, Pending::Truncate(index(*size))),
            Record::Sync { file, folder } => {
                if let Some(inode) = self.open.get(file) {
                    self.files[*inode].sync();
                }
                self.sync_names(*folder);
            }
            Record::Delete { name, folder } => {
                self.names.remove(name);
                self.renamed.push((name.clone(), None));
                self.sync_names(*folder);
            }
            Record::Mark(_) => {}
        }
    }

    /// What could be left if the power went now; `chance` draws a number below its argument.
    pub fn cut(&self, chance: &mut dyn FnMut(usize) -> usize) -> Image {
        let mut names = self.synced_names.clone();
        for (name, inode) in self.names_then(chance) {
            match inode {
                Some(inode) => names.insert(name, inode),
                None => names.remove(&name),
            };
        }
        let mut names: Vec<_> = names.into_iter().collect();
        names.sort();
        names.into_iter().map(|(name, inode)| (name, self.files[inode].cut(chance))).collect()
    }

    /// For each name that changed, how it stands: at any moment since the folder was synced.
    fn names_then(&self, chance: &mut dyn FnMut(usize) -> usize) -> Vec<(String, Option<usize>)> {
        let mut then = Vec::new();
        let mut names: Vec<&String> = self.renamed.iter().map(|(name, _)| name).collect();
        names.sort();
        names.dedup();
        for name in names {
            let changes: Vec<_> = self.renamed.iter().filter(|(changed, _)| changed == name).collect();
            let kept = chance(changes.len() + 1);
            then.extend(kept.checked_sub(1).map(|last| changes[last].clone()));
        }
        then
    }

    fn open(&mut self, number: u64, name: &str, created: bool) {
        if created || !self.names.contains_key(name) {
            let inode = self.files.len();
            self.files.push(Inode::default());
            self.names.insert(name.to_owned(), inode);
            self.renamed.push((name.to_owned(), Some(inode)));
        }
        self.open.insert(number, self.names[name]);
    }

    fn pend(&mut self, file: u64, pending: Pending) {
        if let Some(inode) = self.open.get(&file) {
            self.files[*inode].pending.push(pending);
        }
    }

    fn sync_names(&mut self, synced: bool) {
        if synced {
            self.renamed.clear();
            self.synced_names = self.names.clone();
        }
    }
}

impl Inode {
    fn sync(&mut self) {
        for pending in std::mem::take(&mut self.pending) {
            pending.apply(&mut self.synced, &mut |_| true);
        }
    }

    fn cut(&self, chance: &mut dyn FnMut(usize) -> usize) -> Vec<u8> {
        let kept = match chance(6) {
            0 => Kept::Nothing,
            1 => Kept::All,
            2 => Kept::Some,
            3 => Kept::Sectors,
            _ => Kept::First(chance(self.pending.len() + 1)),
        };
        let mut bytes = self.synced.clone();
        for (place, pending) in self.pending.iter().enumerate() {
            let whole = match kept {
                Kept::Nothing => Some(false),
                Kept::All => Some(true),
                Kept::Some => Some(chance(2) == 0),
                Kept::Sectors => None,
                Kept::First(count) if place == count => None,
                Kept::First(count) => Some(place < count),
            };
            pending.apply(&mut bytes, &mut |_| whole.unwrap_or_else(|| chance(2) == 0));
        }
        match chance(8) {
            // Its new length was lost, and with it what lies beyond the old one.
            0 => bytes.truncate(self.synced.len()),
            // Its new length is all that is left of some writes.
            1 => bytes.resize(bytes.len().max(self.longest()), 0),
            _ => {}
        }
        bytes
    }

    /// How long the file was made by any of what is pending.
    fn longest(&self) -> usize {
        let ends = self.pending.iter().map(|pending| match pending {
            Pending::Write(offset, bytes) => offset + bytes.len(),
            Pending::Truncate(size) => *size,
        });
        ends.max().unwrap_or(0)
    }
}

impl Pending {
    /// Does it to a file, as far as `keeps` says for each sector.
    fn apply(&self, file: &mut Vec<u8>, keeps: &mut dyn FnMut(usize) -> bool) {
        match self {
            Self::Truncate(size) if keeps(*size) => file.resize(*size, 0),
            Self::Truncate(_) => {}
            Self::Write(offset, bytes) => {
                let mut from = *offset;
                let end = offset + bytes.len();
                while from < end {
                    let to = ((from / SECTOR + 1) * SECTOR).min(end);
                    if keeps(from) {
                        file.resize(file.len().max(to), 0);
                        file[from..to].copy_from_slice(&bytes[from - offset..to - offset]);
                    }
                    from = to;
                }
            }
        }
    }
}

fn index(number: u64) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn open(file: u64, name: &str, created: bool) -> Record {
        Record::Open { file, name: name.to_owned(), created }
    }

    fn write(file: u64, offset: u64, bytes: &[u8]) -> Record {
        Record::Write { file, offset, bytes: bytes.to_vec() }
    }

    /// All different images of a thousand cuts.
    fn cuts(records: &[Record]) -> Vec<Image> {
        let mut disk = Disk::new(vec![("a".to_owned(), vec![b'-'; 1024])]);
        for record in records {
            disk.apply(record);
        }
        let mut state = 1_u64;
        let mut chance = |below: usize| {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            usize::try_from(state >> 33).unwrap_or(0) % below
        };
        let mut images: Vec<Image> = (0..1_000).map(|_| disk.cut(&mut chance)).collect();
        images.sort();
        images.dedup();
        images
    }

    fn name<'i>(image: &'i Image, name: &str) -> Option<&'i [u8]> {
        image.iter().find(|(known, _)| known == name).map(|(_, bytes)| bytes.as_slice())
    }

    #[test]
    fn what_is_synced_stays_and_what_is_not_may_be_torn() {
        let mut records = vec![open(1, "a", false), write(1, 0, &[b'x'; 1024])];
        let torn = cuts(&records);
        assert_eq!(torn.len(), 4, "each of two sectors, or not");
        records.push(Record::Sync { file: 1, folder: false });
        assert_eq!(cuts(&records), [vec![("a".to_owned(), vec![b'x'; 1024])]]);
        records.push(Record::Truncate { file: 1, size: 512 });
        assert_eq!(cuts(&records).len(), 2);
    }

    #[test]
    fn a_length_is_kept_or_lost_with_or_without_what_was_written() {
        let images = cuts(&[open(1, "a", false), write(1, 1024, &[b'x'; 512])]);
        let contents: Vec<_> = images.iter().filter_map(|image| name(image, "a")).collect();
        let with = |end: &[u8]| [&[b'-'; 1024][..], end].concat();
        assert_eq!(contents, [&with(&[])[..], &with(&[0; 512]), &with(&[b'x'; 512])]);
    }

    #[test]
    fn names_are_durable_with_their_folder() {
        let mut records =
            vec![open(1, "b", true), write(1, 0, b"x"), Record::Sync { file: 1, folder: false }];
        assert!(cuts(&records).iter().any(|image| name(image, "b").is_none()));
        assert!(cuts(&records).iter().any(|image| name(image, "b") == Some(b"x")));
        records.push(Record::Sync { file: 1, folder: true });
        assert!(cuts(&records).iter().all(|image| name(image, "b") == Some(b"x")));
        records.push(Record::Delete { name: "b".to_owned(), folder: false });
        records.extend([open(2, "b", true), write(2, 0, b"y")]);
        let images = cuts(&records);
        let found: Vec<_> = images.iter().map(|image| name(image, "b")).collect();
        for possible in [None, Some(&b"x"[..]), Some(b""), Some(b"y")] {
            assert!(found.contains(&possible), "{possible:?} of {found:?}");
        }
        records.push(Record::Sync { file: 2, folder: true });
        assert_eq!(cuts(&records).len(), 1);
    }
}
