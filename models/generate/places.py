"""Places, addresses and organisations in the forms of each region."""

from __future__ import annotations

import random
import re
import string

from models.generate.people import Region, invented, region, regions

_STEMS = (
    "Nova Helio Brick Alta Quanta Lumen Orbis Vento Terra Kestrel Merid Aqua Zephyr Corda Pinna "
    "Solis Arbor Ferro Vega Crest Harbor Summit Pioneer Anchor Beacon Granite Cobalt Amber Delta "
    "Union Atlas Phoenix Meridian Horizon Evergreen Northern Golden Pacific Global United First"
).split()
_BODIES = (
    "Red Cross|UNICEF|Interpol|NATO|the European Commission|the World Health Organization|WHO|FIFA|"
    "the Senate|the Home Office|the Supreme Court|Oxfam|Médecins Sans Frontières|the Ministry of "
    "Health|the High Court|Lufthansa|Toyota|Nestlé|the Treasury|the National Guard|BBC|Reuters|"
    "the Data Protection Authority|Bundestag|Sûreté|the Electoral Commission|IKEA|Airbus|Siemens"
).split("|")
_LANDMARKS = (
    "the {w} River|Lake {w}|Mount {w}|{w} Island|{w} Bay|{w} Valley|{w} Airport|{w} Square|"
    "{w} Bridge|{w} Station|Port {w}|{w} Beach|{w} National Park"
).split("|")
_UNITS = (
    "Apt. {n}|Apt {n}{l}|Suite {n}|Ste {n}|Unit {n}|Flat {n}|Floor {n}|{n}. OG|Room {n}|Bldg {l}|#{n}|"
    "Apartment {n}|Block {l}|2nd floor|Piso {n}|Etage {n}|Wohnung {n}|Appt {n}|Dept. {n}|Level {n}"
).split("|")
_MARK = re.compile(r"[#@]")
_FIELD = re.compile(r"\{(\w+)\}")


def town(rng: random.Random, place: Region) -> str:
    """A town of the region, or one that is on no map."""
    if rng.random() < 0.2:
        words = tuple(name for name in place.places["towns"] if " " not in name)
        return invented(rng, words)
    return rng.choice(place.places["towns"])


def somewhere(rng: random.Random, place: Region) -> str:
    """A town, area, country or landmark."""
    draw = rng.random()
    if draw < 0.5:
        return town(rng, place)
    if draw < 0.7:
        return rng.choice(place.places["areas"])
    if draw < 0.88:
        return rng.choice(place.places["countries"])
    return rng.choice(_LANDMARKS).replace("{w}", town(rng, place))


def code(rng: random.Random, place: Region) -> str:
    """A postal code in a form of the region."""
    return _MARK.sub(
        lambda m: str(rng.randint(0, 9)) if m[0] == "#" else rng.choice(string.ascii_uppercase),
        rng.choice(place.places["zip"]),
    )


def street(rng: random.Random, place: Region) -> str:
    """A street with a number."""
    road = rng.choice(place.places["roads"])
    if rng.random() < 0.3:  # the street is named after somebody, or has an invented name
        model = rng.choice(place.places["roads"]).split()
        name = invented(rng, place.family)
        at = next((i for i, word in enumerate(model) if len(word) > 5), 0)
        road = " ".join(name if i == at else word for i, word in enumerate(model))
    values = {
        "road": road,
        "n": str(rng.choice((rng.randint(1, 40), rng.randint(1, 299), rng.randint(100, 9999)))),
        "a": str(rng.randint(1, 30)),
        "l": rng.choice("ABCDEF"),
    }
    return _FIELD.sub(lambda m: values[m[1]], rng.choice(place.places["layout"]))


def road(rng: random.Random, place: Region) -> str:
    """A street without its number."""
    return re.sub(r"^[\d/]+\W+|[,\s]+(?:lgh )?[\d/]+\s?[a-z]?$", "", street(rng, place), flags=re.I)


