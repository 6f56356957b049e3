"""Technical evidence: spans that only look personal and must survive.

A shield vetoes what was found within it on shape or by the model alone; a labelled or validated
finding inside (a real e-mail address in a payload) is not vetoed. Our own surrogate tokens veto
everything: they are what stands where a value stood.
"""

from __future__ import annotations

import ipaddress
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from pii_guard.detect.drawing import cells_of, heads
from pii_guard.detect.fields import meaning
from pii_guard.detect.products import named_in
from pii_guard.detect.random_runs import random_runs
from pii_guard.detect.technical import machine_made
from pii_guard.spellings import TOKEN

_TRADE = (
    "Apache(?: [A-Z]\\w+)|Hashi[Cc]orp(?: [A-Z]\\w+)?|(?:Imperva|Word[Ff]ence|Forti\\w+)(?: WAF)?|Mirasys DVMS|"
    # Names of people, too, but alone in a report rather these.
    "Jenkins|Jackson|Jasper|Ruby|Travis|Frida|Darwin|Kali|Mako|Chef|Chameleon|Spring|Merkle|Pebble|Liquid|ROME|Rust|"
    "Cheetah3?|Hydra|Vanilla Forums|Haskell|(?:Sinatra|Julia|Pascal|Ada)(?=[ /]v?\\d)|KYC|AML|GDPR|MFA|SSO|Marital [Ss]tatus|"
    "SSTI|LDAP|XPath|NoSQL|IBAN|BIC|SWIFT|SSN|DOB|MRN|NHS|VAT|CORS|XSS|XXE|SSRF|CSRF|IDOR|RCE|LFI|SQLi|JWT|PII|CVSS|CWE|API|URL|HTTP|WAF|"
    "JIS X|Shift_JIS|ISO-2022-JP|FULLWIDTH|LESS.THAN|GREATER.THAN|Steuer(?=-(?:ID|Nr|Identifik))|"
    # Algorithms of JOSE (RFC 7518, RFC 8037)
    "[HREP]S(?:256|384|512)|EdDSA|RSA-OAEP(?:-\\d{3})?|ECDH-ES|A\\d{3}(?:GCM|KW|CBC-HS\\d{3})"
)
_CURRENCIES = (  # ISO 4217
    "AED|ARS|AUD|BGN|BRL|CAD|CHF|CLP|CNY|COP|CZK|DKK|EGP|EUR|GBP|GHS|HKD|HUF|IDR|ILS|INR|JPY|KES|KRW|"
    "MAD|MXN|MYR|NGN|NOK|NZD|PEN|PHP|PKR|PLN|RON|RUB|SAR|SEK|SGD|THB|TRY|TWD|UAH|USD|VND|ZAR"
)
_AUTHORITY = (
    "CA|Root|Certification|Authority|Validation|Server|Ltd|Limited|Inc|Corp|LLC|GmbH|AG|KG|SA|S\\.A|BV|B\\.V|nv-sa|Kft|Oy|AB|"
    "Technologies|Institutions?"
)
"""What authorities are called in the certificates they sign, and what companies are."""
_KEYWORDS = (
    "SELECT|UNION|INSERT|UPDATE|DELETE|DROP|WHERE|FROM|AND|OR|NOT|NULL|SLEEP|BENCHMARK|WAITFOR|DELAY|ORDER|"
    "GROUP|HAVING|LIMIT|INTO|VALUES|TABLE|LIKE|CASE|WHEN|THEN|ELSE|EXEC|CAST|CONVERT|CONCAT|SUBSTRING|ASCII|"
    "DOCTYPE|ELEMENT|ATTLIST|ENTITY|P?CDATA|NMTOKEN|IDREF|IMPLIED|REQUIRED|FIXED|NOTATION|SYSTEM|PUBLIC|"
    "EXISTS|DISTINCT|OUTFILE|LOAD_FILE|EXTRACTVALUE|UPDATEXML|RLIKE|REGEXP|BETWEEN|BY|PG_SLEEP"
)
_COUNTERS = (
    "timestamp epoch iat exp nbf ts time created updated pid tid port line length bytes size status order order_id "
    "invoice ticket request build rev revision"
).split()
_COUNTED = "|".join(
    rf"(?<=\b{word}.)" for low in _COUNTERS for word in (low, low.title(), low.upper())
)
BLOCK = re.compile(
    r"(?m:^[ \t]{0,20}(?=[A-Za-z+/]{0,60}\d)[A-Za-z0-9+/]{44,200}+(?:\r?\n[ \t]{0,20}[A-Za-z0-9+/]{12,200}+(?==?=?\r?$)){0,4000}+"
    r"(?:\r?\n[ \t]{0,20}[A-Za-z0-9+/]{1,200}+(?:=|(?=\r?\n-----END)))?={0,2}\r?$)"
)
"""Lines of base64: what they say is read in their view; as letters they say nothing."""
# What a text must hold for a form to be looked for ("" for any), and the form.
_FORMS = (
    (
        "-",
        r"\b(?=[A-Z])(?:CVE|CWE|CAPEC|OSV|PYSEC|RUSTSEC|RHSA|DSA|USN|EDB-ID:?|MS|BID|VU#)[-\d: ]\d{2,}[-:\d]{0,12}",
    ),
    ("#", r"\bVU#\d{4,7}"),
    (
        "",
        r"\b(?=[A-Z])(?:ISO(?:/IEC)?|RFC|IEEE|PEP|OWASP|NIST SP|FIPS)[ -]?A?\d[\d.:-]{0,14}(?!\w)",
    ),
    ("", r"[TSGMA](?<!\w.)(?:A\d{4}|\d{4})(?:\.\d{3})?(?![\w-])"),
    ("GHSA", r"GHSA(?:-[a-z\d]{4}){3}"),
    ("", r"T(?<!\w.)\d{4}(?:\.\d{3})?(?!\w)"),
    ("CVSS", r"CVSS:[\d.]+(?:/[A-Z]{1,3}:[A-Z])+"),
    ("-", r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}"),
    (
        "",
        r"[0-9a-f](?<![\w+/=-].)(?=[0-9a-f]{0,127}[a-f]|(?<=[a-f]))(?=[a-f]{0,127}[0-9]|(?<=[0-9]))[0-9a-f]{6,127}(?![\w+/=-])",
    ),
    (
        "",
        r"[0-9A-F](?<![\w+/=-].)(?=[0-9A-F]{0,127}[A-F]|(?<=[A-F]))(?=[A-F]{0,127}[0-9]|(?<=[0-9]))[0-9A-F]{15,127}(?![\w+/=-])",
    ),
    (
        "%",
        # `LIKE '%536-…%'` is no escape.
        r"(?<![^\s\"'`])(?!(?<=[\"'])%[^\s\"'`%]{1,80}%[\"'])[^\s\"'`]{0,2000}%[0-9A-Fa-f]{2}[^\s\"'`]{0,2000}",
    ),
    ("0x", r"0x[0-9a-fA-F]{1,32}"),
    ("port ", r"\bport \d{1,5}\b"),
    ("\\x", r"(?:\\x[0-9a-fA-F]{2}){1,64}"),
    ("%", r"(?:%[0-9a-fA-F]{2}){3,64}"),
    ("-", r"[0-9]{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d)?(?:[.,]\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?"),
    ("/", r"[0-9]{2}/[A-Z][a-z]{2}/\d{4}:\d\d:\d\d:\d\d(?: [+-]\d{4})?"),
    (":", r"[0-9](?<!\d.)\d:\d\d:\d\d(?:[.,]\d{1,6})?(?!\d)"),
    ("", r"[vV](?<!\w.)(?i:er(?:sion)?)?\.? ?\d+(?:\.\d+){1,4}"),
    ("/", r"/(?<=[A-Za-z].)\d+(?:\.\d+){1,4}"),
    # The separator before a number comes first: the engine skips to it, then looks back for the word.
    (
        "",
        rf"[\"' =:#](?<=[A-Za-z].)(?=[\"' =:#]{{0,5}}[0-9])(?:{_COUNTED})[\"' =:#]{{0,5}}[0-9]{{1,19}}(?!\d)",
    ),
    ("(", r"\b[a-z_][\w$]{0,40}(?:\.[A-Za-z_][\w$]{0,40}){1,12}\([^()\n]{0,60}\)"),
    ("at ", r"(?m:^[ \t]{0,40}at [\w.$<>/]{3,200}\([^)\n]{0,100}\))"),
    ('File "', r"File \"[^\"\n]{1,200}\", line \d+(?:, in \S{1,80})?"),
    # Hosts of links by name; an address of a machine is no name.
    (
        "://",
        r":(?<=[a-z].)//(?![^/\s]{0,200}@)(?:[\w-]{1,63}\.){1,8}[A-Za-z][\w-]{1,62}(?::\d{1,5})?(?![\w@]|\.\w)",
    ),
    # A dated reference to a published work names its authors: `[Title - Author - May 3, 2024](https://…)`.
    (
        "](http",
        r"\[[^\[\]\n]{3,300} - (?:[A-Z][a-z]{2,8} \d{1,2}, \d{4}|\d{1,2} [A-Z][a-z]{2,8} \d{4}|\d{4}-\d\d-\d\d)\](?=\(https?://)",
    ),
    (
        ".",
        r"(?<![\w.-])(?:favicon\.ico|(?:robots|security|humans)\.txt|sitemap\.xml|(?:index|main|app|style|wp-[a-z-]{1,30})\.(?:html?|php|jsx?|css|aspx?))(?![\w-])",
    ),
    # What dumps of PHP say of their values: lengths, and who may see them.
    ("s:", r"s:(?<!\w..)\d{1,7}(?=:\\?\")"),
    ("string(", r"string\(\d{1,7}\)"),
    ("]", r":(?:protected|private)\]"),
    ("Array", r"Array(?<!\w.....)(?=\s{0,3}\()"),
    # The names of a log's columns (W3C, Zeek)
    ("ields", r"(?m:^#[Ff]ields(?::|\t)[^\r\n]{1,4000})"),
    # Names of segments, types and times of messages (HL7 v2)
    (
        "|",
        r"(?m:^(?:MSH|EVN|PID|PD1|PV[12]|NK1|GT1|IN[12]|OB[RX]|ORC|AL1|DG1|MRG|NTE)(?=\|[\w|^]))",
    ),
    ("MSH|", r"MSH\|\^~\\{1,2}&(?:\|[^|\r\n]{0,100}){1,4}"),
    ("^", r"(?<=\|)[A-Z]{3}\^[A-Z]\d\d(?:\^[A-Z]{3}_[A-Z]\d\d)?(?=[|\r\n])"),
    ("|", r"(?<=\|)(?:19|20)\d{10}(?:\d\d)?(?:[+-]\d{4})?(?=[|^\r\n])"),
    ("^", r"(?<=\^)(?:M[RS]S?|DR|MD)(?=[|^~\r\n])"),
    ("bin/", r"/(?:usr/(?:local/)?)?s?bin/[a-z][\w.-]{0,30}"),
    # Zones of time (tz database), identifiers of standards (RFC 8141), and the machine behind a login.
    (
        "/",
        r"\b(?:Africa|America|Antarctica|Arctic|Asia|Atlantic|Australia|Europe|Indian|Pacific)/[A-Z][A-Za-z_-]{2,30}"
        r"(?:/[A-Z][A-Za-z_-]{2,30})?(?![\w/])",
    ),
    ("urn:", r"\burn:(?:oid|oasis|ietf|mace|uuid|schemas-[a-z-]{1,30})(?::[\w.-]{1,80}){1,12}"),
    ("@", r"(?<=@)[A-Za-z][\w.-]{0,100}:\d{2,5}(?=/)"),
    ("www.", r"www(?<!\w...)(?:\.[\w-]{1,63}){2,8}(?!\w)"),
    ("<", r"<(?i:script|img|svg|iframe|body|input|a|div|span|p|td|tr|h\d|b|i|br)\b[^<>\n]{0,200}>"),
    ("{", r"\$\{[^{}\n]{1,100}\}|\{\{[^{}\n]{1,100}\}\}"),
    ("", r"(?i:union(?:\s|%20|\+){1,3}(?:all(?:\s|%20|\+){1,3})?select\b[^\n;]{0,120})"),
    ("../", r"\.(?<![\w/].)\./(?:\.\./){1,9}[\w./]{0,80}"),
    # Who answers with a status or a trace is a server, whatever it is called.
    (
        "",
        r"[A-Z](?<![\w.'’-].)(?<![^\W\d_] .)[A-Za-z]{1,20}(?=\.?(?:io|js)? (?:itself )?(?:returns?|returned|responds?|responded|answers?|answered|"
        r"replies|throws?|threw|crashe[sd]|segfaults?|panics?) (?:with )?(?:an? )?(?:HTTP|[1-5]\d\d\b|error|internal|stack ?trace|"
        r"JSON|XML|status|exception|null pointer|segfault|core dump|SIG[A-Z]{3,4}|when (?:the|a|an) (?:payload|request|header|parameter)))",
    ),
    # Attributes of a distinguished name (RFC 4514), and the label of an authority's certificate.
    (
        "=",
        rf"\b(?:CN|OU?)(?: = |=)(?=[^,;/\n=]{{0,80}}\b(?:{_AUTHORITY})\b)[^,;/\n=]{{1,80}}(?![^\s,;/])",
    ),
    ("", BLOCK.pattern),
    *(
        (
            needle,
            rf"(?m:(?:(?<=\")|^)(?:(?:(?:[a-z]{{1,2}}-?)?[A-Z\d(][\w.&'()-]{{0,30}}|and|of|for|der|de|-) ){{1,8}}"
            rf"(?:{called})(?: [\w.-]{{1,8}}){{0,3}}(?=\"|\r?$))",
        )
        for needle, called in (
            (" Authority", r"Cert(?:ification|ificate|\.) Authority"),
            ("CA", "Root ?CA|Server CA"),
        )
    ),
    ("", rf"\b(?=[A-Z])(?:{_TRADE})\b(?:[ /]v?\d[\w.]{{0,20}})?"),
    ("", rf"\b(?=[A-Z])(?:{_CURRENCIES})(?!\w)"),
    ("", rf"\b(?=[A-Z])(?:{_KEYWORDS})\b(?:\(\d{{0,6}}\))?"),
)
_ALL = tuple((needle, re.compile(form)) for needle, form in _FORMS)


