//! The pepper: a key outside the file, without which a stolen file's digests can't even be tested.

use std::fmt;
use std::path::Path;

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use zeroize::Zeroizing;

use super::Digest;
use crate::error::{Error, ErrorKind, Result};

/// Bytes that a pepper must have at least: as many as the hash's output (RFC 2104, section 3).
const MIN_LEN: usize = 32;
const MAX_LEN: usize = 4096;

/// A pepper of at least 32 bytes, in memory that is wiped when it is dropped. `Debug` shows nothing of it.
///
/// With one, the vault stores `HMAC-SHA-256(pepper, SHA-256(secret))`. Source: RFC 2104.
pub struct Pepper(Zeroizing<Vec<u8>>);

impl Pepper {
    /// From its bytes: 32 to 4096 of them.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = Zeroizing::new(bytes.into());
        if (MIN_LEN..=MAX_LEN).contains(&bytes.len()) {
            return Ok(Self(bytes));
        }
        Err(Error::invalid(format!("pepper: has {} bytes, {MIN_LEN} to {MAX_LEN} fit", bytes.len())))
    }

    /// From a file, whose bytes are taken as they are but for one newline at the end. Keep it apart from the
    /// vault and its backups, readable by the service alone.
    ///
    /// # Errors
    ///
    /// `pepper` where the file can't be read, `invalid_argument` where it is too short.
    pub fn from_file(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        #[allow(clippy::disallowed_methods, reason = "a pepper's file is no vault")]
        let read = std::fs::read(path);
        let mut bytes = read.map_err(|error| {
            Error::new(ErrorKind::Pepper, format!("read the pepper {}: {error}", path.display()))
        })?;
        strip_newline(&mut bytes);
        Self::new(bytes)
    }

    /// From an environment variable.
    ///
    /// # Errors
    ///
    /// `pepper` where it isn't set, `invalid_argument` where it is too short.
    pub fn from_env(name: &str) -> Result<Self> {
        use std::os::unix::ffi::OsStringExt;
        let value = std::env::var_os(name).ok_or_else(|| {
            Error::new(ErrorKind::Pepper, format!("read the pepper: the variable {name} is not set"))
        })?;
        Self::new(value.into_vec())
    }

    /// The digest as it is stored under this pepper.
    pub(crate) fn apply(&self, digest: &Digest) -> Digest {
        Digest::from_bytes(self.hmac(digest.as_bytes()))
    }

    /// What recognises this pepper in a vault, and tells nothing of it.
    pub(crate) fn tag(&self, vault_id: &str) -> [u8; 32] {
        self.hmac(format!("keycask pepper of {vault_id}").as_bytes())
    }

    fn hmac(&self, message: &[u8]) -> [u8; 32] {
        // HMAC takes a key of any length; the alternative to this loop-free form would be a panic.
        match Hmac::<Sha256>::new_from_slice(&self.0) {
            Ok(hmac) => hmac.chain_update(message).finalize().into_bytes().into(),
            Err(_) => unreachable!("HMAC takes keys of every length"),
        }
    }
}

impl fmt::Debug for Pepper {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pepper(…)")
    }
}

fn strip_newline(bytes: &mut Vec<u8>) {
    if bytes.last() == Some(&b'\n') {
        bytes.pop();
        if bytes.last() == Some(&b'\r') {
            bytes.pop();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stored_digest_is_the_hmac_of_rfc_4231() {
        // Test case 6 of RFC 4231: a key of 131 bytes 0xaa.
        let pepper = Pepper::new(vec![0xaa; 131]).unwrap();
        let mac = pepper.hmac(b"Test Using Larger Than Block-Size Key - Hash Key First");
        assert_eq!(mac[..4], [0x60, 0xe4, 0x31, 0x59]);
        assert_eq!(mac[28..], [0x0e, 0xe3, 0x7f, 0x54]);
    }

    #[test]
    fn short_ones_are_refused_and_none_is_shown() {
        assert!(Pepper::new(vec![7; 31]).is_err());
        assert!(Pepper::new(vec![7; 4097]).is_err());
        assert_eq!(format!("{:?}", Pepper::new(vec![b'p'; 32]).unwrap()), "Pepper(…)");
    }

    #[test]
    fn one_newline_at_the_end_of_a_file_is_not_part_of_it() {
        for (given, kept) in [("a", "a"), ("a\n", "a"), ("a\r\n", "a"), ("a\n\n", "a\n"), ("\r", "\r")] {
            let mut bytes = given.as_bytes().to_vec();
            strip_newline(&mut bytes);
            assert_eq!(bytes, kept.as_bytes());
        }
    }
}
