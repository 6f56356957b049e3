"""Writes one labelled document: spans are noted while the text is put together, so they are exact."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence

from models.generate import sensitive
from models.generate.example import Example, Span, join
from models.generate.filler import Filler
from models.generate.noise import noisy, rewritten
from models.generate.people import Person
from models.generate.phrases import LANGUAGE_REGIONS, expanded, lines, template
from models.generate.slots import Cast, Slots
from models.generate.tables import table
from models.generate.talk import transcript
from models.generate.technical import LINES, Technical

__all__ = ["Example", "Span", "Writer", "join"]

_SLOT = re.compile(r"\{(\w+)\}|\[\[([A-Z_]+)\|((?:[^\]]|\](?!\]))+)\]\]")
_INNER = re.compile(r"\{(\w+)\}")
_GAPS = ("\n", "\n\n", "\n\n", " ", "\n---\n", "\n* * *\n")


class Writer:
    """Draws documents; the same seed and negatives give the same documents."""

    def __init__(self, seed: int, negatives: Sequence[str] = ()) -> None:
        self.rng = random.Random(seed)
        self.technical = Technical(self.rng)
        self.filler = Filler(self.rng)
        self.slots = Slots(self.rng, self.technical, self.technical_line)
        self.negatives = negatives

    def document(self) -> Example:
        """One text of one to six parts; about a third of the texts hold nothing personal."""
        rng = self.rng
        draw = rng.random()
        if draw < 0.26:
            parts = [self._impersonal() for _ in range(rng.choice((1, 2, 3, 4)))]
        elif draw < 0.34:
            parts = [self._typed(transcript(rng, self._with_people), "chat")]
        else:
            parts = [self._part() for _ in range(1 if rng.random() < 0.35 else rng.randint(2, 6))]
        return noisy(rng, join(parts, rng.choice(_GAPS)))

    def _part(self) -> Example:
        draw = self.rng.random()
        if draw < 0.22:
            return self._impersonal()
        if draw < 0.37:
            return self.fill(sensitive.sensitive(self.rng))
        if draw < 0.78:
            return self._prose()
        return table(self.rng, self._row, sensitive.COLUMNS, sensitive.HEADERS)

    def _impersonal(self) -> Example:
        rng, draw = self.rng, self.rng.random()
        if draw < 0.28 and self.negatives:
            return Example(rng.choice(self.negatives), ())
        if draw < 0.44:
            return self.fill(sensitive.neutral(rng))
        if draw < 0.55:
            return self.fill(expanded(rng.choice(lines("traps.en")), rng))
        if draw < 0.73:
            return self._log()
        if draw < 0.92:
            return self._filler()
        return Example(self.technical_line(), ())

    def _filler(self) -> Example:
        text = self.filler.draw()
        # Placeholder braces (`{{{}}}`) are no slots.
        return self.fill(text)

    def _log(self) -> Example:
        """What machines write of themselves: one to six lines, mostly of one kind."""
        rng, kinds = self.rng, lines("machine")
        kind = rng.choice(kinds)
        chosen = [
            kind if rng.random() < 0.7 else rng.choice(kinds) for _ in range(rng.randint(1, 6))
        ]
        return self.fill("\n".join(expanded(line, rng) for line in chosen))

    def _prose(self) -> Example:
        text, register = template(self.rng)
        kind, _, language = register.partition(".")
        near = LANGUAGE_REGIONS.get(language)
        region = self.rng.choice(near) if near and self.rng.random() < 0.35 else ""
        return self._typed(self.fill(text, region=region), kind)

    def _typed(self, example: Example, kind: str) -> Example:
        """Chat and social text mostly as people type it: without capitals, or shouting."""
        draw = self.rng.random()
        if kind not in ("chat", "social") or draw > 0.42:
            return example
        return rewritten(example, str.upper if draw < 0.05 else str.lower)

    def _row(self, slots: Sequence[str]) -> list[tuple[str, str]]:
        cast = Cast()
        return [self.draw(slot, cast) for slot in slots]

    def technical_line(self) -> str:
        """A filled technical template, or several."""
        lines_ = [self.rng.choice(LINES) for _ in range(self.rng.choice((1, 1, 2, 3)))]
        makers = self.technical.makers
        text = "\n".join(
            _INNER.sub(lambda m: makers[m[1]]() if m[1] in makers else m[0], line)
            for line in lines_
        )
        return text.strip() or "-"

    def _with_people(self, text: str, people: dict[str, Person]) -> Example:
        return self.fill(text, people=people)

    def fill(
        self, text: str, *, region: str = "", people: dict[str, Person] | None = None
    ) -> Example:
        """A template with its slots filled: upper-case slots are entities, the others are not.

        `[[LABEL|text]]` is an entity as a whole, slots in it included. Slots of the same number
        (`{FULL1}`, `{email1}`) speak of the same person; `people` gives those by number.
        `region` is one of `people.regions()`, or empty for any.
        """
        cast = Cast(region, dict(people or {}))
        done, spans, position = "", list[Span](), 0
        for slot in _SLOT.finditer(text):
            done += text[position : slot.start()]
            position = slot.end()
            if slot[1]:
                value, label = self.draw(slot[1], cast)
            else:
                value = _INNER.sub(lambda m: self.draw(m[1], cast)[0], slot[3])
                label = slot[2]
            if label and value:
                spans.append((len(done), len(done) + len(value), label))
            done += value
        return Example(done + text[position:], tuple(spans))

    def draw(self, slot: str, cast: Cast | None = None) -> tuple[str, str]:
        """A value for a slot and its label ("" for none); KeyError for an unknown slot."""
        return self.slots.draw(slot, cast or Cast())
