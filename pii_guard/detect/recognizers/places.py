"""Geographic coordinates precise enough to be a house (three decimals are a hundred metres)."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.recognizer import LABELLED, PATTERN, Identifier, Match

_LAT = r"[-+]?(?:90\.0{3,}|[1-8]?\d\.\d{3,15})"
_LON = r"[-+]?(?:180\.0{3,}|(?:1[0-7]\d|[1-9]?\d)\.\d{3,15})"


class CoordinatePair(Identifier):
    """Latitude and longitude side by side behind a label, in a geo URI or in a map address."""

    entity = "COORDINATES"
    pattern = re.compile(rf"(?P<value>{_LAT},\s?{_LON})(?![\w.])")
    score = LABELLED
    shapes = ("9.999",)

    def matches(self, text: str) -> Iterator[Match]:
        """Pairs behind a label."""
        for match in super().matches(text):
            if _PAIR.search(text, max(0, match.start - 30), match.start):
                yield match


_PAIR = re.compile(
    r"(?:(?<![^\W_])(?:gps|coordinates?|coords?|geo|latlng|lat_lng|lat/lon|lat,lon|location|position|last fix|gps fix|ll|koordinaten|"
    r"coordonnées|coordenadas)[\s:=\"'(\[]{1,5}(?:is |are )?|/@|[?&](?:q|ll|center|query)=)\Z",
    re.I,
)


class LabelledCoordinate(Identifier):
    """One latitude or longitude behind its label: `"lat": 52.52001`."""

    entity = "COORDINATES"
    pattern = re.compile(
        r"(?<![^\W_])(?i:lat|latitude|breitengrad)[\"']?[\s:=]{1,3}[\"']?(?P<value>"
        + _LAT
        + r")(?![\w.])"
        r"|(?<![^\W_])(?i:lon|lng|long|longitude|längengrad)[\"']?[\s:=]{1,3}[\"']?(?P<east>"
        + _LON
        + r")(?![\w.])"
    )
    score = LABELLED
    stems = ("lat", "latitude", "breitengrad", "lon", "lng", "long", "longitude", "längengrad")

    def matches(self, text: str) -> Iterator[Match]:
        """The number of either kind."""
        for match in self.pattern.finditer(text):
            yield Match(*match.span("value" if match["value"] else "east"), LABELLED)


class DegreeCoordinates(Identifier):
    """Coordinates with degree signs and points of the compass: `52.5200° N, 13.4050° E`."""

    entity = "COORDINATES"
    pattern = re.compile(
        r"(?<![\w.])\d{1,2}(?:\.\d{1,8})?\s?°\s?(?:\d{1,2}(?:\.\d+)?\s?['′’]\s?(?:\d{1,2}(?:\.\d{1,6})?\s?(?:[\"″”]|''))?\s?)?[NS]"
        r"[,;]?\s{0,2}\d{1,3}(?:\.\d{1,8})?\s?°\s?(?:\d{1,2}(?:\.\d+)?\s?['′’]\s?(?:\d{1,2}(?:\.\d{1,6})?\s?(?:[\"″”]|''))?\s?)?[EWO]\b"
    )
    score = PATTERN
    shapes = ("°",)
