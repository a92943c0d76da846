//! Proofs that one tree is the beginning of another. Sources: RFC 6962, section 2.1.2; RFC 9162, section
//! 2.1.4.2.

use std::collections::{HashMap, HashSet};

use super::tree::{Span, node_hash};
use super::{Frontier, Hash};
use crate::error::{Error, Result};

/// A size, and the hashes that prove that the tree of this size is the other's beginning.
pub(crate) type Proof = (u64, Vec<Hash>);

/// Builds a tree from its pruned beginning on, and keeps what the proofs between its sizes need.
pub(crate) struct Prover {
    tree: Frontier,
    end: u64,
    sizes: Vec<u64>,
    wanted: HashSet<Span>,
    kept: HashMap<Span, Hash>,
}

impl Prover {
    /// Proofs from each of `sizes` to `end`, all of them at or past the tree's own size.
    pub(crate) fn new(tree: Frontier, sizes: Vec<u64>, end: u64) -> Self {
        let wanted: HashSet<Span> = sizes.iter().flat_map(|size| spans_of_proof(*size, end)).collect();
        let kept =
            tree.subtrees().filter(|(span, _)| wanted.contains(span)).map(|(span, hash)| (span, *hash));
        let kept = kept.collect();
        Self { tree, end, sizes, wanted, kept }
    }

    /// How many leaves it has.
    pub(crate) fn size(&self) -> u64 {
        self.tree.size()
    }

    pub(crate) fn append(&mut self, leaf: &[u8]) {
        let Self { tree, wanted, kept, .. } = self;
        tree.append_seen(leaf, |span, hash| {
            if wanted.contains(&span) {
                kept.insert(span, *hash);
            }
        });
    }

    /// The tree, and for each size its proof, once all leaves up to the end were appended.
    pub(crate) fn finish(self) -> Result<(Frontier, Vec<Proof>)> {
        let proofs = self.sizes.iter().map(|size| Ok((*size, self.proof(*size)?))).collect::<Result<_>>()?;
        Ok((self.tree, proofs))
    }

    fn proof(&self, size: u64) -> Result<Vec<Hash>> {
        let hash = |span: Span| {
            // Only the right edge of a tree isn't a perfect subtree.
            let edge = || if span.end == self.end { self.tree.root_from(span.start) } else { None };
            self.kept.get(&span).copied().or_else(edge)
        };
        let hashes: Option<Vec<Hash>> = spans_of_proof(size, self.end).into_iter().map(hash).collect();
        hashes.ok_or_else(|| Error::damaged("prove a log's beginning: a part of its tree is missing"))
    }
}

/// The spans whose hashes are `PROOF(size, D[end])`, in its order.
fn spans_of_proof(size: u64, end: u64) -> Vec<Span> {
    let mut spans = Vec::new();
    if size > 0 && size < end {
        subproof(size, Span { start: 0, end }, true, &mut spans);
    }
    spans
}

/// `SUBPROOF(size, D[span], whole)`; `size` counts from the beginning of the span.
fn subproof(size: u64, span: Span, whole: bool, spans: &mut Vec<Span>) {
    let length = span.end - span.start;
    if size == length {
        if !whole {
            spans.push(span);
        }
        return;
    }
    // The largest power of two below the length.
    let middle = span.start + (1 << ((length - 1).ilog2()));
    let (left, right) = (Span { end: middle, ..span }, Span { start: middle, ..span });
    if size <= middle - span.start {
        subproof(size, left, whole, spans);
        spans.push(right);
    } else {
        subproof(size - (middle - span.start), right, false, spans);
        spans.push(left);
    }
}

/// The root of the tree of `end` leaves that `proof` shows to begin with the tree of `size` leaves and this
/// root, or `None` where it shows no such thing.
pub(crate) fn extend(size: u64, root: &Hash, end: u64, proof: &[Hash]) -> Option<Hash> {
    if size == end {
        return proof.is_empty().then_some(*root);
    }
    if size == 0 || size > end {
        return None;
    }
    let mut hashes = proof.iter().copied();
    let seed = if size.is_power_of_two() { *root } else { hashes.next()? };
    let (mut old, mut new) = (seed, seed);
    let trailing = (size - 1).trailing_ones();
    let (mut inner, mut last) = ((size - 1) >> trailing, (end - 1) >> trailing);
    for hash in hashes {
        if last == 0 {
            return None;
        }
        if inner & 1 == 1 || inner == last {
            old = node_hash(&hash, &old);
            new = node_hash(&hash, &new);
            while inner & 1 == 0 && inner != 0 {
                inner >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, &hash);
        }
        inner >>= 1;
        last >>= 1;
    }
    (last == 0 && old == *root).then_some(new)
}

#[cfg(test)]
mod tests {
    use ct_merkle::mem_backed_tree::MemoryBackedTree;
    use proptest::prelude::*;

    use super::*;

    fn leaf(n: u64) -> Vec<u8> {
        n.to_be_bytes().to_vec()
    }

    fn tree(size: u64) -> Frontier {
        let mut tree = Frontier::default();
        (0..size).for_each(|n| tree.append(&leaf(n)));
        tree
    }

    fn proofs(pruned: u64, sizes: Vec<u64>, end: u64) -> Vec<Proof> {
        let mut prover = Prover::new(tree(pruned), sizes, end);
        (pruned..end).for_each(|n| prover.append(&leaf(n)));
        prover.finish().unwrap().1
    }

    #[test]
    fn proofs_agree_with_an_independent_implementation_at_every_pair_of_sizes() {
        for end in 2..70_u64 {
            let mut independent = MemoryBackedTree::<sha2_for_ct_merkle::Sha256, Vec<u8>>::new();
            (0..end).for_each(|n| independent.push(leaf(n)));
            for (size, proof) in proofs(0, (1..end).collect(), end) {
                let expected = independent.prove_consistency(usize::try_from(end - size).unwrap());
                assert_eq!(proof.concat(), expected.as_bytes(), "{size} to {end}");
                assert_eq!(extend(size, &tree(size).root(), end, &proof), Some(tree(end).root()));
            }
        }
    }

    #[test]
    fn a_pruned_beginning_still_proves_every_size_past_it() {
        for (pruned, end) in [(1, 40), (5, 64), (16, 33), (31, 32), (40, 41)] {
            for (size, proof) in proofs(pruned, (pruned..end).collect(), end) {
                assert_eq!(extend(size, &tree(size).root(), end, &proof), Some(tree(end).root()), "{size}");
            }
        }
    }

    proptest! {
        #[test]
        fn a_changed_root_or_proof_shows_nothing(size in 1_u64..200, more in 1_u64..200, at in any::<u16>()) {
            let end = size + more;
            let (_, mut proof) = proofs(0, vec![size], end).remove(0);
            let root = tree(size).root();
            let mut other = root;
            other[usize::from(at) % 32] ^= 1;
            prop_assert_eq!(extend(size, &other, end, &proof).filter(|new| *new == tree(end).root()), None);
            let place = usize::from(at) % proof.len();
            proof[place][usize::from(at) % 32] ^= 1;
            prop_assert_ne!(extend(size, &root, end, &proof), Some(tree(end).root()));
            proof.pop();
            prop_assert_ne!(extend(size, &root, end, &proof), Some(tree(end).root()));
        }
    }
}
