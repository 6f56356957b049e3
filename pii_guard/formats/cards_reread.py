"""vCard and iCalendar once more, line by line on quopri and base64; and what their names mean."""

from __future__ import annotations

import base64
import binascii
import quopri
import re
from collections.abc import Iterator
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
_HEAD = re.compile(r"((?:[^\":]|\"[^\"]*\")*?):(.*)", re.S)


def word(name: str) -> str:
    """What a property or parameter is called in words; its own name where there is none."""
    return _WORDS.get(name) or name.lower().removeprefix("x-").replace("-", " ")


def parts_of(name: str, value: str) -> Iterator[tuple[int, int, str]]:
    """The parts of a value with their labels: of a name or an address several, else one.

    Running text has the label "".
    """
    labels = _PARTS.get(name)
    if labels is None:
        yield 0, len(value), "" if name in _RUNNING else word(name)
        return
    start = 0
    for number, part in enumerate(value.split(";")):
        yield start, start + len(part), labels[min(number, len(labels) - 1)]
        start += len(part) + 1


def reread(blob: bytes, bounds: Bounds) -> Document:  # noqa: ARG001
    """Every line as it reads."""
    text = re.sub(r"\r\n?", "\n", decode(blob).text)
    text = re.sub(r"\n[ \t]", "", text)
    lines = iter(text.split("\n"))
    segments: list[Segment] = []
    children: list[Child] = []
    ordinal, levels = 0, list[int]()
    for number, line in enumerate(lines, 1):
        head, value = m.groups() if (m := _HEAD.fullmatch(line)) else ("", line)
        low = head.lower()
        name = re.split(r"[;]", head, maxsplit=1)[0].rpartition(".")[2].upper()
        if name == "BEGIN":
            ordinal += 1
            levels.append(ordinal)
        elif name == "END" and levels:
            levels.pop()
        record = (levels[-1], number) if levels else ()
        where = (Step("line", number),)
        if "quoted-printable" in low:
            while value.endswith("=") and (more := next(lines, None)) is not None:
                value = value[:-1] + more.lstrip(" \t")
            charset = re.search(r"charset=\"?([\w-]+)", low)
            raw = quopri.decodestring(value.encode("utf-8", "surrogateescape"))
            value = _decoded(raw, charset[1] if charset else "utf-8")
        elif re.search(r";(?:encoding=)?(?:b|base64)(?:;|$)", low):
            try:
                content = base64.b64decode("".join(value.split()))
            except (binascii.Error, ValueError):
                content = b""
            if content:
                children.append(Child(content, where, "", "", record))
                continue
        for match in re.finditer(r"([\w-]+)=(\"[^\"]*\"|[^;\"]*)", head):
            if match[1].upper() not in INERT | {"ENCODING", "CHARSET"}:
                label = word(match[1].upper())
                segments.append(Segment(match[2].strip('"'), where, Kind.FIELD, label, record))
        if name in ("BEGIN", "END") and value.strip().upper() in NOTHING:
            continue
        value = re.sub(r"\\(.)", lambda m: "\n" if m[1] in "nN" else m[1], value)
        for start, end, label in parts_of(name, value):
            kind = Kind.FIELD if label else Kind.PROSE
            if value[start:end].strip():
                segments.append(Segment(value[start:end], where, kind, label, record))
    return Document(tuple(segments), tuple(children))


def _decoded(raw: bytes, charset: str) -> str:
    try:
        return raw.decode(charset, "replace")
    except LookupError:
        return raw.decode("latin-1")
