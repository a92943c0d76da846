//! Who writes uses, told apart from a process that is gone.
//!
//! An id is made of four numbers of 32 bits: of the machine's boot and the process's PID namespace, the PID, when the
//! process began, and a random one.

use std::os::unix::fs::MetadataExt;

use crate::clock::Timestamp;
use crate::error::Result;
use crate::secret::fill;
use crate::store::{OpenWriter, WriterId};

/// A writer of another container, of which the kernel doesn't tell whether it lives, comes back to its row at least
/// so often while it does.
pub(super) const COMES_BACK_MS: i64 = 3_600_000;

/// A new id for this process.
pub(super) fn new() -> Result<WriterId> {
    let pid = std::process::id();
    let mut random = [0; 4];
    fill(&mut random)?;
    let parts = [
        place().unwrap_or(0).to_be_bytes(),
        pid.to_be_bytes(),
        began(pid).unwrap_or(0).to_be_bytes(),
        random,
    ];
    Ok(WriterId(std::array::from_fn(|byte| parts[byte / 4][byte % 4])))
}

/// Whether a writer that never closed is gone, as far as that can be known.
pub(crate) fn is_gone(writer: &OpenWriter, now: Timestamp) -> bool {
    let (parts, _) = writer.id.0.as_chunks::<4>();
    let [its_place, pid, its_beginning] = [0, 1, 2].map(|part| u32::from_be_bytes(parts[part]));
    if its_place != 0 && place() == Some(its_place) {
        return began(pid) != Some(its_beginning);
    }
    now.ms() - writer.since.ms() > 3 * COMES_BACK_MS
}

/// Of the boot and the PID namespace: where a PID means the same. `None` where that isn't told.
fn place() -> Option<u32> {
    let boot = std::fs::read_to_string("/proc/sys/kernel/random/boot_id").ok()?;
    let namespace = std::fs::metadata("/proc/self/ns/pid").ok()?.ino();
    let mut hash = crc32fast::Hasher::new();
    hash.update(boot.as_bytes());
    hash.update(&namespace.to_be_bytes());
    Some(hash.finalize().max(1))
}

/// When a process began, in ticks since the boot: `proc_pid_stat(5)`, field 22.
#[allow(clippy::cast_possible_truncation, reason = "its lower half tells two processes of one PID apart")]
fn began(pid: u32) -> Option<u32> {
    let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    // The name stands in parentheses, and can have any character.
    let (_, fields) = stat.rsplit_once(')')?;
    let ticks: u64 = fields.split_ascii_whitespace().nth(19)?.parse().ok()?;
    Some(ticks as u32)
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

    use super::*;

    fn writer(id: WriterId) -> OpenWriter {
        OpenWriter { id, since: Timestamp::from_ms(0) }
    }

    #[test]
    fn a_process_that_lives_is_told_from_one_that_is_gone() {
        let now = Timestamp::from_ms(1);
        let own = new().unwrap();
        assert!(!is_gone(&writer(own), now));
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let mut id = own;
        id.0[4..8].copy_from_slice(&child.id().to_be_bytes());
        child.wait().unwrap();
        assert!(is_gone(&writer(id), now));
        let mut earlier = own;
        earlier.0[11] ^= 1;
        assert!(is_gone(&writer(earlier), now), "a PID that was used again");
    }

    #[test]
    fn a_writer_of_another_place_is_gone_once_it_stays_away() {
        let mut id = new().unwrap();
        id.0[0] ^= 1;
        assert!(!is_gone(&writer(id), Timestamp::from_ms(COMES_BACK_MS)));
        assert!(is_gone(&writer(id), Timestamp::from_ms(4 * COMES_BACK_MS)));
    }
}
