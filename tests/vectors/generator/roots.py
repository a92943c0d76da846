"""Roots of Merkle trees. Source: RFC 6962, section 2.1."""

import hashlib

from .table import Table, sample

HEADER = """
Roots of RFC 6962 trees over the first leaves of a set.

set     published: the inputs and roots that implementations of certificate
        transparency share; synthetic: leaves of many lengths
item    leaf or root
number  of a leaf: its index, from 0 on; of a root: how many leaves it is over
value   the leaf's bytes or the root in hex; a leaf of no bytes is `empty`
"""

PUBLISHED_LEAVES = [
    "",
    "00",
    "10",
    "2021",
    "3031",
    "40414243",
    "5051525354555657",
    "606162636465666768696a6b6c6d6e6f",
]
PUBLISHED_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]
SYNTHETIC_LEAVES = 64


def leaf_hash(leaf: bytes) -> bytes:
    """Returns the hash of a leaf."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def tree_hash(leaves: list[bytes]) -> bytes:
    """Returns the Merkle tree hash, as the RFC defines it."""
    if not leaves:
        return hashlib.sha256().digest()
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = 1
    while split * 2 < len(leaves):
        split *= 2
    left, right = tree_hash(leaves[:split]), tree_hash(leaves[split:])
    return hashlib.sha256(b"\x01" + left + right).digest()


def table() -> Table:
    """Makes roots.txt."""
    result = Table("roots.txt", HEADER)
    published = [bytes.fromhex(leaf) for leaf in PUBLISHED_LEAVES]
    for count, root in enumerate(PUBLISHED_ROOTS):
        if tree_hash(published[:count]).hex() != root:
            raise AssertionError(f"the published root over {count} leaves is {root}")
    lengths = [number * number % 67 for number in range(SYNTHETIC_LEAVES)]
    synthetic = [sample(f"leaf {n}", length) for n, length in enumerate(lengths)]
    for name, leaves in [("published", published), ("synthetic", synthetic)]:
        for index, leaf in enumerate(leaves):
            result.add(name, "leaf", index, leaf)
        for count in range(len(leaves) + 1):
            result.add(name, "root", count, tree_hash(leaves[:count]))
    return result
