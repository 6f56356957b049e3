"""Types from content, with and without libmagic."""

from __future__ import annotations

import pytest

import pii_guard.identify as module
from pii_guard.identify import UNKNOWN, identify, identify_all, type_of_ends
from pii_guard.text_types import _BY_EXTENSION
from tests.conftest import REPORTS
from tests.formats.samples import SAMPLES

NAMED = {
    "application/toml": "a.toml",
    "text/x-source": "a.py",
    "text/markdown": "a.md",
    "application/yaml": "a.yaml",
    "text/csv": "a.csv",
    "text/x-log": "a.log",
}


@pytest.fixture(params=[True, False], ids=["libmagic", "own_table"], autouse=True)
def libmagic(request, monkeypatch):
    if not request.param:
        monkeypatch.setattr(module, "_libmagic", lambda: None)


AMONG_ZIPS = {"application/java-archive", "application/epub+zip"}


@pytest.mark.parametrize("media_type", sorted(SAMPLES.keys() - AMONG_ZIPS))
def test_samples(media_type):
    assert identify(SAMPLES[media_type], NAMED.get(media_type, "")) == media_type


@pytest.mark.parametrize(
    ("file", "media_type"),
    [
        ("idor/report.md", "text/markdown"), ("idor/exchange.http", "message/http"),
        ("idor/response.json", "application/json"), ("idor/export.csv", "text/csv"),
        ("idor/letter.pdf", "application/pdf"), ("sqli/dump.sql", "application/sql"),
        ("sqli/access.log", "text/x-log"), ("bucket/listing.html", "text/html"), ("bucket/notes.txt", "text/plain"),
    ],
)  # fmt: skip
def test_examples_by_content_whatever_they_are_called(file, media_type):
    blob = (REPORTS / file).read_bytes()
    assert identify(blob, file) == media_type
    if media_type not in ("text/plain", "text/markdown"):
        assert identify(blob, "mislabelled.txt") == media_type or media_type in (
            "text/csv",
            "application/sql",
            "text/x-log",
        )


@pytest.mark.parametrize(
    ("blob", "media_type"),
    [
        (b"", "inode/x-empty"), (b"PK\x03\x04\0\0", "application/zip"), (b"\x89PNG\r\n\x1a\n\0", "image/png"),
        (b"MZ is how the note begins, then words", "text/plain"), (b"junk\n%PDF-1.4\n1 0 obj\n", "application/pdf"),
        (b"%PDF- my notes about the format", "text/plain"), (b"hello, world, and more\nprose, that has, commas in it here\n", "text/plain"),
        (b"\x7fELF\x02\0\0", "application/x-executable"), (b"SQLite format 3\0\0", "application/vnd.sqlite3"),
        (b"\x93NUMPY\x01\0F\0{'descr': '|O8'}\n", "application/x-npy"),
    ],
)  # fmt: skip
def test_signatures_and_words(blob, media_type):
    assert identify(blob) == media_type


def test_a_pdf_without_its_header_is_one():
    """Readers look for its objects; their source in a text, all of it text, is a text."""
    bare = b"%broken\n1 0 obj\n<< /Length 9 >>\nstream\n{}\nendstream\nendobj\n"
    assert identify(bare.replace(b"{}", b"\x9c\xf3\x8b\x00q")) == "application/pdf"
    assert identify(bare.replace(b"{}", b"(shown) Tj")) == "text/plain"


def test_two_types_at_once_are_both_named():
    blob = b"%PDF-1.4\n1 0 obj\n<<>>\nPK\x01\x02" + b"\0" * 40 + b"PK\x05\x06" + b"\0" * 18
    assert set(identify_all(blob)) == {"application/pdf", "application/zip"}


