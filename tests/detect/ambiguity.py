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
from collections.abc import Iterator

from tests.detect.automaton import MEGABYTE, Guard, Machine, automaton

EXPONENTIAL = float("inf")

_Edge = tuple[int, int, int]
"""The state it leads to, what the character before must be of, and what it reads."""
_Edges = dict[int, list[_Edge]]
_Ways = tuple[_Edges, ...]
"""What each of three walkers may use."""


def cost(pattern: re.Pattern, *, search: bool, whole: bool = False) -> tuple[float, str]:
    """How often a character may be looked at, and the chain of loops that makes it so.

    `search`: tried at every place of a text; else at one. `whole`: it has to match all of the text.
    """
    machine, start, end = automaton(pattern)
    return _worst(machine, start, end, search=search, whole=whole)


def _worst(
    machine: Machine, start: int, end: int, *, search: bool, whole: bool
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


def _closure(machine: Machine, joint: int) -> list[tuple[int, Guard]]:
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


def _safe(machine: Machine, end: int) -> set[int]:
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


def _onward(machine: Machine, joint: int, *, at_end: bool) -> set[int]:
    """Joints that empty steps lead to which cannot fail; with `at_end`, not at the end of the text."""
    found, work = {joint}, [joint]
    while work:
        for to, guard in machine.steps[work.pop()]:
            if to not in found and (guard.sure or (at_end and guard.at_end)):
                found.add(to)
                work.append(to)
    return found


def _covered(machine: Machine, start: int, safe: set[int]) -> list[int]:
    """Sets of characters of which a search always finds a run, and goes on behind it."""
    begins = _onward(machine, start, at_end=False)
    return [
        characters
        for joint, characters, after in machine.masks
        if joint in begins and after in safe and joint in _onward(machine, after, at_end=False)
    ]


def _chains(
    machine: Machine, edges: _Edges, search_state: int, covered: list[int], *, search: bool
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


def _within(machine: Machine, group: set[int], characters: int) -> bool:
    return not any(machine.masks[one][1] & ~characters for one in group)


def _last(machine: Machine, state: int) -> str:
    """One of the characters that a state takes."""
    return machine.letters[max(0, machine.masks[state][1].bit_length() - 1)]


def _rounds(machine: Machine, state: int) -> int:
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


def _leads(machine: Machine, ways: _Ways, p: int, q: int, search_state: int) -> bool:
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


def _is_ambiguous(edges: _Edges, group: set[int], machine: Machine) -> bool:
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
