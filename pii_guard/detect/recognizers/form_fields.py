"""Values whose names stand beside them in a tag (`<input name="surname" value="…">`), behind them in
brackets (`Whitfield (surname)`) or before the marks of a template (`name={{Jane Roe}}`).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.fields import is_bare_name, is_label, meaning
from pii_guard.detect.named_values import NamedValues
from pii_guard.detect.recognizers.labelled import labelled_value

_TAG = re.compile(r"<(?:input|option|meta|button|data)\s(?P<given>[^<>]{1,600})>", re.I)
_GIVEN = re.compile(
    r"(?<![\w-])(?P<name>value|name|id|data-value|content)\s{0,3}=\s{0,3}"
    r"(?:\\?\"(?P<double>[^\"\n\\]{1,300})\\?\"|'(?P<single>[^'\n]{1,300})'|(?P<bare>[^\s\"'<>`=\\]{1,200}))",
    re.I,
)
_NAMING = ("name", "id")


class TagValue(NamedValues):
    """The value of a field of a form, by the name or the id of its tag."""

    def values(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(entity type, start, end) of values in tags of source, of logs and of prose."""
        if "<" not in text:
            return
        for tag in _TAG.finditer(text):
            names: dict[str, str] = {}
            places: list[tuple[int, int]] = []
            for one in _GIVEN.finditer(text, *tag.span("given")):
                name, group = one["name"].lower(), one.lastgroup or ""
                if name in _NAMING:
                    names[name] = one[group]
                else:
                    places.append(one.span(group))
            entity = next((m for n in _NAMING if (m := meaning(names.get(n, "")))), "")
            for start, end in places if entity else ():
                if not is_label(text[start:end]):
                    yield from labelled_value(text, entity, start, end)


_BEHIND = re.compile(r"(?<=[\w\"'`)!]) ?\((?P<label>[A-Za-z][A-Za-z /_.-]{1,40})\)")
_REACH = 60
_QUOTED = re.compile(r"(?P<mark>[\"'`])(?P<value>[^\"'`\n]{1,58})(?P=mark)\Z")
_NAME = re.compile(r"(?<![\w.-])(?P<value>[A-Z][^\W\d_]{0,24}(?:[ '’-][A-Z][^\W\d_]{1,24}){0,3})\Z")
_NUMBER = re.compile(
    r"(?<![\w.+-])(?P<value>[+(A-Z]?\d[\d ()./-]{0,30}|[A-Z]{0,4}\d[A-Z\d-]{3,24})\Z"
)
_ACCOUNT = re.compile(r"(?<!\S)(?=\S{0,60}[\d._@-])(?P<value>[A-Za-z0-9][\w.@+!$#-]{2,60})\Z")
_WORDS = frozenset({"PERSON"})
_ACCOUNTS = frozenset({"USERNAME", "PASSWORD"})
_UNTOLD = frozenset(
    {"ADDRESS", "LOCATION", "HEALTH", "GENDER", "RELIGION", "ETHNICITY", "POLITICS"}
)
"""What a word before a bracket is too seldom, or alone tells of nobody."""
_NOBODY = frozenset(
    "the field fields parameter param input column value values name label header form key attribute property string text "
    "required optional enter full first last your new old invalid missing empty user customer type see note table".split()
)


class NamedBehind(NamedValues):
    """A value that a label in brackets follows."""

    def values(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(entity type, start, end) of values before a label in brackets."""
        for match in _BEHIND.finditer(text) if "(" in text else ():
            entity = meaning(match["label"]) if is_label(match["label"]) else ""
            if not entity or entity in _UNTOLD:
                continue
            first = max(match.start() - _REACH, 0)
            low = max(text.rfind("\n", first, match.start()) + 1, first)
            form = _NAME if entity in _WORDS else _ACCOUNT if entity in _ACCOUNTS else _NUMBER
            found = _QUOTED.search(text, low, match.start()) or form.search(
                text, low, match.start()
            )
            if found is None or not _is_somebody(found["value"]):
                continue
            yield from labelled_value(text, entity, *found.span("value"))


_MARKED = re.compile(
    r"(?<![\w.$])(?P<key>[A-Za-z][\w.-]{1,40}(?: [a-z]{2,20}){0,2})[\"']?\s?[:=]\s?[\"']?"
    r"(?:\{\{ ?(?P<double>[^{}\n]{3,60})\}\}|\$\{ ?(?P<single>[^{}\n]{3,60})\})"
)
_SEVERAL = re.compile(r"[^\W\d_a-z][^\W\d_]{1,24}(?:[ '’-][^\W\d_a-z][^\W\d_]{0,24}\.?){1,3} ?")
_DIGITS = re.compile(r"[+(]?\d[\d ()./-]{5,24}")


class MarkedValue(NamedValues):
    """A value in the marks of a template that a label stands before; what the marks are for are names of
    variables and expressions, so a name is told by its two words, all else by its digits.
    """

    def values(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(entity type, start, end) of such values."""
        for match in _MARKED.finditer(text) if "{" in text else ():
            key, group = match["key"], match.lastgroup or ""
            entity = meaning(key) or ("PERSON" if is_bare_name(key) else "")
            if not entity or entity in _UNTOLD | _ACCOUNTS:
                continue
            form = _SEVERAL if entity in _WORDS else _DIGITS
            if form.fullmatch(match[group]) and _is_somebody(match[group]):
                yield from labelled_value(text, entity, *match.span(group))


def _is_somebody(value: str) -> bool:
    return not is_label(value) and _NOBODY.isdisjoint(value.lower().split())