def test_unknown_bytes_have_no_text_type():
    assert not identify(bytes((i * 7919 + i // 7) % 256 for i in range(4_000))).startswith("text/")


@pytest.mark.parametrize("extension", sorted(_BY_EXTENSION))
def test_words_are_text_whatever_the_name_promises(extension):
    """Names of containers (`.har`, `.mbox`) say nothing of a text that is none."""
    assert identify(b"Just a few words.\n", f"a.{extension}") not in (UNKNOWN, "")


LOG_LINE = b"[2024-01-17 22:10:41,902] ERROR in app: Exception on /api/profile/update [POST]\n"


@pytest.mark.parametrize("name", ["", "trace.txt", "app.log"])
@pytest.mark.parametrize(
    "blob", [LOG_LINE, LOG_LINE * 3, LOG_LINE + b"Traceback (most recent call last):\n  x = {}\n", b"[1] 22109 ok [done]\n"]
)  # fmt: skip
def test_a_line_that_begins_with_a_time_in_brackets_is_no_json(blob, name):
    assert identify(blob, name) in ("text/plain", "text/x-log")


@pytest.mark.parametrize(
    "blob", [b"[1, 2]", b"[-1.5e3]\n", b"[ 7 ]", b"[true, null]", b"[]", b'[{"a": 1}]', b"[[1]]"]
)
def test_lists_are_json_whatever_they_begin_with(blob):
    assert identify(blob) == "application/json"


def test_lists_of_numbers_a_line_each_are_json_lines():
    assert identify(b"[1, 2]\n[3]\n") == "application/x-ndjson"


MACHINES = {
    "levels": "INFO req=1f2e status=200\n",
    "times": "2026-11-30 10:00:00,123 [main] ERROR c.e.Orders - lost\n",
    "requests": '192.0.2.7 - - [30/Nov/2026:10:00:00 +0000] "GET /orders HTTP/1.1" 200 12\n',
    "syslog": "Nov 30 10:00:00 web1 sshd[4711]: Accepted publickey for deploy\n",
    "pairs": 'time="2026-11-30T10:00:00Z" level=warning msg="slow"\n',
    "with a trace": "10:00:00 WARN retry\n\tat com.example.Orders.get(Orders.java:12)\n",
}
PEOPLE = {
    "chat": "[2026-11-30 10:00:00] Jane Roe: does it work now?\n",
    "messages": "2026-11-30 10:00:00 Jane Roe: I got an ERROR page\n2026-11-30 10:01:00 Max: so did I\n",
    "notes": "INFO for you: it works.\nThe second request gets the order of somebody else.\n",
    "list": "ERROR pages are at /e\n\nWARNING: I tried it twice\n\nand then a third time\n\nas you see\n\n",
}


@pytest.mark.parametrize("kind", MACHINES)
@pytest.mark.parametrize("name", ["output.txt", "output.log", ""])
def test_a_log_is_one_whatever_it_is_called(kind, name):
    """As a text it would be read word by word, forty times as long."""
    assert identify((MACHINES[kind] * 20).encode(), name) == "text/x-log"


@pytest.mark.parametrize("kind", PEOPLE)
def test_what_people_write_at_a_time_stays_a_text(kind):
    assert identify((PEOPLE[kind] * 20).encode(), "chat.txt") == "text/plain"


@pytest.mark.parametrize("kind", MACHINES)
def test_a_log_that_is_called_a_text_is_told_by_its_ends(kind):
    blob = (MACHINES[kind] * 2_000).encode()
    assert type_of_ends(blob[:20_000], blob[-20_000:], "output.txt") == "text/x-log"


ELIDED = b'{"id": 7, "name": "Jane Roe", ...}\n'


@pytest.mark.parametrize("blob", [ELIDED, b'{"id": 7,}\n', b'[{"id": 7} // and so on\n]\n'])
def test_what_begins_and_ends_like_json_and_is_none_is_a_text(blob):
    """People leave out what they need not show."""
    assert identify(blob, "response.txt") == identify(blob, "response.json") == "text/plain"
    assert identify_all(blob, "", "application/json") == ("text/plain",)


def test_deep_and_large_json_is_taken_for_what_it_seems():
    assert identify(b"[" * 100_000 + b"]" * 100_000, "a.txt") == "application/json"
    assert identify(b'{"a": "' + b"x" * 5_000_000 + b'"...}', "a.txt") == "application/json"
    assert identify(b'{"a": ' + b"7" * 5_000 + b"}", "a.txt") == "application/json"


def test_an_exchange_with_an_elided_body_is_redacted(guard):
    head = b"POST /api/me HTTP/1.1\r\nHost: api.example\r\nContent-Type: application/json\r\n\r\n"
    result = guard.redact(head + ELIDED, name="a.txt")
    assert (result.media_type, result.verdict) == ("message/http", "redacted")
    assert result.output == head + ELIDED.replace(b"Jane Roe", b"<PERSON_1>")
