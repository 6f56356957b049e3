"""What fills documents and says nothing of anybody: placeholder text, codes, cells, other languages."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from functools import cache
from importlib import import_module

from models.generate.phrases import expanded, lines

_TONGUES = "la la la de_DE fr_FR es_ES it_IT nl_NL pl_PL cs_CZ da_DK".split()
"""Word lists of Faker's placeholder text (MIT); Latin is what templates and themes are full of."""
_NAMED = frozenset(
    "madrid barcelona españa parís méxico cuba europa américa josé juan carlos maría luis antonio "
    "gonzález manuel garcía miguel pedro fernando felipe santiago jorge pablo rafael rodríguez lópez "
    "martín francisco victoria marco rosa blanca sean dan françois claire pierre stella massimo "
    "kristen ben tom andre liv lina róża".split()
)
"""What those lists hold of names."""
_DAYS = "Mon Tue Wed Thu Fri Sat Sun Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()
_LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma "
    "tau upsilon phi chi psi omega"
).split()
_CODES = (
    "E W F I B UP C4 SIM ARG PTH RUF ANN D N PL PT ERA TID RET ISC ICN COM BLE FBT DTZ SLF TRY PERF "
    "XS S M L XL XXL EN DE FR ES IT NL PT PL USD EUR GBP JPY CHF KB MB GB TB MIT BSD GPL ISC AGPL "
    "ASC DESC NULL NAN TRUE FALSE YES NO OK ERR WARN INFO AM PM UTC GMT CET EST PST NW SE SW AA AAA "
    "RSA AES SHA ECDSA DSA TLS SSL SSH SIP VIP DNS ARP ICMP LAN WAN RED AMBER GREEN LOW MED HIGH "
    "CRIT TODO WIP LGTM ASAP FAQ API SDK CLI GUI CPU GPU RAM ROM ALA LEU VAL LYS TRP Q1 Q2 H1 V2"
).split()
_PACKAGES = (
    "requests flask click rich typer jinja2 pillow lxml celery pandas numpy scipy pytest mypy ruff "
    "black isort tox nox hatch poetry rustls tokio serde rayon clap hyper axum lodash chalk ava mocha "
    "chai jasmine jest vite rollup babel sinon ember mithril preact maven ant ivy guava joda lombok "
    "hazelcast camel drools sally jade pug joblib jekyll eleventy mercurial magnolia "
    "rosetta elixir crystal ruby"
).split()
_FRAMES = (
    "{}",
    "[{}]",
    "({})",
    "{{{}}}",
    "select = [{}]",
    "enum({})",
    "values: {}",
    "- {}",
    "| {} |",
)


class Filler:
    """Draws such text; the same random numbers give the same text."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.kinds: tuple[Callable[[], str], ...] = (
            self.placeholder, self.placeholder, self.codes, self.codes, self.cells,
            self.abroad, self.abroad, self.abroad,
        )  # fmt: skip

    def draw(self) -> str:
        """A text of one kind; it may hold the slots of a template."""
        return self.rng.choice(self.kinds)()

    def placeholder(self) -> str:
        """Sentences of words that mean nothing together."""
        rng = self.rng
        words = _tongue(rng.choice(_TONGUES))
        sentences = [
            self._sentence([rng.choice(words) for _ in range(rng.randint(3, 14))])
            for _ in range(rng.randint(1, 6))
        ]
        if rng.random() < 0.3:
            opening = "lorem ipsum dolor sit amet, consectetur adipiscing elit"
            sentences.insert(0, opening.capitalize() + rng.choice((".", "...", ",")))
        text = rng.choice((" ", " ", "\n")).join(sentences)
        return rng.choice((str, str, str, str, str, str.lower, str.title, str.upper))(text)

    def _sentence(self, words: list[str]) -> str:
        rng = self.rng
        if len(words) > 5 and rng.random() < 0.5:
            words[rng.randint(1, 4)] += ","
        text = " ".join(words)
        return text[:1].upper() + text[1:] + rng.choice((".", ".", ".", "", ";", "?"))

    def codes(self) -> str:
        """A list of codes, packages, letters or days, as configuration and tables have them."""
        rng = self.rng
        words: Sequence[str] = rng.choice((_CODES, _CODES, _PACKAGES, _PACKAGES, _LETTERS, _DAYS))
        spelling = rng.choice((str, str, str, str.title, str.upper, str.lower))
        chosen = [spelling(word) for word in rng.sample(words, rng.randint(2, 10))]
        quote = rng.choice(("", "", '"', "'", "`"))
        comma = rng.choice((", ", ", ", ",", "; ", " | ", " ", "\n", "/"))
        return rng.choice(_FRAMES).format(comma.join(f"{quote}{word}{quote}" for word in chosen))

    def cells(self) -> str:
        """Rows of numbers, codes and small words."""
        rng = self.rng
        comma = rng.choice((",", ";", "\t", " | ", "  "))
        makers: list[Callable[[], str]] = [
            rng.choice(
                (
                    lambda: str(rng.randint(0, 99_999)),
                    lambda: f"{rng.uniform(0, 500):.2f}",
                    lambda: rng.choice(_CODES),
                    lambda: rng.choice(_LETTERS).title(),
                    lambda: rng.choice(("yes", "no", "true", "false", "", "-", "n/a", "NULL")),
                    lambda: (
                        f"{rng.randint(1, 28):02}/{rng.randint(1, 12):02}/20{rng.randint(10, 26)}"
                    ),
                    lambda: rng.choice(_PACKAGES),
                )
            )
            for _ in range(rng.randint(3, 8))
        ]
        return "\n".join(comma.join(make() for make in makers) for _ in range(rng.randint(1, 6)))

    def abroad(self) -> str:
        """Sentences of other languages about software and every day, mostly without capitals."""
        rng = self.rng
        chosen = [
            expanded(rng.choice(lines("abroad")), rng) for _ in range(rng.choice((1, 1, 2, 3)))
        ]
        text = rng.choice((" ", "\n", "\n\n")).join(chosen)
        return text[:1].upper() + text[1:] if rng.random() < 0.5 else text


@cache
def _tongue(locale: str) -> Sequence[str]:
    words: Sequence[str] = import_module(f"faker.providers.lorem.{locale}").Provider.word_list
    # Some lists hold countries; in German all nouns have capitals.
    return [w for w in words if w not in _NAMED and (locale == "de_DE" or w.islower())]
