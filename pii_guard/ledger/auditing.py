"""A ledger read from end to end: every inner node from its leaves, and the index of leaves."""

from __future__ import annotations

from sqlalchemy import Connection, func, select

from pii_guard.certificate.checkpoint import Checkpoint
from pii_guard.certificate.merkle import Node, edge, grown, root
from pii_guard.ledger import tables
from pii_guard.ledger.proofs import broken, edge_nodes

_PAGE = 8192


def audit(connection: Connection, state: Checkpoint) -> None:
    """Recompute all that is stored, a page at a time. Raises `LedgerBroken`."""
    edge_nodes(connection, state)
    edges: dict[Node, bytes] = {}
    stored: dict[int, bytes] = {}
    size, last = 0, -1
    columns = tables.node.c
    while rows := connection.execute(
        select(columns.number, columns.hash)
        .where(columns.number > last)
        .order_by(columns.number)
        .limit(_PAGE)
    ).all():
        last = rows[-1][0]
        stored.update((number, bytes(value)) for number, value in rows)
        # Leaves have the even numbers; an inner node comes before the right half of its leaves.
        leaves = [bytes(value) for number, value in rows if not number & 1]
        for place, value in grown(size, edges, leaves):
            edges[place] = value
            if stored.pop(tables.number(place), None) != value:
                raise broken("a node is not that of its leaves")
        size += len(leaves)
        edges = {place: edges[place] for place in edge(size)}
    if stored or size != state.size or root(size, edges) != state.root:
        raise broken("its leaves do not give the root that was signed")
    _index(connection, size)


def _index(connection: Connection, size: int) -> None:
    leaf, node = tables.leaf.c, tables.node.c
    right = select(func.count()).where(node.number == leaf.position * 2, node.hash == leaf.hash)
    everything = select(func.count()).select_from(tables.leaf)
    if connection.scalar(right) != size or connection.scalar(everything) != size:
        raise broken("its index of leaves is not that of its tree")
