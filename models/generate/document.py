"""Writes one labelled document: spans are noted while the text is put together, so they are exact."""

from __future__ import annotations

import random
import re
import string
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from models.generate.people import Pools, plain, pools, username
from models.generate.technical import LINES, Technical
from models.generate.templates import COLUMNS, HEADERS, PROSE

Span = tuple[int, int, str]
_SLOT = re.compile(r"\{(\w+)\}|\[\[([A-Z_]+)\|([^\]]+)\]\]")
_DOMAINS = "example.com example.org mail.example corp.local gmail.example acme.example".split()


@dataclass(frozen=True)
class Example:
    """A text with its labelled half-open character spans."""

    text: str
    spans: tuple[Span, ...]


class Writer:
    """Draws documents; the same seed and negatives give the same documents."""

    def __init__(self, seed: int, negatives: Sequence[str] = ()) -> None:
        self.rng = random.Random(seed)
        self.pools: Pools = pools(seed)
        self.technical = Technical(self.rng)
        self.negatives = negatives

    def document(self) -> Example:
        """One text of one to six parts, a good third of them without anything personal."""
        rng = self.rng
        parts = [self._part() for _ in range(1 if rng.random() < 0.3 else rng.randint(2, 6))]
        return join(parts, rng.choice(("\n", "\n\n", "\n\n", " ", "\n---\n")))

    def _part(self) -> Example:
        draw = self.rng.random()
        if draw < 0.22:
            return Example(self.technical_line(), ())
        if draw < 0.36 and self.negatives:
            return Example(self.rng.choice(self.negatives), ())
        if draw < 0.70:
            return self.fill(self.rng.choice(PROSE))
        return self.table()

    def technical_line(self) -> str:
        """A filled technical template, or several."""
        lines = [self.rng.choice(LINES) for _ in range(self.rng.choice((1, 1, 2, 3)))]
        makers = self.technical.makers
        return (
            "\n".join(
                _SLOT.sub(lambda m: makers[m[1]]() if m[1] in makers else m[0], line)
                for line in lines
            ).strip()
            or "-"
        )

    def fill(self, template: str) -> Example:
        """A template with its slots filled: upper-case slots are entities, the others are not.

        `[[LABEL|text]]` stands for a text that is an entity as it is; it may hold no slot.
        """
        text, spans, position = "", [], 0
        for slot in _SLOT.finditer(template):
            text += template[position : slot.start()]
            position = slot.end()
            value, label = self.draw(slot[1]) if slot[1] else (slot[3], slot[2])
            if label:
                spans.append((len(text), len(text) + len(value), label))
            text += value
        return Example(text + template[position:], tuple(spans))

    def draw(self, slot: str) -> tuple[str, str]:
        """A value for a slot and its label ("" for none)."""
        rng = self.rng
        given, family = rng.choice(self.pools.given), rng.choice(self.pools.family)
        if slot in ("PERSON", "FULL", "GIVEN", "FAMILY"):
            return self._case(self._name(slot, given, family)), "PERSON"
        if slot in ("ADDRESS", "STREET", "ZIP"):
            return self._address(slot), "ADDRESS"
        if slot == "CITY":
            return self._case(rng.choice(self.pools.cities)), "LOCATION"
        if slot == "COUNTRY":
            return rng.choice(self.pools.countries), "LOCATION"
        if slot == "ORG":
            return rng.choice(self.pools.organisations), "ORG"
        return self._plain(slot, given, family), ""

    def _name(self, slot: str, given: str, family: str) -> str:
        rng = self.rng
        if slot == "GIVEN":
            return given
        if slot == "FAMILY":
            return family
        if slot == "FULL":
            return f"{given} {family}"
        second = rng.choice(self.pools.given)
        initial = rng.choice(string.ascii_uppercase)
        particle = rng.choice(("van", "de", "von", "bin", "al", "da", "del", "van der", "O’"))
        shapes = (
            (f"{given} {family}", 0.50),
            (given, 0.12),
            (f"{given} {initial}. {family}", 0.07),
            (f"{family}, {given}", 0.07),
            (f"{given[0]}. {family}", 0.06),
            (f"{given} {second} {family}", 0.05),
            (f"{given} {family}-{rng.choice(self.pools.family)}", 0.04),
            (family, 0.04),
            (f"{given} {particle} {family}", 0.03),
            (f"{family} {given}", 0.02),
        )
        return rng.choices([s for s, _ in shapes], [w for _, w in shapes])[0]

    def _address(self, slot: str) -> str:
        rng = self.rng
        street, city, code = rng.choice(self.pools.streets)
        if slot == "STREET":
            return street
        if slot == "ZIP":
            return code
        whole = rng.choice(
            (
                f"{street}, {city}, {code}",
                f"{street}, {code} {city}",
                f"{street}\n{code} {city}",
                f"{street}, {city}",
                street,
                f"{street}, {city} {code}, {rng.choice(self.pools.countries)}",
            )
        )
        return rng.choices((whole, whole.upper(), whole.lower()), (0.9, 0.05, 0.05))[0]

    def _case(self, text: str) -> str:
        return self.rng.choices((text, text.lower(), text.upper()), (0.82, 0.10, 0.08))[0]

    def _plain(self, slot: str, given: str, family: str) -> str:
        rng = self.rng
        if slot == "email":
            return f"{username(rng, given, family)}@{rng.choice(_DOMAINS)}"
        if slot == "user":
            service = ("admin", "root", "svc_backup", "deploy", "www-data", "test_user", "guest")
            return rng.choice((username(rng, given, family), rng.choice(service)))
        if slot == "phone":
            form = rng.choice(
                ("+1-{}-555-{}", "({}) 555-{}", "+44 7{} 90{}", "0{} {}", "{}.555.{}")
            )
            return form.format(rng.randint(200, 989), f"{rng.randint(0, 9999):04}")
        if slot == "date":
            day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(1940, 2026)
            names = "Jan Feb March April May June July Aug September Oct Nov December".split()
            return rng.choice(
                (
                    f"{year}-{month:02}-{day:02}",
                    f"{day:02}/{month:02}/{year}",
                    f"{day} {names[month - 1]} {year}",
                    f"{names[month - 1]} {day}, {year}",
                )
            )
        if slot == "ip":
            return ".".join(str(rng.randint(1, 254)) for _ in range(4))
        if slot == "ssn":
            return f"{rng.randint(100, 772)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"
        if slot == "member":
            return rng.choice(("MRN", "PT-", "POL-", "CLM-", "EMP", "")) + self.technical.number()
        if slot == "job":
            return rng.choice(self.pools.jobs)
        if slot == "title":
            return rng.choice(
                ("Mr", "Mrs", "Ms", "Dr", "Dr.", "Mr.", "Prof.", "Herr", "Frau", "Mme")
            )
        if slot == "greeting":
            return rng.choice(("Hi", "Hello", "Dear", "Hey", "Thanks", "Cheers", "Hola", "Bonjour"))
        if slot == "service":
            return plain(self.technical.word())
        if slot == "technical":
            return self.technical_line().replace("\n", " ")[:160]
        return self.technical.makers[slot]()

    def table(self) -> Example:
        """One to five records in one of the shapes data has."""
        rng = self.rng
        columns = rng.sample(COLUMNS, rng.randint(2, 7))
        heads = [rng.choice(HEADERS.get(name, (name,))) for name, _ in columns]
        rows = [[self.draw(slot) for _, slot in columns] for _ in range(rng.randint(1, 5))]
        shape = rng.choice(
            "fields fields fields csv csv tsv json json sql xml form markdown pairs log".split()
        )
        return TableText(rng, shape, heads).render(rows)


