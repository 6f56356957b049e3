"""Opening a ledger, and making one."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sqlalchemy import Connection, insert, select

from pii_guard.certificate.checkpoint import Checkpoint, sign_checkpoint
from pii_guard.certificate.merkle import EMPTY_ROOT
from pii_guard.certificate.note import NoteKey, NoteSigner
from pii_guard.errors import LedgerError
from pii_guard.ledger import tables
from pii_guard.ledger.database import connect
from pii_guard.ledger.interface import Ledger
from pii_guard.ledger.store import SqlLedger


def open_ledger(
    where: str | Path,
    *,
    signer: NoteSigner | None = None,
    keys: Iterable[NoteKey] = (),
    create: bool = False,
) -> Ledger:
    """The ledger at a path (SQLite) or `postgresql://user@host/database`.

    `signer` is the log's key, whose name is the ledger's origin; without it nothing can be appended.
    `keys` are further keys that may have signed its last checkpoint: the log's public key for who
    only reads, the key before after a rotation. `create` makes the ledger where there is none; else a
    ledger that is not there is an error, because one that vanished must not be begun anew in silence.

    Raises `LedgerError`; `LedgerBroken` where what is stored is not what was signed.
    """
    pinned = [*keys, *([signer.key] if signer else [])]
    if not pinned:
        raise LedgerError("no key of the ledger is given", remedy="give its log key")
    database = connect(where)
    try:
        if create:
            if signer is None:
                raise LedgerError("a new ledger needs its key", remedy="give the log's key")
            first = sign_checkpoint(Checkpoint(signer.key.name, 0, EMPTY_ROOT), signer)
            database.create()
            database.write(lambda connection: _begin(connection, first))
        return SqlLedger(database, pinned, signer)
    except BaseException:
        database.close()
        raise


def _begin(connection: Connection, first: str) -> None:
    if connection.execute(select(tables.head.c.id)).first() is None:
        connection.execute(
            insert(tables.head).values(id=1, version=tables.VERSION, checkpoint=first)
        )
