"""Fields of HL7 v2 messages, which their places name: `PID|1||4711||ROE^JANE||19800102|F|…` (chapters 3 and 6)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from types import MappingProxyType

from pii_guard.detect.named_values import NamedValues
from pii_guard.detect.values import plausible

_SEGMENT = re.compile(
    r"(?<![A-Za-z\d|^~&])(?P<name>PID|NK1|GT1|IN1|MRG|PV1|OBR|ORC)\|(?P<fields>[^\r\n]{8,8000})"
)
# Which component of a field is what (HL7 v2.5.1, chapter 2A); those of a name go one by one.
_NAME = ((1, "PERSON"), (2, "PERSON"), (3, "PERSON"))
_STAFF = ((2, "PERSON"), (3, "PERSON"))
_WHERE = ((1, "ADDRESS"), (2, "ADDRESS"), (3, "LOCATION"), (5, "ADDRESS"))
_PHONE = tuple((place, "PHONE_NUMBER") for place in (1, 7, 12))
_BORN = ((1, "DATE_OF_BIRTH"),)
_SSN = ((1, "US_SSN"),)
_RECORD = ((1, "MEDICAL_RECORD_NUMBER"),)
_POLICY = ((1, "HEALTH_INSURANCE_ID"),)
_Parts = tuple[tuple[int, str], ...]
_FIELDS: MappingProxyType[str, dict[int, _Parts]] = MappingProxyType(
    {
        "PID": {
            **dict.fromkeys((2, 3, 4, 18), _RECORD),
            **dict.fromkeys((5, 6, 9), _NAME),
            **dict.fromkeys((13, 14), _PHONE),
            7: _BORN,
            11: _WHERE,
            19: _SSN,
            20: ((1, "DRIVER_LICENSE"),),
        },
        "NK1": {
            **dict.fromkeys((2, 30), _NAME),
            **dict.fromkeys((4, 32), _WHERE),
            **dict.fromkeys((5, 6, 31), _PHONE),
            16: _BORN,
            37: _SSN,
        },
        "GT1": {
            **dict.fromkeys((3, 4), _NAME),
            **dict.fromkeys((6, 7), _PHONE),
            5: _WHERE,
            8: _BORN,
            12: _SSN,
        },
        "IN1": {16: _NAME, 18: _BORN, 19: _WHERE, **dict.fromkeys((36, 49), _POLICY)},
        "MRG": {1: _RECORD, 7: _NAME},
        "PV1": dict.fromkeys((7, 8, 9, 17), _STAFF),
        "OBR": dict.fromkeys((10, 16, 28), _STAFF),
        "ORC": dict.fromkeys((10, 11, 12), _STAFF),
    }
)
_NAMED = re.compile(r"[^\W\d_][^\W\d_.'’ -]{0,40}(?:[.'’ -]{1,2}[^\W\d_]{1,40}){0,4}\.?")
_DATE = re.compile(r"(?:18|19|20)\d{2}(?:[01]\d[0-3]\d(?:\d{4}(?:\d\d)?)?)?")
_SHAPES = MappingProxyType(
    {
        "PERSON": _NAMED,
        "LOCATION": _NAMED,
        "DATE_OF_BIRTH": _DATE,
        "PHONE_NUMBER": re.compile(r"[+(\d][\d ()./+x-]{6,30}"),
        "US_SSN": re.compile(r"\d{3}-?\d\d-?\d{4}"),
        "ADDRESS": re.compile(r"[^|^~]{3,120}"),
    }
)


class Hl7Field(NamedValues):
    """What the place of a field in its segment says it is."""

    def values(self, text: str) -> Iterator[tuple[str, int, int]]:
        """(entity type, start, end) of components that are somebody's."""
        for segment in _SEGMENT.finditer(text) if "|" in text else ():
            fields = _FIELDS[segment["name"]]
            place = segment.start("fields")
            for number, field in enumerate(segment["fields"].split("|"), 1):
                if field and number in fields:
                    yield from _components(field, place, fields[number])
                place += len(field) + 1


def _components(field: str, start: int, parts: _Parts) -> Iterator[tuple[str, int, int]]:
    """Those of each repetition of a field that stands at `start`."""
    for one in field.split("~"):
        places = dict(parts)
        at = start
        for number, component in enumerate(one.split("^"), 1):
            entity = places.get(number, "")
            value = component.partition("&")[0]  # the first sub-component is the thing itself
            if entity == "PERSON" and "^" not in one:
                continue  # a word that somebody wrote between strokes
            if entity and value.strip() and _fits(entity, value.strip()):
                low = at + len(value) - len(value.lstrip())
                yield entity, low, low + len(value.strip())
            at += len(component) + 1
        start += len(one) + 1


def _fits(entity: str, value: str) -> bool:
    shape = _SHAPES.get(entity)
    if entity in ("PERSON", "LOCATION") and len(value.rstrip(".")) < 2:
        return False  # an initial
    if shape is not None and shape.fullmatch(value) is None:
        return False
    return entity == "DATE_OF_BIRTH" or plausible(entity, value)
