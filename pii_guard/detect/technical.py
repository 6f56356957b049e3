"""What machines print of themselves: certificates, zones, registries of networks, rules, manifests, catalogues.

Each form is looked for only where a text says that it is of that kind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.drawing import cells_of, heads, is_rule
from pii_guard.detect.fields import meaning

_SUBJECT = re.compile(
    r"(?<![\w.])(?:CN|commonName)(?: = |=)(?:"
    r"(?:\*|[\w-]{1,63})(?:\.[\w-]{1,63}){2,8}|\*\.[\w-]{1,63}|[a-z\d]{1,30}(?:-[a-z\d]{1,30}){0,4}-\d{1,3}(?![\w-])|"
    r"[^,;/\n=]{0,80}(?<!\w)(?:CA|Certification|Certificate|Authority|Root|Secure Server)(?!\w))"
)
"""Who a certificate is of, where that is a machine or an authority."""
_PLACE = re.compile(
    r"(?<![\w.])(?:C|ST|L|countryName|stateOrProvinceName|localityName)(?: = |=)[^,;/\n=]{1,60}(?=[,;/\n]|\Z)"
)
_LINE = 600

_CALLED = r"[^\W\d_a-zà-ÿ][^\W\d_]{1,20}(?: [^\W\d_a-zà-ÿ][^\W\d_]{1,20})?"
_PROGRAM = "(?:suite|application|module|módulo|aplicación|anwendung|modul|dienst|bibliothek|logiciel|plugin|library)"
_SERVER = "(?:servidor|serveur|server)"
# What a text must hold: all that `&` joins, of what `|` parts one, in whatever case where it has no capitals;
# and the form.
_FORMS = tuple(
    (tuple(one.split("|") for one in needles.split("&")), re.compile(form))
    for needles, form in (
        ("CT ", r"\bCT (?=Precertificate|Logs?\b|SCTs?\b)"),
        ("Nmap scan report for ", r"(?<=Nmap scan report for )[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}(?= \(\d|\r?$|\n)"),
        # A host with its number (`gw-muc-02`), an environment (`Madrid-01`)
        ("-0", r"(?<![\w.@/-])(?:[a-z]{2,20}(?:-[a-z]{2,20}){0,3}|[^\W\d_]{2,20})-0\d(?![\w@-]|\.\d)"),
        # Records of a zone: its types, and who is served by which machine
        (" IN & ", r"(?<=[ \t])IN[ \t]{1,12}(?:SOA|NS|MX|AAAA|A|CNAME|PTR|SRV \d|SRV|TXT|CAA|DS)(?=[ \t])"),
        (
            "IN ",
            r"(?m:^[\w.-]{1,100}[ \t]{1,20}(?:\d{1,8}[ \t]{1,8})?IN[ \t]{1,12}(?:CNAME|NS|MX|SRV)[ \t]{1,12}(?:\d{1,6} ){0,3}"
            r"[\w-]{1,63}(?:\.[\w-]{1,63}){1,8}\.?(?=[ \t\r]{0,8}$))",
        ),
        # Registries of domains and networks: labels, registrars and objects that are no people
        (
            "Registrar&Regist",
            r"(?m:^[ \t]{0,8}(?:Registr(?:ar|ant|y)|Admin|Tech|Billing)(?: [A-Z][A-Za-z/ ]{1,40})?(?=:))",
        ),
        ("Registrar: ", r"(?m:^[ \t]{0,8}Registrar: (?:[\w.,&-]{1,30} ){0,5}[\w.,&-]{1,30}(?=\r?$))"),
        (
            "source:",
            r"(?m:^(?:as-name|netname|mnt-(?:by|ref|lower|routes|domains)|source|origin|org):[ \t]{1,30}[\w-]{1,60}(?=[ \t\r]{0,8}$))",
        ),
        # Rules of an intrusion detection (Snort, Suricata)
        ("sid:&rev:&(msg:", r"(?:\(msg|; ?content):\"[^\"\n]{1,200}\""),
        # Names of objects in a cluster (Kubernetes)
        (
            "apiVersion: &kind: ",
            r"(?m:^(?:metadata|subjects|roleRef|spec\.[\w.]{0,60}containers)\.name(?:space)?: [a-z\d][a-z\d.-]{0,62}$)",
        ),
        (
            "CVE-",
            r"(?m:^[*|> -]{0,8}(?:Affected )?(?:Vendors?|Manufacturers?|Products?|Hersteller|Produkte?|Fabricantes?|Fabricants?|Éditeurs?)"
            r"(?:\*\*)?:(?:\*\*)? [^\n|,\d]{1,80},[^\n|\d]{1,200}\r?$)",
        ),
        ("severity|schweregrad|gravit|sévérité|gravedad|severidad|criticidad", r"(?:Severity|Schweregrad|Gravité|Sévérité|Gravedad|Severidad|Gravità|Criticidad) ?: [a-zà-ÿ]{2,20}(?![\w@]| [A-Z])"),
        # Who wrote a tool, in its banner
        ("GPL'd, by ", r"(?<=GPL'd, by )Julian Seward(?= et al\.)"),
        ("van Hauser/THC", r"van Hauser/THC(?: & David Maciejak)?"),
        ("\\", r"\b(?:Program Files(?: \(x86\))?|ProgramData)\\{1,2}[\w .-]{1,60}(?=\\)"),
        ("-D", r"(?<![\w-])-D[a-z]\w{0,40}(?:\.\w{1,40}){1,8}="),
        ("ET", r"\bET(?:PRO)? (?:MALWARE|TROJAN|EXPLOIT|POLICY|SCAN|HUNTING|WEB_\w{3,20}|ATTACK_RESPONSE|PHISHING|MOBILE_MALWARE|JA3|COINMINER) [^\"\n;]{1,120}"),
        ("malware_family", r"malware_family(?:: |\":\[?\"|\": \[?\")[\w-]{1,40}"),
        ("router ", r"\brouter (?:bgp|ospf|eigrp|isis) \d{1,10}"),
        ("", r"(?<!\w)(?:id|nb|idx|num|get|set|is)[A-Z][a-z]{1,20}(?:[A-Z][a-z]{1,20}){0,4}(?: (?:de|from|von|da|à|a|to|=|auf|zu) \d{1,12}){1,2}(?: (?:a|à|to|auf|zu) \d{1,12})?(?!\w)"),
        # Programs, by the word before and the version or the quotes
        (
            "suite|application|modul|módulo|aplicación|anwendung|dienst|bibliothek|logiciel|plugin|library",
            rf"(?i:\b{_PROGRAM}) (?:(?:« ?|[„“\"]){_CALLED}(?: ?[»“”\"])|{_CALLED} v?\d{{1,4}}(?:\.\d{{1,4}}){{1,4}})",
        ),
        ("servidor|serveur|server", rf"(?i:\b{_SERVER}) {_CALLED}(?= (?:respond|répond|antwortet|renvoie|devuelve|liefert|return))"),
        ("schema|schéma|esquema", r"(?i:\b(?:schema|schéma|esquema)) [A-Z_]{2,30}(?!\w)"),
        ("branch|rama|zweig", r"(?i:\b(?:branch|branche|rama|zweig)) [a-z][a-z\d]{1,30}(?:[/._-][a-z\d]{1,30}){0,4}(?= ?\))"),
        ("CVE-", r"(?<!\w)[a-zß-ÿ]{3,20} (?:(?:el|le|la|the|die|der|das) )?(?=CVE-\d)"),
        (
            " de 19| de 20",
            r"(?i:(?<=\d de )(?:enero|febrero|marzo|abril|mayo|junio|julio|agosto|sep?tiembre|octubre|noviembre|diciembre|"
            r"janeiro|fevereiro|março|maio|junho|julho|setembro|outubro|novembro|dezembro)(?= de (?:19|20)\d\d))",
        ),
        (
            "abhilfe|auswirkung|behebung|gegenmaßnahme|voraussetzung|correctif|contournement|remediaci|mitigaci|correcci|impacto",
            r"\b(?:Abhilfe|Auswirkung(?:en)?|Behebung|Gegenmaßnahmen?|Voraussetzung(?:en)?|Correctif|Contournement|Remediación|"
            r"Mitigación|Corrección|Impacto)(?= ?:)",
        ),
        # What a scanner puts around its payload (`kx1pz<script>alert(1)</script>w4tfh`)
        ("</", r"[a-z\d]{0,12}<script>(?:alert|confirm|prompt|print)\([^()<>\n]{0,30}\);?</script>[a-z\d]{0,12}"),
        ("theme", r"\btheme(?:=|: |\":\"|\": \")[A-Z]?[a-z]{2,20}(?![\w@])"),
        ("Neighbor ID", r"(?m:^Neighbor ID[ \t]{1,20}Pri[ \t]{1,20}State[^\n]{0,80}$)"),
    )
)  # fmt: skip
_VERSION = re.compile(r" v?\d{1,4}\.\d{1,4}\.\d")
_VERSIONED = (
    # A name with a version of three parts, which are no date and no address of a machine
    re.compile(
        r"(?<![\w.'’-])(?<![^\W\d_a-zà-ÿ] )(?:[a-zß-ÿ]{2,10} )?[^\W\d_a-zà-ÿ][^\W\d_]{2,20}(?:-[^\W\d_]{2,20})?(?= (?!\d\d?\.\d\d?\.(?:\d\d|\d{4})(?!\d))"
        r"\d{1,3}\.\d{1,3}\.\d{1,3}(?!\.?\d))"
    ),
    re.compile(
        r"(?<!\w)[a-zß-ÿ]{2,20}(?:[ai]d[oa]s?|i[gs]ée?s?|oben|iert) (?:en|in|dans|im|ab|mit) v?\d{1,4}\.\d{1,4}\.\d"
    ),
)
"""Looked for where a version stands."""
_ITEM = re.compile(r"(?m:^((?:[\w-]{1,60}\.){1,8}|)(?:sku|gtin|ean|asin|isbn): \S)")
"""What only an article has, in a record that is drawn as lines (`lines.sku: HX-44819`)."""
_OF_ITEM = re.compile(r"(?:sku|name|title|brand|colou?r|category|manufacturer|model): [^\n]{1,120}")
_OF_PERSON = re.compile(
    r"(?i:(?:e?mail|phone|mobile|birth\w*|dob|surname|(?:first|last)_?name|street|address|cit(?:y|ies)|town|zip|post\w{0,10}|country|gender|age|customer|buyer|user\w{0,10}|owner|contact|client)): "
)


_NOUN = (
    "parser|worker|portal|scheduler|module|service|gateway|proxy|server|library|plugin|importer|loader|daemon|endpoint|"
    "engine|framework|renderer|decoder|encoder|codec|queue|cluster|router|firewall|pipeline|middleware|backend|frontend|"
    "database|firmware|driver|crate|gem|botnet|ransomware|backdoor|trojan|rootkit|RAT|WAF|API|SDK|CMS|ORM|VPN|IDE"
)
_PART = r"[A-Z][a-zà-ÿ]{2,20}"
_THE = re.compile(rf"\b[Tt]he ({_PART}) (?:{_NOUN})(?![\w-])")
_APPOSED = re.compile(
    rf"(?<![\w.'’-])({_PART})(?:, | \()(?:the|our|an?) (?:internal|external|legacy|old|new|embedded|bundled|default|upstream|central) (?:[a-z]{{2,15}} )?(?:{_NOUN})(?=[,.)])"
)
_RELEASED = re.compile(rf"(?<![\w.'’-])({_PART})(?= v?\d{{1,3}}\.\d{{1,3}}\.\d{{1,3}}(?!\.?\d))")
_APPOSES = (", the ", ", our ", ", a", " (the ", " (our ", " (a")
_BEGINS = frozenset(
    "The In With For From And When While But If Once Since Because Both As At By On To Of Or Then This That Our After Before".split()
)
"""Words that stand before a name at the beginning of a sentence, and are no part of it."""


_MOST = 40


def _programs(text: str) -> Iterator[tuple[int, int]]:
    """What a text calls a program (`the Harrison parser`), wherever it stands, unless somebody has that name."""
    forms = [_THE] if "he " in text else []
    forms += [_APPOSED] if any(sign in text for sign in _APPOSES) else []
    forms += [_RELEASED] if _VERSION.search(text) else []
    names = sorted({one[1] for form in forms for one in form.finditer(text)})
    for name in names[:_MOST]:
        spans = list(_standing(text, name))
        if all(spans):
            yield from (span for span in spans if span)


def _standing(text: str, name: str) -> Iterator[tuple[int, int] | None]:
    """Where a name stands alone; None for a place where it is a part of a full name, or has a title."""
    start = text.find(name)
    while start >= 0:
        end = start + len(name)
        if not (text[start - 1 : start].isalnum() and start) and not text[end : end + 1].isalnum():
            before = _BEFORE.search(text, max(0, start - 24), start)
            after = _AFTER.match(text, end)
            full = (before and before[1] not in _BEGINS) or after
            noun = _KIND.match(text, end)
            article = start - 4 if text[max(0, start - 4) : start] in ("the ", "The ") else start
            yield None if full else (article, noun.end() if noun else end)
        start = text.find(name, end)


_BEFORE = re.compile(r"(?<![\w-])([A-Z][\w.'’-]{0,20}) \Z")
_KIND = re.compile(rf" (?:{_NOUN})(?![\w-])")
_AFTER = re.compile(
    rf" (?!(?:{_NOUN})\b)(?:[A-Z][a-zà-ÿ]|(?:said|says|wrote|called|asked|replied|lives|lived|works|worked|phoned|complained|was born)\b)|['’]s (?:e?mail|phone|name|address|account|birth)"
)


def machine_made(text: str) -> Iterator[tuple[int, int]]:
    """Half-open ranges of characters that machines say of themselves, in no order."""
    low = text.lower()
    for needles, form in _FORMS:
        if all(any(one in (low if one.islower() else text) for one in some) for some in needles):
            yield from (m.span() for m in form.finditer(text))
    if _VERSION.search(text):
        yield from (m.span() for form in _VERSIONED for m in form.finditer(text))
    if "CN" in text or "commonName" in text:
        yield from _subjects(text)
    if "\n" in text:
        yield from _items(text)
    yield from _programs(text)
    if "|" in text and "--" in text:
        yield from _drawn_items(text)


def _subjects(text: str) -> Iterator[tuple[int, int]]:
    """Where machines and authorities are: the places on a line that names one as a certificate's subject."""
    read = 0
    for subject in _SUBJECT.finditer(text):
        first = max(read, subject.start() - _LINE)
        start = max(first, text.rfind("\n", first, subject.start()) + 1)
        end = text.find("\n", subject.end(), subject.end() + _LINE)
        read = end if end >= 0 else min(len(text), subject.end() + _LINE)
        yield from (m.span() for m in _PLACE.finditer(text, start, read))


