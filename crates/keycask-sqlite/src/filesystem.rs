//! Which file systems can't carry a write-ahead log.
//!
//! The log's index is a shared memory mapping, and its locks are POSIX locks. Network and pass-through
//! file systems break one or the other: a controlled run corrupted a database on virtiofs in under a
//! minute. See <https://sqlite.org/wal.html>, "Disadvantages".

use std::path::Path;

/// `f_type` of statfs(2) and the name of the file system.
const UNSAFE: &[(u64, &str)] = &[
    (0x6969, "NFS"),
    (0x517b, "SMB"),
    (0xff53_4d42, "CIFS"),
    (0xfe53_4d42, "SMB2"),
    (0x0102_1997, "9p"),
    (0x6573_5546, "FUSE or virtiofs"),
    (0x5346_414f, "AFS"),
    (0x6b41_4653, "kAFS"),
    (0x7375_7245, "Coda"),
    (0x564c, "NCP"),
    (0x00c3_6400, "Ceph"),
    (0x0bd0_0bd0, "Lustre"),
    (0x786f_4256, "VirtualBox shared folders"),
    (0xbacb_acbc, "VMware shared folders"),
    (0x4750_4653, "GPFS"),
    (0x1983_0326, "BeeGFS"),
];

/// The name of the file system that holds `path` where it can't carry a write-ahead log.
pub(crate) fn unsafe_filesystem(path: &Path) -> rustix::io::Result<Option<&'static str>> {
    let stat = rustix::fs::statfs(path)?;
    Ok(name_if_unsafe(u64::try_from(stat.f_type).unwrap_or(0)))
}

fn name_if_unsafe(f_type: u64) -> Option<&'static str> {
    // 32-bit kernels sign-extend the number.
    let f_type = f_type & 0xffff_ffff;
    UNSAFE.iter().find(|(magic, _)| *magic == f_type).map(|(_, name)| *name)
}

#[cfg(test)]
mod tests {
    use super::name_if_unsafe;

    #[test]
    fn names_what_corrupts_and_passes_what_does_not() {
        assert_eq!(name_if_unsafe(0x6573_5546), Some("FUSE or virtiofs"));
        assert_eq!(name_if_unsafe(0xff53_4d42), Some("CIFS"));
        assert_eq!(name_if_unsafe(0x6969), Some("NFS"));
        for local in [0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630] {
            assert_eq!(name_if_unsafe(local), None, "{local:#x}");
        }
    }
}
