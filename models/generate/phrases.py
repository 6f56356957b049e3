"""Our sentences by register, and the small grammar they are written in.

In the files of `lists/text/` a line is a template: `⟨a¦b⟩` stands for one of its parts (they nest),
`⟨@name⟩` for one of the parts of that name in `lists/words.txt`, `{NAMES}` for a list of names.
"""

from __future__ import annotations

import random
import re
from functools import cache
from pathlib import Path

from faker.providers.lorem.en_US import Provider as Lorem

_LISTS = Path(__file__).parent / "lists"
_CHOICE = re.compile(r"⟨([^⟨⟩]*)⟩")
_NAMES = re.compile(r"\{(FULL|)NAMES\}")
REGISTERS = (
    ("prose.en", 24),
    ("story.en", 20),
    ("post.en", 16),
    ("everyday.en", 34),
    ("mail.en", 15),
    ("chat.en", 12),
    ("social.en", 8),
    ("record.en", 18),
    ("letters.de", 7),
    ("letters.fr", 6),
    ("letters.es", 7),
    ("letters.it", 4),
    ("letters.pt", 4),
    ("letters.nl", 4),
    ("letters.xx", 6),
)
"""Files of `lists/text/` and how often each is drawn from; the ending names the language."""
LANGUAGE_REGIONS = {
    "de": ("west_europe",),
    "fr": ("west_europe", "west_africa"),
    "es": ("latin_america", "south_europe"),
    "it": ("south_europe",),
    "pt": ("latin_america", "south_europe", "southern_africa"),
    "nl": ("west_europe",),
}


@cache
def lines(register: str) -> tuple[str, ...]:
    """The templates of a register."""
    text = (_LISTS / "text" / f"{register}.txt").read_text("utf-8")
    return tuple(
        line.replace("\\n", "\n").replace("\\t", "\t") for line in text.splitlines() if line
    )


@cache
def words() -> dict[str, str]:
    """The named parts of sentences."""
    return _named("words.txt")


@cache
def everyday() -> dict[str, tuple[str, ...]]:
    """Words of all sorts by what they do in a sentence; none of them is personal."""
    found = {name: tuple(rest.split("¦")) for name, rest in _named("everyday.txt").items()}
    return found | {"filler": tuple(word for word in Lorem.word_list if len(word) > 2)}


def _named(name: str) -> dict[str, str]:
    rows = (_LISTS / name).read_text("utf-8").splitlines()
    return {name: rest.strip() for name, _, rest in (row.partition(":") for row in rows)}


def expanded(template: str, rng: random.Random) -> str:
    """The template with every choice made."""
    while "⟨" in template:
        template = _CHOICE.sub(lambda m: _chosen(m[1], rng), template)
    return _NAMES.sub(lambda m: _names(m[1] or "GIVEN", rng), template)


def _chosen(parts: str, rng: random.Random) -> str:
    if parts.startswith("@"):
        # `⟨@a⟩` of a list whose items hold choices: they are made in the next round.
        return _one(words()[parts[1:]], rng)
    return rng.choice(parts.split("¦"))


def _one(parts: str, rng: random.Random) -> str:
    """One of the parts at the outer level: nested choices stay whole."""
    found, depth = [""], 0
    for letter in parts:
        depth += (letter == "⟨") - (letter == "⟩")
        if letter == "¦" and not depth:
            found.append("")
        else:
            found[-1] += letter
    return rng.choice(found)


def _names(kind: str, rng: random.Random) -> str:
    slots = [
        "{" + rng.choices((kind, "FULL", "GIVEN", "PERSON"), (0.8, 0.08, 0.08, 0.04))[0] + "}"
        for _ in range(rng.randint(2, 7))
    ]
    comma = rng.choice((", ", ", ", ", ", "; ", " / ", "\n", "\n- ", " | ", ","))
    last = rng.choice((comma, " and ", " and ", " and ", " & ", ", and ", " und ", " y ", " et "))
    return comma.join(slots[:-1]) + last + slots[-1]


def template(rng: random.Random) -> tuple[str, str]:
    """A template of any register, choices made, and the register (`chat.en`)."""
    register = rng.choices([name for name, _ in REGISTERS], [n for _, n in REGISTERS])[0]
    return expanded(rng.choice(lines(register)), rng), register
