"""What a statement says of a copy, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pii_guard.certificate.render.totals import Entry
from pii_guard.certificate.render.words import Words, artifact_ranges, spelt_out

SHOWN = frozenset({"id", "artifact", "what", "store", "claim", "assurance", "note"})
"""Fields with a place of their own; all others of an entry are listed as they are."""


def copy_name(entry: Entry, artifacts: Sequence[str], words: Words) -> str:
    """`Original of artifact-001 to artifact-003`, as `Original: artifact-001 to artifact-003`."""
    what = words.word("what", str(entry.get("what", "")))
    ids = artifact_ranges(artifacts, words)
    return ": ".join(part for part in (what[:1].upper() + what[1:], ids) if part)


def store_name(entry: Entry, words: Words) -> str:
    """Where the copy was."""
    return words.word("store", str(entry.get("store", "")))


def claimed(entry: Entry, words: Words) -> str:
    """What is claimed of the copy, with its note and its dates."""
    claim = str(entry["claim"])
    sentences = [words.word("claim", claim)]
    if "note" in entry:
        sentences.append(words.word("remark", str(entry["note"])))
    dates = [
        f"{words.word('field', name)} {words.moment(entry[name])}"
        for name in ("at", "until")
        if isinstance(entry.get(name), str)
    ]
    text = " ".join(sentences)
    return f"{text} ({words.listed(dates)})" if dates else text


def details(entry: Entry, words: Words) -> str:
    """Evidence and all other fields, named and listed; "" for none."""
    rest = {k: v for k, v in entry.items() if k not in SHOWN | {"at", "until"}}
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
        return words.listed(described(one, words) for one in value)
    text = words.moment(str(value))
    return spelt_out(text) if "_" in text and text.islower() else text


def field_name(name: str, words: Words) -> str:
    """What a field is called."""
    return words.word("field", name)
