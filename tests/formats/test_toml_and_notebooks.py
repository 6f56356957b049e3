"""TOML and notebooks: what the matrix of places does not say."""

from __future__ import annotations

import base64
import random
import tomllib
from pathlib import Path

import pytest

from pii_guard.document import Changes, Edit, Kind, Span
from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats import Formats
from pii_guard.formats.base import Bounds
from pii_guard.identify import identify
from tests.fixtures.settings import code, notebook
from tests.formats.samples import SAMPLES

BOUNDS = Bounds()
TOML, NOTEBOOK = (Formats().of(f"application/{kind}") for kind in ("toml", "x-ipynb+json"))


def values(form, read, text):
    document = getattr(form, read)(text.encode(), BOUNDS)
    return [
        (s.label.rstrip("."), s.text)
        for s in document.segments
        if s.kind in (Kind.FIELD, Kind.PROSE) and s.label
    ]


HARD = '''
title = "a # no comment" # but this
[servers.alpha] # one
"ip.v4" = '10.0.0.1'
dates = [ 1979-05-27, 07:32:00 ]
mail = { "to" = ["a@b", { cc = "c" }], bcc.x = "d" }
text = """
He said ""hi"" \\
   and \\u0041 left."""
[[servers.alpha.disks]]
size = 0x1F
path = \'\'\'C:\\\\it's\'\'\'
[[servers.alpha.disks]]
"" = -1_000
'''


def test_values_and_labels_are_those_of_the_parser():
    assert sorted(values(TOML, "read", HARD)) == sorted(
        (label, {"31": "0x1F", "-1000": "-1_000", "1979-05-27": "1979-05-27"}.get(text, text))
        for label, text in values(TOML, "reread", HARD)
    )


def test_our_own_settings_are_read_as_the_parser_reads_them():
    text = (Path(__file__).parents[2] / "pyproject.toml").read_text("utf-8")
    assert sorted(values(TOML, "read", text)) == sorted(values(TOML, "reread", text))


@pytest.mark.parametrize("wanted", ["10.0.0.1", "1979-05-27", "c", "-1_000", "0x1F", "C:\\\\it's"])
def test_what_is_written_is_toml_and_the_rest_stays(wanted):
    segments = TOML.read(HARD.encode(), BOUNDS).segments
    number = next(n for n, s in enumerate(segments) if s.text == wanted)
    new = "7" if segments[number].number else "x\"\\'y"
    edit = Edit(number, Span(0, len(wanted)), new)
    out = TOML.write(HARD.encode(), Changes((edit,)), BOUNDS).decode()
    assert tomllib.loads(out) != tomllib.loads(HARD)
    again = [s.text for s in TOML.read(out.encode(), BOUNDS).segments]
    before = [s.text for s in segments]
    assert again[:number] + again[number + 1 :] == before[:number] + before[number + 1 :]


def test_what_is_no_toml_or_too_deep_is_refused():
    for text, code_ in (
        ("a = ", ReasonCode.CORRUPT),
        ("a = " + "[" * 210 + "]" * 210, ReasonCode.LIMIT_NESTING),
    ):
        with pytest.raises(Unreadable) as caught:
            TOML.read(text.encode(), BOUNDS)
        assert caught.value.reason.code is code_


def test_mutated_toml_is_read_or_refused():
    chance = random.Random(7)
    for _ in range(600):
        blob = bytearray(SAMPLES["application/toml"])
        for _ in range(chance.randint(1, 3)):
            blob[chance.randrange(len(blob))] = chance.choice(b"\n =[]{}\"'#,.\\a1")
        try:
            document = TOML.read(bytes(blob), BOUNDS)
        except Unreadable:
            continue
        seen = {s.text for s in document.segments if s.kind is not Kind.NAME}
        for segment in TOML.reread(bytes(blob), BOUNDS).segments:
            if (
                segment.label
                and not segment.number
                and ":" not in segment.text
                and "-" not in segment.text
            ):
                assert segment.text in seen or not segment.text.strip()


def test_pictures_of_notebooks_are_files_and_kinds_are_told():
    png = base64.b64encode(b"\x89PNG\r\n\x1a\n" + bytes(20)).decode()
    blob = notebook(
        code(
            "import os",
            {
                "output_type": "display_data",
                "data": {"image/png": png, "image/svg+xml": ["<svg/>"]},
            },
        ),
        code("x", {"output_type": "stream", "name": "stdout", "text": ["a line"]}),
    )
    document = NOTEBOOK.read(blob, BOUNDS)
    assert [(c.media_type, c.blob[:4]) for c in document.children] == [("image/png", b"\x89PNG")]
    kinds = {s.text: s.kind for s in document.segments}
    assert kinds["import os"] is Kind.CODE
    assert kinds["a line"] is Kind.LOG
    assert "<svg/>" in kinds
    assert NOTEBOOK.reread(blob, BOUNDS).children[0].blob == document.children[0].blob
    out = NOTEBOOK.write(blob, Changes((), {0: b"other"}), BOUNDS)
    assert out == blob.replace(png.encode(), base64.b64encode(b"other"))


@pytest.mark.parametrize(
    "text", ["a." * 300 + "a = 1\n", "[" + "'a' . " * 300 + "a]\n", "a." * 300]
)
def test_a_key_of_too_many_parts_is_refused_before_it_takes_time(text):
    form = Formats().of("application/toml")
    for read in (form.read, form.reread):
        with pytest.raises(Unreadable) as refused:
            read(text.encode(), Bounds())
        assert refused.value.reason.code is ReasonCode.LIMIT_NESTING
    assert identify(text.encode(), "a.toml") != "application/toml"


def test_a_key_of_some_parts_is_read():
    text = "a." * 40 + "a = 'Roe'\n"
    assert identify(text.encode(), "a.toml") == "application/toml"
