"""What the model has to read: each line of logs and fields once, and only what may name somebody."""

from __future__ import annotations

import base64

import pytest

from pii_guard.detect.engine import Memory
from pii_guard.detect.passages import Passage, passages
from pii_guard.detect.routing import Met, route
from pii_guard.document import Kind, Segment, Step

FILLER = "2026-10-11T12:13:14Z INFO request ok\n" * 8


def read(text, kind=Kind.LOG, met=None):
    return route(Passage(text, (), kind), Met() if met is None else met)


def test_prose_is_read_whole():
    text = "10.1.2.3 is the address of Jane Roe. " * 10
    assert read(text, Kind.PROSE).text == text


def test_lines_of_base64_are_not_read_as_words():
    block = base64.encodebytes(bytes(range(256)) * 2).decode()
    text = f"This is what Jane Roe sent:\n{block}Regards\n"
    shown = read(text, Kind.PROSE).text
    assert shown.split() == ["This", "is", "what", "Jane", "Roe", "sent:", "Regards"]
    assert shown.count("\n") == text.count("\n")
    assert len(shown) == len(text)


def test_blanks_keep_every_offset():
    text = FILLER + "user Jane Roe 10.1.2.3 logged in\n"
    way = read(text)
    assert len(way.text) == len(text)
    assert way.text[text.index("Jane Roe") :][:8] == "Jane Roe"


@pytest.mark.parametrize(
    "noise",
    [
        "10.1.2.3",
        "2026-10-11T12:13:14",
        "Chrome/126.0.6478.61",
        "(X11; Linux x86_64)",
        "9f86d081884c7d659a2feaa0c55ad015",
        "550e8400-e29b-41d4-a716-446655440000",
        "1234567890",
    ],
)
def test_what_names_nobody_is_blanked(noise):
    text = FILLER + f"saw Jane Roe {noise} there\n"
    assert noise not in read(text).text


@pytest.mark.parametrize("kept", ["12 Elm Street 62704", "Adebade Ade", "maria.roe", "O'Neill"])
def test_what_may_name_somebody_is_not(kept):
    text = FILLER + f"parcel for {kept} today\n"
    assert kept in read(text).text


@pytest.mark.parametrize(
    "member",
    [
        '"quantity": 3', '"amount": -1.5e3', '"open": true', '"closed":null', '"currency": ""',
        '"balance": "436.65"', '"status": "active"', '"state" : "not open"',
        '"order_uuid": "550e8400-e29b-41d4-a716-446655440000"', '"sku": "ELM-614"', '"currency": "SEK"',
        '"seen": "2026-10-11T12:13:14Z"',
    ],
)  # fmt: skip
def test_members_of_json_that_name_nobody_are_blanked(member):
    text = FILLER + f'{{{member}, "note": "met Jane Roe", {member}}}\n'
    assert member.split('"')[1] not in read(text).text
    assert '"note": "met Jane Roe"' in read(text).text


@pytest.mark.parametrize(
    "member",
    ['"note": "Jane"', '"note": nullable Roe', '"note": 12 Elm Street', '"note": "A\\"Roe"'],
)
def test_members_of_json_that_may_name_somebody_are_not(member):
    text = FILLER + f'{{"n": 1, {member}, "k": 2}}\n'
    assert member in read(text).text


def test_a_line_of_the_same_words_is_read_once_in_a_case():
    met = Met()
    first = read(FILLER + "hello Jane Roe at 10:11:12\n", met=met)
    again = read(FILLER + "hello Jane Roe at 11:12:13\n", met=met)
    assert "Jane" in first.text
    assert "Jane" not in again.text
    assert [line.key for line in again.repeated] == [line.key for line in first.read]


def test_what_a_line_brought_is_found_in_its_repetition(guard):
    lines = [f"2026-10-11T12:13:{n:02}Z mail to Jane Roe failed, code {n}\n" for n in range(10, 60)]
    text = "".join(lines)
    found = guard.detector.detect([Segment(text, (), Kind.LOG)], Memory())
    names = [text[f.start : f.end] for f in found if f.entity_type == "PERSON"]
    assert names == ["Jane Roe"] * len(lines)


def test_words_that_stood_side_by_side_before_are_not_read_again():
    met = Met()
    read(FILLER + "parcel for blue lamp\nstart for green chair\n", met=met)
    way = read(FILLER + "parcel for green chair\n", met=met)
    assert "chair" not in way.text
    assert len(way.familiar) == 1
    (line,) = read(FILLER + "parcel for Jane Roe\n", met=met).read
    met.learn(line, [(2, 3)])
    read(FILLER + "parcel is at Jane Roe\nnote for anybody\n", met=met)
    assert "Jane Roe" in read(FILLER + "note for Jane Roe\n", met=met).text


def test_new_words_in_a_long_line_are_read_with_those_around():
    met, known = Met(), " ".join(f"w{chr(97 + n // 26)}{chr(97 + n % 26)}" for n in range(80))
    read(FILLER + known + "\n", met=met)
    way = read(FILLER + known.replace("wbn", "wbn Jane Roe") + "\n", met=met)
    shown = way.text.split("\n")[-2].split()
    assert "Jane" in shown
    assert 20 < len(shown) < 30
    assert len(way.text) == len(FILLER) + len(known) + 10


def test_a_name_in_familiar_words_of_the_same_passage_is_found(guard):
    lines = ["start for Jane Roe", "parcel for blue lamp", "parcel for Jane Roe"]
    text = FILLER + "\n".join(lines) + "\n"
    found = guard.detector.detect([Segment(text, (), Kind.LOG)], Memory())
    names = [text[f.start : f.end] for f in found if f.entity_type == "PERSON"]
    assert names == ["Jane Roe"] * 2


def test_what_a_label_has_decided_in_json_is_not_read():
    way = read(FILLER + '{"last_name": "Quartermain", "title": "Zebedee saw it"}\n')
    assert "Quartermain" not in way.text
    assert "Zebedee" in way.text


def test_a_place_in_fields_leads_back_to_its_cell():
    cells = [
        Segment(value, (Step("row", row),), Kind.CELL, "note", (row,))
        for row, value in enumerate(("alpha", "beta", "gamma"), 1)
    ]
    (passage,) = passages(cells)
    at = passage.text.index("beta")
    (place,) = passage.places(at, at + 4)
    assert (place.segment, place.span) == (1, (0, 4))
    assert list(passage.places(0, 5)) == []
