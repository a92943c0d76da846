//! Who has a file locked, as the kernel lists it.

/// Whether another process holds a POSIX lock on the file. `false` also where the kernel doesn't say, as in
/// a container for processes outside of it.
pub(crate) fn locked_by_others(device: u64, inode: u64) -> bool {
    let own = std::process::id();
    let Ok(locks) = std::fs::read_to_string("/proc/locks") else { return false };
    locks.lines().any(|line| lock_of(line).is_some_and(|(pid, file)| pid != own && file == (device, inode)))
}

/// The process and the file (device, inode) of a line such as
/// `1: POSIX  ADVISORY  READ 1234 fd:00:5678 1073741826 1073742335`.
fn lock_of(line: &str) -> Option<(u32, (u64, u64))> {
    let mut words = line.split_ascii_whitespace().skip_while(|word| *word != "POSIX");
    let pid = words.nth(3)?.parse().ok()?;
    let mut file = words.next()?.split(':');
    let major = u32::from_str_radix(file.next()?, 16).ok()?;
    let minor = u32::from_str_radix(file.next()?, 16).ok()?;
    Some((pid, (rustix::fs::makedev(major, minor), file.next()?.parse().ok()?)))
}

#[cfg(test)]
mod tests {
    use super::lock_of;

    #[test]
    fn lines_of_the_kernel_are_read() {
        let file = (rustix::fs::makedev(0xfd, 1), 5678);
        assert_eq!(lock_of("1: POSIX  ADVISORY  READ 1234 fd:01:5678 124 128"), Some((1234, file)));
        assert_eq!(lock_of("1: -> POSIX  ADVISORY  WRITE 1234 fd:01:5678 124 128"), Some((1234, file)));
        assert_eq!(lock_of("2: FLOCK  ADVISORY  WRITE 7 fd:01:5678 0 EOF"), None);
        assert_eq!(lock_of("3: OFDLCK ADVISORY  READ -1 fd:01:5678 0 EOF"), None);
        assert_eq!(lock_of(""), None);
    }
}
