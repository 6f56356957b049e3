"""Records in the shapes data has: CSV, JSON, SQL, XML, forms, logs, … with the spans of entities."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from urllib.parse import quote, quote_plus

from models.generate.columns import COLUMNS, HEADERS
from models.generate.example import Example, Span

SHAPES = (
    "fields fields fields csv csv csv tsv json json json sql sql xml form markdown pairs log yaml "
    "html psv object cookie fixed cells"
).split()
Drawn = tuple[str, str]
Frame = tuple[str, str, Callable[[str], tuple[str, str]], str, str, str]
"""Opening, row opening, what stands around a value, gap, row closing, closing."""


def table(
    rng: random.Random,
    row: Callable[[Sequence[str]], list[Drawn]],
    more: Sequence[tuple[str, str]] = (),
    more_heads: dict[str, list[str]] | None = None,
) -> Example:
    """One to five records; `row` draws the values of slots, `more` are further columns."""
    names = HEADERS | (more_heads or {})
    columns = rng.sample(COLUMNS, rng.randint(2, 7))
    if more and rng.random() < 0.3:
        columns += rng.sample(list(more), min(len(more), rng.choice((1, 1, 2))))
        rng.shuffle(columns)
    heads = [_cased(rng, rng.choice(names.get(name, [name]))) for name, _ in columns]
    rows = [row([slot for _, slot in columns]) for _ in range(rng.choice((1, 1, 1, 2, 2, 3, 5)))]
    return TableText(rng, rng.choice(SHAPES), heads).render(rows)


def _cased(rng: random.Random, head: str) -> str:
    words = head.replace(".", "_").split("_")
    return rng.choices(
        (
            head,
            head.upper(),
            " ".join(words).title(),
            words[0] + "".join(word.title() for word in words[1:]),
            "-".join(words),
            rng.choice("abtux") + "_" + head,
        ),
        (0.7, 0.06, 0.12, 0.06, 0.03, 0.03),
    )[0]


class TableText:
    """Rows of drawn values as CSV, JSON, SQL, … with the spans of the entities in them."""

    def __init__(self, rng: random.Random, shape: str, heads: Sequence[str]) -> None:
        self.rng, self.shape, self.heads = rng, shape, heads
        self.text, self.spans = "", list[Span]()
        self.coded = rng.choice((quote, quote_plus, lambda text: text.replace(" ", "+")))

    def put(self, text: str) -> None:
        self.text += text

    def value(self, drawn: Drawn) -> None:
        text, label = drawn
        text = text.replace("\n", ", " if label == "ADDRESS" else " ")
        if self.shape in ("form", "cookie"):
            text = self.coded(text)
        elif self.shape == "sql":
            text = text.replace("'", "''")
        elif self.shape in ("json", "object"):
            text = text.replace('"', '\\"')
        elif self.shape in ("csv", "tsv", "psv"):
            text = text.replace({"csv": ",", "tsv": "\t", "psv": "|"}[self.shape], " ").strip()
        if label and text:
            self.spans.append((len(self.text), len(self.text) + len(text), label))
        self.put(text)

    def render(self, rows: Sequence[Sequence[Drawn]]) -> Example:
        opening, row_open, around, gap, row_close, closing = self._frame()
        self.put(opening)
        for row in rows:
            self.put(row_open)
            for number, (head, drawn) in enumerate(zip(self.heads, row, strict=True)):
                before, after = around(head)
                self.put((gap if number else "") + before)
                self.value(drawn)
                self.put(after)
            self.put(row_close)
        self.put(closing)
        return Example(self.text, tuple(self.spans))

    def _frame(self) -> Frame:
        if self.shape in ("csv", "tsv", "psv", "markdown", "fixed", "html", "cells"):
            return self._headed()
        if self.shape in ("json", "object", "sql", "form", "cookie"):
            return self._program()
        return self._lines()

    def _headed(self) -> Frame:
        rng, heads = self.rng, self.heads
        if self.shape == "markdown":
            opening = "| " + " | ".join(heads) + " |\n|" + "---|" * len(heads) + "\n"
            return opening, "| ", lambda _: ("", ""), " | ", " |\n", ""
        if self.shape == "html":
            opening = "<tr>" + "".join(f"<th>{h}</th>" for h in heads) + "</tr>\n"
            opening = opening if rng.random() < 0.6 else ""
            return opening, "<tr>", lambda _: ("<td>", "</td>"), "", "</tr>\n", ""
        if self.shape == "cells":  # a table whose cells were copied one to a line
            return "\n".join(heads) + "\n", "", lambda _: ("", ""), "\n", "\n", ""
        gaps = {
            "csv": rng.choice(",,,;"),
            "tsv": "\t",
            "psv": "|",
            "fixed": " " * rng.randint(2, 9),
        }
        gap = gaps[self.shape]
        mark = rng.choice(("", "", '"')) if self.shape == "csv" else ""
        opening = gap.join(heads) + "\n" if rng.random() < 0.7 else ""
        return opening, "", lambda _: (mark, mark), gap, "\n", ""

    def _program(self) -> Frame:
        rng, heads = self.rng, self.heads
        if self.shape == "json":
            line, gap = rng.choice((("", ""), ("", " "), ("\n  ", " "), ("\n    ", " ")))
            inner = rng.choice(('"data":', '"user": ', '"result":', ""))
            first, last = (("{" + inner), "}") if inner else ("[", "]")
            return (
                first,
                "{",
                lambda h: (f'{line}"{h}":{gap}"', '"'),
                ",",
                rng.choice(("},", "}", "}\n")),
                last,
            )
        if self.shape == "object":
            mark = rng.choice("'\"")
            name = rng.choice(("user", "row", "const patient", "record", "$customer"))
            return "", f"{name} = {{", lambda h: (f"{mark}{h}{mark}: {mark}", mark), ", ", "}\n", ""
        if self.shape == "sql":
            target = rng.choice("users customers patients accounts policy_holders".split())
            opening = f"INSERT INTO {target} ({', '.join(heads)}) VALUES "
            return opening, "(", lambda _: ("'", "'"), ", ", "),", ";"
        start = (
            "Cookie: "
            if self.shape == "cookie"
            else rng.choice(
                (
                    "POST /profile HTTP/1.1\nHost: shop.test\n\n",
                    "POST /api/v2/save HTTP/1.1\nContent-Type: application/x-www-form-urlencoded\n\n",
                    "GET /search?",
                    "https://app.example/edit?",
                )
            )
        )
        return start, "", lambda h: (f"{h}=", ""), "; " if self.shape == "cookie" else "&", "\n", ""

    def _lines(self) -> Frame:
        rng = self.rng
        if self.shape == "xml":
            tag = rng.choice("row user customer patient entry".split())
            line = rng.choice(("", "\n  "))
            return "", f"<{tag}>", lambda h: (f"{line}<{h}>", f"</{h}>"), "", f"</{tag}>\n", ""
        if self.shape == "yaml":
            return "users:\n", "  - ", lambda h: (f"{h}: ", ""), "\n    ", "\n", ""
        if self.shape == "log":
            mark = rng.choice(("", '"'))
            start = rng.choice(("2026-03-04T10:11:12Z INFO saved ", "Mar  4 10:11:12 app[311]: "))
            return "", start, lambda h: (f"{h}={mark}", mark), " ", "\n", ""
        marks = (": ", "=", " = ", ":\t", " - ", ":\n") if self.shape == "pairs" else (": ",)
        mark = rng.choice(marks)
        return "", "", lambda h: (f"{h}{mark}", ""), "\n", "\n\n", ""
