//! A Merkle tree that only grows, kept as its frontier. Source: RFC 6962, section 2.1.

use sha2::{Digest, Sha256};

use crate::error::{Error, Result};

/// The hash of a leaf, of a node or of a whole tree.
pub(crate) type Hash = [u8; 32];

/// The hash of a leaf's bytes: `SHA-256(0x00 || bytes)`.
pub(crate) fn leaf_hash(bytes: &[u8]) -> Hash {
    Sha256::new().chain_update([0]).chain_update(bytes).finalize().into()
}

/// The hash of a node over its children: `SHA-256(0x01 || left || right)`.
pub(super) fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Sha256::new().chain_update([1]).chain_update(left).chain_update(right).finalize().into()
}

/// The leaves from `start` up to, not including, `end`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Span {
    pub(super) start: u64,
    pub(super) end: u64,
}

/// The roots of the perfect subtrees that a tree of `size` leaves is made of, the largest first: one for
/// each bit of `size`. It is all that appending and the root need.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Frontier {
    size: u64,
    nodes: Vec<Hash>,
}

impl Frontier {
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// Appends the leaf of these bytes.
    pub(crate) fn append(&mut self, leaf: &[u8]) {
        self.append_seen(leaf, |_, _| ());
    }

    /// The same, showing each perfect subtree that the leaf completes.
    pub(super) fn append_seen(&mut self, leaf: &[u8], mut seen: impl FnMut(Span, &Hash)) {
        let end = self.size + 1;
        let mut node = leaf_hash(leaf);
        let mut span = Span { start: self.size, end };
        seen(span, &node);
        // Each trailing one-bit of the size is a perfect subtree as large as the one just completed.
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.nodes.pop() {
                node = node_hash(&left, &node);
                span.start -= span.end - span.start;
                seen(span, &node);
            }
        }
        self.nodes.push(node);
        self.size = end;
    }

    /// The hash over the leaves from `start` on, which must be where one of the subtrees begins.
    pub(super) fn root_from(&self, start: u64) -> Option<Hash> {
        let spans = self.spans();
        let first = spans.iter().position(|span| span.start == start)?;
        let mut nodes = self.nodes[first..].iter().rev();
        let last = *nodes.next()?;
        Some(nodes.fold(last, |right, left| node_hash(left, &right)))
    }

    /// The subtrees with their hashes, the largest first.
    pub(super) fn subtrees(&self) -> impl Iterator<Item = (Span, &Hash)> {
        self.spans().into_iter().zip(&self.nodes)
    }

    fn spans(&self) -> Vec<Span> {
        let mut start = 0;
        let bits = (0..u64::BITS).rev().map(|bit| self.size & (1 << bit)).filter(|bit| *bit != 0);
        bits.map(|length| {
            let span = Span { start, end: start + length };
            start += length;
            span
        })
        .collect()
    }

    /// The hash of the whole tree; of the empty one, SHA-256 of nothing.
    pub(crate) fn root(&self) -> Hash {
        let mut nodes = self.nodes.iter().rev();
        match nodes.next() {
            None => Sha256::digest([]).into(),
            Some(last) => nodes.fold(*last, |right, left| node_hash(left, &right)),
        }
    }

    /// The stored form of the nodes: their bytes one after the other.
    pub(crate) fn to_bytes(&self) -> Vec<u8> {
        self.nodes.concat()
    }

    pub(crate) fn from_parts(size: u64, bytes: &[u8]) -> Result<Self> {
        let (nodes, rest) = bytes.as_chunks::<32>();
        if !rest.is_empty() || nodes.len() != size.count_ones() as usize {
            return Err(Error::damaged("read a log's frontier: it does not fit the log's size"));
        }
        Ok(Self { size, nodes: nodes.to_vec() })
    }
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;

    use super::*;

    fn frontier(leaves: &[Vec<u8>]) -> Frontier {
        let mut frontier = Frontier::default();
        for leaf in leaves {
            frontier.append(leaf);
        }
        frontier
    }

    /// `ct-merkle` is an implementation of RFC 6962 that shares no code with this one.
    fn independent_root(leaves: &[Vec<u8>]) -> Vec<u8> {
        let mut tree = MemoryBackedTree::<sha2_for_ct_merkle::Sha256, Vec<u8>>::new();
        for leaf in leaves {
            tree.push(leaf.clone());
        }
        tree.root().as_bytes().to_vec()
    }

    #[test]
    fn roots_agree_with_an_independent_implementation_at_every_size() {
        let leaves: Vec<Vec<u8>> = (0..300_u32).map(|n| n.to_be_bytes().repeat(n as usize % 5)).collect();
        for size in 1..leaves.len() {
            assert_eq!(
                frontier(&leaves[..size]).root().to_vec(),
                independent_root(&leaves[..size]),
                "{size}"
            );
        }
    }

    proptest! {
        #[test]
        fn the_stored_form_goes_on_where_it_stopped(
            leaves in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..20), 0..70),
            cut in 0_usize..70,
        ) {
            let cut = cut.min(leaves.len());
            let first = frontier(&leaves[..cut]);
            let mut second = Frontier::from_parts(first.size(), &first.to_bytes()).unwrap();
            leaves[cut..].iter().for_each(|leaf| second.append(leaf));
            prop_assert_eq!(second, frontier(&leaves));
        }
    }

    #[test]
    fn a_frontier_that_does_not_fit_its_size_is_damage() {
        assert!(Frontier::from_parts(3, &[0; 32]).is_err());
        assert!(Frontier::from_parts(1, &[0; 31]).is_err());
        assert!(Frontier::from_parts(0, &[]).is_ok());
    }
}