class Shield(NamedTuple):
    """A protected half-open character range. `absolute`: nothing may be found there."""

    start: int
    end: int
    absolute: bool


class Shields:
    """The protected ranges of a text: `ranges` in order and none within another."""

    def __init__(self, ranges: Sequence[Shield], tokens: Sequence[Shield] = ()) -> None:
        self._layers = [(layer, [shield.end for shield in layer]) for layer in (ranges, tokens)]

    def near(self, start: int, end: int) -> Iterator[Shield]:
        """The shields that touch characters `start`..`end`."""
        for layer, ends in self._layers:
            for number in range(bisect_left(ends, start + 1), len(layer)):
                if layer[number].start >= end:
                    break
                yield layer[number]


_BETWEEN = re.compile(r"[ \t,;:/|()+-]{1,3}|%20")
_CAPITALS = re.compile(r"[A-Z_]{2,20}(?:\([0-9]{0,6}\))?")


def _is_list(text: str, last: Shield, start: int, end: int) -> bool:
    """Whether numbered evidence, or words in capitals (`AND SLEEP(5)`), stand side by side, so that
    what spans them is evidence too.
    """
    if _BETWEEN.fullmatch(text, last.end, start) is None:
        return False
    before = text[max(last.start, last.end - 30) : last.end]
    return any(map(str.isdigit, text[last.start : last.end][:40])) or (
        _CAPITALS.fullmatch(text, start, end) is not None
        and _CAPITALS.search(before) is not None
        and before.upper() == before
    )


