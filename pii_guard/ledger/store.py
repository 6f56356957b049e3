"""The ledger on SQL: every complete node of its tree is kept, so each proof is one short query."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, Executable, Table, delete, insert, select, update

from pii_guard.certificate.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from pii_guard.certificate.merkle import (
    Consistency,
    Inclusion,
    Node,
    grown,
    hashes_of,
    inclusion_plan,
    leaf_hash,
    root,
)
from pii_guard.certificate.note import NoteKey, NoteSigner
from pii_guard.certificate.seen import Relation, Verdict, relate
from pii_guard.certificate.strict import Malformed
from pii_guard.errors import LedgerError
from pii_guard.ledger import proofs, tables
from pii_guard.ledger.auditing import audit
from pii_guard.ledger.database import Database
from pii_guard.ledger.interface import Batch, Erased, Receipt

_Entries = Sequence[tuple[bytes, bytes | None]]


@dataclass(frozen=True, slots=True)
class _Added:
    places: dict[bytes, int]
    fresh: frozenset[bytes]
    state: Checkpoint
    note: str
    nodes: dict[Node, bytes]


class SqlLedger:
    """A ledger in a database; `Ledger` says what each method does."""

    def __init__(
        self, database: Database, keys: Sequence[NoteKey], signer: NoteSigner | None
    ) -> None:
        """Open it and recompute its root from the right edge. Raises `LedgerError`."""
        self._database, self._keys, self._signer = database, tuple(keys), signer
        self._origin = database.read(self._current).origin

    @property
    def origin(self) -> str:
        """The name under which it signs."""
        return self._origin

    def append(self, data: bytes, payload: bytes | None = None) -> Receipt:
        """Add one leaf."""
        leaf = leaf_hash(data)

        def work(connection: Connection) -> Receipt:
            added = self._add(connection, [(leaf, payload)])
            index, size = added.places[leaf], added.state.size
            if not added.fresh:
                proof = proofs.inclusion(connection, added.state, index, size)
                return Receipt(index, proof, added.note, new=False)
            # The path of the newest leaf is the edge that was there before it.
            hashes = hashes_of(inclusion_plan(index, size), added.nodes)
            return Receipt(index, Inclusion(index, size, hashes), added.note)

        return self._database.write(work)

    def append_many(self, entries: _Entries) -> Batch:
        """Add several leaves at once."""
        hashed = [(leaf_hash(data), payload) for data, payload in entries]

        def work(connection: Connection) -> Batch:
            added = self._add(connection, hashed)
            return Batch(tuple(added.places[leaf] for leaf, _ in hashed), added.note)

        return self._database.write(work)

    def checkpoint(self) -> str:
        """The last checkpoint."""
        return self._database.read(lambda connection: self._head(connection)[0])

    def find(self, data: bytes) -> int | None:
        """The place of a leaf."""
        leaf = leaf_hash(data)
        return self._database.read(lambda connection: proofs.places(connection, [leaf]).get(leaf))

    def inclusion(self, index: int, size: int | None = None) -> Inclusion:
        """Proof that a leaf is in a tree."""

        def work(connection: Connection) -> Inclusion:
            _, state = self._head(connection)
            return proofs.inclusion(connection, state, index, state.size if size is None else size)

        return self._database.read(work)

    def consistency(self, old: int, new: int | None = None) -> Consistency:
        """Proof that a tree is the beginning of another."""

        def work(connection: Connection) -> Consistency:
            _, state = self._head(connection)
            return proofs.consistency(connection, state, old, state.size if new is None else new)

        return self._database.read(work)

    def payload(self, index: int) -> bytes | None:
        """What is kept beside an entry."""
        kept = tables.payload.c

        def work(connection: Connection) -> bytes | None:
            self._within(connection, index)
            return connection.scalar(select(kept.content).where(kept.position == index))

        return self._database.read(work)

    def kept(self) -> Sequence[int]:
        """The places beside which something is kept."""
        place = tables.payload.c.position

        def work(connection: Connection) -> Sequence[int]:
            self._head(connection)
            return connection.scalars(select(place).order_by(place)).all()

        return self._database.read(work)

    def erase(self, index: int) -> Erased | None:
        """Remove what is kept beside an entry."""

        def work(connection: Connection) -> int:
            self._within(connection, index)
            return connection.execute(
                delete(tables.payload).where(tables.payload.c.position == index)
            ).rowcount

        if not self._database.write(work):
            return None
        return "overwritten_best_effort" if self._database.forget() else "unlinked"

    def check(self, seen: str) -> Verdict:
        """Whether the ledger continues a checkpoint seen before."""
        try:
            before = open_checkpoint(seen, self._keys).checkpoint
        except Malformed as error:
            raise LedgerError(
                f"the checkpoint to compare with cannot be used: {error}",
                remedy="give one that this ledger signed, and its key",
            ) from None

        def work(connection: Connection) -> Relation:
            now, proof = self._current(connection), None
            if before.origin == now.origin and before.size < now.size:
                proof = proofs.consistency(connection, now, before.size, now.size)
            return relate(before, now, proof)

        return Verdict(self._database.read(work))

    def audit(self) -> int:
        """Recompute every hash."""

        def work(connection: Connection) -> int:
            _, state = self._head(connection)
            audit(connection, state)
            return state.size

        return self._database.read(work)

    def close(self) -> None:
        """Let go of the database."""
        self._database.close()

    def _head(self, connection: Connection) -> tuple[str, Checkpoint]:
        """The last checkpoint, with its signature checked."""
        rows = connection.execute(select(tables.head.c.version, tables.head.c.checkpoint)).all()
        if len(rows) != 1:
            raise LedgerError("there is no ledger in this database", remedy="create one first")
        version, note = rows[0]
        if version != tables.VERSION:
            raise LedgerError(
                "the ledger was made by another version of pii_guard", remedy="use that version"
            )
        try:
            return note, open_checkpoint(note, self._keys).checkpoint
        except Malformed as error:
            raise proofs.broken(f"its last checkpoint cannot be used: {error}") from None

    def _current(self, connection: Connection) -> Checkpoint:
        """The last checkpoint, after its root was found again from the nodes."""
        _, state = self._head(connection)
        proofs.edge_nodes(connection, state)
        return state

    def _within(self, connection: Connection, index: int) -> None:
        if not 0 <= index < self._head(connection)[1].size:
            raise LedgerError("the ledger has no such entry", remedy="check the number")

    def _add(self, connection: Connection, entries: _Entries) -> _Added:
        if self._signer is None:
            raise LedgerError("the ledger was opened without its key", remedy="give the log's key")
        note, state = self._head(connection)
        nodes = proofs.edge_nodes(connection, state)
        places = proofs.places(connection, [leaf for leaf, _ in entries])
        fresh: dict[bytes, bytes | None] = {}
        for leaf, payload in entries:
            if leaf not in places:
                fresh.setdefault(leaf, payload)
        if fresh:
            made = grown(state.size, nodes, fresh)
            nodes.update(made)
            size = state.size + len(fresh)
            added = dict(zip(fresh, range(state.size, size), strict=True))
            state = Checkpoint(state.origin, size, root(size, nodes))
            before, note = note, _signed(state, self._signer)
            _insert(connection, made, added, fresh)
            _replace_head(connection, before, note)
            places.update(added)
        return _Added(places, frozenset(fresh), state, note, nodes)


def _signed(state: Checkpoint, signer: NoteSigner) -> str:
    if signer.key.name != state.origin:
        raise LedgerError(
            "the log's key has another name than the ledger", remedy="give the ledger's origin"
        )
    try:
        return sign_checkpoint(state, signer)
    except ValueError as error:
        raise LedgerError(f"the log's key does not sign: {error}", remedy="check it") from None


def _insert(
    connection: Connection,
    made: Sequence[tuple[Node, bytes]],
    places: Mapping[bytes, int],
    payloads: Mapping[bytes, bytes | None],
) -> None:
    nodes = [{"number": tables.number(place), "hash": value} for place, value in made]
    _insert_rows(connection, tables.node, nodes)
    leaves = [{"hash": leaf, "position": at} for leaf, at in places.items()]
    _insert_rows(connection, tables.leaf, leaves)
    kept = [
        {"position": places[leaf], "content": content}
        for leaf, content in payloads.items()
        if content is not None
    ]
    if kept:
        _insert_rows(connection, tables.payload, kept)


def _insert_rows(connection: Connection, table: Table, rows: list[dict[str, object]]) -> None:
    statement: Executable = insert(table)
    if connection.dialect.name == "postgresql":
        # Asked to return something, SQLAlchemy sends many rows at a time: four times as fast.
        statement = insert(table).returning(*table.primary_key)
    connection.execute(statement, rows)


def _replace_head(connection: Connection, before: str, after: str) -> None:
    head = tables.head
    changed = connection.execute(
        update(head).where(head.c.checkpoint == before).values(checkpoint=after)
    )
    # The lock sees to it; were it ever not held, two trees must not grow from one.
    if changed.rowcount != 1:
        raise LedgerError("another writer came between", remedy="try again")
