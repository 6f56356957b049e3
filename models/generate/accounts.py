"""Account, stage and product names: made of a name, or chosen by somebody for fun."""

from __future__ import annotations

import random

from models.generate.people import Person, folded, plain

_ADJECTIVES = (
    "dark silent lazy crazy tiny mad lucky frozen neon pixel salty cosmic rusty angry sleepy royal "
    "electric velvet hidden spicy iron golden phantom broken"
).split()
_NOUNS = (
    "wolf panda ninja moon raven cactus dragon noodle falcon pirate potato storm tiger ghost biscuit "
    "llama samurai comet badger otter wizard mango shadow turtle"
).split()
SERVICE = (
    "admin root svc_backup deploy www-data test_user guest nobody postgres ubuntu jenkins ec2-user "
    "administrator system ci-bot daemon nginx mysql service-account sa backup anonymous"
).split()


def of_person(rng: random.Random, someone: Person) -> str:
    """An account name made of a name."""
    g, f = plain(someone.given) or "sam", plain(someone.family) or "lee"
    number = rng.choice((str(rng.randint(1, 99)), str(rng.randint(1950, 2009))))
    return rng.choice(
        (
            f"{g}.{f}",
            f"{g[0]}{f}",
            f"{g}{number}",
            f"{f}{g[0]}",
            f"{g}_{f}",
            f"{g[0]}.{f}",
            f"{f}.{g}",
            f"{g}{f}",
            f"{f}_{g[:3]}",
            f"{g}-{f}{number}",
            f"{g[:3]}{f[:4]}",
            f"{g}{f[0]}",
            f"{g.title()}{f.title()}",
            f"{g[0].upper()}{f.title()}",
            f"x_{g}_x",
        )
    )


def nickname(rng: random.Random) -> str:
    """An account name that says nothing of its owner's name."""
    a, n, number = rng.choice(_ADJECTIVES), rng.choice(_NOUNS), rng.randint(1, 9999)
    return rng.choice(
        (
            f"{a}{n}{number}",
            f"{a}_{n}",
            f"{n}{number}",
            f"xX_{a}{n}_Xx",
            f"{a.title()}{n.title()}",
            f"{n}.{a}",
            f"the_{a}_{n}",
            f"{a}-{n}-{number}",
            f"{n}4{a}",
            f"u{number}{n[:3]}",
            f"{a[0]}{n}{number % 100:02}",
            f"{n}lover{number % 100}",
        )
    )


def stage(rng: random.Random) -> str:
    """A stage name."""
    a, n = rng.choice(_ADJECTIVES).title(), rng.choice(_NOUNS).title()
    return rng.choice(
        (f"{a} {n}", f"DJ {n}", f"Lil {n}", f"MC {a}", f"Kid {n}", f"Lady {n}", n * 2)
    )


def product(rng: random.Random, someone: Person) -> str:
    """Software named like nobody and like anybody: the words around tell it from a person."""
    ends = ("ix", "ify", "ly", "OS", "Hub", "Press", "Kit", "Desk", "")
    name = folded(rng.choice((someone.given, someone.family))).split()[-1].split("-")[0]
    stem = rng.choice((name, name[:4], rng.choice(_NOUNS).title(), rng.choice(_ADJECTIVES).title()))
    return stem.strip("'’") + rng.choice(ends)


def account(rng: random.Random, someone: Person) -> str:
    """An account name of a person."""
    return of_person(rng, someone) if rng.random() < 0.65 else nickname(rng)