def protected(text: str) -> Shields:
    """The technical evidence in a text, and our own surrogate tokens, which may stand within it."""
    formed = (m.span() for needle, form in _ALL if needle in text for m in form.finditer(text))
    found = sorted(
        (start, -end)
        for start, end in chain(
            formed, named_in(text), machine_made(text), random_runs(text), _heads(text)
        )
    )
    ranges: list[Shield] = []
    for start, end in found:
        if not ranges or -end > ranges[-1].end:
            if ranges and _is_list(text, ranges[-1], start, -end):
                start = ranges.pop().start
            ranges.append(Shield(start, -end, False))
    return Shields(ranges, [Shield(m.start(), m.end(), True) for m in TOKEN.finditer(text)])


def _heads(text: str) -> Iterator[tuple[int, int]]:
    """The heads of drawn tables, where two at least name fields: they name columns, and nobody."""
    if "|" not in text or "--" not in text:
        return
    for start, line in heads(text):
        cells = [line[low:high] for low, high in cells_of(line)]
        if sum(map(bool, map(meaning, cells))) > 1:
            yield start, start + len(line)


_ROLES = frozenset(
    [
        "security",
        "abuse",
        "noreply",
        "no-reply",
        "donotreply",
        "postmaster",
        "webmaster",
        "hostmaster",
        "support",
        "info",
        "admin",
        "root",
        "mailer-daemon",
        "psirt",
        "cert",
        "vulnerability",
        "privacy",
        "dpo",
        "git",
        "contact",
        "help",
        "sales",
        "billing",
        "newsletter",
        "notifications",
        "bugbounty",
        "bounty",
        "legal",
        "press",
    ]
)
_ANYBODY = frozenset(
    "test user example foo bar me you someone anyone name username email mail victim attacker hacker alice bob "
    "user1 user2 test1 test2 demo".split()
)
_ANYWHERE = frozenset(
    f"{name}.com"
    for name in "mail email gmail domain yourdomain test site website company target victim attacker evil "
    "hacker abc xyz foo bar".split()
)
"""Domains of made-up mailboxes: `victim@mail.com` stands in every other write-up."""
_EXAMPLE = re.compile(r"(?:^|\.)(?:example(?:\.(?:com|net|org))?|test|invalid|localhost)$")
"""Domains that nobody has (RFC 2606, RFC 6761)."""
_PROTOCOL = (ipaddress.ip_network("192.0.0.0/24"), ipaddress.ip_network("192.88.99.0/24"))
_VIRTUAL = ("00:50:56", "00:0c:29", "00:05:69", "08:00:27", "52:54:00", "02:42:", "00:15:5d")
"""What makes virtual machines and containers (VMware, VirtualBox, QEMU, Docker, Hyper-V): nobody's device."""
_TEST_SECRETS = frozenset(  # of vendors' documentation and of jwt.io
    [
        "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
        "SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c",
        "KMUFsIDTnFmyG3nMiGM6H9FNFUROf3wh7SmqJp-QV30",
        "TJVA95OrM7E2cBab30RMHrHDcEfxjoYZgeFONFh7HgQ",
        "dXNlcjpwYXNzd29yZA==",
        "QWxhZGRpbjpvcGVuIHNlc2FtZQ==",
        "YWxhZGRpbjpvcGVuc2VzYW1l",
    ]
)
_TEST_VALUES = frozenset(
    [
        "4111111111111111",
        "4242424242424242",
        "5555555555554444",
        "378282246310005",
        "6011111111111117",
        "4012888888881881",
        "5105105105105100",
        "4000000000000002",
        "078051120",
        "219099999",
    ]
)


def documentation_value(entity_type: str, value: str) -> bool:
    """Whether a value stands for nobody by design.

    Addresses that are not globally routable (RFC 1918, 5737, 3849, 6890), role mailboxes
    (RFC 2142 and usual ones), anybody at a domain that nobody has, network cards of virtual machines, card and social security numbers published for testing.
    """
    if entity_type == "IP_ADDRESS":
        try:
            address = ipaddress.ip_address(value.strip("[]"))
            return not address.is_global or any(address in network for network in _PROTOCOL)
        except ValueError:
            return False
    if entity_type == "EMAIL_ADDRESS":
        local, _, domain = value.casefold().partition("@")
        made_up = domain in _ANYWHERE or _EXAMPLE.search(domain) is not None
        return local in _ROLES or (local in _ANYBODY and made_up)
    if entity_type in ("ACCESS_TOKEN", "API_KEY", "PASSWORD", "SESSION_ID"):
        return value in _TEST_SECRETS
    if entity_type == "MAC_ADDRESS":
        return value.casefold().replace("-", ":").startswith(_VIRTUAL)
    if entity_type in ("CREDIT_CARD", "US_SSN"):
        return "".join(filter(str.isdigit, value)) in _TEST_VALUES
    return False
