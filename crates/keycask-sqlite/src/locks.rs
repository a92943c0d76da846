//! Who has a file locked, as the kernel lists it: `proc_locks(5)`.

use crate::inspect::Identity;

/// A POSIX lock.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Held {
    pid: u32,
    file: Identity,
    first: u64,
    /// The last byte; the greatest number where there is none.
    last: u64,
}

impl Held {
    /// Whether the lock is on this file, by its inode alone (what a file system calls its device differs here and
    /// there), and on the whole range.
    pub(crate) fn covers(&self, file: Identity, (first, last): (u64, u64)) -> bool {
        self.file.inode == file.inode && self.first <= first && self.last >= last
    }
}

/// Whether another process holds a POSIX lock on the file. `false` also where the kernel doesn't say, as in
/// a container for processes outside of it.
pub(crate) fn is_locked_by_others(file: Identity) -> bool {
    let own = own_pid();
    list().is_some_and(|locks| locks.iter().any(|lock| Some(lock.pid) != own && lock.file == file))
}

/// Whether this process holds one, as far as the kernel says.
pub(crate) fn is_locked_by_us(file: Identity) -> bool {
    ours().is_some_and(|locks| locks.iter().any(|lock| lock.file == file))
}

/// Those of this process; `None` where the kernel doesn't say.
pub(crate) fn ours() -> Option<Vec<Held>> {
    let own = own_pid()?;
    let mut locks = list()?;
    locks.retain(|lock| lock.pid == own);
    Some(locks)
}

fn list() -> Option<Vec<Held>> {
    let text = std::fs::read_to_string("/proc/locks").ok()?;
    Some(text.lines().filter_map(lock_of).collect())
}

/// The number of this process where `/proc` was mounted, which can be another than its own idea of it.
fn own_pid() -> Option<u32> {
    std::fs::read_link("/proc/self").ok()?.to_str()?.parse().ok()
}

/// A line such as `1: POSIX  ADVISORY  READ 1234 fd:00:5678 1073741826 1073742335`.
fn lock_of(line: &str) -> Option<Held> {
    let mut words = line.split_ascii_whitespace().skip_while(|word| *word != "POSIX");
    let pid = words.nth(3)?.parse().ok()?;
    let mut file = words.next()?.split(':');
    let major = u32::from_str_radix(file.next()?, 16).ok()?;
    let minor = u32::from_str_radix(file.next()?, 16).ok()?;
    let file = Identity { device: rustix::fs::makedev(major, minor), inode: file.next()?.parse().ok()? };
    let first = words.next()?.parse().ok()?;
    let last = words.next()?.parse().unwrap_or(u64::MAX);
    Some(Held { pid, file, first, last })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_kernel_are_read() {
        let file = Identity { device: rustix::fs::makedev(0xfd, 1), inode: 5678 };
        let lock = Held { pid: 1234, file, first: 124, last: 128 };
        assert_eq!(lock_of("1: POSIX  ADVISORY  READ 1234 fd:01:5678 124 128"), Some(lock));
        assert_eq!(lock_of("1: -> POSIX  ADVISORY  WRITE 1234 fd:01:5678 124 128"), Some(lock));
        let endless = Held { last: u64::MAX, ..lock };
        assert_eq!(lock_of("1: POSIX  ADVISORY  READ 1234 fd:01:5678 124 EOF"), Some(endless));
        assert_eq!(lock_of("2: FLOCK  ADVISORY  WRITE 7 fd:01:5678 0 EOF"), None);
        assert_eq!(lock_of("3: OFDLCK ADVISORY  READ -1 fd:01:5678 0 EOF"), None);
        assert_eq!(lock_of(""), None);
        assert!(lock.covers(file, (128, 128)) && !lock.covers(file, (128, 129)));
    }

    /// The device numbers of `/proc/locks` and of `stat` agree where it counts, or no test would notice.
    #[test]
    fn the_process_finds_its_own_number() {
        assert_eq!(own_pid(), Some(std::process::id()));
    }
}
