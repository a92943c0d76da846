//! What the vault stores of a secret.

use std::fmt;

use sha2::block_api::compress256;
use subtle::ConstantTimeEq;

/// Source: FIPS 180-4, section 5.3.3.
const INITIAL: [u32; 8] =
    [0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab, 0x5be0_cd19];
const BLOCK_LEN: usize = 64;
/// Bytes of the length in bits, which ends the last block.
const LENGTH_LEN: usize = 8;

/// SHA-256 of a whole secret. Source: FIPS 180-4.
///
/// Equality takes constant time. `Debug` shows nothing of it.
#[derive(Clone, Copy)]
pub(crate) struct Digest([u8; 32]);

impl Digest {
    pub(crate) fn of(secret: &[u8]) -> Self {
        Self(sha256(secret))
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

/// One shot, so that nothing is buffered; what it copies, it wipes. Source: FIPS 180-4, sections 5.1.1 and 6.2.
fn sha256(message: &[u8]) -> [u8; 32] {
    let (blocks, rest) = message.as_chunks::<BLOCK_LEN>();
    let mut last = [0; 2 * BLOCK_LEN];
    last[..rest.len()].copy_from_slice(rest);
    last[rest.len()] = 0x80;
    let end = if rest.len() < BLOCK_LEN - LENGTH_LEN { BLOCK_LEN } else { 2 * BLOCK_LEN };
    last[end - LENGTH_LEN..end].copy_from_slice(&(8 * message.len() as u64).to_be_bytes());

    let mut state = INITIAL;
    if !blocks.is_empty() {
        compress256(&mut state, blocks);
    }
    compress256(&mut state, last[..end].as_chunks().0);
    // As `Zeroize` does, which wipes byte by byte.
    last = [0; 2 * BLOCK_LEN];
    zeroize::optimization_barrier(&last);
    let mut digest = [0; 32];
    for (bytes, word) in digest.as_chunks_mut().0.iter_mut().zip(state) {
        *bytes = word.to_be_bytes();
    }
    digest
}

impl std::hash::Hash for Digest {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        state.write(&self.0);
    }
}

impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        // In words rather than in bytes, each of which would be compared by itself.
        let (ours, theirs) = (self.0.as_chunks::<8>().0, other.0.as_chunks::<8>().0);
        let words = ours.iter().zip(theirs).map(|(a, b)| u64::from_ne_bytes(*a) ^ u64::from_ne_bytes(*b));
        words.fold(0, |differing, word| differing | word).ct_eq(&0).into()
    }
}

impl Eq for Digest {}

impl fmt::Debug for Digest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Digest(…)")
    }
}

#[cfg(test)]
mod tests {
    use sha2::{Digest as _, Sha256};

    use super::*;

    /// The ends of one block, of two and of the longest text that is looked at, and everything between.
    #[test]
    fn it_is_sha_256_at_every_length() {
        let message: Vec<u8> = (0..=255).cycle().take(321).collect();
        for length in 0..message.len() {
            let expected = Sha256::digest(&message[..length]);
            assert_eq!(Digest::of(&message[..length]).as_bytes()[..], expected[..], "{length} bytes");
        }
    }

    #[test]
    fn digests_are_equal_where_all_bits_are() {
        let bytes = [0x5a; 32];
        assert!(Digest::from_bytes(bytes) == Digest::from_bytes(bytes));
        for bit in 0..256 {
            let mut other = bytes;
            other[bit / 8] ^= 1 << (bit % 8);
            assert!(Digest::from_bytes(bytes) != Digest::from_bytes(other), "bit {bit}");
        }
    }
}
