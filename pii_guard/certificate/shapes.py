"""What a JSON value may be: a check that names where it fails, and the same rule as JSON Schema.

Paths and schemas hold our own names only: nothing of a value that does not fit is repeated.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

MOST = 2**53 - 1
"""The largest integer that every reader of JSON takes for the same (RFC 8259 section 6)."""
Schema = dict[str, Any]


def misfit_said(where: str) -> str:
    """In words, what `Shape.misfit` found at a path."""
    return f"{where or '/'}: a field is missing or unknown, or what it holds is no word of ours"


class Shape(Protocol):
    """A rule for a value."""

    def misfit(self, value: Any) -> str | None:
        """None if the value fits, else the path of what does not (`/findings/0/type`, `` for itself)."""
        ...

    def schema(self) -> Schema:
        """The rule as JSON Schema (draft 2020-12)."""
        ...


@dataclass(frozen=True, slots=True)
class Word:
    """One of some strings."""

    words: frozenset[str]

    @classmethod
    def of(cls, words: Iterable[str]) -> Word:
        """Any of `words`."""
        return cls(frozenset(words))

    def misfit(self, value: Any) -> str | None:
        """See `Shape`."""
        return None if isinstance(value, str) and value in self.words else ""

    def schema(self) -> Schema:
        """See `Shape`."""
        if len(self.words) == 1:
            return {"const": next(iter(self.words))}
        return {"enum": sorted(self.words)}


@dataclass(frozen=True, slots=True)
class Form:
    """A string of a fixed form: a pattern (ASCII, the whole string), and what else must hold of it.

    `meaning`: what the pattern cannot say, for who reads the schema.
    """

    pattern: str
    most: int = 0
    holds: Callable[[str], bool] = field(default=lambda _: True)
    meaning: str = ""

    def misfit(self, value: Any) -> str | None:
        """See `Shape`."""
        fits = (
            isinstance(value, str)
            and (not self.most or len(value) <= self.most)
            and re.fullmatch(self.pattern, value, re.ASCII) is not None
            and self.holds(value)
        )
        return None if fits else ""

    def schema(self) -> Schema:
        """See `Shape`."""
        # ECMA 262 has no ASCII flag: what means other digits and letters there is not to be used.
        table: Schema = {"type": "string", "pattern": f"^(?:{self.pattern})$"}
        if self.most:
            table["maxLength"] = self.most
        if self.meaning:
            table["description"] = self.meaning
        return table


@dataclass(frozen=True, slots=True)
class Count:
    """A number of things, from `least` on."""

    least: int = 0

    def misfit(self, value: Any) -> str | None:
        """See `Shape`."""
        return None if type(value) is int and self.least <= value <= MOST else ""

    def schema(self) -> Schema:
        """See `Shape`."""
        return {"type": "integer", "minimum": self.least, "maximum": MOST}


@dataclass(frozen=True, slots=True)
class Flag:
    """True or false."""

    def misfit(self, value: Any) -> str | None:
        """See `Shape`."""
        return None if isinstance(value, bool) else ""

    def schema(self) -> Schema:
        """See `Shape`."""
        return {"type": "boolean"}


@dataclass(frozen=True, slots=True)
class Each:
    """A list of at least so many, all of one shape."""

    shape: Shape
    least: int = 0

    def misfit(self, value: Any) -> str | None:
        """See `Shape`."""
        if not isinstance(value, list) or len(value) < self.least:
            return ""
        for number, one in enumerate(value):
            where = self.shape.misfit(one)
            if where is not None:
                return f"/{number}{where}"
        return None

    def schema(self) -> Schema:
        """See `Shape`."""
        table: Schema = {"type": "array", "items": self.shape.schema()}
        return {**table, "minItems": self.least} if self.least else table


@dataclass(frozen=True, slots=True)
class Table:
    """An object with these fields, perhaps some of the `optional` ones, and no other."""

    fields: Mapping[str, Shape]
    optional: Mapping[str, Shape] = field(default_factory=dict)

    def misfit(self, value: Any) -> str | None:
        """See `Shape`."""
        known = {**self.fields, **self.optional}
        if not isinstance(value, dict) or not self.fields.keys() <= value.keys() <= known.keys():
            return ""
        # In our order, by our names: an unknown field's name is never shown.
        for name, shape in known.items():
            where = shape.misfit(value[name]) if name in value else None
            if where is not None:
                return f"/{name}{where}"
        return None

    def schema(self) -> Schema:
        """See `Shape`."""
        known = {**self.fields, **self.optional}
        return {
            "type": "object",
            "properties": {name: shape.schema() for name, shape in known.items()},
            "required": list(self.fields),
            "additionalProperties": False,
        }


@dataclass(frozen=True, slots=True)
class Either:
    """One of two objects: the second where the field `by` is there, which the first has not."""

    by: str
    first: Table
    second: Table

    def misfit(self, value: Any) -> str | None:
        """See `Shape`."""
        second = isinstance(value, dict) and self.by in value
        return (self.second if second else self.first).misfit(value)

    def schema(self) -> Schema:
        """See `Shape`."""
        return {"oneOf": [self.first.schema(), self.second.schema()]}


@dataclass(frozen=True, slots=True)
class Or:
    """A value of one shape or of another, neither of which is looked into."""

    first: Shape
    second: Shape

    def misfit(self, value: Any) -> str | None:
        """See `Shape`."""
        fits = None in (self.first.misfit(value), self.second.misfit(value))
        return None if fits else ""

    def schema(self) -> Schema:
        """See `Shape`."""
        return {"anyOf": [self.first.schema(), self.second.schema()]}


def any_of(words: Iterable[str]) -> str:
    """A pattern for any of some strings."""
    # Not `re.escape`: what it escapes besides, ECMA 262 does not know as an escape.
    return "(?:" + "|".join(_SPECIAL.sub(r"\\\g<0>", word) for word in sorted(words)) + ")"


_SPECIAL = re.compile(r"[.^$*+?()\[\]{}|\\/]")


def _is_time(text: str) -> bool:
    try:
        datetime.fromisoformat(text)
    except ValueError:
        return False
    return True


TIME = Form("[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}Z", holds=_is_time, meaning="UTC")
DATE = Form("[0-9]{4}-[0-9]{2}-[0-9]{2}", holds=_is_time)
ORDINAL = "[1-9][0-9]{0,9}"
HEX = Form("[0-9a-f]{64}")
DIGEST = Form("sha256:[0-9a-f]{64}")
UUID = Form("urn:uuid:[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
NONCE = Form("[0-9a-f]{32}", meaning="128 random bits: nobody can guess the payload's digest")
