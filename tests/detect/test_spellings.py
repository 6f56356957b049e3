"""Direct identifiers as people, programs and attackers write them: each found, its ends exact.

`spellings.txt`: a text a line, values between « and », other characters escaped as in Python. Read
without the model: recognizers, fields and decoded views alone must do.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from pii_guard.detect.engine import Detector
from pii_guard.document import Kind, Segment
from tests.detect.no_model import NoModel
from tests.detect.recognizers.tables import plain, spans

LINES = (Path(__file__).parent / "spellings.txt").read_text("utf-8").splitlines()


def text_of(line: str) -> str:
    """The line with its escapes undone, « and » kept."""
    return line.encode("latin-1").decode("unicode_escape")


@pytest.fixture(scope="module")
def detector():
    return Detector(NoModel())


def found(detector, text: str, kind: Kind = Kind.PROSE) -> dict[tuple[int, int], str]:
    return {(f.start, f.end): f.entity_type for f in detector.detect([Segment(text, (), kind)])}


@pytest.mark.parametrize("line", LINES)
def test_every_spelling_is_found_exactly(detector, line):
    marked = text_of(line)
    assert set(spans(marked)) <= set(found(detector, plain(marked)))


@pytest.mark.parametrize("kind", [Kind.LOG, Kind.CODE])
def test_kinds_of_text_make_no_difference(detector, kind):
    missed = [
        line
        for line in LINES
        if not set(spans(text_of(line))) <= set(found(detector, plain(text_of(line)), kind))
    ]
    assert missed == []


@pytest.mark.parametrize(
    ("field", "value", "kind"),
    [
        ("lname", "Li", "PERSON"), ("firstName", "Wu", "PERSON"), ("user[last_name]", "Oz", "PERSON"),
        ("nachname", "Roe", "PERSON"), ("cardholder", "J ROE", "PERSON"), ("x-user-name", "jroe7", "USERNAME"),
        ("zip", "62704", "ADDRESS"), ("dob", "1985-03-12", "DATE_OF_BIRTH"), ("mobile", "4155552671", "PHONE_NUMBER"),
        ("ssn", "536228417", "US_SSN"), ("blood_type", "AB negative", "HEALTH"), ("db_password", "kd91xyz", "PASSWORD"),
        ("clientSecret", "9f8a7b6c5d4e3f2a1b0c", "API_KEY"),
    ],
)  # fmt: skip
def test_a_field_says_what_its_value_is(detector, field, value, kind):
    segment = Segment(value, (), Kind.FIELD, field, (1,))
    assert [(f.entity_type, f.start, f.end) for f in detector.detect([segment])] == [
        (kind, 0, len(value))
    ]


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("hostname", "Li"), ("filename", "Jane Roe.txt"), ("class_name", "Jordan"), ("table_name", "Smith"),
        ("email_template", "welcome"), ("password_policy", "strong12"), ("password_hash", "5f4dcc3b5aa765d61d8327deb882cf99"),
        ("phone_model", "Pixel 8"), ("address_family", "AF_INET"), ("token_type", "Bearer"), ("ip_version", "4"),
        ("account_type", "gold"), ("product_name", "Burp Suite"), ("user_agent", "curl/8.5.0"), ("card_type", "visa"),
        ("content_length", "348275"), ("etag", "33a64df551425fcc"), ("build", "20261124"), ("port", "8080"),
        ("package_name", "left-pad"), ("server_name", "madison"), ("session_timeout", "1800"), ("pid", "31337"),
        ("password", "********"), ("api_key", "$API_KEY"), ("lname", "null"), ("last_name", "<string>"),
    ],
)  # fmt: skip
def test_a_field_of_a_thing_names_nobody(detector, field, value):
    assert detector.detect([Segment(value, (), Kind.FIELD, field, (1,))]) == ()
