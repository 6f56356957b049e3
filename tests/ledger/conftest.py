"""A ledger of each kind: one SQLite file, and a PostgreSQL server that the tests start."""

from __future__ import annotations

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import create_engine, text

from pii_guard.certificate.note import NoteSigner
from pii_guard.ledger import open_ledger, tables
from tests.ledger.postgres import MISSING, binaries, server

ORIGIN = "pii-guard.example/ledger"


@pytest.fixture(scope="session")
def log():
    """The log's key."""
    return NoteSigner.of(ORIGIN, Ed25519PrivateKey.generate())


@pytest.fixture(scope="session")
def postgres_server():
    if binaries() is None:
        pytest.skip(MISSING)
    with server() as url:
        yield url


@pytest.fixture
def postgres(postgres_server):
    """The URL of a database that no ledger is in."""
    engine = create_engine(postgres_server.replace("postgresql://", "postgresql+pg8000://"))
    tables.metadata.drop_all(engine)
    engine.dispose()
    return postgres_server


@pytest.fixture(params=["sqlite", "postgres"])
def where(request, tmp_path):
    """Where a ledger may be made."""
    if request.param == "sqlite":
        return str(tmp_path / "ledger.db")
    return request.getfixturevalue("postgres")


@pytest.fixture
def ledger(where, log):
    made = open_ledger(where, signer=log, create=True)
    yield made
    made.close()


@pytest.fixture
def tamper(where):
    """Run a statement on the ledger's database, as somebody who may write to it can."""

    def run(statement, **values):
        url = where.replace("postgresql://", "postgresql+pg8000://")
        engine = create_engine(url if "://" in where else f"sqlite:///{where}")
        with engine.begin() as connection:
            done = connection.execute(text(statement), values)
            rows = done.all() if done.returns_rows else None
        engine.dispose()
        return rows

    return run