def _items(text: str) -> Iterator[tuple[int, int]]:
    """What an article is called, in a record that says nothing of a person."""
    read: dict[str, int] = {}  # by path, up to where its lines are judged
    for item in _ITEM.finditer(text):
        path = item[1]
        if item.start() < read.get(path, 0):
            continue
        reach = max(0, item.start() - 2_000)
        blank = text.rfind("\n\n", reach, item.start())
        # Where the record goes on before that: from the first whole line on.
        first = blank + 2 if blank >= 0 else reach and text.find("\n", reach, item.start()) + 1
        last = text.find("\n\n", item.start(), item.start() + 2_000)
        read[path] = last if last >= 0 else item.start() + 2_000
        lines: list[tuple[int, str]] = []
        at = first
        for line in text[first : read[path]].split("\n"):
            if line.startswith(path):
                lines.append((at + len(path), line[len(path) :]))
            at += len(line) + 1
        if not any(_OF_PERSON.match(line) for _, line in lines):
            yield from ((at, at + len(line)) for at, line in lines if _OF_ITEM.fullmatch(line))


_ITEM_HEAD = frozenset("sku ean gtin asin isbn".split())
_ITEM_CELL = frozenset(
    "sku ean gtin asin isbn name title brand price category color colour warehouse".split()
)


def _drawn_items(text: str) -> Iterator[tuple[int, int]]:
    """What articles are called in drawn tables of them that have no column about people."""
    for start, head in heads(text):
        called = [head[low:high].casefold() for low, high in cells_of(head)]
        if _ITEM_HEAD.isdisjoint(called) or any(map(meaning, called)):
            continue
        at = start + len(head) + 1
        while at <= len(text):
            end = text.find("\n", at)
            line = text[at : end if end >= 0 else len(text)]
            if "|" not in line and not is_rule(line):
                break
            cells = [] if is_rule(line) else cells_of(line)
            for name, (low, high) in zip(called, cells, strict=False):
                if name in _ITEM_CELL and low < high:
                    yield at + low, at + high
            at += len(line) + 1
