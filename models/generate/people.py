"""Invented people of eighteen regions of the world; each region has its own lists in `lists/`.

A third of the names stand in no list: they are put together from the syllables of the region's
names, so that a model has to read the sentence around them.
"""

from __future__ import annotations

import random
import string
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from faker import Faker

_LISTS = Path(__file__).parent / "lists"
_VOWELS = "aeiouyıəøæœ"
_DRAWS = 250
"""Names drawn from each of Faker's locales."""

TITLES = (
    "Mr|Mr.|Mrs|Mrs.|Ms|Ms.|Miss|Dr|Dr.|Prof.|Professor|Doctor|Sir|Dame|Lord|Lady|Rev.|Father|"
    "Sister|Pastor|Rabbi|Imam|Sheikh|Judge|Justice|Hon.|Capt.|Captain|Col.|Maj.|Lt.|Sgt.|Sergeant|"
    "Officer|Nurse|Mx.|Madam|Eng.|Engr.|Chief|Alhaji|Hajia|Shri|Smt.|Datuk|Dato'|Datin|Ustadh|"
    "Herr|Frau|M.|Mme|Mlle|Maître|Sr.|Sra.|Srta.|Don|Doña|Dra.|Sig.|Sig.ra|Dott.|Avv.|Dhr.|Mevr.|"
    "Prof. Dr.|Dr. med.|Ing.|Mgr.|Sayın|Pan|Pani|Signora|Monsieur|Madame|Señor|Señora|Dona"
).split("|")
POSTNOMINALS = (
    "PhD|Ph.D.|MD|M.D.|Jr.|Jr|Sr.|II|III|IV|Esq.|CISSP|OSCP|MBE|OBE|RN|MSc|M.Sc.|BSc|LL.M.|CPA|"
    "DDS|DVM|KC|MBA|FRCP|MPH|P.E.|PMP|DO|PharmD"
).split("|")
# Names that are also words, products, months, towns or adjectives: the sentence has to tell.
WORD_NAMES = (
    "Will Grant Chase Jordan Paris Mark Page Bill Rich Pat May June April August Summer Dawn Faith "
    "Hope Grace Joy Rose Lily Daisy Violet Jasmine Ruby Pearl Amber Crystal Sandy Rusty Rocky "
    "Hunter Mason Carter Sterling Dean Duke Earl Frank Guy Jack Jimmy Josh Miles Nick Norm Ray Rob "
    "Skip Victor Wade Ward Art Bob Buck Chip Christian Chuck Cliff Clay Colt Dale Drew Gene Glen "
    "Harry Heath Iris Ivy Jade Jay Jean Jenkins Penny Robin Sky Star Sunny Terry Trinity Woody "
    "Austin Dallas Houston Madison Savannah Sydney Florence Charlotte Chelsea Brooklyn Kent London "
    "Angel Jesus Israel Kenya India China Asia Chad Jersey Carolina Virginia Georgia Tex"
).split()
WORD_FAMILIES = (
    "Jackson White Black Brown Green Gray Young Long Short Small Little Rich Strong Wise Moody Love "
    "King Prince Pope Bishop Knight Baker Cook Miller Smith Carpenter Fisher Hunter Shepherd Farmer "
    "Jenkins Struts Page Bush Field Ford Hill Lake Moon Park Poole Rivers Stone Wood Woods Snow "
    "Winter Summers May March English French German Welsh Holland Ireland Scott Polish Church Cross "
    "Day Fox Wolf Lamb Bird Swan Crane Drake Price Rice Pepper Case Chase Grant Power Root Shell "
    "Sharp Gates Jobs Banks Cash Money Best Good Noble Savage Wild Christian Lincoln Jordan Berlin"
).split()


@dataclass(frozen=True)
class Region:
    """The lists of one region; `family_first` and `second_family` are chances from 0 to 1."""

    key: str
    given: tuple[str, ...]
    family: tuple[str, ...]
    more_given: tuple[str, ...]
    more_family: tuple[str, ...]
    native: tuple[str, ...]
    particles: tuple[str, ...]
    places: Mapping[str, tuple[str, ...]]
    family_first: float
    second_family: float


