//! The hash of the maps: keyed, and as quick as digests allow.

use std::hash::{BuildHasher, Hasher, RandomState};

/// Hashes digests under a random key.
///
/// Strangers choose what is digested, and can search for texts whose digests are alike. They can't search for texts
/// whose hashes are: each word of a digest is mixed with 64 bits that never leave the process before it is
/// multiplied, so that which digests meet depends on those bits. Where some do, a look-up compares more than once.
#[derive(Clone)]
pub(super) struct KeyedState([u64; 4]);

impl KeyedState {
    pub(super) fn new() -> Self {
        let random = RandomState::new();
        Self(std::array::from_fn(|place| random.hash_one(place)))
    }
}

impl BuildHasher for KeyedState {
    type Hasher = KeyedHasher;

    #[inline]
    fn build_hasher(&self) -> KeyedHasher {
        KeyedHasher { key: self.0, hash: 0 }
    }
}

/// Takes whole digests.
pub(super) struct KeyedHasher {
    key: [u64; 4],
    hash: u64,
}

impl Hasher for KeyedHasher {
    #[inline]
    fn write(&mut self, bytes: &[u8]) {
        let [a, b, c, d] = self.key;
        for quarters in bytes.chunks(32) {
            let word = |place: usize| word(quarters.get(place * 8..).unwrap_or_default());
            let (low, high) = (folded(word(0) ^ a, word(1) ^ b), folded(word(2) ^ c, word(3) ^ d));
            self.hash = self.hash.rotate_left(32) ^ low ^ high.rotate_left(17);
        }
    }

    #[inline]
    fn finish(&self) -> u64 {
        self.hash
    }
}

/// The first eight bytes, or what there is of them.
fn word(bytes: &[u8]) -> u64 {
    match bytes.first_chunk() {
        Some(chunk) => u64::from_le_bytes(*chunk),
        None => bytes.iter().fold(0, |word, byte| word << 8 | u64::from(*byte)),
    }
}

/// Both halves of the product, which each bit of both words has a part in.
#[allow(clippy::cast_possible_truncation, reason = "each half by itself")]
fn folded(a: u64, b: u64) -> u64 {
    let product = u128::from(a) * u128::from(b);
    product as u64 ^ (product >> 64) as u64
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::secret::Digest;

    /// One that falls into few places makes every look-up compare many digests.
    #[test]
    fn digests_spread_over_both_ends_of_the_hash_and_differently_under_each_key() {
        const DIGESTS: u32 = 4096;
        let (one, other) = (KeyedState::new(), KeyedState::new());
        let (mut low, mut high) = ([0_u32; 64], [0_u32; 64]);
        for n in 0..DIGESTS {
            let digest = Digest::of(&n.to_be_bytes());
            let hash = one.hash_one(digest);
            assert_eq!(hash, one.hash_one(digest));
            assert_ne!(hash, other.hash_one(digest));
            low[(hash % 64) as usize] += 1;
            high[(hash >> 58) as usize] += 1;
        }
        // 64 on average, with a standard deviation of 8.
        assert!(low.iter().chain(&high).all(|count| (16..=128).contains(count)), "{low:?} {high:?}");
    }
}
