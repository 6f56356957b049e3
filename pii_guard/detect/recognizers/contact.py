"""How a person is reached: e-mail, phone, postal address."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from pii_guard.detect.recognizer import LABELLED, PATTERN, VALIDATED, WEAK, Identifier, Match

_ATOM = r"[\w!#$%&'*+/=?^`{|}~-]"


class EmailAddress(Identifier):
    """E-mail addresses, internal domains included (RFC 5322 dot-atoms, no public-suffix list)."""

    entity = "EMAIL_ADDRESS"
    pattern = re.compile(
        r"(?<![\w.+%-])(?P<value>[\w+%'-][\w.+%'-]{0,63}@(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}"
        r"[^\W\d_](?:[\w-]{0,61}[^\W_])?)(?![\w@]|\.\w|:[\w./~-]+\.git\b)"
    )
    score = VALIDATED
    finds = (
        "mail jane.roe@example.com today",
        "j_roe+test@mail.corp.local",
        "<o'brien@example.org>",
        "svc@db01.internal",
        "é.dupont@exemple.example",
        "email=amina@example.net&x=1",
        "mailto:li.wei@example.co.uk?subject=x",
        "JANE@EXAMPLE.COM",
        "user%2Btag@example.com",
        '"email":"k.tanaka@example.jp"',
    )
    spares = (
        "git@github.com:org/repo.git",
        "user@host",
        "@handle on social media",
        "a@b@c",
        "price @ 12.50",
        "left-pad@1.3.0",
        "@media screen",
        "foo@",
        "decorator @app.route",
        "ssh root@10.0.0.5",
    )

    def valid(self, text: str) -> bool | None:
        """False for what cannot be a mailbox: dots at the ends or doubled in the local part."""
        local = text.partition("@")[0]
        return not (local.startswith(".") or local.endswith(".") or ".." in text)


_NO_PHONE = re.compile(r"\d{4}([-./ ])\d\d\1\d\d.{0,9}|\d{3}-\d\d-\d{4}|\d\d([./-])\d\d\2\d{4}")
_REGIONS = ("US", "GB", "DE", "FR", "ES", "IT", "NL", "IN", "AU", "BR")


class PhoneNumber(Identifier):
    """Phone numbers: international form anywhere, national forms by plan and punctuation or label."""

    entity = "PHONE_NUMBER"
    pattern = re.compile(
        r"(?<![\w.,:/=#%$€£+-])(?P<value>(?:\+|00)?[(]?\d[\d ()./\u00a0\u2011-]{5,22}\d)"
        r"(?:\s?(?:x|ext\.?)\s?\d{1,5})?(?![\w%:/=]|[.,-]\d)"
        r"|(?<=[=:])(?:\+|%2B)\d{7,15}(?!\d)"
    )
    words = (
        "phone", "tel", "telephone", "mobile", "cell", "call", "called", "fax", "whatsapp", "sms",
        "contact", "number", "handy", "telefon", "téléphone", "teléfono", "ring", "dial", "text",
        "msisdn", "reach", "ext",
    )  # fmt: skip
    reach = 40
    finds = (
        "+1 212-555-0143",
        "call (415) 555-0132 now",
        "+44 7700 900123",
        "phone: 07700 900456",
        "tel 020 7946 0018",
        "+49 30 23125 014",
        "Tel. 0171 3920012",
        "+33 1 99 00 12 34",
        "mobile: 212.555.0198",
        "phone=+14155550132&x=1",
        "212-555-0143",
    )
    spares = (
        "2026-01-02 10:11:12",
        "version 1.2.3.4",
        "order 1000234567",
        "192.168.1.10",
        "1639143420123",
        "4111 1111 1111 1111",
        "Content-Length: 348275",
        "12345678",
        "CVE-2021-44228",
        "10.0.0.0/8 and 8080/tcp",
        "2024-11-05",
    )

    def matches(self, text: str) -> Iterator[Match]:
        """Candidates that a numbering plan accepts, or that a label names."""
        for match in self.pattern.finditer(text):
            start, end = match.span("value") if match["value"] else match.span()
            score = self._score(text, start, text[start:end])
            if score > WEAK:
                yield Match(start, end, score)

    def labelled(self, text: str, start: int) -> bool:
        """The label must be this number's own: no other number stands between them."""
        digit = max(
            (i for i in range(max(0, start - self.reach), start) if text[i].isdigit()), default=-1
        )
        return super().labelled(text[digit + 1 : start], start - digit - 1)

    def _score(self, text: str, start: int, value: str) -> float:
        digits = sum(map(str.isdigit, value))
        if not 7 <= digits <= 15 or _NO_PHONE.fullmatch(value):
            return 0.0
        labelled = self.labelled(text, start)
        if value.startswith(("+", "%2B")):
            return LABELLED if _fits(value.replace("%2B", "+"), None) or labelled else PATTERN
        grouped = bool(re.search(r"[ ()./\u00a0\u2011-]", value.strip()))
        if labelled and digits <= 13 and (grouped or value.startswith("0") or digits >= 10):
            return LABELLED
        if re.fullmatch(r"\(\d{3}\) ?\d{3}[-. ]\d{4}|\d{3}-\d{3}-\d{4}|\d{3}\.\d{3}\.\d{4}", value):
            return PATTERN
        if grouped and value.startswith("0") and "." not in value:
            return PATTERN if any(_fits(value, region) for region in _REGIONS) else 0.0
        return 0.0


