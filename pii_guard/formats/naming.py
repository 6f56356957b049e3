"""Names of files as segments, and the same names with what was found in them replaced.

A name is read twice where it is made of words: as written, and as the words it is made of (`jane-roe`
reads `Jane Roe`), since that is how a detector knows people. Both readings have equal offsets.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from pii_guard.document import Edit, Kind, Locator, Segment
from pii_guard.spellings import readable_name

_WORDS = re.compile(r"[^\W\d_]{2}[-_.+ ]++[^\W\d_]{2}")
_TRADE = frozenset({"META-INF", "WEB-INF"})
_UNFIT = re.compile(r'[<>:"|?*\\/\x00-\x1f]')


@dataclass(slots=True)
class Names:
    """Collects the segments of a file; hands out the edits of each by the key it was added under."""

    segments: list[Segment] = field(default_factory=list)
    keys: list[object] = field(default_factory=list)

    def add(self, key: object, segment: Segment) -> None:
        """One segment under `key`; empty ones are left out."""
        if segment.text.strip():
            self.segments.append(segment)
            self.keys.append(key)

    def name(self, key: object, name: str, locator: Locator, record: tuple[int, ...] = ()) -> None:
        """The readings of a path under `key`."""
        for text in readings(name):
            self.add(key, Segment(text, locator, Kind.FIELD, "", record))

    def first(self, key: object) -> str:
        """The text that was first added under a key: of a name, as it is written."""
        return self.segments[self.keys.index(key)].text

    def edited(self, edits: Iterable[Edit]) -> dict[object, list[Edit]]:
        """The edits by key, in order of their place, without those that lie in one before them."""
        found: dict[object, list[Edit]] = {}
        for edit in edits:
            found.setdefault(self.keys[edit.segment], []).append(edit)
        return {key: _merged(several) for key, several in found.items()}


def readings(name: str) -> Iterator[str]:
    """A path as written, and as words where it has some; the second without its extension."""
    yield name
    folder, _, last = name.rpartition("/")
    stem = last.rpartition(".")[0] or last
    bare = f"{folder}/{stem}" if folder else stem
    if _WORDS.search(bare):
        parts = bare.split("/")
        words = "/".join(part if part in _TRADE else readable_name(part) for part in parts)
        if words != bare:
            yield words


def replaced(text: str, edits: Sequence[Edit]) -> str:
    """A text with its edits made."""
    parts, position = [], 0
    for edit in edits:
        parts += [text[position : edit.span.start], edit.replacement]
        position = edit.span.end
    return "".join([*parts, text[position:]])


def renamed(name: str, edits: Sequence[Edit]) -> str:
    """A path with its edits made, by names that every file system takes."""
    fit = [edit._replace(replacement=_UNFIT.sub("", edit.replacement) or "_") for edit in edits]
    return replaced(name, fit)


class Distinct:
    """Gives every new name once: a second file of the same name is called `name-2`."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {name.casefold() for name in taken}

    def of(self, name: str) -> str:
        """The name, or one like it that nothing else has."""
        bare = name.rstrip("/")
        slash, number, made = name[len(bare) :], 1, bare
        folder, _, last = bare.rpartition("/")
        stem, dot, extension = last.rpartition(".")
        while made.casefold() in self._taken and not slash:
            number += 1
            changed = f"{stem}-{number}{dot}{extension}" if stem else f"{last}-{number}"
            made = f"{folder}/{changed}" if folder else changed
        self._taken.add(made.casefold())
        return made + slash


def _merged(edits: list[Edit]) -> list[Edit]:
    """Edits of two readings of one text as edits of the text: of overlapping ones, the union."""
    merged: list[Edit] = []
    for edit in sorted(edits, key=lambda one: (one.span.start, -one.span.end)):
        if merged and edit.span.start < merged[-1].span.end:
            last = merged[-1]
            if edit.span.end > last.span.end:
                merged[-1] = last._replace(span=last.span._replace(end=edit.span.end))
        else:
            merged.append(edit)
    return merged