@dataclass(frozen=True)
class Person:
    """Someone invented: `native` is the whole name in the region's script, or empty."""

    given: str
    family: str
    region: str
    native: str = ""


@cache
def regions() -> tuple[str, ...]:
    """The names of the regions, sorted: `anglo`, `arab_world`, …"""
    return tuple(sorted(file.stem for file in (_LISTS / "regions").glob("*.txt")))


@cache
def region(key: str) -> Region:
    """The lists of the region named `key`, one of `regions()`; KeyError otherwise."""
    if key not in regions():
        raise KeyError(key)
    lines = (_LISTS / "regions" / f"{key}.txt").read_text("utf-8").splitlines()
    fields = {name: _items(rest) for name, _, rest in (line.partition(":") for line in lines)}
    drawn = [_drawn(locale.replace(" ", "_")) for locale in fields.get("faker", ())]
    return Region(
        key,
        fields["given"],
        fields["family"],
        tuple(sorted({name for given, _ in drawn for name in given})) or fields["given"],
        tuple(sorted({name for _, family in drawn for name in family})) or fields["family"],
        fields.get("native", ()),
        fields.get("particles", ()),
        {k: fields[k] for k in "towns areas countries roads layout zip whole firm".split()},
        float(fields.get("family_first", ("0.03",))[0]),
        float(fields.get("second_family", ("0.05",))[0]),
    )


def _items(text: str) -> tuple[str, ...]:
    text = text.strip()
    if "|" in text:
        return tuple(part.replace("\\n", "\n") for part in text.split("|"))
    return tuple(part.replace("_", " ") for part in text.split())


def _drawn(locale: str) -> tuple[set[str], set[str]]:
    fake = Faker(locale)
    fake.seed_instance(1)
    given = {fake.first_name().strip() for _ in range(_DRAWS)}
    family = {fake.last_name().strip() for _ in range(_DRAWS)}
    return {n for n in given if _is_name(n)}, {n for n in family if _is_name(n)}


def _is_name(text: str) -> bool:
    latin = all(c in " -.'’" or "LATIN" in unicodedata.name(c, "") for c in text)
    return len(text) > 1 and latin


@cache
def _syllables(names: tuple[str, ...]) -> tuple[tuple[str, ...], ...]:
    """Names in parts, cut after vowels: `Ja-ni-ka`; the last consonants stay with the last part."""
    found = []
    for name in names:
        if not name.isalpha() or not name[0].isupper():
            continue
        parts, part = [], ""
        for at, letter in enumerate(name):
            part += letter
            after = name[at + 1 : at + 2]
            if _is_vowel(letter) and after and not _is_vowel(after):
                parts.append(part)
                part = ""
        if parts and part and not any(map(_is_vowel, part)):
            parts[-1] += part
        elif part:
            parts.append(part)
        onset = next((at for at, letter in enumerate(name) if _is_vowel(letter)), 0)
        if len(parts) > 1:
            found.append(tuple(parts))
        elif onset:  # one syllable, as Chinese and Korean family names have: `Zh-ang`
            found.append((name[:onset], name[onset:]))
    return tuple(found)


def _is_vowel(letter: str) -> bool:
    return unicodedata.normalize("NFD", letter.lower())[0] in _VOWELS


def invented(rng: random.Random, names: tuple[str, ...]) -> str:
    """A name that sounds like `names`: the beginning of one and the end of another."""
    cut = _syllables(names)
    if not cut:
        return rng.choice(names)
    first, last = rng.choice(cut), rng.choice(cut)
    middle = rng.choice(rng.choice(cut)[:-1]).lower() if rng.random() < 0.25 else ""
    return (first[0] + middle + "".join(last[1:])).capitalize()


