"""The tree of RFC 9162: against its recursive definition, and against those who would bend it."""

from __future__ import annotations

import hashlib
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.certificate.merkle import (
    EMPTY_ROOT,
    MOST_LEAVES,
    Consistency,
    Inclusion,
    consistency_plan,
    edge,
    grown,
    hashes_of,
    inclusion_plan,
    leaf_hash,
    node_hash,
    proves_consistency,
    proves_inclusion,
    root,
    subtrees,
)

MOST = 65


def entries(count):
    return [b"entry %d" % number for number in range(count)]


def naive(data):
    """MTH of section 2.1.1, word for word."""
    if not data:
        return hashlib.sha256(b"").digest()
    if len(data) == 1:
        return hashlib.sha256(b"\x00" + data[0]).digest()
    k = 1
    while k * 2 < len(data):
        k *= 2
    return hashlib.sha256(b"\x01" + naive(data[:k]) + naive(data[k:])).digest()


def naive_path(m, data):
    """PATH of section 2.1.3.1."""
    if len(data) == 1:
        return ()
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m < k:
        return (*naive_path(m, data[:k]), naive(data[k:]))
    return (*naive_path(m - k, data[k:]), naive(data[:k]))


def naive_subproof(m, data, whole):
    """SUBPROOF of section 2.1.4.1."""
    if m == len(data):
        return () if whole else (naive(data),)
    k = 1
    while k * 2 < len(data):
        k *= 2
    if m <= k:
        return (*naive_subproof(m, data[:k], whole), naive(data[k:]))
    return (*naive_subproof(m - k, data[k:], False), naive(data[:k]))


def nodes_of(data):
    return dict(grown(0, {}, map(leaf_hash, data)))


def inclusion(index, data):
    return Inclusion(index, len(data), hashes_of(inclusion_plan(index, len(data)), nodes_of(data)))


def consistency(old, data):
    plan = consistency_plan(old, len(data))
    return Consistency(old, len(data), hashes_of(plan, nodes_of(data)))


@pytest.mark.parametrize("size", range(MOST))
def test_every_proof_of_every_small_tree_is_the_standard_s(size):
    data = entries(size)
    assert root(size, nodes_of(data)) == naive(data)
    for index in range(size):
        proof = inclusion(index, data)
        assert proof.hashes == naive_path(index, data)
        assert proves_inclusion(leaf_hash(data[index]), proof, naive(data))
    for old in range(1, size + 1):
        proof = consistency(old, data)
        assert proof.hashes == naive_subproof(old, data, True)
        assert proves_consistency(proof, naive(data[:old]), naive(data))


def test_a_known_root():
    """The third-party vector of certificate transparency's reference tests (eight leaves)."""
    data = [
        bytes.fromhex(text)
        for text in (
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        )
    ]
    expected = "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328"
    assert root(8, nodes_of(data)).hex() == expected


@given(st.lists(st.binary(max_size=4), max_size=64), st.data())
def test_a_tree_grown_in_parts_is_the_tree(data, draw):
    cut = draw.draw(st.integers(0, len(data)))
    nodes = nodes_of(data[:cut])
    needed = {node: nodes[node] for node in edge(cut)}
    nodes.update(grown(cut, needed, map(leaf_hash, data[cut:])))
    assert nodes == nodes_of(data)
    assert root(len(data), nodes) == naive(data)
    assert root(cut, nodes) == naive(data[:cut])


@given(st.integers(0, 2**40), st.integers(0, 2**40))
def test_subtrees_fill_their_range_without_gap_or_overlap(start, length):
    at = start
    for level, index in subtrees(start, start + length):
        assert index << level == at
        at += 1 << level
    assert at == start + length


@given(st.integers(1, MOST_LEAVES), st.data())
def test_proofs_are_logarithmic_in_a_tree_of_any_size(size, draw):
    index = draw.draw(st.integers(0, size - 1))
    plans = inclusion_plan(index, size), consistency_plan(index + 1, size)
    assert all(len(plan) <= 63 for plan in plans)
    assert all(len({node for part in plan for node in part}) <= 126 for plan in plans)


@given(st.integers(1, 64), st.data())
def test_a_proof_with_one_thing_changed_proves_nothing(size, draw):
    data, pick = entries(size), draw.draw
    index = pick(st.integers(0, size - 1))
    proof, leaf, top = inclusion(index, data), leaf_hash(data[index]), naive(data)
    assert not proves_inclusion(leaf_hash(b"another"), proof, top)
    assert not proves_inclusion(leaf, proof, EMPTY_ROOT)
    assert not proves_inclusion(leaf, replace(proof, hashes=(*proof.hashes, leaf)), top)
    other = pick(st.integers(-1, size + 1).filter(lambda value: value != index))
    assert not proves_inclusion(leaf, replace(proof, index=other), top)
    if proof.hashes:
        at = pick(st.integers(0, len(proof.hashes) - 1))
        flipped = bytearray(proof.hashes[at])
        flipped[pick(st.integers(0, 31))] ^= 1 << pick(st.integers(0, 7))
        bent = (*proof.hashes[:at], bytes(flipped), *proof.hashes[at + 1 :])
        assert not proves_inclusion(leaf, replace(proof, hashes=bent), top)
        assert not proves_inclusion(leaf, replace(proof, hashes=proof.hashes[:-1]), top)
        short = (*proof.hashes[:at], proof.hashes[at][:-1], *proof.hashes[at + 1 :])
        assert not proves_inclusion(leaf, replace(proof, hashes=short), top)


