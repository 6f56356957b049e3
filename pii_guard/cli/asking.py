"""Questions to the researcher before signing: places, what is left, the statements. Never values."""

from __future__ import annotations

import shutil
import textwrap
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta

import typer

from pii_guard.certificate.acknowledgement import Answers, Remainder, written
from pii_guard.certificate.shapes import DATE
from pii_guard.certificate.terms import REASONS, Terms
from pii_guard.errors import PolicyError


def ask(
    terms: Terms, values: Mapping[str, str], completed: datetime | None, now: datetime
) -> Answers:
    """Ask on standard error and read standard input, for the date as well where it is None.

    `values` are those of the certificate. Raises `typer.Abort` where it ends early.
    """
    shown = terms.rendered({**values, "completed": ""})
    _say(f"{shown.title}\n\n{shown.opening}\n")
    _say("Where did you search? Answer yes for what you searched and cleared.")
    places = [word for word, label in terms.places.items() if _yes(f"  {label}")]
    remainders: list[Remainder] = []
    while _yes("Is anything left somewhere" if not remainders else "Is anything else left"):
        remainders.append(_remainder(terms))
    _say("The statements you would sign:")
    statements = []
    for number, (identifier, text) in enumerate(shown.clauses, 1):
        _say(f"\n({number}) {text}")
        if _yes("Do you state this"):
            statements.append(identifier)
    if completed is None:
        completed = _completed(now)
    closing = terms.rendered({**values, "completed": written(completed)}).closing
    _say(f"\n{closing}")
    if not _yes("Sign"):
        raise typer.Abort
    return Answers(statements, places, completed, remainders)


def remainder(text: str) -> Remainder:
    """`PLACE:REASON[:YYYY-MM-DD]` of an option. Raises `PolicyError`."""
    place, _, rest = text.partition(":")
    reason, _, until = rest.partition(":")
    return Remainder(place, reason, day(until) if until else None)


def day(text: str) -> date:
    """A date as YYYY-MM-DD. Raises `PolicyError`."""
    if DATE.misfit(text) is not None:
        raise PolicyError("a date cannot be read", remedy="write it as 2027-01-31")
    return date.fromisoformat(text)


def moment(text: str, now: datetime) -> datetime:
    """A moment: `2027-01-31T09:00:00Z`, or a day, which means its end, but no later than `now`.

    Raises `PolicyError`.
    """
    if "T" not in text:
        end = datetime.combine(day(text), time(), UTC) + timedelta(days=1, seconds=-1)
        # Today is not over: what was finished was finished by now.
        return now if end.date() == now.date() else end
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        found = None
    if found is None or found.tzinfo is None:
        raise PolicyError("a time cannot be read", remedy="write it as 2027-01-31T09:00:00Z")
    return found.astimezone(UTC)


def _completed(now: datetime) -> datetime:
    while True:
        text = typer.prompt(
            "\nWhen did you finish (YYYY-MM-DD, or nothing for today)",
            default="", show_default=False, err=True,
        )  # fmt: skip
        try:
            found = moment(text.strip(), now) if text.strip() else now
        except PolicyError as error:
            _say(f"{error}: {error.remedy}")
            continue
        if found <= now:
            return found
        _say("that is in the future")


def _remainder(terms: Terms) -> Remainder:
    place = _choose("Where", dict(terms.places))
    reason = _choose("Why", dict(terms.reasons))
    needed = REASONS[reason]
    while True:
        text = typer.prompt(
            "Until which day (YYYY-MM-DD)" + ("" if needed else ", or nothing"),
            default=None if needed else "",
            show_default=False,
            err=True,
        )
        try:
            return Remainder(place, reason, day(text.strip()) if text.strip() else None)
        except PolicyError as error:
            _say(f"{error}: {error.remedy}")


def _choose(question: str, labels: dict[str, str]) -> str:
    words = list(labels)
    for number, word in enumerate(words, 1):
        _say(f"  {number:2}  {labels[word]}")
    while True:
        answer = typer.prompt(f"{question} (number)", err=True).strip()
        if answer.isascii() and answer.isdigit() and 0 < int(answer) <= len(words):
            return words[int(answer) - 1]
        _say("one of the numbers, please")


def _yes(question: str) -> bool:
    return typer.confirm(question, default=False, err=True)


def _say(text: str) -> None:
    width = min(96, shutil.get_terminal_size().columns)
    # Labels keep their indent and numbers; of a text, each paragraph is folded.
    lines = [
        line if line.startswith(" ") else textwrap.fill(line, width) for line in text.split("\n")
    ]
    typer.echo("\n".join(lines), err=True)