class TableText:
    """Rows of drawn values as CSV, JSON, SQL, … with the spans of the entities in them."""

    def __init__(self, rng: random.Random, shape: str, heads: Sequence[str]) -> None:
        self.rng, self.shape, self.heads = rng, shape, heads
        self.text, self.spans = "", list[Span]()

    def put(self, text: str) -> None:
        self.text += text

    def value(self, drawn: tuple[str, str]) -> None:
        text, label = drawn
        text = text.replace("\n", " ")
        if self.shape == "form":
            text = text.replace(" ", self.rng.choice(("+", "%20")))
        elif self.shape == "sql":
            text = text.replace("'", "''")
        elif self.shape in ("csv", "tsv"):
            text = text.replace("," if self.shape == "csv" else "\t", " ")
        if label and text:
            self.spans.append((len(self.text), len(self.text) + len(text), label))
        self.put(text)

    def render(self, rows: Sequence[Sequence[tuple[str, str]]]) -> Example:
        opening, row_open, pair, gap, row_close, closing = self._frame()
        self.put(opening)
        for row in rows:
            self.put(row_open)
            for number, (head, drawn) in enumerate(zip(self.heads, row, strict=True)):
                before, after = pair(head)
                self.put((gap if number else "") + before)
                self.value(drawn)
                self.put(after)
            self.put(row_close)
        self.put(closing)
        return Example(self.text, tuple(self.spans))

    def _frame(self) -> tuple[str, str, Callable[[str], tuple[str, str]], str, str, str]:
        rng, heads = self.rng, self.heads
        if self.shape in ("csv", "tsv"):
            comma = "\t" if self.shape == "tsv" else rng.choice(",,;")
            quote = rng.choice(("", "", '"'))
            opening = comma.join(heads) + "\n" if rng.random() < 0.7 else ""
            return opening, "", lambda _: (quote, quote), comma, "\n", ""
        if self.shape == "json":
            line = rng.choice(("", "\n  "))
            return "[", "{", lambda h: (f'{line}"{h}": "', '"'), ",", "}", "]"
        if self.shape == "sql":
            opening = f"INSERT INTO users ({', '.join(heads)}) VALUES "
            return opening, "(", lambda _: ("'", "'"), ", ", "),", ";"
        if self.shape == "xml":
            return "", "<row>", lambda h: (f"<{h}>", f"</{h}>"), "", "</row>\n", ""
        if self.shape == "form":
            return (
                "POST /profile HTTP/1.1\nHost: shop.test\n\n",
                "",
                lambda h: (f"{h}=", ""),
                "&",
                "\n",
                "",
            )
        if self.shape == "markdown":
            opening = "| " + " | ".join(heads) + " |\n|" + "---|" * len(heads) + "\n"
            return opening, "| ", lambda _: ("", ""), " | ", " |\n", ""
        if self.shape == "log":
            return "", "2026-03-04T10:11:12Z INFO saved ", lambda h: (f"{h}=", ""), " ", "\n", ""
        mark = rng.choice((": ", "=", " = ", ":\t")) if self.shape == "pairs" else ": "
        return "", "", lambda h: (f"{h}{mark}", ""), "\n", "\n\n", ""


def join(parts: Sequence[Example], gap: str) -> Example:
    """The parts one after the other."""
    text, spans = "", list[Span]()
    for part in parts:
        if text:
            text += gap
        spans += [(s + len(text), e + len(text), label) for s, e, label in part.spans]
        text += part.text
    return Example(text, tuple(spans))
