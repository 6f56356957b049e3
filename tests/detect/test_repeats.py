"""Log lines of one template are decided once, and whatever may be personal by its value is not part of one."""

from __future__ import annotations

import pytest

from pii_guard import Guard
from pii_guard.detect.engine import Memory
from pii_guard.detect.passages import WINDOW
from pii_guard.detect.repeats import Repeats, as_passages, copies, learn, sort_out
from pii_guard.document import Kind, Segment
from pii_guard.entities import entity
from pii_guard.findings import Finding

TIME = "2026-01-02T10:11:{:02d}Z"


def log(*lines: str) -> Segment:
    return Segment("\n".join(lines) + "\n", kind=Kind.LOG)


def read(*lines: str) -> list[str]:
    """What of the lines has to be read."""
    segment = log(*lines)
    return [segment.text[s.start : s.end] for s in sort_out(0, segment, Repeats()).fresh]


def line(rest: str, second: int = 0) -> str:
    return f"{TIME.format(second)} INFO {rest}"


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("order 17 took 20 ms", "order 4711 took 3 ms"),
        ("request 9f86d081884c7d65 done", "request 60303ae22b998861 done"),
        ("id 550e8400-e29b-41d4-a716-446655440000", "id 650e8400-e29b-41d4-a716-446655440001"),
        ("from 81.2.69.142 port 22", "from 8.8.8.8 port 4022"),
        (
            "GET /orders/158177 200 667ms req=128b2f330c5c7fd0",
            "GET /orders/60 404 22ms req=1600a35a099950d8",
        ),
        ("sent 4096 1024 kB", "sent 512 99 kB"),
        ("version 1.2.3 of jane@mail.example", "version 1.2.4 of jane@mail.example"),
    ],
)
def test_lines_that_differ_in_what_names_nobody_are_read_once(one, two):
    assert read(line(one), line(two, 9)) == [line(one)]


@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("call +1 212 555 0134", "call +1 212 555 0199"),
        ("ssn 536-22-8417", "ssn 536-22-8418"),
        ("SSN/536 22 8417", "SSN/536 22 8418"),
        ("tel/0171 200 600", "tel/0171 200 601"),
        ("tel/212 555 0134 x44", "tel/212 555 0199 x44"),
        ("call 212 555 0134 s", "call 212 555 0199 s"),
        ("card 4000 0012 3456 7899", "card 4000 0012 3456 7890"),
        ("account 12345678", "account 12345679"),
        ("born 12/03/1985", "born 12/04/1985"),
        ("age 45", "age 450"),
        ("zip 94107", "zip 941"),
        ("user jane", "user omar"),
        ("from 81.2.69.142", "from 10.0.0.1"),
        ("from 81.2.69.142", "from 81.2.69.942"),
        ("hex 6a616e6540726f652e6f7267", "hex 6a616e6540726f652e6e6574"),
    ],
)
def test_lines_that_may_name_somebody_else_are_all_read(one, two):
    assert read(line(one), line(two)) == [line(one), line(two)]


def test_lines_without_a_time_and_before_an_open_value_are_always_read():
    lines = [line("customer is:"), "Jane Roe", line("customer is:"), "Jane Roe"]
    assert read(*lines) == lines


def test_the_fields_of_an_access_log_are_read_on_their_own():
    head = "81.2.69.{} - - [01/Oct/2026:00:00:{:02d} +0000] "
    agent = '"https://shop.example/cart" "curl/8.4.0"'
    one = head.format(1, 3) + f'"GET /cart HTTP/1.1" 200 5502911 {agent}'
    two = head.format(2, 4) + f'"GET /account HTTP/1.1" 404 12 {agent}'
    assert read(one, two) == [
        head.format(1, 3), '"GET /cart HTTP/1.1"', '"https://shop.example/cart"', '"curl/8.4.0"',
        '"GET /account HTTP/1.1"',
    ]  # fmt: skip


def found(segment: Segment, start: int, end: int) -> Finding:
    return Finding("USERNAME", entity("USERNAME").category, 0, start, end, 0.9)


def test_what_was_found_in_one_line_is_found_in_the_others():
    segment = log(
        line("in 5 ms jane from 81.2.69.142 ok"), line("in 12345 ms jane from 8.8.8.8 ok", 4)
    )
    repeats, text = Repeats(), segment.text
    logs = sort_out(0, segment, repeats)
    spots = [text.index("jane"), text.index("81.2.69.142")]
    findings = [found(segment, spots[0], spots[0] + 4), found(segment, spots[1], spots[1] + 11)]
    learn(logs.fresh, findings, [segment], repeats)
    copied, unknown = copies(logs.again, [segment], repeats)
    assert [text[f.start : f.end] for f in copied] == ["jane", "8.8.8.8"]
    assert unknown == []


def test_a_finding_within_a_variable_part_makes_every_line_be_read():
    segment = log(line("took 1234 ms"), line("took 5678 ms"))
    repeats = Repeats()
    logs = sort_out(0, segment, repeats)
    place = segment.text.index("1234")
    learn(logs.fresh, [found(segment, place, place + 2)], [segment], repeats)
    assert copies(logs.again, [segment], repeats) == ([], logs.again)


def test_a_finding_over_two_lines_makes_every_line_be_read():
    segment = log(line("ship to 12 Elm Road"), "Leeds", line("ship to 13 Elm Road"))
    repeats = Repeats()
    logs = sort_out(0, segment, repeats)
    place = segment.text.index("12 Elm")
    learn(logs.fresh, [found(segment, place, place + 17)], [segment], repeats)
    assert copies(logs.again, [segment], repeats)[1] == logs.again


def test_stretches_know_their_places():
    segment = log(line("one"), line("two"), line("three"))
    (passage,) = as_passages(sort_out(0, segment, Repeats()).fresh, [segment])
    start = passage.text.index("three")
    (place,) = passage.places(start, start + 5)
    assert segment.text[place.span.start : place.span.end] == "three"


def test_a_large_log_is_found_in_as_a_small_one_is(guard: Guard):
    people = ["Jane Roe", "Omar Haddad", "Wei Zhang"]
    lines = [
        line(
            f"order {n} of {people[n % 3]} <{people[n % 3].split()[1].lower()}@mail.example> in {n} ms",
            n % 60,
        )
        for n in range(4 * WINDOW // 60)
    ]
    text = "\n".join(lines)
    shown = {text[f.start : f.end] for f in guard.scan(text.encode(), name="a.log")}
    assert shown >= {*people, "roe@mail.example", "haddad@mail.example", "zhang@mail.example"}
    out = guard.redact(text.encode(), name="a.log").output.decode()
    assert not any(person in out or person.split()[1].lower() in out for person in people)
    assert out.count("\n") == text.count("\n")
    assert "order 100 of <PERSON_" in out


def test_a_template_is_known_in_the_next_file_of_a_case(guard: Guard):
    memory = Memory()
    filler = [line(f"step {n} of " + "abcdefghij"[n % 10] * 9) for n in range(WINDOW // 20)]
    segment = log(*filler, line("mail from jane@mail.example in 5 ms"))
    guard.detector.detect([segment], memory)
    other = log(*filler, line("mail from jane@mail.example in 77 ms"))
    assert not [
        s for s in sort_out(0, other, memory.repeats).fresh if "jane" in other.text[s.start : s.end]
    ]
    found = guard.detector.detect([other], memory)
    assert [other.text[f.start : f.end] for f in found] == ["jane@mail.example"]
