"""The values that slots stand for, and whether each is an entity."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from urllib.parse import quote, quote_plus

from models.generate import accounts, people, places, sensitive
from models.generate.people import Person
from models.generate.phrases import everyday
from models.generate.technical import Technical

_DOMAINS = "example.com example.org mail.example corp.local gmail.example acme.example".split()
_MONTHS = (
    "January February March April May June July August September October November December".split()
)
JOBS = (
    "security engineer|software developer|sales manager|account manager|nurse|teacher|director|"
    "claims adjuster|data analyst|HR partner|head of finance|CEO|CISO|research assistant|paralegal|"
    "bookkeeper|site reliability engineer|penetration tester|product owner|receptionist|architect|"
    "civil engineer|pharmacist|surgeon|bus driver|journalist|librarian|translator|electrician"
).split("|")


@cache
def _native_regions() -> tuple[str, ...]:
    return tuple(key for key in people.regions() if people.region(key).native)


@dataclass
class Cast:
    """Who a template speaks of: `{FULL1}` and `{email1}` belong together."""

    region: str = ""
    people: dict[str, Person] = field(default_factory=dict)
    last: Person | None = None


class Slots:
    """Draws values for slots; upper-case slots are entities."""

    def __init__(self, rng: random.Random, technical: Technical, line: Callable[[], str]) -> None:
        self.rng, self.technical, self._line = rng, technical, line

    def draw(self, slot: str, cast: Cast) -> tuple[str, str]:
        """A value for `slot` and its label ("" for none). KeyError for an unknown slot."""
        name = slot.rstrip("0123456789")
        if name.startswith("url_"):
            text, label = self.draw(slot[4:], cast)
            return self.rng.choice((quote, quote_plus))(text), label
        if name == "NATIVE":
            return self._native(), "PERSON"
        someone = self._someone(name, slot[len(name) :], cast)
        if name in _NAMES:
            return self._case(_NAMES[name](self.rng, someone)), "PERSON"
        if name == "USERNAME":
            return accounts.account(self.rng, someone), "USERNAME"
        if name == "DOB":
            return self.date(1930, 2012), "DATE_OF_BIRTH"
        placed = self._placed(name, people.region(someone.region))
        if placed:
            return placed
        plain = self._plain(name, someone)
        return (plain, "") if plain is not None else sensitive.value(slot, self.rng)

    def _someone(self, name: str, number: str, cast: Cast) -> Person:
        if number and number in cast.people:
            return cast.people[number]
        if name in ("email", "USERNAME") and not number and cast.last and self.rng.random() < 0.7:
            return cast.last
        fresh = people.person(self.rng, cast.region)
        if number:
            cast.people[number] = fresh
        cast.last = fresh
        return fresh

    def _native(self) -> str:
        return self.rng.choice(people.region(self.rng.choice(_native_regions())).native)

    def _placed(self, name: str, place: people.Region) -> tuple[str, str] | None:
        rng = self.rng
        if name == "ADDRESS":
            return places.address(rng, place), "ADDRESS"
        if name == "STREET":
            return self._case(places.street(rng, place)), "ADDRESS"
        if name == "ROAD":
            return self._case(places.road(rng, place)), "ADDRESS"
        if name == "UNIT":
            return places.unit(rng), "ADDRESS"
        if name == "ZIP":
            return places.code(rng, place), "ADDRESS"
        if name == "CITY":
            return self._case(places.town(rng, place)), "LOCATION"
        if name == "REGION":
            return self._case(rng.choice(place.places["areas"])), "LOCATION"
        if name == "COUNTRY":
            return self._case(rng.choice(place.places["countries"])), "LOCATION"
        if name == "PLACE":
            return self._case(places.somewhere(rng, place)), "LOCATION"
        if name == "ORG":
            return self._case(places.organisation(rng, place)), "ORG"
        return None

    def _case(self, text: str) -> str:
        return self.rng.choices((text, text.lower(), text.upper()), (0.88, 0.07, 0.05))[0]

    def _plain(self, name: str, someone: Person) -> str | None:
        rng = self.rng
        if name == "email":
            if rng.random() < 0.8:
                return f"{accounts.of_person(rng, someone)}@{rng.choice(_DOMAINS)}"
            return f"{accounts.nickname(rng)}@{rng.choice(_DOMAINS)}"
        if name in everyday():
            return rng.choice(everyday()[name])
        if name == "technical":
            return self._line().replace("\n", " ")[:160]
        makers: dict[str, Callable[[], str]] = {
            "user": lambda: rng.choice(accounts.SERVICE),
            "phone": self.phone,
            "date": lambda: self.date(1990, 2026),
            "madeup": lambda: accounts.product(rng, someone),
            "url": lambda: self.technical.url(accounts.product(rng, someone).lower()),
            "letter": lambda: rng.choice("ABCDEFGHJKLMNPRSTVWYZ"),
            "year": lambda: str(rng.randint(1985, 2026)),
            "age": lambda: str(rng.randint(1, 99)),
            "count": lambda: rng.choice(("3", "4", "5", "six", "several", "two", "many")),
            "hour": lambda: f"{rng.randint(0, 23):02}:{rng.randint(0, 59):02}",
            "ip": lambda: ".".join(str(rng.randint(1, 254)) for _ in range(4)),
            "ssn": lambda: (
                f"{rng.randint(100, 772)}-{rng.randint(10, 99)}-{rng.randint(1000, 9999)}"
            ),
            "member": lambda: (
                rng.choice(("MRN", "PT-", "POL-", "CLM-", "EMP", "")) + self.technical.number()
            ),
            "job": lambda: rng.choice(JOBS),
            "tag": lambda: rng.choice(_TAGS),
            "greeting": lambda: rng.choice(("Hi", "Hello", "Dear", "Hey", "Thanks", "Cheers")),
            "title": lambda: rng.choice(("Mr", "Mrs", "Ms", "Dr.")),
            "service": self.technical.word,
        }
        maker = makers.get(name) or self.technical.makers.get(name)
        return maker() if maker else None

    def phone(self) -> str:
        """A telephone number, mostly of reserved ranges."""
        rng = self.rng
        form = rng.choice(
            ("+1-{}-555-{}", "({}) 555-{}", "+44 7{} 90{}", "0{} {}", "{}.555.{}", "+{} 00 {}")
        )
        return form.format(rng.randint(200, 989), f"{rng.randint(0, 9999):04}")

    def date(self, first: int, last: int) -> str:
        """A day between the years, in one of many forms."""
        rng = self.rng
        day, month, year = rng.randint(1, 28), rng.randint(1, 12), rng.randint(first, last)
        name = _MONTHS[month - 1]
        return rng.choice(
            (
                f"{year}-{month:02}-{day:02}",
                f"{day:02}/{month:02}/{year}",
                f"{month}/{day}/{year}",
                f"{day:02}.{month:02}.{year}",
                f"{day} {name[:3]} {year}",
                f"{name} {day}, {year}",
                f"{day} {name} {year}",
                f"{day:02}-{name[:3].upper()}-{year}",
                f"{month:02}/{day:02}/{year % 100:02}",
                f"{year}{month:02}{day:02}",
            )
        )


def _mrz(_: random.Random, someone: Person) -> str:
    family, given = (people.plain(n).upper() for n in (someone.family, someone.given))
    return f"{family or 'LEE'}<<{given or 'SAM'}"


_NAMES: dict[str, Callable[[random.Random, Person], str]] = {
    "PERSON": people.shaped,
    "FULL": lambda rng, someone: someone.native or people.full(rng, someone),
    "GIVEN": lambda _, someone: someone.given,
    "FAMILY": lambda _, someone: someone.family,
    "TITLED": people.titled,
    "MRZ": _mrz,
    "STAGE": lambda rng, _: accounts.stage(rng),
}
_TAGS = (
    "MondayMood blessed throwback FridayFeeling infosec nofilter sunset gameday vegan squad winning "
    "travel foodie bugbounty CTF music family love fail"
).split()
