"""Values that a label names: form lines, keys, columns, headers, `key=value` in logs."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import lru_cache
from types import MappingProxyType

from pii_guard.detect.fields import half_of, is_bare_name, is_part_of_name, meaning, name_a_person
from pii_guard.detect.named_values import NamedValues
from pii_guard.detect.values import plausible, says_nothing

_LINE = re.compile(
    r"^[ \t>*#|-]{0,8}\**(?P<key>[^\W\d_][^\n:：=|]{0,60}?|[^\n: ]{1,80})\**[ \t]*(?::\**[ \t]+|：[ \t]*)"
    r"(?P<value>[^\n]{1,300})$",
    re.M,
)
_SETTING = re.compile(
    r"^[ \t]{0,8}(?:export )?(?P<key>[A-Za-z_][\w.-]{0,60})[ \t]{0,3}=[ \t]{0,3}(?P<value>[^\s\"'=&(][^\n\"'=&]{0,200})$",
    re.M,
)
_PAIR = re.compile(
    r"(?<![\w.])(?<![\w.]-)(?P<key>[A-Za-z_][\w.-]{0,60})[\"']?(?P<sign>\s{0,3}[=:]\s{0,3})"
    r"(?:\"(?P<double>[^\"\n]{1,200})\"(?!\s{0,3}=)|'(?P<single>[^'\n]{1,200})'(?!\s{0,3}=)|(?P<bare>[^\s\"'&;,|<>]{1,120}))"
)
_GOES_ON = re.compile(r"(?:&(?![\w.\[\]%-]{1,100}=|#?\w{1,10};)[^\s\"'&;,|<>]{1,60}){1,9}+")
"""An ampersand within a password, before which there is no further pair: `Tr0ub4dor&3x`."""
_SETTER = re.compile(
    r"(?<!\w)(?:define|putenv|setenv|set|put|append|add|setItem|setProperty|setAttribute|addParameter|addHeader|"
    r"setHeader|setRequestHeader)\(\s{0,3}(?P<mark>[\"'])(?P<key>[A-Za-z_][\w.-]{0,60})(?P=mark)\s{0,3},\s{0,3}"
    r"(?:\"(?P<double>[^\"\n]{1,200})\"|'(?P<single>[^'\n]{1,200})')"
)
"""A call that gives a name a value: `define('DB_PASSWORD', '…')`."""
_KEYS = re.compile(r"([A-Za-z_][\w.-]{0,60})[\"']?\s{0,3}[=:]")
_ELEMENT = re.compile(
    r"<(?P<key>[A-Za-z][\w:.-]{0,60})(?:\s[^<>]{0,200})?>(?P<value>[^<>\n]{1,200})</"
)
_CUT = re.compile(r"\s{2,}|[,;|(\[<\t]|\.\s|\s[-–—]\s")
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}(?:[ T][\d:.Z+-]{0,20})?")
_NUMBERS = frozenset({"PHONE_NUMBER", "ADDRESS", "USERNAME", "CREDIT_CARD", "BANK_ACCOUNT"})
_EDGE = " \t\r\"'`*,;"


class LabelledValue(NamedValues):
    """The value of a field whose name says what it holds (`detect/fields.py`)."""

    def values(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(entity type, start, end) of labelled values."""
        lines: list[tuple[int, int]] = []
        source = _Source(text)
        for match in _LINE.finditer(text):
            entity = _meaning(text, match)
            if entity and not (_is_word(entity, match["value"]) and " " in match["key"].strip()):
                for found in labelled_value(text, entity, *match.span("value")):
                    lines.append(found[1:])
                    yield found
        for match in _SETTING.finditer(text):
            entity = meaning(match["key"])
            if entity and " " in match["value"].strip() and not source.around(*match.span()):
                for found in labelled_value(text, entity, *match.span("value")):
                    lines.append(found[1:])
                    yield found
        for match in _ELEMENT.finditer(text):
            entity = meaning(match["key"].rpartition(":")[2])
            if entity:
                for found in labelled_value(text, entity, *match.span("value")):
                    lines.append(found[1:])
                    yield found
        for match in _SETTER.finditer(text):
            entity = meaning(match["key"])
            if entity and match.lastgroup:
                for found in labelled_value(text, entity, *match.span(match.lastgroup)):
                    lines.append(found[1:])
                    yield found
        lines.sort()
        for match in _pairs(text):
            entity = meaning(match["key"])
            group = match.lastgroup
            if not entity and group in _QUOTED and _is_half(match, match[group]):
                entity = "PERSON"
            if not entity or group is None or _is_within(lines, *match.span(group)):
                continue
            if group == "bare" and _is_word(entity, match["bare"]) and match["sign"] != "=":
                continue
            if group == "bare" and match["sign"] == ":" and match["bare"].startswith("/"):
                continue  # a variable of a shell or a mapping of folders: `$PWD:/data`
            if not (group == "bare" and _is_expression(match, source)):
                start, end = match.span(group)
                if entity == "PASSWORD" and group == "bare":
                    more = _GOES_ON.match(text, end)
                    end = more.end() if more else end
                for found in labelled_value(text, entity, start, end):
                    nearest = bisect_right(lines, (found[1], len(text))) - 1
                    if nearest < 0 or lines[nearest][1] < found[2]:
                        yield found


_QUOTED = ("double", "single")


