"""Transactions of a ledger: SQLite (one writer at a time) and PostgreSQL (serialisable, retried)."""

from __future__ import annotations

import contextlib
import itertools
import os
import sqlite3
import ssl
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol, TypeVar
from urllib.parse import quote

from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import DBAPIError, OperationalError, SQLAlchemyError

from pii_guard.certificate.writing import sync_folder
from pii_guard.errors import LedgerBroken, LedgerError
from pii_guard.ledger.tables import head, metadata

Result = TypeVar("Result")
Work = Callable[[Connection], Result]

BUSY_SECONDS = 60.0
FORGET_SECONDS = 5.0
TRIES = 12
_PAUSE_SECONDS = 0.02
_LEAST_PAUSE_SECONDS = 0.0005
# Serialisation failure, deadlock, a unique key that another transaction took first; the server is
# going down, has gone, is coming up.
_AGAIN = {"40001", "40P01", "23505", "57P01", "57P02", "57P03"}
_ADVISORY = 0x7069695F67756172  # any number that other users of the database do not take
_LOCAL_HOSTS = {None, "", "localhost", "127.0.0.1", "::1"}


class Database(Protocol):
    """Runs work in transactions. Raises `LedgerError`; no message shows a statement or a value."""

    def read(self, work: Work[Result]) -> Result:
        """Run `work` on one snapshot."""

    def write(self, work: Work[Result]) -> Result:
        """Run `work` alone; when this returns it is on disk. It may be run more than once."""

    def create(self) -> None:
        """Make the tables where there are none."""

    def forget(self) -> bool:
        """After a deletion: drop older copies. Whether the deleted bytes are overwritten by now."""

    def close(self) -> None:
        """Let go of files and connections."""


def connect(where: str | Path) -> Database:
    """The database of a ledger: a path or `sqlite:///path`, or `postgresql://…`."""
    if isinstance(where, Path) or "://" not in where:
        return Sqlite(Path(where))
    try:
        url = make_url(where)
    except SQLAlchemyError:
        raise LedgerError("the ledger's URL is malformed", remedy="see the README") from None
    backend = url.get_backend_name()
    if backend == "sqlite" and url.database:
        return Sqlite(Path(url.database))
    if backend == "postgresql":
        return Postgres(url)
    raise LedgerError(
        "a ledger is kept in a file or in PostgreSQL", remedy="give a path or postgresql://…"
    )


class Sqlite:
    """One file in WAL mode; what is committed survives a crash and a loss of power."""

    def __init__(self, path: Path) -> None:
        self._path = path
        # `rw`: a ledger that has gone is an error, never a new and empty one.
        uri = f"file:{quote(str(path.absolute()))}?mode=rw"
        self._engine = create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(
                uri, uri=True, timeout=BUSY_SECONDS, isolation_level=None, check_same_thread=False
            ),
            hide_parameters=True,
        )
        event.listen(self._engine, "connect", _settings)
        event.listen(self._engine, "begin", _begin)

    def read(self, work: Work[Result]) -> Result:
        """Run `work` on one snapshot."""
        return _transaction(self._engine, work)

    def write(self, work: Work[Result]) -> Result:
        """Run `work` alone."""
        return _transaction(self._engine.execution_options(pii_ledger_writes=True), work)

    def create(self) -> None:
        """Make the file (for its owner only) and the tables where there are none."""
        try:
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))
            sync_folder(self._path.parent)
        except FileExistsError:
            pass
        except OSError as error:
            raise LedgerError(
                f"the ledger's file cannot be made: {type(error).__name__}",
                remedy="choose a directory that you may write to",
            ) from None
        self.write(metadata.create_all)

    def forget(self) -> bool:
        """Empty the write-ahead log; deleted bytes in the file itself were overwritten at once."""
        try:
            raw = self._engine.raw_connection()  # SQLAlchemy's own would begin a transaction
            with contextlib.closing(raw):
                cursor = raw.cursor()
                cursor.execute(f"PRAGMA busy_timeout={FORGET_SECONDS * 1000:.0f}")
                busy: int = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
                cursor.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}")
        except (SQLAlchemyError, sqlite3.Error):
            return False
        return not busy

    def close(self) -> None:
        """Close the file."""
        self._engine.dispose()


