"""What a ledger promises, in SQLite and in PostgreSQL alike."""

from __future__ import annotations

import hashlib
import sqlite3
import stat
import threading
from dataclasses import replace
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.certificate.checkpoint import includes, open_checkpoint
from pii_guard.certificate.merkle import leaf_hash, proves_consistency, proves_inclusion
from pii_guard.certificate.note import NoteSigner
from pii_guard.certificate.seen import Relation
from pii_guard.errors import LedgerError
from pii_guard.ledger import database, open_ledger, tables
from tests.certificate.test_merkle import naive
from tests.ledger.conftest import ORIGIN


def data(count, start=0):
    return [b"leaf %d" % number for number in range(start, start + count)]


def opened(note, log):
    return open_checkpoint(note, [log.key]).checkpoint


def test_every_append_comes_with_its_proof(ledger, log):
    leaves = data(20)
    for index, leaf in enumerate(leaves):
        receipt = ledger.append(leaf)
        state = opened(receipt.checkpoint, log)
        assert (receipt.index, state.size, receipt.new) == (index, index + 1, True)
        assert state.root == naive(leaves[: index + 1])
        assert includes(state, leaf_hash(leaf), receipt.inclusion)
    assert ledger.checkpoint() == receipt.checkpoint
    assert ledger.audit() == 20


def test_a_batch_is_one_step(ledger, log):
    ledger.append(b"first")
    batch = ledger.append_many([(leaf, None) for leaf in data(33)])
    assert batch.indices == tuple(range(1, 34))
    assert opened(batch.checkpoint, log).root == naive([b"first", *data(33)])
    assert ledger.audit() == 34


def test_a_batch_larger_than_a_page(ledger, log):
    batch = ledger.append_many([(leaf, None) for leaf in data(5000)])
    assert opened(batch.checkpoint, log).root == naive(data(5000))
    assert ledger.audit() == 5000


def test_the_same_leaf_is_there_once(ledger, log):
    """A client that lost its answer asks again, and gets the first entry."""
    for leaf in data(5):
        ledger.append(leaf)
    before = ledger.checkpoint()
    for index, leaf in enumerate(data(5)):
        again = ledger.append(leaf)
        assert (again.index, again.new, again.checkpoint) == (index, False, before)
        assert includes(opened(before, log), leaf_hash(leaf), again.inclusion)
    batch = ledger.append_many([(leaf, None) for leaf in (b"new", b"leaf 3", b"new")])
    assert batch.indices == (5, 3, 5)
    assert ledger.append_many([]).checkpoint == ledger.checkpoint() == batch.checkpoint
    assert ledger.audit() == 6


def test_proofs_of_any_size_up_to_now(ledger):
    leaves = data(13)
    ledger.append_many([(leaf, None) for leaf in leaves])
    for size in range(1, 14):
        for index in range(size):
            proof = ledger.inclusion(index, size)
            assert proves_inclusion(leaf_hash(leaves[index]), proof, naive(leaves[:size]))
        for old in range(size + 1):
            proof = ledger.consistency(old, size)
            assert proves_consistency(proof, naive(leaves[:old]), naive(leaves[:size]))
    assert ledger.inclusion(4).size == ledger.consistency(4).new == 13


def test_a_leaf_is_found_by_what_it_holds(ledger):
    ledger.append_many([(leaf, None) for leaf in data(3)])
    assert [ledger.find(leaf) for leaf in (*data(3), b"no leaf")] == [0, 1, 2, None]


def test_it_goes_on_where_it_was_left(ledger, where, log):
    first = ledger.append(b"a").checkpoint
    ledger.close()
    again = open_ledger(where, signer=log)
    assert (again.origin, again.checkpoint()) == (ORIGIN, first)
    assert again.append(b"b").index == 1
    assert open_ledger(where, signer=log, create=True).audit() == 2
    again.close()


def test_an_erased_payload_leaves_leaf_and_proofs(ledger, where, log):
    secret = b"certificate " + hashlib.sha256(b"x").hexdigest().encode()
    for leaf in data(4):
        ledger.append(leaf, secret + leaf)
    assert ledger.payload(2) == secret + b"leaf 2"
    assert list(ledger.kept()) == [0, 1, 2, 3]
    claimed = ledger.erase(2)
    assert list(ledger.kept()) == [0, 1, 3]
    assert (ledger.payload(2), ledger.erase(2)) == (None, None)
    assert ledger.payload(3) == secret + b"leaf 3"
    state = opened(ledger.checkpoint(), log)
    assert includes(state, leaf_hash(b"leaf 2"), ledger.inclusion(2))
    assert ledger.audit() == 4
    assert claimed == ("unlinked" if "://" in where else "overwritten_best_effort")