def _pairs(text: str) -> Iterator[re.Match[str]]:
    """Pairs, those within a value whose key says nothing as well: `ERROR: password=…`, `a.txt:7:phone=…`."""
    at = 0
    while match := _PAIR.search(text, at):
        yield match
        at = match.end()
        value = match[match.lastgroup or ""]
        if ("=" in value or ":" in value) and not meaning(match["key"]):
            # The names of a scope (`IO::Handle`) are no pairs; those of an address begin with its query.
            skipped = value.find("?") if value.startswith("//") else 0
            if skipped >= 0 and value[0] != ":":
                at = match.end("sign") + skipped


def _is_half(match: re.Match[str], value: str) -> bool:
    """Whether a pair holds half of a name, and its line the other: `first: "Jane", last: "Roe"`."""
    if not half_of(match["key"]) or value[:1].islower():
        return False
    text = match.string
    first, last = max(match.start() - 200, 0), match.end() + 200
    start = max(text.rfind("\n", first, match.start()) + 1, first)
    end = text.find("\n", match.end(), last)
    end = last if end < 0 else end
    return is_part_of_name(match["key"], _KEYS.findall(text, start, end))


def _is_within(lines: Sequence[tuple[int, int]], start: int, end: int) -> bool:
    """Whether one of the lines (sorted) covers `start`..`end` and none begins within."""
    after = bisect_right(lines, (start, end))
    while after < len(lines) and lines[after][0] == start:
        after += 1
    covered = after > 0 and lines[after - 1][1] >= end
    return covered and (after == len(lines) or lines[after][0] >= end)


_NAME = re.compile(r"[A-Za-z_][\w.]*(?=$|[(\[)}\]])|None\b|self\b|this\b")
_CALL = re.compile(r"[A-Za-z_][\w.]{0,80}\(")
_SOURCE = re.compile(
    r"^[ \t]*(?:def|class|import|from|return|function|const|let|var|public|private|elif|except|raise|package|func)\s"
    r"|^[ \t]*(?:if|for|while|switch)\b[^\n]{0,200}[:{]\s*$",
    re.M,
)


def _is_word(entity: str, value: str) -> bool:
    """Whether what stands for a password may be a word of the sentence: `first pass: determine`."""
    first = re.match(r"[\"'`]?(\S*)", value) if entity == "PASSWORD" else None
    return first is not None and first[1].isalpha() and first[1].islower()


class _Source:
    """Where a text is program text, looked up when somebody asks."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: list[int] | None = None

    def around(self, start: int, end: int) -> bool:
        """Whether program text stands near these characters."""
        if self._lines is None:
            self._lines = [match.start() for match in _SOURCE.finditer(self._text)]
        first = bisect_right(self._lines, start - 1_500)
        return first < len(self._lines) and self._lines[first] < end + 1_500


def _is_expression(match: re.Match[str], source: _Source) -> bool:
    """Whether an unquoted value is a name of a program: an attribute, a call, an assignment in source."""
    value, text = match["bare"], match.string
    if not _NAME.match(value):
        return False
    if _CALL.match(value) or value.startswith(("self.", "this.", "_")):
        return True
    assigned = match["sign"] == " = " or value.rstrip(":")[-1:] in (")", "]", "}")
    assigned = assigned or text.startswith(("(", ")", ","), match.end())
    return assigned and source.around(*match.span())


_SAYING = frozenset("a an the return returns invalid missing if when unknown".split())


@lru_cache(maxsize=8_192)
def _of_key(label: str) -> tuple[str, bool]:
    """What the label of a line says, and whether only its siblings can say it."""
    key = label.strip(_EDGE)
    if key.startswith(".") or not _SAYING.isdisjoint(key.lower().split()):
        return "", False  # a file's extension, a sentence about a parameter
    found = meaning(key)
    return found, not found and is_bare_name(key)


def _meaning(text: str, match: re.Match[str]) -> str:
    key = match["key"]
    found, bare = _of_key(key)
    half = not found and bool(half_of(key)) and not match["value"].strip(_EDGE)[:1].islower()
    if bare or half:
        first, last = max(match.start() - 600, 0), match.end() + 600
        start = max(text.rfind("\n\n", first, match.start()) + 1, first)
        end = text.find("\n\n", match.end(), last)
        block = text[start : end if end >= 0 else last]
        beside = [line.partition(":")[0].strip(_EDGE) for line in block.split("\n")[:40]]
        if (bare and name_a_person(beside)) or (half and is_part_of_name(key, beside)):
            return "PERSON"
    return found


_CLOSING = MappingProxyType({")": "(", "]": "[", "}": "{"})


def _opened(text: str, start: int, end: int) -> bool:
    """Whether the bracket that ends `start`..`end` is opened within."""
    return _CLOSING[text[end - 1]] in text[start:end]


def labelled_value(text: str, entity: str, start: int, end: int) -> Iterator[tuple[str, int, int]]:
    """What of `start`..`end` is the value that its label says it is, if any."""
    while start < end and text[start] in _EDGE:
        start += 1
    while start < end and (
        text[end - 1] in _EDGE or (text[end - 1] in _CLOSING and not _opened(text, start, end))
    ):
        end -= 1
    if _DATE.fullmatch(text, start, end) and entity in _NUMBERS:
        return
    shown = "HEALTH_INSURANCE_ID" if entity == "MEMBER_ID" else entity
    if plausible(entity, text[start:end]):
        yield shown, start, end
        return
    if says_nothing(text[start:end]):
        return
    cut = _CUT.search(text, start, end)
    if cut:
        value = text[start : cut.start()].rstrip(_EDGE)
        if plausible(entity, value):
            yield shown, start, start + len(value)
