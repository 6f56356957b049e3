"""vCard and iCalendar once more, line by line on quopri and base64; and what their names mean."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator, Sequence
from types import MappingProxyType

from pii_guard.document import Child, Document, Kind, Segment, Step
from pii_guard.formats.base import Bounds
from pii_guard.formats.decoding import decode

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
_RUNNING = frozenset({"NOTE", "DESCRIPTION", "SUMMARY", "COMMENT", "X-ALT-DESC"})
_HEAD = re.compile(r"((?:[^\":]++|\"[^\"]*+\")*+):(.*)", re.S)
_CHARSET = re.compile(r"charset=\"?([\w-]+)")
_BINARY = re.compile(r";(?:encoding=)?(?:b|base64)(?:;|$)")
_PARAMETER = re.compile(r"(?<![\w-])([\w-]++)=(\"[^\"]*\"|[^;\"]*)")
_ESCAPED = re.compile(r"\\(.)")


def word(name: str) -> str:
    """What a property or parameter is called in words; its own name where there is none."""
    return _WORDS.get(name) or name.lower().removeprefix("x-").replace("-", " ")


def parts_of(name: str, value: str) -> Sequence[tuple[int, int, str]]:
    """The parts of a value with their labels: of a name or an address several, else one.

    Running text has the label "".
    """
    labels = _PARTS.get(name)
    if labels is None:
        return ((0, len(value), "" if name in _RUNNING else word(name)),)
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
    segments: list[Segment] = []
    children: list[Child] = []
    ordinal, levels = 0, list[int]()
    for number, line in enumerate(lines, 1):
        head, value = m.groups() if (m := _HEAD.fullmatch(line)) else ("", line)
        first, parameters, _ = head.partition(";")
        name = first.rpartition(".")[2].upper()
        if name == "BEGIN":
            ordinal += 1
            levels.append(ordinal)
        elif name == "END" and levels:
            levels.pop()
        record = (levels[-1], number) if levels else ()
        low = head.lower() if parameters else ""
        if "quoted-printable" in low:
            while value.endswith("=") and (more := next(lines, None)) is not None:
                value = value[:-1] + more.lstrip(" \t")
            charset = _CHARSET.search(low)
            raw = quopri.decodestring(value.encode("utf-8", "surrogateescape"))
            value = _decoded(raw, charset[1] if charset else "utf-8")
        elif low and _BINARY.search(low):
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
                    label = word(match[1].upper())
                    segments.append(Segment(match[2].strip('"'), (), Kind.FIELD, label, record))
        if name in ("BEGIN", "END") and value.strip().upper() in NOTHING:
            continue
        if "\\" in value:
            value = _ESCAPED.sub(lambda m: "\n" if m[1] in "nN" else m[1], value)
        for start, end, label in parts_of(name, value):
            part = value[start:end]
            if part and not part.isspace():
                kind = Kind.FIELD if label else Kind.PROSE
                segments.append(Segment(part, (), kind, label, record))
    return Document(tuple(segments), tuple(children))


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
