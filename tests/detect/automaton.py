"""A pattern as an automaton: its characters, and empty steps between them with what they ask for.

Repeats of few rounds are written out, others are loops; of looking around, the one character beside
is known.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from re import _constants as sre
from re import _parser as parser

MEGABYTE = 1_000_000
_FEW = 9
"""Rounds of a loop that is no loop: each is written out, three at most."""
_WRITTEN = 3
_CHOSEN = 4
"""Rounds of a loop with loops in it that is none either; in more they share a text out in too many ways."""
_OTHERS = "éÉß\u00a0\u0130\u0131ıСаа中٣२²\u200b\u2028\u3000😀｡"
_PROBES = {
    sre.CATEGORY_DIGIT: r"\d", sre.CATEGORY_NOT_DIGIT: r"\D", sre.CATEGORY_SPACE: r"\s",
    sre.CATEGORY_NOT_SPACE: r"\S", sre.CATEGORY_WORD: r"\w", sre.CATEGORY_NOT_WORD: r"\W",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Guard:
    """What an empty step asks for: sets of characters before and behind; `sure`: it never fails;
    `at_end`: only where the text ends.
    """

    before: int
    behind: int
    sure: bool = True
    at_end: bool = False


@dataclass
class Machine:
    """Characters (`masks`) and empty steps between joints; sets of characters are bits of an integer."""

    letters: str
    flags: int
    masks: list[tuple[int, int, int]] = field(default_factory=list)  # joint, set, joint
    loops: list[tuple[int, ...]] = field(default_factory=list)  # of each character: its loops
    steps: dict[int, list[tuple[int, Guard]]] = field(default_factory=lambda: defaultdict(list))
    rounds: list[tuple[int, bool]] = field(default_factory=list)  # of each loop; possessive or not
    joints: int = 0

    def joint(self) -> int:
        self.joints += 1
        return self.joints - 1

    @property
    def all(self) -> int:
        return (1 << len(self.letters)) - 1

    def step(self, start: int, end: int, guard: Guard | None = None) -> None:
        self.steps[start].append((end, guard or Guard(self.all, self.all)))


def automaton(pattern: re.Pattern) -> tuple[Machine, int, int]:
    """The automaton of a pattern, and the joints where it begins and ends."""
    tree = parser.parse(pattern.pattern, pattern.flags)
    machine = Machine(_letters(pattern, tree), int(pattern.flags))
    start, end = machine.joint(), machine.joint()
    _build(machine, tree, start, end, ())
    return machine, start, end


def _letters(pattern: re.Pattern, tree: Iterable) -> str:
    """Characters that stand for all: ASCII, those that the pattern names and their neighbours."""
    if isinstance(pattern.pattern, bytes):
        return "".join(map(chr, range(256)))
    named: set[int] = set()

    def walk(items: Iterable) -> None:
        for item in items:
            if (
                isinstance(item, tuple)
                and len(item) == 2
                and item[0] in (sre.LITERAL, sre.NOT_LITERAL)
            ):
                named.add(item[1])
            elif isinstance(item, tuple) and len(item) == 2 and item[0] is sre.RANGE:
                named.update((item[1][0], item[1][1], item[1][0] - 1, item[1][1] + 1))
            elif isinstance(item, (tuple, list, parser.SubPattern)):
                walk(item)

    walk(tree)
    some = {*range(128), *map(ord, _OTHERS), *(n for n in named if 0 <= n < 0x110000)}
    return "".join(map(chr, sorted(some)))


def _build(machine: Machine, items: Iterable, start: int, end: int, loops: tuple[int, ...]) -> None:
    """The states of a sequence between two joints."""
    items = list(items)
    for number, item in enumerate(items):
        after = end if number == len(items) - 1 else machine.joint()
        _one(machine, item, start, after, loops)
        start = after
    if not items:
        machine.step(start, end)


def _one(machine: Machine, item: tuple, start: int, end: int, loops: tuple[int, ...]) -> None:
    kind, value = item
    unsure = Guard(machine.all, machine.all, sure=False)
    characters = _set(machine, item)
    if characters is not None:
        machine.masks.append((start, characters, end))
        machine.loops.append(loops)
    elif kind is sre.BRANCH:
        for one in value[1]:
            _build(machine, one, start, end, loops)
    elif kind is sre.SUBPATTERN:
        before = machine.flags
        machine.flags = (before | value[1]) & ~value[2]
        _build(machine, value[3], start, end, loops)
        machine.flags = before
    elif kind is sre.ATOMIC_GROUP:
        machine.rounds.append((1, True))
        _build(machine, value, start, end, (*loops, len(machine.rounds) - 1))
    elif kind in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT):
        _repeat(machine, value, start, end, loops, possessive=kind is sre.POSSESSIVE_REPEAT)
    elif kind is sre.AT:
        for guard in _at(machine, value):
            machine.step(start, end, guard)
    elif kind in (sre.ASSERT, sre.ASSERT_NOT):
        machine.step(start, end, _around(machine, kind, value))
        if value[0] > 0:
            _build(machine, value[1], start, machine.joint(), loops)
    elif kind is sre.GROUPREF:
        machine.step(start, end, unsure)
    elif kind is sre.GROUPREF_EXISTS:
        for one in filter(None, value[1:]):
            _build(machine, one, start, end, loops)
        if value[2] is None:
            machine.step(start, end)
    else:
        machine.step(start, end, unsure)


def _repeat(
    machine: Machine,
    value: tuple,
    start: int,
    end: int,
    loops: tuple[int, ...],
    *,
    possessive: bool,
) -> None:
    least, most, body = value
    if most is sre.MAXREPEAT or most > _FEW or (most > _CHOSEN and _loops(body)):
        machine.rounds.append((MEGABYTE if most is sre.MAXREPEAT else int(most), possessive))
        loops = (*loops, len(machine.rounds) - 1)
        first, last = machine.joint(), machine.joint()
        _build(machine, body, first, last, loops)
        machine.step(start, first)
        machine.step(last, first)
        machine.step(last, end)
        if least == 0:
            machine.step(start, end)
        return
    if possessive:
        machine.rounds.append((1, True))
        loops = (*loops, len(machine.rounds) - 1)
    for number in range(min(int(most), _WRITTEN)):
        after = machine.joint()
        _build(machine, body, start, after, loops)
        if number >= min(int(least), _WRITTEN):
            machine.step(start, end)
        start = after
    machine.step(start, end)


def _loops(items: Iterable) -> bool:
    """Whether there is a loop in a sequence."""
    for kind, value in items:
        if kind in (sre.MAX_REPEAT, sre.MIN_REPEAT) and (value[1] > _FEW or _loops(value[2])):
            return True
        if kind is sre.SUBPATTERN and _loops(value[3]):
            return True
        if kind is sre.BRANCH and any(map(_loops, value[1])):
            return True
    return False


_SETS: dict[tuple[str, str, int], int] = {}
"""What an item takes of an alphabet: many patterns share theirs."""


def _set(machine: Machine, item: tuple) -> int | None:
    """The characters that an item of one character takes; None for other items."""
    kind, value = item
    if kind not in (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY):
        return None
    if kind is sre.ANY:
        return (
            machine.all
            if machine.flags & sre.SRE_FLAG_DOTALL
            else machine.all & ~_bit(machine, "\n")
        )
    key = (machine.letters, repr(item), machine.flags)
    if key in _SETS:
        return _SETS[key]
    members = value if kind is sre.IN else [(sre.LITERAL, value)]
    negated = kind is sre.NOT_LITERAL or (bool(members) and members[0][0] is sre.NEGATE)
    fold = bool(machine.flags & sre.SRE_FLAG_IGNORECASE)
    found = 0
    for place, letter in enumerate(machine.letters):
        forms = {letter, letter.lower(), letter.upper()} if fold else {letter}
        if any(_is_member(machine, form, members) for form in forms if len(form) == 1):
            found |= 1 << place
    _SETS[key] = machine.all & ~found if negated else found
    return _SETS[key]


def _is_member(machine: Machine, letter: str, members: Sequence[tuple]) -> bool:
    code, narrow = ord(letter), not machine.flags & sre.SRE_FLAG_UNICODE
    for kind, value in members:
        if kind is sre.LITERAL and code == value:
            return True
        if kind is sre.RANGE and value[0] <= code <= value[1]:
            return True
        if kind is sre.CATEGORY and re.match(_PROBES[value], letter, re.ASCII if narrow else 0):
            return True
    return False


def _bit(machine: Machine, letter: str) -> int:
    return 1 << machine.letters.index(letter)


def _at(machine: Machine, value: object) -> list[Guard]:
    """What an anchor or a boundary asks for."""
    every, newline = machine.all, _bit(machine, "\n")
    if value is sre.AT_BEGINNING_STRING or (
        value is sre.AT_BEGINNING and not machine.flags & sre.SRE_FLAG_MULTILINE
    ):
        return [Guard(0, every, sure=False)]
    if value is sre.AT_BEGINNING:
        return [Guard(newline, every, sure=False)]
    if value is sre.AT_END and machine.flags & sre.SRE_FLAG_MULTILINE:
        return [Guard(every, newline, sure=False)]
    if value in (sre.AT_END, sre.AT_END_STRING):
        return [Guard(every, newline if value is sre.AT_END else 0, sure=False, at_end=True)]
    word = _set(machine, (sre.IN, [(sre.CATEGORY, sre.CATEGORY_WORD)])) or 0
    if value is sre.AT_BOUNDARY:
        return [Guard(word, every & ~word, sure=False), Guard(every & ~word, word, sure=False)]
    return [Guard(word, word, sure=False), Guard(every & ~word, every & ~word, sure=False)]


def _around(machine: Machine, kind: object, value: tuple) -> Guard:
    """What looking around asks of the one character beside; of more it asks nothing that is known."""
    ahead, items = value[0] > 0, list(value[1])
    while len(items) == 1 and items[0][0] is sre.SUBPATTERN:
        items = list(items[0][1][3])
    ways = [list(one) for one in items[0][1][1]] if len(items) == 1 and items[0][0] is sre.BRANCH else [items]  # fmt: skip
    asked = 0
    for way in ways:
        edge = (way[:1] if ahead else way[-1:]) if way else []
        known = _edge(machine, edge[0]) if edge else None
        if kind is sre.ASSERT_NOT:
            # Of a longer way the neighbour alone forbids nothing.
            asked |= known if known is not None and len(way) == 1 and edge[0][0] in _SINGLE else 0
        else:
            asked |= machine.all if known is None else known
    if kind is sre.ASSERT_NOT:
        asked = machine.all & ~asked
    return Guard(machine.all, asked, sure=False) if ahead else Guard(asked, machine.all, sure=False)


_SINGLE = (sre.LITERAL, sre.NOT_LITERAL, sre.IN, sre.ANY)


def _edge(machine: Machine, item: tuple) -> int | None:
    """The set that an item begins and ends with, if it is one character, or some of one set."""
    if item[0] in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT) and item[1][0] > 0:
        body = list(item[1][2])
        return _set(machine, body[0]) if len(body) == 1 else None
    return _set(machine, item)
