"""Numbers and strangers' words as a report prints them."""

from __future__ import annotations

from contextlib import suppress

from pii_guard.certificate.render.markup import E, Node
from pii_guard.certificate.render.words import Words, capital, spelt_out
from pii_guard.certificate.vocabulary import EXTENSIONS
from pii_guard.errors import MEANINGS, REMEDIES, ReasonCode
from pii_guard.report.harmless import visible
from pii_guard.report.months import MONTH
from pii_guard.report.summary import RANK

_UNITS = ("bytes", "kB", "MB", "GB", "TB", "PB", "EB")
_WORD = 80


def share(part: int, whole: int, words: Words) -> str:
    """A part in per cent, which is 0 or 100 only where it is so."""
    percent = round(100 * part / whole) if whole else 0
    if part and not percent:
        return words.say("share.least")
    if part < whole and percent == 100:
        return words.say("share.nearly")
    return words.say("share", percent=percent)


def size(number: int | None) -> str:
    """Bytes in the unit that fits (of a thousand each)."""
    if number is None:
        return "–"
    value, unit = float(number), 0
    while value >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    return (
        f"{value:.0f} {_UNITS[unit]}" if unit == 0 or value >= 10 else f"{value:.1f} {_UNITS[unit]}"
    )


def change(before: int, now: int, words: Words) -> str:
    """By how much, and by how much per cent."""
    if before == now:
        return words.say("trend.none")
    sign = "+" if now > before else "−"
    by = f"{sign}{words.number(abs(now - before))}"
    return f"{by} ({sign}{share(abs(now - before), before, words)})" if before else by


def month(name: str, words: Words) -> str:
    """`2026-11` as a reader writes it: `Nov 2026`; what is no month as it is."""
    if not MONTH.fullmatch(name):
        return visible(name, _WORD)
    year, _, number = name.partition("-")
    return f"{words.say('months').split()[int(number) - 1][:3]} {year}"


def place(location: str) -> Node:
    """A location: turned around by nothing in it, and turning nothing around."""
    return E.bdi({"class": "place"}, visible(location))


def kind_name(entity_type: str, words: Words) -> str:
    """What an entity type is called; one that nobody here knows by its own name."""
    return (
        capital(words.word("type", entity_type))
        if words.has("type", entity_type)
        else _own(entity_type)
    )


def category_name(category: str, words: Words) -> str:
    """What a category is called."""
    return words.word("category", category) if words.has("category", category) else _own(category)


def media_name(media_type: str, words: Words) -> str:
    """What files of a media type are called; what nobody here knows by its own name."""
    if not media_type:
        return words.say("media.none")
    known = words.has("media", media_type) or media_type in EXTENSIONS
    return words.media(media_type) if known else visible(media_type, _WORD)


def severity_name(severity: str, words: Words) -> str:
    """What a severity is called."""
    return words.word("severity", severity) if words.has("severity", severity) else _own(severity)


def unread_name(word: str, words: Words) -> str:
    """What was passed over."""
    return words.word("unread", word) if words.has("unread", word) else _own(word)


def severity_mark(severity: str, words: Words) -> Node:
    """A severity with its mark. What is none of ours has none, and is no class either."""
    kind = severity if severity in RANK else "none"
    return E.span({"class": f"severity {kind}"}, severity_name(severity, words))


def reason(code: str) -> tuple[str, str]:
    """What a reason says and what can be done, as sentences."""
    with suppress(ValueError):
        known = ReasonCode(code)
        return capital(MEANINGS[known]) + ".", capital(REMEDIES[known]) + "."
    return _own(code), "–"


def _own(word: str) -> str:
    return visible(capital(spelt_out(word)), _WORD) or "–"
