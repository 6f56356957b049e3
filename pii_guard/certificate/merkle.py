"""Merkle tree of RFC 9162, section 2.1: hashes, inclusion and consistency proofs, their checking.

Nothing here stores anything. A *node* is (level, index): the root of the complete subtree over the
leaves from `index << level` to `(index + 1) << level`. Once complete it never changes, so whoever
keeps the complete nodes can prove anything about a tree of any earlier size with O(log n) of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import reduce

HASH_BYTES = 32
MOST_LEAVES = (
    2**62
)  # no proof has more than 63 hashes; a size in SQL fits 64 bits with room to spare
EMPTY_ROOT = hashlib.sha256().digest()

Node = tuple[int, int]
# One hash of a proof is made of some complete subtrees, left to right.
Plan = tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Inclusion:
    """That a leaf is number `index` (from 0) of a tree of `size` leaves: hashes, leaf to root."""

    index: int
    size: int
    hashes: tuple[bytes, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class Consistency:
    """That a tree of `old` leaves is the beginning of one of `new` leaves."""

    old: int
    new: int
    hashes: tuple[bytes, ...] = field(repr=False)


def leaf_hash(data: bytes) -> bytes:
    """Hash of a leaf: SHA-256(0x00 || data)."""
    return hashlib.sha256(b"\x00" + data).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Hash of an inner node: SHA-256(0x01 || left || right)."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def subtrees(start: int, end: int) -> tuple[Node, ...]:
    """The complete subtrees that make up the leaves from `start` to `end`, left to right."""
    found = []
    while start < end:
        # As large as its place allows (a subtree starts at a multiple of its size) and the rest holds.
        level = (end - start).bit_length() - 1
        if start:
            level = min(level, (start & -start).bit_length() - 1)
        found.append((level, start >> level))
        start += 1 << level
    return tuple(found)


def edge(size: int) -> tuple[Node, ...]:
    """The complete subtrees of a whole tree: what its root is made of, and what growing it needs."""
    return subtrees(0, size)


def root(size: int, nodes: Mapping[Node, bytes]) -> bytes:
    """Root of a tree of `size` leaves; `nodes` holds its edge. Raises `KeyError` if it does not."""
    return _joined([nodes[node] for node in edge(size)]) if size else EMPTY_ROOT


def grown(
    size: int, nodes: Mapping[Node, bytes], leaves: Iterable[bytes]
) -> list[tuple[Node, bytes]]:
    """Every node that is completed when leaf hashes are added to a tree of `size` leaves.

    `nodes` holds the edge of the tree as it is. Raises `KeyError` if it does not.
    """
    right = [(node, nodes[node]) for node in edge(size)]
    made: list[tuple[Node, bytes]] = []
    for index, leaf in enumerate(leaves, size):
        right.append(((0, index), leaf))
        made.append(right[-1])
        while len(right) > 1 and right[-1][0][0] == right[-2][0][0]:
            (_, after), ((level, position), before) = right.pop(), right.pop()
            right.append(((level + 1, position >> 1), node_hash(before, after)))
            made.append(right[-1])
    return made


def inclusion_plan(index: int, size: int) -> Plan:
    """What PATH(index, D[size]) is made of (section 2.1.3.1). Raises `ValueError` out of range."""
    if not 0 <= index < size <= MOST_LEAVES:
        raise ValueError("no such leaf in a tree of this size")
    low, high, plan = 0, size, []
    while high - low > 1:
        middle = low + _split(high - low)
        if index < middle:
            plan.append(subtrees(middle, high))
            high = middle
        else:
            plan.append(subtrees(low, middle))
            low = middle
    return tuple(reversed(plan))


def consistency_plan(old: int, new: int) -> Plan:
    """What PROOF(old, D[new]) is made of (section 2.1.4.1). Raises `ValueError` out of range."""
    if not 0 < old <= new <= MOST_LEAVES:
        raise ValueError("no proof between trees of these sizes")
    low, high, plan = 0, new, []
    while old != high:
        middle = low + _split(high - low)
        if old <= middle:
            plan.append(subtrees(middle, high))
            high = middle
        else:
            plan.append(subtrees(low, middle))
            low = middle
    if low:  # else the old tree is a complete subtree, whose root the reader has
        plan.append(subtrees(low, high))
    return tuple(reversed(plan))


def hashes_of(plan: Plan, nodes: Mapping[Node, bytes]) -> tuple[bytes, ...]:
    """The hashes of a proof. Raises `KeyError` where `nodes` lacks one that the plan names."""
    return tuple(_joined([nodes[node] for node in part]) for part in plan)


def proves_inclusion(leaf: bytes, proof: Inclusion, tree_root: bytes) -> bool:
    """Whether the proof leads from a leaf hash to the root (section 2.1.3.2).

    A root does not commit to its size: that must be taken from a checkpoint (`checkpoint.includes`).
    """
    if not 0 <= proof.index < proof.size <= MOST_LEAVES or not _are_hashes((leaf, *proof.hashes)):
        return False
    index, last, reached = proof.index, proof.size - 1, leaf
    for sibling in proof.hashes:
        if last == 0:
            return False
        if index & 1 or index == last:
            reached = node_hash(sibling, reached)
            # A node on the right edge without a sibling is its parent: up to where one has joined.
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            reached = node_hash(reached, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and reached == tree_root


def proves_consistency(proof: Consistency, old_root: bytes, new_root: bytes) -> bool:
    """Whether the proof shows one root to be a beginning of the other (section 2.1.4.2).

    Of the empty tree every tree is a continuation; its proof has no hashes.
    """
    if not 0 <= proof.old <= proof.new <= MOST_LEAVES:
        return False
    if not _are_hashes((old_root, new_root, *proof.hashes)):
        return False
    if proof.old in (0, proof.new):
        same = old_root == (new_root if proof.old else EMPTY_ROOT)
        return not proof.hashes and same and (proof.new > 0 or new_root == EMPTY_ROOT)
    # The RFC puts the old root in front where the old tree is one complete subtree of the new one.
    path = list(proof.hashes) if proof.old & (proof.old - 1) else [old_root, *proof.hashes]
    if not path:
        return False
    index, last = proof.old - 1, proof.new - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    before = after = path[0]
    for sibling in path[1:]:
        if last == 0:
            return False
        if index & 1 or index == last:
            before, after = node_hash(sibling, before), node_hash(sibling, after)
            while not index & 1 and index:
                index, last = index >> 1, last >> 1
        else:
            after = node_hash(after, sibling)
        index, last = index >> 1, last >> 1
    return last == 0 and before == old_root and after == new_root


def _split(size: int) -> int:
    """The largest power of two smaller than `size`."""
    return 1 << ((size - 1).bit_length() - 1)


def _joined(parts: Sequence[bytes]) -> bytes:
    return reduce(lambda right, left: node_hash(left, right), reversed(parts))


def _are_hashes(values: Iterable[bytes]) -> bool:
    return all(len(value) == HASH_BYTES for value in values)
