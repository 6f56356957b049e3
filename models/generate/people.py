"""Invented people, places and organisations of many regions, drawn from Faker's lists."""

from __future__ import annotations

import random
import unicodedata
from dataclasses import dataclass

from faker import Faker

LOCALES = (
    "en_US en_GB en_IN en_CA en_AU en_NZ en_IE de_DE de_AT de_CH fr_FR es_ES es_MX it_IT nl_NL "
    "pl_PL pt_BR pt_PT sv_SE tr_TR cs_CZ fi_FI hr_HR ro_RO hu_HU no_NO da_DK id_ID vi_VN fil_PH "
    "sk_SK sl_SI lt_LT lv_LV et_EE az_AZ zu_ZA yo_NG ha_NG es_AR es_CL es_CO"
).split()
# Romanised or widely met names that Faker has no Latin list for.
MORE_GIVEN = (
    "Wei Xiu Ming Jing Hao Lan Yuki Haruto Sakura Kenji Aiko Minjun Seoyeon Jiho Priya Arjun "
    "Lakshmi Rohan Ananya Vikram Fatima Ahmed Youssef Layla Omar Zainab Hassan Amina Khalid Noor "
    "Chidi Ngozi Kwame Ama Thabo Nomsa Tariq Leila Dmitri Svetlana Oksana Bohdan Ivanka Mehmet "
    "Aylin Thanh Linh Somchai Anong Rosa Juan Luz Siobhan Aoife Niamh"
).split()
MORE_FAMILY = (
    "Wang Li Zhang Chen Liu Nguyen Tran Le Pham Kim Park Choi Tanaka Sato Suzuki Watanabe Singh "
    "Patel Sharma Iyer Khan Hussain Al-Rashid Haddad Mansour Okafor Adeyemi Mensah Dlamini Nkosi "
    "Ivanov Petrova Shevchenko Kovalenko Yilmaz Demir Santos O'Neill O'Brien McDonald Fitzgerald "
    "van der Berg de la Cruz Abdullah Rahman"
).split()


@dataclass(frozen=True)
class Pools:
    """Lists to draw from; sorted, so that a seed gives the same draws everywhere."""

    given: tuple[str, ...]
    family: tuple[str, ...]
    streets: tuple[tuple[str, str, str], ...]
    cities: tuple[str, ...]
    countries: tuple[str, ...]
    organisations: tuple[str, ...]
    jobs: tuple[str, ...]


def pools(seed: int, size: int = 400) -> Pools:
    """The lists for a seed; `size` draws a locale."""
    given, family, streets, cities, organisations = set(), set(), set(), set(), set()
    for number, locale in enumerate(LOCALES):
        fake = Faker(locale)
        fake.seed_instance(seed * 1_000 + number)
        for _ in range(size):
            given.add(fake.first_name())
            family.add(fake.last_name())
        for _ in range(size // 4):
            street = fake.street_address().replace("\n", ", ")
            city = fake.city()
            streets.add((street, city, fake.postcode()))
            cities.add(city)
        for _ in range(size // 8):
            organisations.add(fake.company())
    base = Faker("en_US")
    base.seed_instance(seed)
    latin = [name for name in given | set(MORE_GIVEN) if _is_name(name)]
    latin_family = [name for name in family | set(MORE_FAMILY) if _is_name(name)]
    return Pools(
        tuple(sorted(latin)),
        tuple(sorted(latin_family)),
        tuple(sorted(streets)),
        tuple(sorted(cities)),
        tuple(sorted({base.country() for _ in range(400)})),
        tuple(sorted(organisations)),
        tuple(sorted({base.job() for _ in range(300)})),
    )


def _is_name(text: str) -> bool:
    return len(text) > 1 and all(character.isalpha() or character in " -.'’" for character in text)


def plain(text: str) -> str:
    """ASCII letters of a name, lower case: the way accounts are named after people."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return "".join(character for character in folded.lower() if character.isalnum())


def username(rng: random.Random, given: str, family: str) -> str:
    """An account name made of a name."""
    g, f = plain(given) or "sam", plain(family) or "lee"
    return rng.choice(
        (f"{g}.{f}", f"{g[0]}{f}", f"{g}{rng.randint(1, 999)}", f"{f}{g[0]}", f"{g}_{f}")
    )
