"""Conversations: a few people, some turns, one way of writing down who says what."""

from __future__ import annotations

import random
from collections.abc import Callable

from models.generate.example import Example, join
from models.generate.people import Person, person
from models.generate.phrases import expanded, lines

# `@` is where the speaker's name goes, `~` where the utterance goes.
STYLES = (
    "{@}: ~|{@}: ~|[{hour}] <{@}> ~|<{@}> ~|{@} ({hour}): ~|**{@}** ~|{@}  {hour}\n~|"
    "{hour} {@}: ~|> {@}: ~|{@} > ~|- {@}: ~|{hour} - {@}: ~|@{@} ~|[{date} {hour}] {@}: ~|"
    "{@} said: ~|{@} | ~"
).split("|")
_ROLES = "user bot agent customer support admin caller operator interviewer Q A".split()


def transcript(rng: random.Random, fill: Callable[[str, dict[str, Person]], Example]) -> Example:
    """Three to ten turns of two or three speakers; `fill` renders a template with known people."""
    kind = rng.choices(("FULL", "GIVEN", "USERNAME", "FAMILY", "role"), (3, 4, 4, 1, 2))[0]
    cast = {str(n): person(rng) for n in range(1, rng.randint(3, 4))}
    handles: dict[str, str] = {}
    for number, role in zip(sorted(cast), rng.sample(_ROLES, len(cast)), strict=True):
        handles[number] = role
        if kind != "role":  # the same way of writing the speaker in all turns
            label = "USERNAME" if kind == "USERNAME" else "PERSON"
            handles[number] = f"[[{label}|{fill(f'{{{kind}{number}}}', cast).text}]]"
    style = rng.choice(STYLES)
    turns = []
    for _ in range(rng.randint(3, 10)):
        number = rng.choice(sorted(handles))
        said = expanded(rng.choice(lines("talk.en")), rng)
        line = style.replace("{@}", handles[number]).replace("~", said)
        turns.append(fill(line, cast))
    return join(turns, "\n")
