"""Proofs from the stored nodes, each checked against the signed root before anybody gets it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from sqlalchemy import Connection, func, select

from pii_guard.certificate.checkpoint import Checkpoint
from pii_guard.certificate.merkle import (
    Consistency,
    Inclusion,
    Node,
    Plan,
    consistency_plan,
    edge,
    hashes_of,
    inclusion_plan,
    proves_consistency,
    proves_inclusion,
    root,
)
from pii_guard.errors import LedgerBroken, LedgerError
from pii_guard.ledger import tables

Item = TypeVar("Item")

_CHUNK = 500  # values in one IN list: SQLite takes 999 at least


def edge_nodes(connection: Connection, state: Checkpoint) -> dict[Node, bytes]:
    """The right edge of the tree, found to give the signed root, with nothing stored past it."""
    nodes = read_nodes(connection, edge(state.size))
    if root(state.size, nodes) != state.root:
        raise broken("its nodes do not give the root that was signed")
    last = connection.scalar(select(func.max(tables.node.c.number)))
    if last != (tables.number((0, state.size - 1)) if state.size else None):
        raise broken("it holds more than was signed")
    return nodes


def places(connection: Connection, leaves: Sequence[bytes]) -> dict[bytes, int]:
    """Where leaf hashes are, as far as they are there; each is looked up in the tree as well."""
    found: dict[bytes, int] = {}
    columns = tables.leaf.c
    for chunk in _chunks(leaves):
        rows = connection.execute(
            select(columns.hash, columns.position).where(columns.hash.in_(chunk))
        )
        found.update((bytes(leaf), position) for leaf, position in rows)
    nodes = read_nodes(connection, [(0, position) for position in found.values()])
    if any(nodes[0, position] != leaf for leaf, position in found.items()):
        raise broken("its index of leaves is not that of its tree")
    return found


def inclusion(connection: Connection, state: Checkpoint, index: int, size: int) -> Inclusion:
    """Proof that a leaf is in the tree of `size` leaves, which the signed tree continues."""
    if not 0 <= index < size <= state.size:
        raise LedgerError("the ledger has no such entry", remedy="check the number and the size")
    plan = inclusion_plan(index, size)
    nodes = read_nodes(connection, {(0, index), *_named(plan)})
    proof = Inclusion(index, size, hashes_of(plan, nodes))
    if not proves_inclusion(nodes[0, index], proof, root_at(connection, state, size)):
        raise broken("an entry has been changed")
    return proof


def consistency(connection: Connection, state: Checkpoint, old: int, new: int) -> Consistency:
    """Proof that a tree is the beginning of another, which the signed tree continues."""
    if not 0 <= old <= new <= state.size:
        raise LedgerError("the ledger has not that many entries", remedy="check the sizes")
    after = root_at(connection, state, new)
    if old == 0:
        return Consistency(0, new, ())
    plan = consistency_plan(old, new)
    nodes = read_nodes(connection, {*_named(plan), *edge(old)})
    proof = Consistency(old, new, hashes_of(plan, nodes))
    if not proves_consistency(proof, root(old, nodes), after):
        raise broken("its nodes contradict each other")
    return proof


def root_at(connection: Connection, state: Checkpoint, size: int) -> bytes:
    """The root that the ledger had at `size`, by a proof that ends in the signed root."""
    if size == state.size:
        return state.root
    plan = consistency_plan(size, state.size) if size else ()
    nodes = read_nodes(connection, {*_named(plan), *edge(size)})
    before = root(size, nodes)
    proof = Consistency(size, state.size, hashes_of(plan, nodes))
    if not proves_consistency(proof, before, state.root):
        raise broken("its nodes do not give the root that was signed")
    return before


def read_nodes(connection: Connection, wanted: Iterable[Node]) -> dict[Node, bytes]:
    """The hashes of nodes; all of them, or `LedgerBroken`."""
    numbers = {tables.number(place): place for place in wanted}
    found: dict[Node, bytes] = {}
    columns = tables.node.c
    for chunk in _chunks(list(numbers)):
        rows = connection.execute(
            select(columns.number, columns.hash).where(columns.number.in_(chunk))
        )
        found.update((numbers[number], bytes(value)) for number, value in rows)
    if len(found) != len(numbers):
        raise broken("nodes of its tree are missing")
    return found


def broken(what: str) -> LedgerBroken:
    """The error of a ledger that contradicts itself; `what` is a clause of ours."""
    return LedgerBroken(
        f"the ledger is broken: {what}",
        remedy="append nothing; compare it with a backup and with checkpoints seen by others",
    )


def _named(plan: Plan) -> set[Node]:
    return {node for part in plan for node in part}


def _chunks(items: Sequence[Item]) -> Iterable[Sequence[Item]]:
    return (items[at : at + _CHUNK] for at in range(0, len(items), _CHUNK))
