"""What an audit hears of a file: findings with severity and codes, and no value."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from pii_guard import Guard, Policy
from pii_guard.crossing import inspection_row, to_inspection
from pii_guard.errors import Reason, ReasonCode
from pii_guard.inspection import MARKED
from pii_guard.originals import SMALL

KEY = b"k" * 32
TEXT = b"Please ask Wilhelmina Drachenfels (wilhelmina@drachenfels.example), SSN 536-22-8417.\n"
SECRETS = ("Wilhelmina", "drachenfels", "536-22-8417")


@pytest.fixture
def seen(guard):
    return guard.inspect(TEXT, key=KEY, name="wilhelmina-drachenfels.txt")


def test_it_says_what_would_go_and_how_bad_that_is(seen):
    found = {one.action.finding.entity_type: one for one in seen.marks}
    assert set(found) == {"PERSON", "EMAIL_ADDRESS", "US_SSN"}
    assert found["US_SSN"].action.severity == "critical"
    assert found["US_SSN"].action.beside == ("EMAIL_ADDRESS", "PERSON")
    assert {group.entity_type: n for group, n in seen.counted.items()} == dict.fromkeys(found, 1)
    assert (seen.reason, seen.media_type) == (None, "text/plain")


def test_it_holds_no_value_not_even_in_the_name(seen):
    shown = json.dumps(inspection_row(seen)).lower()
    assert not [one for one in SECRETS if one.lower() in shown]
    assert seen.name == "PERSON_1.txt"


def test_a_value_has_one_code_under_one_key(guard, unconfined, seen):
    there = {one.fingerprint for one in seen.marks}
    again = guard.inspect(b"ask Wilhelmina  Drachenfels", key=KEY)
    assert {one.fingerprint for one in again.marks} < there
    other = guard.inspect(TEXT, key=b"o" * 32)
    assert not there & {one.fingerprint for one in other.marks}
    assert unconfined.inspect(TEXT, key=KEY, name="wilhelmina-drachenfels.txt") == seen


def test_what_is_read_in_sections_is_counted_whole_and_listed_in_part(unconfined):
    line = b"10.1.2.3 login of jane.roe@mail.example ok\n"
    blob = line * (2 * SMALL // len(line))
    seen = unconfined.inspect(blob, key=KEY, name="a.log")
    assert sum(seen.counted.values()) >= blob.count(b"\n") > len(seen.marks) == MARKED
    mark = seen.marks[-1].action.finding
    assert mark.locator or mark.start > 1_000


def test_what_cannot_be_read_has_a_reason_and_its_name_is_redacted(guard):
    broken = guard.inspect(b"%PDF-1.7\n1 0 obj (x", key=KEY, name="Jane Roe/letter.pdf")
    assert broken.reason is not None
    assert broken.name == "PERSON_1/letter.pdf"
    why = Reason(ReasonCode.UNSAFE_PATH, "a link")
    refused = guard.inspect(why, key=KEY, name="jane-roe.txt")
    assert (refused.reason, refused.name) == (why, "PERSON_1.txt")


def test_what_is_left_out_unread_is_not_clean(signer):
    import io
    import zipfile

    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.txt", b"nothing here")
        archive.writestr("b.bin", bytes(range(256)) * 20)
    policy = Policy(isolation="off", unreadable_members="leave_out")
    seen = Guard(policy, signer=signer).inspect(held.getvalue(), key=KEY, name="a.zip")
    assert seen.reason is not None


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("marks", [[1]]),
        ("counted", [["EMAIL", "no_category", "high", 1]]),
        ("counted", [["Jane Roe", "full_name", "high", 1]]),
        ("counted", [["PERSON", "full_name", "high", -1]]),
        ("unread", [["everything", 1]]),
        ("name", 7),
    ],
)
def test_what_a_worker_says_is_read_strictly(seen, field, value):
    row = json.loads(json.dumps(inspection_row(seen)))
    assert to_inspection(row) == replace(seen, counted=dict(seen.counted))
    with pytest.raises((ValueError, TypeError, LookupError)):
        to_inspection(row | {field: value})


def test_a_code_that_is_none_is_refused(seen):
    row = json.loads(json.dumps(inspection_row(seen)))
    row["marks"][0][-1] = "jane"
    with pytest.raises(ValueError, match=r"^$"):
        to_inspection(row)
