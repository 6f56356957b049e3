"""Hosts that the programme declared in scope: evidence by the policy's word, found to be recorded."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence

from pii_guard.document import Segment
from pii_guard.entities import entity
from pii_guard.findings import Finding

SCOPE = "InScopeDomains"
HOST = "DOMAIN_NAME"


class InScope:
    """Finds hosts at or below `domains` (lower case, without dots at the ends)."""

    def __init__(self, domains: Iterable[str]) -> None:
        names = "|".join(re.escape(domain) for domain in sorted(domains, key=len, reverse=True))
        # The part behind an @ belongs to a mail address, which is no host of anybody's scope.
        self._host = (
            re.compile(rf"(?<![\w.@-])(?:[\w-]{{1,63}}\.){{0,8}}(?:{names})(?![\w-]|\.\w)", re.I)
            if names
            else None
        )

    def mark(
        self, segments: Sequence[Segment], found: Iterable[Finding], known: Iterable[Finding]
    ) -> list[Finding]:
        """`found` (disjoint) with each host in scope as a finding in place of those within it.

        Left as they are: hosts that reach beyond or into a finding, and those that hold a value
        `known` to go (`maria-roe.shop.example`).
        """
        if self._host is None:
            return list(found)
        marked: list[Finding] = []
        ours, theirs = _by_segment(found), _by_segment(known)
        for number, segment in enumerate(segments):
            hosts = [
                _host(number, segment, match.start(), match.end())
                for match in self._host.finditer(segment.text)
            ]
            if hosts and number in theirs:
                taken = sorted(theirs[number], key=lambda f: f.start)
                hosts = [host for host in hosts if not _meets(host, taken)]
            marked += _instead(hosts, ours.get(number, ()))
        return marked


def _by_segment(findings: Iterable[Finding]) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = {}
    for finding in findings:
        found.setdefault(finding.segment, []).append(finding)
    return found


def _meets(host: Finding, taken: Sequence[Finding]) -> bool:
    """Whether one of `taken` (disjoint, in order) overlaps the host."""
    after = bisect_left(taken, host.end, key=lambda f: f.start)
    return after > 0 and taken[after - 1].end > host.start


def _instead(hosts: Iterable[Finding], found: Iterable[Finding]) -> Iterator[Finding]:
    """Both in order, without hosts that a longer finding meets and without findings within a host."""
    last: Finding | None = None
    for one in sorted((*hosts, *found), key=lambda f: (f.start, -f.end, f.entity_type != HOST)):
        if last is None or last.end <= one.start:
            if last is not None:
                yield last
            last = one
        elif last.recognizer == SCOPE and one.end > last.end:
            last = one
    if last is not None:
        yield last


def _host(number: int, segment: Segment, start: int, end: int) -> Finding:
    return Finding(
        HOST, entity(HOST).category, number, start, end, 1.0, segment.locator, SCOPE, "***"
    )
