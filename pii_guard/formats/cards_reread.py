"""vCard and iCalendar once more, line by line on quopri and base64; and what their names mean."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator, Sequence
from itertools import repeat
from types import MappingProxyType

from pii_guard.document import Child, Document, Kind, Step
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode
from pii_guard.segment_table import Collector, Sort

NOTHING = frozenset(
    "VCARD VCALENDAR VEVENT VTODO VJOURNAL VFREEBUSY VTIMEZONE VALARM STANDARD DAYLIGHT".split()
)
INERT = frozenset(
    "TYPE VALUE LANGUAGE PREF PID ALTID PARTSTAT ROLE CUTYPE RSVP FMTTYPE FBTYPE RANGE RELTYPE RELATED "
    "TZID CALSCALE INDEX LEVEL".split()
)
"""Parameters that are words of the format."""
_NO_FIELDS = INERT | {"ENCODING", "CHARSET"}
_WORDS = MappingProxyType(
    {
        "FN": "full name", "N": "full name", "NICKNAME": "nickname", "CN": "full name",
        "EMAIL": "email", "TEL": "phone", "ADR": "address", "LABEL": "address", "BDAY": "date of birth",
        "ANNIVERSARY": "anniversary", "ORG": "organisation", "TITLE": "job title", "ROLE": "role",
        "IMPP": "handle", "X-SKYPE": "skype", "X-TWITTER": "twitter", "X-AIM": "handle",
        "X-SOCIALPROFILE": "handle", "ATTENDEE": "email", "ORGANIZER": "email", "SENT-BY": "email",
        "GENDER": "gender", "GEO": "coordinates", "MEMBER": "email", "DELEGATED-TO": "email",
        "DELEGATED-FROM": "email", "X-ABRELATEDNAMES": "full name", "CONTACT": "contact person",
        "SPOUSE": "spouse", "X-SPOUSE": "spouse", "X-MANAGER": "full name", "X-ASSISTANT": "full name",
    }
)  # fmt: skip
_PARTS = MappingProxyType(
    {
        "N": ("last name", "first name", "middle name", "name prefix", "name suffix"),
        "ADR": ("address", "address line 2", "street address", "city", "region", "postal code", "country"),
        "ORG": ("organisation", "department"),
    }
)  # fmt: skip
PARTED = frozenset(_PARTS)
"""Properties of several parts, which make a record of their own: the halves of a name."""
_RUNNING = frozenset({"NOTE", "DESCRIPTION", "SUMMARY", "COMMENT", "X-ALT-DESC"})
_MANY = 4_096
"""Values that are put into columns at once."""
_ALIKE = 1_000
"""Different names of properties that are remembered."""
_TEXT = Sort(Kind.PROSE)
_HEAD = re.compile(r"((?:[^\":]++|\"[^\"]*+\")*+):(.*)", re.S)
_CHARSET = re.compile(r"charset=\"?([\w-]+)")
_BINARY = re.compile(r";(?:encoding=)?(?:b|base64)(?:;|$)")
_PARAMETER = re.compile(r"(?<![\w-])([\w-]++)=(\"[^\"]*\"|[^;\"]*)")
_ESCAPED = re.compile(r"\\(.)")


def word(name: str) -> str:
    """What a property or parameter is called in words; its own name where there is none."""
    return _WORDS.get(name) or name.lower().removeprefix("x-").replace("-", " ")


def labels_of(name: str) -> Sequence[str]:
    """What each part of a property's value is: several for a name or an address, else one.

    Running text has the label "".
    """
    return _PARTS.get(name) or ("" if name in _RUNNING else word(name),)


def parts_of(name: str, value: str) -> Sequence[tuple[int, int, str]]:
    """The parts of a value with their labels; further parts are as the last."""
    labels = labels_of(name)
    if len(labels) == 1:
        return ((0, len(value), labels[0]),)
    found, start = [], 0
    for number, part in enumerate(value.split(";")):
        found.append((start, start + len(part), labels[min(number, len(labels) - 1)]))
        start += len(part) + 1
    return found


def reread(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """Every line as it reads."""
    text = re.sub(r"\r\n?", "\n", decode(blob).text)
    text = re.sub(r"\n[ \t]", "", text)
    lines = _lines(text)
    segments, fields = Collector(), dict[str, Sort]()
    names: dict[str, tuple[str, tuple[Sort, ...]]] = {}
    texts, sorts, records = list[str](), list[Sort](), list[tuple[int, ...]]()
    children: list[Child] = []
    ordinal, levels = 0, list[tuple[int, bool]]()
    for number, line in enumerate(lines, 1):
        if len(texts) >= _MANY:
            segments.extend(texts, sorts, repeat(0, len(texts)), records)
            texts, sorts, records = [], [], []
        head, value = m.groups() if (m := _HEAD.fullmatch(line)) else ("", line)
        first, parameters, _ = head.partition(";")
        name, parts = names.get(first) or _remembered(names, first, fields)
        if name == "BEGIN":
            ordinal += 1
            levels.append((ordinal, value.strip().upper() == "VCARD"))
        elif name == "END" and levels:
            levels.pop()
        record: tuple[int, ...] = ()
        if levels:
            # All lines of a card are about one person, those of an event each about another.
            whole = levels[-1][1] and name not in PARTED
            record = levels[-1][:1] if whole else (levels[-1][0], number)
        if parameters:
            low = head.lower()
            if "quoted-printable" in low:
                while value.endswith("=") and (more := next(lines, None)) is not None:
                    value = value[:-1] + more.lstrip(" \t")
                charset = _CHARSET.search(low)
                raw = quopri.decodestring(value.encode("utf-8", "surrogateescape"))
                value = _decoded(raw, charset[1] if charset else "utf-8")
            elif _BINARY.search(low):
                try:
                    content = base64.b64decode("".join(value.split()))
                except (binascii.Error, ValueError):
                    content = b""
                if content:
                    children.append(Child(content, (Step("line", number),), "", "", record))
                    continue
        if "=" in head:
            for match in _PARAMETER.finditer(head):
                if match[1].upper() not in _NO_FIELDS:
                    texts.append(match[2].strip('"'))
                    sorts.append(_field(fields, word(match[1].upper())))
                    records.append(record)
        if name in ("BEGIN", "END") and value.strip().upper() in NOTHING:
            continue
        if "\\" in value:
            value = _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value)
        for place, part in enumerate(value.split(";") if len(parts) > 1 else (value,)):
            if part and not part.isspace():
                texts.append(part)
                sorts.append(parts[min(place, len(parts) - 1)])
                records.append(record)
    segments.extend(texts, sorts, repeat(0, len(texts)), records)
    return Document(segments.table(), tuple(children))


def _remembered(
    names: dict[str, tuple[str, tuple[Sort, ...]]], written: str, fields: dict[str, Sort]
) -> tuple[str, tuple[Sort, ...]]:
    """The name of a property as it is compared, and what the parts of its value are."""
    name = written.rpartition(".")[2].upper()
    labels = labels_of(name)
    found = name, tuple(_field(fields, label) if label else _TEXT for label in labels)
    if len(names) < _ALIKE:
        names[written] = found
    return found


def _field(fields: dict[str, Sort], label: str) -> Sort:
    """What values of a label have in common."""
    return fields.setdefault(label, Sort(Kind.FIELD, label))


def _lines(text: str) -> Iterator[str]:
    """The lines one at a time: a list of them would take more memory than the text."""
    start = 0
    while (end := text.find("\n", start)) >= 0:
        yield text[start:end]
        start = end + 1
    yield text[start:]


def _decoded(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset, "replace")
    except LookupError:
        return raw.decode("latin-1")
