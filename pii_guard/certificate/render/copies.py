"""What a statement says of a copy, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pii_guard.certificate.render.totals import Entry
from pii_guard.certificate.render.words import Words, artifact_ranges, capital, spelt_out

SHOWN = frozenset({"id", "artifact", "what", "store", "claim", "assurance", "note"})
"""Fields with a place of their own; all others of an entry are listed as they are."""
_ITEMS = 12
"""Items of one list that are said."""
DATES = ("at", "until")
_GONE = frozenset({
    "not_persisted", "unlinked", "overwritten_best_effort", "object_versions_deleted", "crypto_erased",
})  # fmt: skip


def remains(entry: Entry) -> bool:
    """Whether it is not shown that a copy is gone: claims that do not say so, unknown ones too, and
    whatever only a person states.
    """
    return entry["claim"] not in _GONE or entry.get("assurance") == "attested"


def copy_name(entry: Entry, artifacts: Sequence[str], words: Words) -> str:
    """`Original of artifact-001 to artifact-003`, as `Original: artifact-001 to artifact-003`."""
    what = words.word("what", str(entry.get("what", "")))
    ids = artifact_ranges(artifacts, words)
    return ": ".join(part for part in (capital(what), ids) if part)


def store_name(entry: Entry, words: Words) -> str:
    """Where the copy was."""
    return words.word("store", str(entry.get("store", "")))


def claimed(entry: Entry, words: Words) -> str:
    """What is claimed of the copy, with its note and its dates."""
    claim = str(entry["claim"])
    sentences = [words.word("claim", claim)]
    if "note" in entry:
        sentences.append(words.word("remark", str(entry["note"])))
    for name in DATES:
        if isinstance(entry.get(name), str):
            sentences.append(words.say(f"when.{name}", when=words.moment(entry[name])))
    return " ".join(sentences)


def details(entry: Entry, words: Words) -> str:
    """Evidence and all other fields, named and listed; "" for none."""
    rest = {k: v for k, v in entry.items() if k not in SHOWN.union(DATES)}
    return described(rest, words) if rest else ""


def described(value: Any, words: Words) -> str:
    """Any value of a statement, legibly: nothing that was signed is left unsaid."""
    if value is None or value in ([], {}):
        return words.say("none")
    if isinstance(value, bool):
        return words.say("yes" if value else "no")
    if isinstance(value, int):
        return words.number(value)
    if isinstance(value, dict):
        parts = (f"{field_name(k, words)}: {described(v, words)}" for k, v in value.items())
        return "; ".join(parts)
    if isinstance(value, list):
        more = [words.say("and_more", count=len(value) - _ITEMS)] if len(value) > _ITEMS else []
        return words.listed([*(described(one, words) for one in value[:_ITEMS]), *more])
    text = words.moment(str(value))
    return spelt_out(text) if "_" in text and text.islower() else text


def field_name(name: str, words: Words) -> str:
    """What a field is called."""
    return words.word("field", name)