def unit(rng: random.Random) -> str:
    """A part of a building, or where in it mail goes."""
    number = rng.choice(
        (str(rng.randint(1, 40)), f"{rng.randint(1, 999):03}", str(rng.randint(100, 999)))
    )
    return rng.choice(_UNITS).format(n=number, l=rng.choice("ABCDEF"))


def address(rng: random.Random, place: Region) -> str:
    """A whole address, on one or more lines."""
    draw = rng.random()
    if draw < 0.06:
        text = _field_post(rng, place)
    elif draw < 0.45:
        text = _assembled(rng, place)
    else:
        values = _values(rng, place)
        text = _FIELD.sub(lambda m: values[m[1]], rng.choice(place.places["whole"]))
    return rng.choices((text, text.upper(), text.lower()), (0.9, 0.05, 0.05))[0]


def _values(rng: random.Random, place: Region) -> dict[str, str]:
    return {
        "street": street(rng, place),
        "zip": code(rng, place),
        "town": town(rng, place),
        "area": rng.choice(place.places["areas"]),
        "country": rng.choice(place.places["countries"]),
        "l": rng.choice("ABCDEMPRS"),
    }


def _assembled(rng: random.Random, place: Region) -> str:
    """As forms and exports put addresses together: any parts, any breaks, gaps and all."""
    values = _values(rng, place)
    first = values["street"]
    if rng.random() < 0.25:
        first = f"{rng.randint(1, 99):02}{rng.choice((' ', ', '))}{first}"
    if rng.random() < 0.1:
        first = (
            f"{rng.choice(('P.O. Box', 'PO Box', 'Postfach', 'p.o. box'))} {rng.randint(1, 9999)}"
        )
    if rng.random() < 0.1:
        first = f"c/o {rng.choice(place.given)} {rng.choice(place.family)}, {first}"
    elsewhere = region(rng.choice(regions())) if rng.random() < 0.2 else place
    country = rng.choice(elsewhere.places["countries"])
    state = rng.choice(
        (values["area"], "".join(rng.choices(string.ascii_uppercase, k=2)), "nan", "N/A")
    )
    ends = rng.choice(
        (
            [values["town"], f"{country} {values['zip']}"],
            [values["town"], country],
            [f"{values['zip']} {values['town']}", country],
            [f"{values['town']}, {state} {values['zip']}"],
            [values["town"], state, values["zip"]],
            [f"{values['town']} {values['zip']}"],
            [values["town"]],
        )
    )
    parts = [first, *([unit(rng)] if rng.random() < 0.55 else []), *ends]
    gap = rng.choice((", ", "\n", "\n ", "\n", "\n    ", "\n\t", " ", " / ", "\n, ", "<br>", "; "))
    return gap.join(parts)


def _field_post(rng: random.Random, place: Region) -> str:
    """Of those who serve on ships and bases."""
    where = rng.choice(
        (
            f"{rng.choice(('USS', 'USNS', 'USCGC', 'HMS'))} {rng.choice(place.family)}",
            f"Unit {rng.randint(1, 9999)} Box {rng.randint(1, 9999)}",
            f"PSC {rng.randint(1, 9999)}, Box {rng.randint(1, 9999)}",
            f"CMR {rng.randint(100, 999)}",
            f"BFPO {rng.randint(1, 800)}",
        )
    )
    post = f"{rng.choice(('APO', 'FPO', 'DPO'))} {rng.choice(('AA', 'AE', 'AP'))} {rng.randint(10000, 99999)}"
    return where + rng.choice(("\n", ", ", " ")) + post


def organisation(rng: random.Random, place: Region) -> str:
    """A firm, office or institution."""
    if rng.random() < 0.12:
        return rng.choice(_BODIES)
    values = {
        "f": rng.choice(place.family),
        "g": rng.choice(place.given),
        "t": town(rng, place),
        "a": str(rng.randint(1, 9)),
        "w": rng.choice(_STEMS) if rng.random() < 0.6 else invented(rng, tuple(_STEMS)),
    }
    return _FIELD.sub(lambda m: values[m[1]], rng.choice(place.places["firm"]))
