"""Claims of deletion: closed words, and no claim stronger than its own evidence."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pii_guard.certificate import claim_rules, claims
from pii_guard.certificate.claim_rules import RULES, contradictions
from pii_guard.certificate.claims import Assurance, Claim, Kind, Note, Store
from pii_guard.certificate.consistency import overdue

AT = datetime(2026, 11, 23, 19, 40, 12, tzinfo=UTC)
LATER = AT + timedelta(days=30)
QUIET = {
    "swap": "none", "coreDumps": "disabled", "sealedFiles": 3, "tempFs": ["ext"],
    "children": ["libreoffice", "tesseract"], "childFs": ["tmpfs"], "childBlocks": 0,
    "childrenLost": 0,
}  # fmt: skip
FILE = {"fileSystem": "ext", "otherNames": 0, "openElsewhere": "no"}
OBJECT = {
    "versioning": "enabled", "objectLock": "off", "replication": "none",
    "versionsDeleted": 3, "markersDeleted": 1, "uploadsAborted": 0,
}  # fmt: skip
KEY = {"keyScope": "case", "encrypted": "always", "keyState": "deleted"}


def entry(kind, store, assurance, evidence=None, **more):
    return Claim(kind, store, assurance, evidence or {}, **more).to_entry()


SOUND = {
    Kind.NOT_PERSISTED: entry(
        Kind.NOT_PERSISTED, Store.PROCESS_MEMORY, Assurance.OBSERVED, QUIET,
        method="environment_inspected", at=AT,
    ),
    Kind.UNLINKED: entry(
        Kind.UNLINKED, Store.SOURCE_FILE, Assurance.OBSERVED, FILE,
        method="path_checked_again", residual=0, at=AT,
    ),
    Kind.OVERWRITTEN: entry(
        Kind.OVERWRITTEN, Store.SOURCE_FILE, Assurance.OBSERVED, FILE | {"overwrites": 1},
        method="path_checked_again", residual=0, at=AT,
    ),
    Kind.VERSIONS_DELETED: entry(
        Kind.VERSIONS_DELETED, Store.OBJECT_STORE, Assurance.REPORTED, OBJECT,
        method="versions_listed_again", residual=0, at=AT,
    ),
    Kind.CRYPTO_ERASED: entry(
        Kind.CRYPTO_ERASED, Store.BACKUP, Assurance.REPORTED, KEY, method="key_state_read", at=AT
    ),
    Kind.CRYPTO_ERASE_SCHEDULED: entry(
        Kind.CRYPTO_ERASE_SCHEDULED, Store.BACKUP, Assurance.REPORTED,
        KEY | {"keyState": "scheduled"}, method="key_state_read", at=AT, until=LATER,
    ),
    Kind.SCHEDULED_EXPIRY: entry(
        Kind.SCHEDULED_EXPIRY, Store.MAIL, Assurance.ATTESTED,
        {"rule": "mail_retention", "by": "operator"}, at=AT, until=LATER,
    ),
    Kind.ATTESTED: entry(
        Kind.ATTESTED, Store.PROCESS_MEMORY, Assurance.ATTESTED, note=Note.HANDED_OVER
    ),
    Kind.NOT_DELETED: entry(Kind.NOT_DELETED, Store.SOURCE_FILE, Assurance.OBSERVED, note=Note.LEFT),
}  # fmt: skip


def test_every_kind_has_a_rule_and_a_sound_example():
    assert set(SOUND) == set(RULES) == set(Kind)


@pytest.mark.parametrize("kind", Kind)
def test_a_sound_claim_keeps_to_the_grammar_and_to_its_evidence(kind):
    assert claims.CLAIM.misfit(SOUND[kind]) is None
    assert list(contradictions(SOUND[kind])) == []
    assert Claim.of_entry(json.loads(json.dumps(SOUND[kind]))).to_entry() == SOUND[kind]


def test_no_word_says_that_data_cannot_be_recovered():
    words = json.dumps([*Kind, *Note, *Store, *Assurance, *claims.EVIDENCE, *claims.METHODS])
    assert not re.search(r"clear|purg|destroy|irrecover|wipe|certif|sanit|forensic", words.lower())


OVERSTATED = {
    "swap in use": (Kind.NOT_PERSISTED, {"evidence": QUIET | {"swap": "disk"}}),
    "encrypted swap": (Kind.NOT_PERSISTED, {"evidence": QUIET | {"swap": "encrypted"}}),
    "swap unknown": (Kind.NOT_PERSISTED, {"evidence": QUIET | {"swap": "unknown"}}),
    "core dumps": (Kind.NOT_PERSISTED, {"evidence": QUIET | {"coreDumps": "possible"}}),
    "child on disk": (Kind.NOT_PERSISTED, {"evidence": QUIET | {"childFs": ["ext", "tmpfs"]}}),
    "child killed": (Kind.NOT_PERSISTED, {"evidence": QUIET | {"childrenLost": 1}}),
    "child wrote": (Kind.NOT_PERSISTED, {"evidence": QUIET | {"childBlocks": 8}}),
    "memory on a backup": (Kind.NOT_PERSISTED, {"store": "backup"}),
    "memory, by hearsay": (Kind.NOT_PERSISTED, {"assurance": "attested"}),
    "memory, no evidence": (Kind.NOT_PERSISTED, {"evidence": {}}),
    "another name": (Kind.UNLINKED, {"evidence": FILE | {"otherNames": 1}}),
    "open, not noted": (Kind.UNLINKED, {"evidence": FILE | {"openElsewhere": "yes"}}),
    "not open, noted": (Kind.UNLINKED, {"note": "open_elsewhere"}),
    "path still there": (
        Kind.UNLINKED,
        {"verification": {"method": "path_checked_again", "residual": 1}},
    ),
    "path not checked": (Kind.UNLINKED, {"verification": {"method": "path_checked_again"}}),
    "checked otherwise": (
        Kind.UNLINKED,
        {"verification": {"method": "versions_listed_again", "residual": 0}},
    ),
    "unlinked from a store": (Kind.UNLINKED, {"store": "object_store"}),
    "not overwritten": (Kind.OVERWRITTEN, {"evidence": FILE | {"overwrites": 0}}),
    "overwriting unsaid": (Kind.OVERWRITTEN, {"evidence": FILE}),
    "failed, claimed": (Kind.OVERWRITTEN, {"note": "overwrite_failed"}),
    "versions left": (
        Kind.VERSIONS_DELETED,
        {"verification": {"method": "versions_listed_again", "residual": 2}},
    ),
    "no version deleted": (
        Kind.VERSIONS_DELETED,
        {"evidence": OBJECT | {"versionsDeleted": 0, "markersDeleted": 0}},
    ),
    "replicas unsaid": (
        Kind.VERSIONS_DELETED,
        {"evidence": OBJECT | {"replication": "configured"}},
    ),
    "replicas unknown": (Kind.VERSIONS_DELETED, {"evidence": OBJECT | {"replication": "unknown"}}),
    "api as observed": (Kind.VERSIONS_DELETED, {"assurance": "observed"}),
    "shared key": (Kind.CRYPTO_ERASED, {"evidence": KEY | {"keyScope": "shared"}}),
    "plain once": (Kind.CRYPTO_ERASED, {"evidence": KEY | {"encrypted": "not_always"}}),
    "key only scheduled": (Kind.CRYPTO_ERASED, {"evidence": KEY | {"keyState": "scheduled"}}),
    "key exists": (Kind.CRYPTO_ERASED, {"evidence": KEY | {"keyState": "exists"}}),
    "erased with a date to come": (Kind.CRYPTO_ERASED, {"until": "2026-12-23T19:40:12Z"}),
    "schedule without date": (Kind.SCHEDULED_EXPIRY, {"until": None}),
    "schedule that is over": (Kind.SCHEDULED_EXPIRY, {"until": "2026-11-23T19:40:12Z"}),
    "undated": (Kind.UNLINKED, {"at": None}),
    "no reason": (Kind.NOT_DELETED, {"note": None}),
    "attested by a machine": (Kind.ATTESTED, {"assurance": "observed"}),
    "evidence of something else": (Kind.ATTESTED, {"evidence": {"versionsDeleted": 3}}),
}


@pytest.mark.parametrize("case", OVERSTATED, ids=lambda c: c.replace(" ", "_"))
def test_what_is_claimed_beyond_the_evidence_is_found_out(case):
    kind, change = OVERSTATED[case]
    told = {key: one for key, one in (SOUND[kind] | change).items() if one is not None}
    assert claims.CLAIM.misfit(told) is None
    assert list(contradictions(told))


RAW = [
    "/home/jane.roe/report.pdf",
    "s3://acme-intake/jane",
    "Jane Roe",
    "",
    "536-22-8417",
    1.5,
    None,
]


@pytest.mark.parametrize("kind", Kind)
def test_no_path_bucket_or_name_fits_anywhere(kind):
    sound = SOUND[kind]
    for raw in RAW:
        for field in sound:
            assert claims.CLAIM.misfit(sound | {field: raw}) is not None
        for part in ("evidence", "verification"):
            for key in sound.get(part, {}):
                assert claims.CLAIM.misfit(sound | {part: sound[part] | {key: raw}}) is not None
    where = claims.CLAIM.misfit(sound | {"evidence": {"path": "/home/jane"}})
    assert where == "/evidence"


@given(st.sampled_from(sorted(SOUND)), st.sampled_from(sorted(Kind)))
def test_a_claim_cannot_be_renamed_into_a_stronger_one(was, becomes):
    told = SOUND[was] | {"claim": becomes.value}
    if becomes not in (was, Kind.NOT_DELETED):
        assert list(contradictions(told))


def test_only_what_is_over_now_counts_as_gone():
    gone = {kind for kind in Kind if Claim.of_entry(SOUND[kind]).gone}
    assert gone == {
        Kind.NOT_PERSISTED, Kind.UNLINKED, Kind.OVERWRITTEN, Kind.VERSIONS_DELETED,
        Kind.CRYPTO_ERASED,
    }  # fmt: skip


def test_a_date_that_has_passed_calls_for_a_look():
    def late(kind, day):
        kept = {"legalHold": True, "until": "2020-01-01"}
        deletions = [SOUND[Kind.UNLINKED], SOUND[kind]]
        said = {"predicate": {"deletions": deletions, "retention": kept}}
        return list(overdue(said, day.date().isoformat()))

    # A copy may go at any time of its last day.
    assert not late(Kind.SCHEDULED_EXPIRY, LATER)
    assert late(Kind.SCHEDULED_EXPIRY, LATER + timedelta(days=1)) == [
        "1 copies were to expire by now, and nothing says that they did"
    ]
    assert not late(Kind.UNLINKED, LATER + timedelta(days=1))


def test_the_verifier_reads_claims_without_heavy_modules():
    import subprocess
    import sys

    code = (
        f"import {claims.__name__}, {claim_rules.__name__}, sys\n"
        "assert not {'spacy', 'presidio_analyzer', 'sqlalchemy'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