class Postgres:
    """A shared database. Appends queue on a table lock, under serialisable isolation."""

    def __init__(self, url: URL) -> None:
        local = url.host in _LOCAL_HOSTS or "unix_sock" in url.query
        try:
            self._engine = create_engine(
                url.set(drivername="postgresql+pg8000"),
                connect_args={} if local else {"ssl_context": ssl.create_default_context()},
                hide_parameters=True,
                pool_pre_ping=True,
            )
        except ImportError:
            raise LedgerError(
                "the driver for PostgreSQL is missing",
                remedy="install pii-guard-vdp[postgres]",
            ) from None

    def read(self, work: Work[Result]) -> Result:
        """Run `work` on one snapshot."""
        return self._retried(work, "REPEATABLE READ")

    def write(self, work: Work[Result]) -> Result:
        """Run `work` alone; again if the connection was lost or another transaction came before."""

        def alone(connection: Connection) -> Result:
            self.lock(connection)
            return work(connection)

        return self._retried(alone, "SERIALIZABLE")

    def lock(self, connection: Connection) -> None:
        """Wait for other writers. It takes no snapshot, so nothing read later is stale."""
        connection.execute(text(f"LOCK TABLE {head.name} IN EXCLUSIVE MODE"))

    def create(self) -> None:
        """Make the tables where there are none."""

        def once(connection: Connection) -> None:
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _ADVISORY})
            metadata.create_all(connection)

        self._retried(once, "READ COMMITTED")

    def forget(self) -> bool:
        """Nothing: the server keeps deleted bytes in its files for a time, whatever is asked of it."""
        return False

    def close(self) -> None:
        """Close the connections."""
        self._engine.dispose()

    def _retried(self, work: Work[Result], isolation: str) -> Result:
        engine = self._engine.execution_options(isolation_level=isolation)
        for attempt in range(TRIES):
            try:
                return _transaction(engine, work)
            except _Again:
                time.sleep(_PAUSE_SECONDS * attempt)
        raise LedgerError("the ledger's database does not answer", remedy="try again later")


class _Again(Exception):
    """The transaction did not happen, or it is not known whether it did; it may be run again.

    Running it twice is safe: a leaf that is there already is not appended again.
    """


def _transaction(engine: Engine, work: Work[Result]) -> Result:
    try:
        with engine.begin() as connection:
            return work(connection)
    except DBAPIError as error:
        if error.connection_invalidated or _state(error) in _AGAIN:
            raise _Again from None
        raise _unusable(error) from None
    except ConnectionError:  # the driver lets some of them through as they are
        engine.dispose()
        raise _Again from None
    except (SQLAlchemyError, sqlite3.Error, OSError) as error:
        raise _unusable(error) from None


def _state(error: DBAPIError) -> str:
    """PostgreSQL's five characters for what went wrong; of the message nothing is kept."""
    details = error.orig.args[0] if error.orig is not None and error.orig.args else None
    return str(details.get("C", "")) if isinstance(details, dict) else ""


def _unusable(error: Exception) -> LedgerError:
    name = type(error.orig if isinstance(error, DBAPIError) else error).__name__
    if name == "IntegrityError":
        return LedgerBroken(
            "the ledger holds entries that its last checkpoint does not cover",
            remedy="compare it with a backup and with checkpoints seen by others",
        )
    return LedgerError(
        f"the ledger's database cannot be used: {name}",
        remedy="check where it is, that it is a ledger, and that you may use it",
    )


def _settings(connection: sqlite3.Connection, _: object) -> None:
    if connection.execute("PRAGMA journal_mode").fetchone()[0] != "wal":
        connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")
    connection.execute("PRAGMA secure_delete=ON")  # what is erased is overwritten


def _begin(connection: Connection) -> None:
    if connection.get_execution_options().get("pii_ledger_writes"):
        _begin_writing(connection)
    else:
        connection.exec_driver_sql("BEGIN")


def _begin_writing(connection: Connection) -> None:
    """Take the write lock, the more eagerly the longer it took: SQLite's own waiting gets lazier,
    so that of eight writers the unlucky one waited for seconds.
    """
    give_up = time.monotonic() + BUSY_SECONDS
    connection.exec_driver_sql("PRAGMA busy_timeout=0")
    try:
        for attempt in itertools.count(1):
            try:
                connection.exec_driver_sql("BEGIN IMMEDIATE")
                return
            except OperationalError as error:
                if not _is_busy(error) or time.monotonic() > give_up:
                    raise
                time.sleep(max(_LEAST_PAUSE_SECONDS, _PAUSE_SECONDS / attempt))
    finally:
        connection.exec_driver_sql(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000:.0f}")


def _is_busy(error: OperationalError) -> bool:
    code: int = getattr(error.orig, "sqlite_errorcode", 0)
    return code & 0xFF == sqlite3.SQLITE_BUSY  # the upper bits say why
