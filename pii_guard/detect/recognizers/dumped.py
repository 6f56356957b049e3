"""Values that a dump of a program's data names: PHP's `serialize`, `var_dump`, `print_r` and `var_export`,
and pairs with an arrow, as Ruby, Perl and PHP write them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from pii_guard.detect.fields import (
    half_of,
    is_bare_name,
    is_label,
    is_part_of_name,
    meaning,
    name_a_person,
)
from pii_guard.detect.named_values import NamedValues
from pii_guard.detect.recognizers.labelled import labelled_value

_SERIALIZED = re.compile(
    r"(?<![\w\"])(?:i:\d{1,9};(?:s:\d{1,7}:\"[^\"\n]{0,300}\";)?"  # an element of a list names nothing
    r"|s:\d{1,4}:\"(?P<key>[^\"\n]{1,80})\";(?:s:\d{1,7}:\"(?P<text>[^\"\n]{1,300})\"|i:(?P<number>\d{1,16}));)"
)
_KEPT = r"(?::(?:protected|(?:\"[^\"\n]{1,80}\":)?private))?"
_DUMPED = re.compile(
    rf"\[\"(?P<key>[^\"\n]{{1,80}})\"{_KEPT}\]\s?=>\s{{0,80}}"
    r"(?:string\(\d{1,7}\) \"(?P<text>[^\"\n]{1,300})\"|int\((?P<number>\d{1,16})\))"
)
_ARROW = re.compile(
    r"(?:\"(?P<double_key>[\w.\[\] -]{1,60})\"|'(?P<single_key>[\w.\[\] -]{1,60})'|(?<![\w:$>.])[:$]?(?P<key>[A-Za-z_]\w{0,60}))"
    r"[ \t]{0,20}=>\s{0,3}(?:string )?"
    r"(?:\"(?P<double>[^\"\n]{1,200})\"|'(?P<single>[^'\n]{1,200})'|(?P<number>\d{1,16})(?![\w.]))"
)
_PRINTED = re.compile(r"\[(?P<key>[^\[\]\n\"']{1,80})\] => ?")
_CLOSED = re.compile(r"[ \t]{1,40}\)[ \t)]{0,40}$")
_LONGEST = 300
_RULES = frozenset(
    "nullable sometimes confirmed unique filled present lowercase uppercase alpha integer numeric boolean array date "
    "email hashed encrypted hidden input datetime varchar char textfield asc desc like".split()
)
"""What frameworks say of a field where its value could stand."""
_PROGRAM = re.compile(r"[/\\]|::|->|[A-Z]\w{0,80}(?:Controller|Type|Field|Class)(?:@|$)")
_NESTED = re.compile(r"Array\b|[\\\w]{1,80} Object\b")
_NEAR = 12
_FAR = 1_500


class _Pair(NamedTuple):
    key: str
    start: int
    end: int


class DumpedValue(NamedValues):
    """The value of a key in a dump, where the key says what it holds (`detect/fields.py`)."""

    def values(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(entity type, start, end) of values under telling keys."""
        for found in (
            _matched(_SERIALIZED, text) if "s:" in text else [],
            *(
                (_matched(_DUMPED, text), _printed(text), _matched(_ARROW, text))
                if "=>" in text
                else ()
            ),
        ):
            for number, pair in enumerate(found):
                entity = _says(pair, found, number)
                value = text[pair.start : pair.end]
                if entity and not _is_of_program(entity, value):
                    yield from labelled_value(text, entity, pair.start, pair.end)


def _matched(pattern: re.Pattern[str], text: str) -> list[_Pair]:
    """The pairs of a pattern: groups that end in `key`, and one more."""
    found = []
    for match in pattern.finditer(text):
        key = next((v for k, v in match.groupdict().items() if v and k.endswith("key")), "")
        if key and match.lastgroup:
            found.append(_Pair(key, *match.span(match.lastgroup)))
    return found


def _printed(text: str) -> list[_Pair]:
    """Pairs of `print_r`: a value goes on to the next key or the end of its line."""
    found = []
    matches = list(_PRINTED.finditer(text)) if "] =>" in text else []
    for number, match in enumerate(matches):
        end = text.find("\n", match.end(), match.end() + _LONGEST)
        end = min(len(text), match.end() + _LONGEST) if end < 0 else end
        if number + 1 < len(matches):
            end = min(end, matches[number + 1].start())
        closed = _CLOSED.search(text, match.end(), end)
        end = closed.start() if closed else end
        found.append(_Pair(match["key"].partition(":")[0], match.end(), end))
    return found


def _says(pair: _Pair, pairs: Sequence[_Pair], number: int) -> str:
    """What a key says of its value, by itself or by the keys around it."""
    found = meaning(pair.key)
    if found or not (is_bare_name(pair.key) or half_of(pair.key)):
        return found
    beside = [
        one.key
        for one in pairs[max(0, number - _NEAR) : number + _NEAR + 1]
        if abs(one.start - pair.start) < _FAR
    ]
    if is_bare_name(pair.key):
        return "PERSON" if name_a_person(beside) else ""
    return "PERSON" if is_part_of_name(pair.key, beside) else ""


def _is_of_program(entity: str, value: str) -> bool:
    """Whether a value is a label, a rule or a name of a program: `'first_name' => 'required'`."""
    value = value.strip()
    if value.lower() in _RULES or is_label(value) or _NESTED.match(value):
        return True
    return entity == "USERNAME" and _PROGRAM.search(value) is not None