def person(rng: random.Random, key: str = "") -> Person:
    """Someone of the region `key`, or of any region: all are equally likely."""
    place = region(key or rng.choice(regions()))
    native = rng.choice(place.native) if place.native and rng.random() < 0.06 else ""
    given = _drawn_name(rng, place.given, place.more_given)
    family = _drawn_name(rng, place.family, place.more_family)
    # Asked for a region, the name is of that region; else some are words, whoever bears them.
    words = 0.25 if place.key == "anglo" else 0 if key else 0.03
    if rng.random() < words:
        given = rng.choice(WORD_NAMES)
    if rng.random() < words:
        family = rng.choice(WORD_FAMILIES)
    if place.particles and rng.random() < 0.08:
        family = f"{rng.choice(place.particles)} {family}"
    if rng.random() < 0.08:
        given, family = folded(given), folded(family)
    return Person(given, family, place.key, native)


def _drawn_name(rng: random.Random, own: tuple[str, ...], more: tuple[str, ...]) -> str:
    draw = rng.random()
    if draw < 0.28:
        return invented(rng, own)
    return rng.choice(own if draw < 0.7 else more)


def name_of(rng: random.Random, key: str) -> str:
    """A whole romanised name of the region `key`, in the order usual there."""
    someone = person(rng, key)
    return full(rng, someone)


def full(rng: random.Random, someone: Person) -> str:
    """Given and family name as the region writes them."""
    place = region(someone.region)
    family = someone.family
    if rng.random() < place.second_family:
        family += rng.choice((" ", " ", "-")) + rng.choice(place.family)
    if rng.random() < place.family_first:
        return f"{family} {someone.given}"
    return f"{someone.given} {family}"


def titled(rng: random.Random, someone: Person) -> str:
    """A name with what stands before or after it."""
    draw = rng.random()
    if draw < 0.35:
        return f"{rng.choice(TITLES)} {someone.family}"
    if draw < 0.68:
        return f"{rng.choice(TITLES)} {full(rng, someone)}"
    gap = rng.choice((" ", " ", ", "))
    name = full(rng, someone) if draw < 0.9 else f"Dr. {full(rng, someone)}"
    return f"{name}{gap}{rng.choice(POSTNOMINALS)}"


def shaped(rng: random.Random, someone: Person) -> str:
    """A name in any of the shapes names are written in."""
    given, family = someone.given, someone.family
    if someone.native:
        return someone.native
    draw = rng.random()
    if draw < 0.38:
        return full(rng, someone)
    if draw < 0.60:
        return given if draw < 0.52 else family
    if draw < 0.72:
        return titled(rng, someone)
    initial = rng.choice(string.ascii_uppercase)
    place = region(someone.region)
    other, nick = rng.choice(place.given), invented(rng, place.given)[:5]
    return rng.choice(
        (
            f"{given} {initial}. {family}",
            f"{family}, {given}",
            f"{given[0]}. {family}",
            f"{initial}.{given[0]}. {family}",
            f"{given} {other} {family}",
            f"{given} {family}-{rng.choice(place.family)}",
            f"{given} {family.upper()}",
            f"{family.upper()} {given}",
            f"{given} “{nick}” {family}",
            f'{given} "{nick}" {family}',
            f"{given} {family[0]}.",
            f"{given}-{other} {family}",
        )
    )


def folded(text: str) -> str:
    """A name without accents, case kept; letters without a plain form are written out."""
    for letter, plain_form in zip("ßøØæÆðÐþÞłŁđĐıəŒœ", _PLAIN_FORMS, strict=True):
        text = text.replace(letter, plain_form)
    kept = (c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return "".join(kept)


_PLAIN_FORMS = "ss o O ae Ae d D th Th l L d D i e Oe oe".split()


def plain(text: str) -> str:
    """ASCII letters of a name, lower case: the way accounts are named after people."""
    ascii_form = folded(text).encode("ascii", "ignore").decode()
    return "".join(character for character in ascii_form.lower() if character.isalnum())