def test_an_erased_payload_is_in_no_file_of_sqlite(tmp_path, log):
    ledger = open_ledger(tmp_path / "ledger.db", signer=log, create=True)
    for size in (20, 20_000):
        mark = b"Wilhelmina Drachenfels %d" % size
        index = ledger.append(mark[::-1], mark * (size // 20)).index
        assert any(mark in file.read_bytes() for file in tmp_path.iterdir())
        assert ledger.erase(index) == "overwritten_best_effort"
        assert not any(mark in file.read_bytes() for file in tmp_path.iterdir())


def test_what_a_reader_still_holds_is_not_called_overwritten(tmp_path, log, monkeypatch):
    monkeypatch.setattr(database, "FORGET_SECONDS", 0.01)
    ledger = open_ledger(tmp_path / "ledger.db", signer=log, create=True)
    ledger.append(b"a", b"payload")
    reader = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    reader.execute("BEGIN")
    reader.execute("SELECT * FROM pii_ledger_payload").fetchall()
    assert ledger.erase(0) == "unlinked"
    reader.close()
    ledger.close()


def test_a_writer_that_never_ends_is_waited_for_a_time_only(tmp_path, log, monkeypatch):
    ledger = open_ledger(tmp_path / "ledger.db", signer=log, create=True)
    monkeypatch.setattr(database, "BUSY_SECONDS", 0.05)
    other = sqlite3.connect(tmp_path / "ledger.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    with pytest.raises(LedgerError, match="cannot be used"):
        ledger.append(b"a")
    other.execute("ROLLBACK")
    assert ledger.append(b"a").index == 0
    other.close()
    ledger.close()


def test_a_payload_that_is_there_is_not_replaced_by_a_second_append(ledger):
    ledger.append(b"a", b"first")
    ledger.append(b"a", b"second")
    assert ledger.payload(0) == b"first"


def test_who_only_reads_cannot_append(ledger, where, log):
    reader = open_ledger(where, keys=[log.key])
    ledger.append(b"a")
    assert reader.find(b"a") == 0
    with pytest.raises(LedgerError, match="without its key"):
        reader.append(b"b")
    reader.close()


def test_a_rotated_key_goes_on(ledger, where, log):
    before = ledger.append(b"a").checkpoint
    after = NoteSigner.of(ORIGIN, Ed25519PrivateKey.generate())
    rotated = open_ledger(where, signer=after, keys=[log.key])
    note = rotated.append(b"b").checkpoint
    assert open_checkpoint(note, [after.key]).checkpoint.size == 2
    assert rotated.check(before).relation is Relation.GROWN
    rotated.close()


@pytest.mark.parametrize("index", [-1, 2])
def test_an_entry_that_is_not_there_is_an_error(ledger, index):
    ledger.append_many([(leaf, None) for leaf in data(2)])
    for ask in (ledger.inclusion, ledger.payload, ledger.erase):
        with pytest.raises(LedgerError, match="no such entry"):
            ask(index)
    for sizes in ((0, 3), (0, -1), (2, 1), (-1, 1)):
        with pytest.raises(LedgerError, match="not that many"):
            ledger.consistency(*sizes)
    with pytest.raises(LedgerError, match="no such entry"):
        ledger.inclusion(0, 3)


def test_a_ledger_that_is_not_there_is_not_made_anew(where, log):
    """Deleting the file would else be the simplest way to forget everything."""
    with pytest.raises(LedgerError):
        open_ledger(where, signer=log)
    assert "://" in where or not Path(where).exists()


def test_a_key_of_another_name_cannot_append(ledger, where, log):
    other = NoteSigner.of("other.example/ledger", Ed25519PrivateKey.generate())
    renamed = open_ledger(where, signer=other, keys=[log.key])
    with pytest.raises(LedgerError, match="another name"):
        renamed.append(b"a")
    assert ledger.audit() == 0
    renamed.close()


def test_a_key_device_that_fails_leaves_nothing_behind(ledger, where, log):
    ledger.append(b"a")
    before = ledger.checkpoint()
    broken = open_ledger(where, signer=replace(log, sign=lambda text: bytes(64)))
    with pytest.raises(LedgerError, match="does not sign"):
        broken.append(b"b")
    assert (ledger.checkpoint(), ledger.find(b"b"), ledger.audit()) == (before, None, 1)
    broken.close()


def test_appends_of_many_threads_are_all_there(ledger, where, log):
    count, each = 6, 10
    failed = []

    def write(number):
        try:
            mine = open_ledger(where, signer=log)
            for leaf in data(each, number * each):
                mine.append(leaf)
            mine.close()
        except Exception as error:  # noqa: BLE001 - told to the main thread
            failed.append(error)

    threads = [threading.Thread(target=write, args=(number,)) for number in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert ledger.audit() == count * each
    assert sorted(ledger.find(leaf) for leaf in data(count * each)) == list(range(count * each))


def test_without_its_lock_serialisable_isolation_still_holds(postgres, log, monkeypatch):
    monkeypatch.setattr(database.Postgres, "lock", lambda self, connection: None)
    monkeypatch.setattr(database, "TRIES", 200)
    first = open_ledger(postgres, signer=log, create=True)
    test_appends_of_many_threads_are_all_there(first, postgres, log)
    first.close()


def test_a_lost_connection_is_taken_up_again(postgres, log, tamper_postgres):
    ledger = open_ledger(postgres, signer=log, create=True)
    ledger.append(b"a")
    tamper_postgres(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()"
    )
    assert ledger.append(b"b").index == 1
    ledger.close()


@pytest.fixture
def tamper_postgres(postgres):
    from sqlalchemy import create_engine, text

    def run(statement):
        engine = create_engine(postgres.replace("postgresql://", "postgresql+pg8000://"))
        with engine.begin() as connection:
            connection.execute(text(statement))
        engine.dispose()

    return run


def test_the_file_is_its_owner_s_and_survives_a_loss_of_power(tmp_path, log):
    path = tmp_path / "ledger.db"
    ledger = open_ledger(path, signer=log, create=True)
    ledger.append(b"a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with ledger._database._engine.connect() as connection:
        for pragma, value in (("journal_mode", "wal"), ("synchronous", 2), ("secure_delete", 1)):
            assert connection.exec_driver_sql(f"PRAGMA {pragma}").scalar() == value
    ledger.close()


@pytest.mark.localhost
@pytest.mark.parametrize(
    "where",
    ["mysql://root@localhost/x", "://", "sqlite://", "postgresql://u:hunter2@127.0.0.1:1/x"],
)
def test_a_url_of_no_use_is_an_error_that_does_not_repeat_it(where, log):
    with pytest.raises(LedgerError) as caught:
        open_ledger(where, signer=log)
    assert "hunter2" not in f"{caught.value!r}{caught.value.remedy}"
    assert caught.value.__cause__ is None


def test_a_file_that_is_no_database_is_an_error(tmp_path, log):
    path = tmp_path / "notes.txt"
    path.write_bytes(b"Wilhelmina Drachenfels " * 1000)
    for create in (False, True):
        with pytest.raises(LedgerError) as caught:
            open_ledger(path, signer=log, create=create)
        assert "Wilhelmina" not in repr(caught.value)
    assert path.read_bytes() == b"Wilhelmina Drachenfels " * 1000


def test_no_key_no_ledger(tmp_path):
    with pytest.raises(LedgerError, match="no key"):
        open_ledger(tmp_path / "ledger.db")
    with pytest.raises(LedgerError, match="cannot be made"):
        open_ledger(
            tmp_path / "no" / "l.db",
            signer=NoteSigner.of("x", Ed25519PrivateKey.generate()),
            create=True,
        )


@given(st.integers(0, 2**62 - 1))
def test_a_node_s_number_is_its_place(number):
    assert tables.number(tables.place(number)) == number


def test_numbers_read_the_tree_from_left_to_right():
    assert [tables.place(number) for number in range(7)] == [
        (0, 0), (1, 0), (0, 1), (2, 0), (0, 2), (1, 1), (0, 3),
    ]  # fmt: skip