def _fits(value: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return False
    # Possible, not valid: ranges reserved for fiction are invalid, and are what people type.
    return bool(phonenumbers.is_possible_number(number))


_STREET = (
    r"street|st\.?|road|rd\.?|avenue|ave\.?|boulevard|blvd\.?|lane|ln\.?|drive|dr\.?|court|ct\.?|"
    r"close|crescent|place|pl\.?|square|terrace|way|row|parkway|pkwy\.?|highway|hwy\.?|circle|"
    r"gardens|grove|mews|walk|quay"
)
_CAP = r"[^\W\d_][^\W\d_'’.-]{0,24}"
_TOWN = (
    rf"(?:,?\s{{1,2}}(?:(?:apt|apartment|flat|suite|unit|floor|#)\.? ?[\w-]{{1,8}},?\s)?"
    rf"(?:{_CAP}[ -]?){{1,4}},?\s{{1,2}}(?:[A-Z]{{2}}\s)?(?:\d{{5}}(?:-\d{{4}})?|"
    rf"[A-Z]{{1,2}}\d[A-Z\d]? ?\d[A-Z]{{2}}|[A-Z]\d[A-Z] ?\d[A-Z]\d|\d{{4}}(?: ?[A-Z]{{2}})?)(?!\d))"
)


class PostalAddress(Identifier):
    """Street addresses: number and street word, with town and postcode when they follow."""

    entity = "ADDRESS"
    pattern = re.compile(
        rf"(?<![\w.])(?P<value>"
        rf"\d{{1,5}}[a-zA-Z]?(?:[-/]\d{{1,4}})?,?\s(?:[NSEW]\.?\s)?(?:{_CAP}\s){{1,4}}(?:{_STREET})(?!\w){_TOWN}?"
        rf"|(?:{_CAP}[ -]){{0,3}}[^\W\d_]{{2,25}}(?:straße|strasse|str\.|weg|platz|gasse|allee|ring|"
        rf"straat|laan|plein|gracht)\s\d{{1,4}} ?[a-z]?(?!\w)(?:,?\s(?:D-|A-)?\d{{4,5}}(?: ?[A-Z]{{2}})?\s{_CAP}(?:[ -]{_CAP}){{0,2}})?"
        rf"|\d{{1,4}}(?: ?bis| ?ter)?,?\s(?:rue|avenue|boulevard|place|chemin|allée|impasse|quai)\s(?:[^\W_][\w'’-]{{0,24}}[ ]?){{1,5}}(?:,?\s\d{{5}}\s{_CAP}(?:[ -]{_CAP}){{0,2}})?"
        rf"|(?:Calle|Avenida|Plaza|Paseo|Via|Viale|Corso|Piazza|Rua|Travessa)\s(?:[^\W\d_][\w'’.-]{{0,24}}[ ]?){{1,5}},?\s\d{{1,4}}(?!\w)(?:,?\s\d{{5}}\s{_CAP}(?:[ -]{_CAP}){{0,2}})?"
        rf"|P\.? ?O\.? Box \d{{1,6}}(?!\w){_TOWN}?"
        rf")",
        re.I,
    )
    score = PATTERN
    words = ("address", "lives", "living", "residing", "ship", "adresse", "anschrift", "home")
    finds = (
        "lives at 12 Elm Street, Springfield, IL 62704",
        "221B Baker Street, London NW1 6XE",
        "42 Harbour Road",
        "7 Rosewood Close, Bristol, BS1 4ST",
        "Hauptstraße 12, 10115 Berlin",
        "Lindenweg 3a",
        "12 rue des Lilas, 75011 Paris",
        "Calle Mayor 15, 28013 Madrid",
        "Via Roma 22, 00184 Roma",
        "PO Box 4471",
        "1600 N Lincoln Avenue",
    )
    spares = (
        "10 way to exploit this",
        "HTTP/1.1 200 OK",
        "3 requests on the road",
        "drive C:",
        "version 2 way too old",
        "Port 8080",
        "line 12",
        "200 users in place",
        "Step 3: close the browser",
        "5 million records",
        "the way 12 users",
    )

    def valid(self, text: str) -> bool | None:
        """False when the street has no capital: prose counts things in lower case."""
        street = re.split(r"[,\n]", text)[0]
        words = [w for w in street.split() if w[0].isalpha()]
        return None if all(w[0].isupper() for w in words if len(w) > 3) and words else False
