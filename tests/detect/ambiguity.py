"""How much a backtracking engine may have to do for a pattern, told from the pattern alone.

A pattern is read as an automaton whose states are its characters. Time grows faster than the text
where two ways lead on through the same text (Weideman et al., "Analyzing Matching Time Behavior of
Backtracking Regular Expression Matchers", 2016): within one loop (`(a|a)*`: exponential), or from one
loop to the next, `w` leading from the first to itself, to the second, and from that to itself
(`a*a*`). A search has a loop of its own before the pattern, over any character: each place is tried.

`cost` is the product of how often the loops of the worst such chain go round, by the length of the
text: how often a character may be looked at. A bounded loop counts with its bound, others with a
megabyte. Left out: what cannot fail once it is reached, loops of few rounds, loops that are possessive
(but for the search that begins anew). Where it cannot tell (references to groups, looking around more
than one character) it takes the worse.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from re import _constants as sre
from re import _parser as parser

MEGABYTE = 1_000_000
EXPONENTIAL = float("inf")
_FEW = 9
"""Rounds of a loop that is no loop: each is written out, three at most."""
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
class _Machine:
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


def cost(pattern: re.Pattern, *, search: bool, whole: bool = False) -> tuple[float, str]:
    """How often a character may be looked at, and the chain of loops that makes it so.

    `search`: tried at every place of a text; else at one. `whole`: it has to match all of the text.
    """
    tree = parser.parse(pattern.pattern, pattern.flags)
    machine = _Machine(_letters(pattern, tree), int(pattern.flags))
    start, end = machine.joint(), machine.joint()
    _build(machine, tree, start, end, ())
    return _worst(machine, start, end, search=search, whole=whole)


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


def _build(
    machine: _Machine, items: Iterable, start: int, end: int, loops: tuple[int, ...]
) -> None:
    """The states of a sequence between two joints."""
    items = list(items)
    for number, item in enumerate(items):
        after = end if number == len(items) - 1 else machine.joint()
        _one(machine, item, start, after, loops)
        start = after
    if not items:
        machine.step(start, end)


def _one(machine: _Machine, item: tuple, start: int, end: int, loops: tuple[int, ...]) -> None:
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
    machine: _Machine,
    value: tuple,
    start: int,
    end: int,
    loops: tuple[int, ...],
    *,
    possessive: bool,
) -> None:
    least, most, body = value
    if most is sre.MAXREPEAT or most > _FEW:
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
    for number in range(min(int(most), 3)):
        after = machine.joint()
        _build(machine, body, start, after, loops)
        if number >= min(int(least), 3):
            machine.step(start, end)
        start = after
    machine.step(start, end)


_SETS: dict[tuple[str, str, int], int] = {}
"""What an item takes of an alphabet: many patterns share theirs."""


def _set(machine: _Machine, item: tuple) -> int | None:
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


def _is_member(machine: _Machine, letter: str, members: Sequence[tuple]) -> bool:
    code, narrow = ord(letter), not machine.flags & sre.SRE_FLAG_UNICODE
    for kind, value in members:
        if kind is sre.LITERAL and code == value:
            return True
        if kind is sre.RANGE and value[0] <= code <= value[1]:
            return True
        if kind is sre.CATEGORY and re.match(_PROBES[value], letter, re.ASCII if narrow else 0):
            return True
    return False


def _bit(machine: _Machine, letter: str) -> int:
    return 1 << machine.letters.index(letter)


def _at(machine: _Machine, value: object) -> list[Guard]:
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


def _around(machine: _Machine, kind: object, value: tuple) -> Guard:
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


def _edge(machine: _Machine, item: tuple) -> int | None:
    """The set that an item begins and ends with, if it is one character, or some of one set."""
    if item[0] in (sre.MAX_REPEAT, sre.MIN_REPEAT, sre.POSSESSIVE_REPEAT) and item[1][0] > 0:
        body = list(item[1][2])
        return _set(machine, body[0]) if len(body) == 1 else None
    return _set(machine, item)


# --- The automaton without empty steps ----------------------------------------------------------

_Edge = tuple[int, int, int]
"""The state it leads to, what the character before must be of, and what it reads."""
_Edges = dict[int, list[_Edge]]
_Ways = tuple[_Edges, ...]
"""What each of three walkers may use."""


def _worst(
    machine: _Machine, start: int, end: int, *, search: bool, whole: bool
) -> tuple[float, str]:
    states = len(machine.masks)
    by_joint: dict[int, list[int]] = defaultdict(list)
    for number, (joint, _, _) in enumerate(machine.masks):
        by_joint[joint].append(number)
    safe = set() if whole else _safe(machine, end)
    if start in safe:
        return 1.0, ""
    edges: _Edges = {}
    for number, (_, characters, joint) in enumerate(machine.masks):
        edges[number] = [
            (to, guard.before & characters, guard.behind & machine.masks[to][1])
            for at, guard in _closure(machine, joint)
            for to in by_joint[at]
            if machine.masks[to][2] not in safe
        ]
    edges[states] = [(states, machine.all, machine.all)] if search else []  # the search itself
    edges[states] += [
        (to, guard.before, guard.behind & machine.masks[to][1])
        for at, guard in _closure(machine, start)
        for to in by_joint[at]
        if machine.masks[to][2] not in safe
    ]
    edges = {one: [e for e in some if e[1] and e[2]] for one, some in edges.items()}
    covered = [] if whole else _covered(machine, start, safe)
    return _chains(machine, edges, states, covered, search=search)


def _closure(machine: _Machine, joint: int) -> list[tuple[int, Guard]]:
    """Joints that empty steps lead to, with what they ask for together: a joint twice for two ways."""
    found: dict[tuple[int, int, int], int] = defaultdict(int)
    work = [(joint, machine.all, machine.all, frozenset((joint,)))]
    while work:
        at, before, behind, way = work.pop()
        found[at, before, behind] += 1
        if found[at, before, behind] > 2:
            continue
        for to, guard in machine.steps[at]:
            both = before & guard.before, behind & guard.behind
            if to not in way and both[1]:
                work.append((to, *both, way | {to}))
    return [
        (at, Guard(before, behind))
        for (at, before, behind), ways in found.items()
        for _ in range(min(ways, 2))
    ]


def _safe(machine: _Machine, end: int) -> set[int]:
    """Joints from which nothing can fail any more: to the end, or through all that is left of the text."""
    safe = {end}
    while True:
        more = {
            at
            for at, some in machine.steps.items()
            if at not in safe and any(to in safe and guard.sure for to, guard in some)
        }
        more |= {
            joint
            for start, characters, after in machine.masks
            if characters == machine.all and start in _onward(machine, after, at_end=False)
            for joint in (start, after)
            if joint not in safe and _onward(machine, after, at_end=True) & safe
        }
        if not more:
            return safe
        safe |= more


def _onward(machine: _Machine, joint: int, *, at_end: bool) -> set[int]:
    """Joints that empty steps lead to which cannot fail; with `at_end`, not at the end of the text."""
    found, work = {joint}, [joint]
    while work:
        for to, guard in machine.steps[work.pop()]:
            if to not in found and (guard.sure or (at_end and guard.at_end)):
                found.add(to)
                work.append(to)
    return found


def _covered(machine: _Machine, start: int, safe: set[int]) -> list[int]:
    """Sets of characters of which a search always finds a run, and goes on behind it."""
    begins = _onward(machine, start, at_end=False)
    return [
        characters
        for joint, characters, after in machine.masks
        if joint in begins and after in safe and joint in _onward(machine, after, at_end=False)
    ]


def _chains(
    machine: _Machine, edges: _Edges, search_state: int, covered: list[int], *, search: bool
) -> tuple[float, str]:
    groups = [g for g in _components(edges) if any(to in g for one in g for to, _, _ in edges[one])]
    weights, names, held = [], [], []
    for group in groups:
        if search_state in group:
            weights.append(float(MEGABYTE))
            names.append("search")
            held.append(False)
            continue
        own = {loop for one in group for loop in machine.loops[one]}
        weights.append(max((float(_rounds(machine, one)) for one in group), default=1.0))
        held.append(any(machine.rounds[loop][1] for loop in own))
        shown = "".join(_last(machine, one) for one in sorted(group)[:8])
        names.append(f"loop over {shown!r} x {weights[-1]:.0f}")
        if not held[-1] and _is_ambiguous(edges, group, machine):
            return (EXPONENTIAL if weights[-1] >= MEGABYTE else 2.0 ** min(weights[-1], 60)), names[
                -1
            ]
    reach = [_reach(edges, group) for group in groups]
    back: _Edges = {one: [] for one in edges}
    for one, some in edges.items():
        for to, before, reads in some:
            back[to].append((one, before, reads))
    after: dict[int, list[int]] = defaultdict(list)
    for a, first in enumerate(groups):
        for b, second in enumerate(groups):
            if a == b or held[a] or not reach[a] & second:
                continue
            if search_state in first and any(_within(machine, second, one) for one in covered):
                continue
            # Only what comes back to the first, gets on to the second, and comes back to that.
            between = _reach(back, second) & reach[a]
            ways = tuple(
                {one: [e for e in edges[one] if e[0] in some] for one in some}
                for some in (first, between | first, second)
            )
            if any(_leads(machine, ways, p, q, search_state) for p in first for q in second):
                after[a].append(b)
    best: dict[int, tuple[float, tuple[int, ...]]] = {}

    def longest(a: int) -> tuple[float, tuple[int, ...]]:
        if a not in best:
            tails = [longest(b) for b in after[a]] or [(1.0, ())]
            product, chain = max(tails)
            best[a] = (product * weights[a], (a, *chain))
        return best[a]

    if not groups:
        return 1.0, ""
    roots = [a for a, g in enumerate(groups) if search_state in g] if search else range(len(groups))
    product, chain = max(longest(a) for a in roots)
    return max(1.0, product / MEGABYTE), ", ".join(names[a] for a in chain)


def _within(machine: _Machine, group: set[int], characters: int) -> bool:
    return not any(machine.masks[one][1] & ~characters for one in group)


def _last(machine: _Machine, state: int) -> str:
    """One of the characters that a state takes."""
    return machine.letters[max(0, machine.masks[state][1].bit_length() - 1)]


def _rounds(machine: _Machine, state: int) -> int:
    product = 1
    for loop in machine.loops[state]:
        product = min(MEGABYTE, product * machine.rounds[loop][0])
    return product


def _reach(edges: _Edges, group: set[int]) -> set[int]:
    found, work = set(group), list(group)
    while work:
        for to, _, _ in edges[work.pop()]:
            if to not in found:
                found.add(to)
                work.append(to)
    return found


def _components(edges: _Edges) -> list[set[int]]:
    """Strongly connected states (Tarjan), without recursion."""
    index: dict[int, int] = {}
    low: dict[int, int] = {}
    stack: list[int] = []
    on: set[int] = set()
    found: list[set[int]] = []
    for root in edges:
        if root in index:
            continue
        work: list[tuple[int, Iterator[_Edge]]] = [(root, iter(edges[root]))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on.add(root)
        while work:
            one, rest = work[-1]
            for to, _, _ in rest:
                if to not in index:
                    index[to] = low[to] = len(index)
                    stack.append(to)
                    on.add(to)
                    work.append((to, iter(edges[to])))
                    break
                if to in on:
                    low[one] = min(low[one], index[to])
            else:
                work.pop()
                if work:
                    low[work[-1][0]] = min(low[work[-1][0]], low[one])
                if low[one] == index[one]:
                    group: set[int] = set()
                    while one not in group:
                        group.add(member := stack.pop())
                        on.discard(member)
                    found.append(group)
    return found


def _leads(machine: _Machine, ways: _Ways, p: int, q: int, search_state: int) -> bool:
    """Whether one text leads from p to itself, from p to q, and from q to itself."""
    mine = machine.all if p == search_state else machine.masks[p][1]
    last = mine & machine.masks[q][1]
    return _pumped(ways, (p, p, q), (p, q, q), last)


def _pumped(ways: _Ways, begin: tuple[int, ...], goal: tuple[int, ...], last: int) -> bool:
    """Whether one text takes all three states to theirs, and may come again after itself."""
    if not _takes(ways, begin, goal, last, last):
        return False
    while last:
        bit = last & -last
        if _takes(ways, begin, goal, bit, bit):
            return True
        last ^= bit
    return False


def _takes(
    ways: _Ways, begin: tuple[int, ...], goal: tuple[int, ...], last: int, ends: int
) -> bool:
    one, two, three = ways
    seen: dict[tuple[int, ...], int] = {}
    work = [(begin, last)]
    while work:
        at, before = work.pop()
        for b, before_b, reads_b in two[at[1]]:
            if not before & before_b:
                continue
            for a, before_a, reads_a in one[at[0]]:
                both, reads = before_a & before_b & before, reads_a & reads_b
                if not (both and reads):
                    continue
                for c, before_c, reads_c in three[at[2]]:
                    shared = reads & reads_c
                    if not (shared and both & before_c):
                        continue
                    to = (a, b, c)
                    if to == goal and shared & ends:
                        return True
                    if shared & ~seen.get(to, 0):
                        seen[to] = seen.get(to, 0) | shared
                        work.append((to, seen[to]))
    return False


def _is_ambiguous(edges: _Edges, group: set[int], machine: _Machine) -> bool:
    """Whether one text leads from a state to itself by two ways."""
    inner = {one: [e for e in edges[one] if e[0] in group] for one in group}
    for some in inner.values():
        for number, (to, before, reads) in enumerate(some):
            if any(t == to and before & b and reads & r for t, b, r in some[number + 1 :]):
                return True
    for p in group:
        for a, before_a, reads_a in inner[p]:
            for b, before_b, reads_b in inner[p]:
                apart = a < b and before_a & before_b
                if apart and (both := reads_a & reads_b) and _meet(inner, (a, b), both):
                    return True
    return False


def _meet(inner: _Edges, begin: tuple[int, int], last: int) -> bool:
    seen = {begin: last}
    work = [begin]
    while work:
        one = work.pop()
        before = seen[one]
        for a, before_a, reads_a in inner[one[0]]:
            for b, before_b, reads_b in inner[one[1]]:
                reads = reads_a & reads_b
                if not (reads and before & before_a & before_b):
                    continue
                if a == b:
                    return True
                if reads & ~seen.get((a, b), 0):
                    seen[a, b] = seen.get((a, b), 0) | reads
                    work.append((a, b))
    return False
