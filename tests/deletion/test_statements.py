"""What others say, a date to come and the end of a key: never more than that."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from pii_guard.certificate.claim_rules import contradictions
from pii_guard.certificate.claims import CLAIM, Kind, Note, Store
from pii_guard.deletion import KeyReport, attest, crypto_erased, scheduled

AT = datetime(2026, 11, 23, 19, 40, tzinfo=UTC)
LATER = AT + timedelta(days=30)


def sound(claim):
    entry = claim.to_entry()
    assert CLAIM.misfit(entry) is None
    assert list(contradictions(entry)) == []
    return entry


def test_somebodys_word_is_by_role():
    entry = sound(attest(Store.DEVICE, "researcher", at=AT))
    assert (entry["claim"], entry["assurance"], entry["evidence"]) == (
        "attested", "attested", {"by": "researcher"},
    )  # fmt: skip


def test_a_date_to_come_is_reported_or_somebodys_word():
    reported = scheduled(Store.OBJECT_STORE, "object_lifecycle", LATER, at=AT)
    said = scheduled(Store.BACKUP, "backup_rotation", LATER, by="vendor", at=AT)
    assert sound(reported)["assurance"] == "reported"
    assert sound(said)["assurance"] == "attested"
    assert sound(said)["until"] == "2026-12-23T19:40:00Z"
    assert not said.gone


@pytest.mark.parametrize("until", [AT, AT - timedelta(days=1), AT + timedelta(milliseconds=5)])
def test_a_date_that_is_over_promises_nothing(until):
    claim = scheduled(Store.MAIL, "mail_retention", until, at=AT)
    assert (claim.kind, claim.note) == (Kind.NOT_DELETED, Note.OVERDUE)
    sound(claim)


def erased(report, case_key=True, always=True):
    claim = crypto_erased(
        Store.BACKUP, lambda: report, case_key=case_key, always_encrypted=always, at=AT
    )
    sound(claim)
    return claim.kind, claim.note


def test_a_key_that_is_gone_ends_what_only_it_could_open():
    assert erased(KeyReport("deleted")) == (Kind.CRYPTO_ERASED, None)
    assert erased(KeyReport("scheduled", LATER)) == (Kind.CRYPTO_ERASE_SCHEDULED, None)


@pytest.mark.parametrize(
    ("report", "case_key", "always", "note"),
    [
        (KeyReport("deleted"), False, True, Note.KEY_SHARED),
        (KeyReport("deleted"), True, False, Note.NOT_ALWAYS_ENCRYPTED),
        (KeyReport("exists"), True, True, Note.KEY_EXISTS),
        (KeyReport("unknown"), True, True, Note.KEY_UNKNOWN),
        (KeyReport("scheduled"), True, True, Note.KEY_UNKNOWN),
        (KeyReport("scheduled", AT), True, True, Note.OVERDUE),
        (KeyReport("scheduled", LATER), False, True, Note.KEY_SHARED),
    ],
)
def test_a_condition_that_fails_ends_nothing(report, case_key, always, note):
    assert erased(report, case_key, always) == (Kind.NOT_DELETED, note)


def test_a_key_store_that_does_not_answer_deleted_nothing():
    def fails():
        raise RuntimeError("key of Jane Roe")

    claim = crypto_erased(Store.BACKUP, fails, case_key=True, always_encrypted=True, at=AT)
    assert claim.note == Note.KEY_UNKNOWN
    assert "Jane" not in repr(claim)
    sound(claim)