@given(st.integers(2, 64), st.data())
def test_a_consistency_proof_with_one_thing_changed_proves_nothing(size, draw):
    data, pick = entries(size), draw.draw
    old = pick(st.integers(1, size - 1))
    proof, before, after = consistency(old, data), naive(data[:old]), naive(data)
    assert not proves_consistency(proof, after, after)
    assert not proves_consistency(proof, before, before)
    assert not proves_consistency(replace(proof, hashes=proof.hashes[:-1]), before, after)
    assert not proves_consistency(replace(proof, hashes=(*proof.hashes, after)), before, after)
    at = pick(st.integers(0, len(proof.hashes) - 1))
    flipped = bytearray(proof.hashes[at])
    flipped[pick(st.integers(0, 31))] ^= 1 << pick(st.integers(0, 7))
    bent = (*proof.hashes[:at], bytes(flipped), *proof.hashes[at + 1 :])
    assert not proves_consistency(replace(proof, hashes=bent), before, after)


def test_an_inner_node_is_no_leaf():
    """Second preimage: without the prefixes, (left || right) would be a leaf of a smaller tree."""
    data = entries(4)
    left, right = naive(data[:2]), naive(data[2:])
    forged = Inclusion(0, 2, (right,))
    assert not proves_inclusion(leaf_hash(b"".join(map(leaf_hash, data[:2]))), forged, naive(data))
    assert leaf_hash(left + right) != node_hash(left, right)


def test_an_inner_node_s_hash_given_as_a_leaf_hash_needs_another_size():
    """Who checks the size in the checkpoint cannot be shown an inner node as a leaf."""
    data = entries(8)
    inner, proof = naive(data[:2]), inclusion(0, data)
    for size in (5, 6, 7, 8):
        for hashes in (proof.hashes, proof.hashes[1:]):
            assert not proves_inclusion(inner, Inclusion(0, size, hashes), naive(data))


@pytest.mark.parametrize(
    "change",
    [
        lambda data: data[:2] + data[3:],
        lambda data: data[::-1],
        lambda data: [*data[:2], b"another", *data[3:]],
        lambda data: [b"earlier", *data],
        lambda data: [data[1], data[0], *data[2:]],
    ],
    ids=["removed", "reversed", "replaced", "backdated", "swapped"],
)
def test_a_rewritten_past_is_inconsistent_with_what_was_seen(change):
    data = entries(6)
    rewritten = change(data) + entries(12)[6:]
    proof = consistency(6, rewritten)
    assert not proves_consistency(proof, naive(data), naive(rewritten))


def test_the_border_between_two_hashes_cannot_be_moved():
    """Left and right are hashed as one string: a byte of the one must not pass to the other."""
    left, right = map(leaf_hash, entries(2))
    top = node_hash(left, right)
    assert proves_inclusion(left, Inclusion(0, 2, (right,)), top)
    assert not proves_inclusion(left + right[:1], Inclusion(0, 2, (right[1:],)), top)
    before, after = naive(entries(1)), naive(entries(2))
    assert proves_consistency(Consistency(1, 2, (right,)), before, after)
    moved = Consistency(1, 2, (right[1:],))
    assert not proves_consistency(moved, before + right[:1], after)


def test_a_size_with_another_path_is_found():
    """A size with the same path is found by the checkpoint alone, which signs it (`includes`)."""
    data = entries(7)
    proof = inclusion(3, data)
    for size in (4, *range(9, 40)):
        assert not proves_inclusion(leaf_hash(data[3]), replace(proof, size=size), naive(data))
    assert proves_inclusion(leaf_hash(data[3]), replace(proof, size=5), naive(data))


def test_the_empty_tree_is_a_beginning_of_every_tree():
    assert proves_consistency(Consistency(0, 3, ()), EMPTY_ROOT, naive(entries(3)))
    assert proves_consistency(Consistency(0, 0, ()), EMPTY_ROOT, EMPTY_ROOT)
    assert not proves_consistency(Consistency(0, 0, ()), EMPTY_ROOT, naive(entries(3)))
    assert not proves_consistency(Consistency(0, 3, ()), naive(entries(3)), naive(entries(3)))
    assert not proves_consistency(Consistency(3, 3, ()), EMPTY_ROOT, naive(entries(3)))


@pytest.mark.parametrize(("index", "size"), [(-1, 2), (2, 2), (0, 0), (0, MOST_LEAVES + 1)])
def test_a_plan_out_of_range_is_an_error(index, size):
    with pytest.raises(ValueError, match="no such leaf"):
        inclusion_plan(index, size)
    assert not proves_inclusion(EMPTY_ROOT, Inclusion(index, size, ()), EMPTY_ROOT)


@pytest.mark.parametrize(("old", "new"), [(0, 2), (3, 2), (1, MOST_LEAVES + 1)])
def test_a_consistency_plan_out_of_range_is_an_error(old, new):
    with pytest.raises(ValueError, match="no proof"):
        consistency_plan(old, new)
