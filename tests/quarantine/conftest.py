"""A quarantine, its key, and a clock that stands still."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from pii_guard.errors import ReasonCode
from pii_guard.originals import InMemory
from pii_guard.quarantine import Identity, Quarantine, generate

NOW = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
SECRET = b"Wilhelmina Drachenfels, SSN 536-22-8417\n"
NAME = "wilhelmina-drachenfels.zip"


@pytest.fixture
def identity(tmp_path):
    generate(tmp_path / "key.txt")
    return Identity.load(tmp_path / "key.txt")


@pytest.fixture
def store(tmp_path, identity):
    return Quarantine(tmp_path / "held", identity.recipient, days=7)


@pytest.fixture
def keep(store):
    def kept(blob=SECRET * 100, name=NAME, now=NOW):
        return store.keep(
            InMemory(blob), name=name, reason=ReasonCode.ENCRYPTED,
            media_type="application/zip", now=now,
        )  # fmt: skip

    return kept


@pytest.fixture
def out(tmp_path):
    (tmp_path / "out").mkdir()
    return tmp_path / "out"
