"""How a person is reached: e-mail and phone."""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers

from pii_guard.detect.recognizer import LABELLED, PATTERN, VALIDATED, WEAK, Identifier, Match

_LOCAL = re.compile(r"[\w.+%'-]{0,198}[\w+%-]")
_USERINFO = re.compile(r"://[^\s/@:]{0,128}:\Z")
_GLUED = frozenset("_0123456789")
_FILES = frozenset(
    "png jpg jpeg gif svg webp ico css js ts tsx jsx html htm php json xml yml yaml txt pdf class jar "
    "exe dll log".split()
)
_TOPS = frozenset(
    "com org net edu gov mil int info biz io co dev app me eu uk de fr es it nl be ch at se no dk fi pl "
    "pt ie cz ro gr hu us ca mx br ar au nz jp cn kr in za ru ua tr il example test local internal lan "
    "corp".split()
)
"""Ends of domains that a file's ending may follow."""
_WITHIN = frozenset({"local", "internal", "lan", "corp", "app", "dev"})
"""Of machines' names, whose next part may have a number: `svc@db.internal.eu1`."""


class EmailAddress(Identifier):
    """E-mail addresses, internal domains included (RFC 5322 dot-atoms, no public-suffix list)."""

    entity = "EMAIL_ADDRESS"
    pattern = re.compile(
        r"(?<=[\w+%'-])@(?P<domain>(?:[^\W_](?:[\w-]{0,252}[^\W_])?\.){1,2000}"
        r"(?P<top>xn--[\w-]{2,59}|[^\W\d_]{2,252}))(?![^\W\d_]|[\d_]+[@.]|\.(?!\d{1,9}(?![\w.])|[A-Z]?\w{0,3}\d)\w|:[\w./~-]{1,200}\.git\b)"
    )
    score = VALIDATED
    shapes = ("@",)

    def matches(self, text: str) -> Iterator[Match]:
        """Each at sign with what stands before it, read backwards, and the domain behind it."""
        for match in self.pattern.finditer(text):
            at = match.start()
            local = _LOCAL.match(text[max(0, at - 200) : at][::-1])
            end = match.end()
            numbered = text[end : end + 1] in _GLUED
            if (
                (glued := _GLUED_WORD.match(match["top"]))
                and glued[1] in _TOPS
                and (numbered or glued.end() < len(match["top"]))
            ):
                end = match.start("top") + glued.end(1)
            # A sentence may begin behind it without a blank (`jane@mail.example.Q3 is …`).
            elif text[end : end + 1] == "." and text[end + 1 : end + 2].isalnum():
                if len(match["top"]) < 3 or match["top"].lower() not in _TOPS - _WITHIN:
                    continue
            # The number of a footnote may follow, but only where it is no longer name of a host.
            elif numbered and match["top"].lower() not in _TOPS:
                continue
            if match["top"].lower() in _FILES:
                # A file that is named after an address: `jane.roe@mail.example.pdf`.
                end -= len(match["top"]) + 1
                if (
                    match["domain"][: -len(match["top"]) - 1].rpartition(".")[2].lower()
                    not in _TOPS
                ):
                    continue
            if local is None:
                continue
            name = local.group()[::-1].lstrip("'.")
            if sum(map(str.isdecimal, name)) >= _MESSAGE:
                name = name.rpartition("'")[2]  # a quotation that begins behind a number
            if sum(map(str.isdecimal, name)) >= _MESSAGE:
                # A mailbox has no sixteen digits: that is a message's number. But a name may be glued
                # to a number that is none of its own.
                name = name.lstrip("0123456789") if _GLUED_NAME.fullmatch(name) else ""
            if (
                name
                and ".." not in name
                and not name.endswith(".")
                and not _USERINFO.search(text, max(0, at - len(name) - 140), at - len(name))
                and not (_KEY.fullmatch(name) and text.endswith("://", 0, at - len(name)))
            ):
                yield Match(at - len(name), end, VALIDATED)


_KEY = re.compile(r"(?=[a-f]{0,63}\d)[0-9a-f]{6,64}")
"""What a program is told by, at an address: `https://3f1b2c@o11.ingest.example/77`."""
_MESSAGE = 16
_GLUED_WORD = re.compile(r"([a-z]{2,8})[A-Z]")
"""What follows without a blank, as in a text that was a table: `jane@mail.comPhone`."""
_GLUED_NAME = re.compile(r"[0-9]+[^\W\d_]{2,30}(?:[._-][^\W\d_]{2,30}){1,3}")


_DOT = r"\s?(?:[\[({<]\s?(?:dot|\.)\s?[\])}>]|(?<=\s)(?:dot|DOT)(?=\s))\s?"


class ObfuscatedEmail(Identifier):
    """Addresses written for people: `jane (at) mail.example`, `jane [at] mail [dot] example`."""

    entity = "EMAIL_ADDRESS"
    pattern = re.compile(
        r"(?P<sign>[\[({<]\s?(?:at|@)\s?[\])}>]|(?<=[\w-]\s)(?:at|AT|@)(?=\s\w)|(?<=[\w-])@(?=[\w-]{1,63}[\[({<]))"
        rf"\s?(?P<domain>(?:[^\W_][\w-]{{0,62}}(?:\.|(?P<dot>{_DOT}))){{1,6}}[^\W\d_]{{2,24}})(?![\w@]|\.\w)",
    )
    score = VALIDATED
    pieces = (
        "(at)",
        "[at]",
        "{at}",
        "<at>",
        "(@)",
        "[@]",
        "( at )",
        "[ at ]",
        " dot ",
        "[dot]",
        "(dot)",
        "[.]",
        "(.)",
        " @ ",
    )

    def matches(self, text: str) -> Iterator[Match]:
        """A sign of either kind with a name before it and a domain behind; a bare `at` needs a `dot`."""
        for match in self.pattern.finditer(text):
            before = text[max(0, match.start() - 80) : match.start()].rstrip(" ")
            name = _NAMED.search(before)
            domain = match["domain"].lower()
            if name is None or domain.endswith(_ENDS):
                continue
            if match["sign"] in ("at", "AT") and not (match["dot"] and domain.endswith(_SPOKEN)):
                continue
            if match["sign"] == "@" and not match["dot"] and not re.search(r"[._\d]", name[0]):
                continue  # `error @ host.example` and the like
            gap = match.start() - max(0, match.start() - 80) - len(before)
            if gap <= 1:
                yield Match(match.start() - gap - len(name[0]), match.end(), VALIDATED)


_SPOKEN = tuple(
    "com net org edu gov info io co me dev app uk de fr es it nl at ch pl br in au ca us eu example test invalid".split()
)
_NAMED = re.compile(r"(?<![\w.+-])[\w+-](?:[\w.+-]{0,62}[\w+-])?\Z")
_ENDS = tuple(f".{ending}" for ending in sorted(_FILES))

_REGIONS = (
    "US",
    "GB",
    "DE",
    "FR",
    "ES",
    "IT",
    "NL",
    "IN",
    "AU",
    "BR",
    "TR",
    "PH",
    "IL",
    "JP",
    "CN",
)
_MARK = r"[ ()./\u00a0\u2010\u2011\u2013-]"
_NANP = re.compile(
    r"(?:1[-. ])?(?:\([2-9]\d\d\) ?|[2-9]\d\d(?P<sep>[-.]))\d{3}(?(sep)(?P=sep)|[-. ])\d{4}"
)
_TRUNK = re.compile(r"0[1-9][\d ()/\u00a0\u2011\u2013-]{7,16}|\(0\d{1,5}\)[\d /-]{5,12}")


class PhoneNumber(Identifier):
    """Phone numbers: international form anywhere, national forms by plan and punctuation or label."""

    entity = "PHONE_NUMBER"
    # The first character comes first: the engine then skips to it.
    pattern = re.compile(
        r"(?P<value>[+(0-9](?:(?<![0-9A-Za-z_.,:/=#%$€£+-].)|(?<=[=:/#,]\+)|(?<=[=:/#,]\()|(?<=--.)|(?<=\D,.)"
        # What is grouped is told from its surroundings by itself.
        r"|(?:(?<=[A-Za-z_\"')\]][=:].)|(?<=\d,.)|(?<=_.)(?<![0-9]_.)|(?<=[A-Za-z]/.)|(?<=[A-Za-z]{2}\..)"
        r"|(?<=\#.)(?<![^\s(]\#.)|(?<=[+-].)(?<![^\n][+-].)|(?<=-.)(?<![0-9A-Za-z)\]]-.)|(?<=[\"']%.)|(?<=[A-Za-z_\"')\]]::.)|(?<=[A-Za-z_\"')\]]==.))"
        r"(?=\d{0,4}[ -]|(?<=\()\d|\d\d\.\d{3}\.\d{4}(?![\d.])))"
        rf"(?:(?<=\+) ?\(?\d|(?<=\()\d|(?<=\d))(?:\d|{_MARK}(?!{_MARK}{{2}}|(?<= ) )){{5,23}}\d"
        r"(?: ?(?:x|ext\.?|#) ?\d{1,6})?)(?![0-9A-Za-z=]|%(?![\"'])|_\d|[./-]\d)"
    )
    score = PATTERN
    words = (
        "phone", "phones", "phone number", "tel", "telephone", "mobile", "mob", "mobile number", "cell",
        "cellphone", "fax", "whatsapp", "sms", "handy", "telefon", "telefonnummer", "téléphone", "teléfono",
        "telefono", "telefone", "celular", "móvil", "msisdn", "mobil", "mobilnummer", "cep", "telepono",
        "telefoon", "portable", "call", "called", "call me", "dial", "hotline", "reach me", "reached at", "reachable", "answering at", "my number", "your number", "his number", "her number", "text me", "contact number", "电话", "手机", "電話", "携帯", "전화", "휴대폰", "телефон", "τηλέφωνο", "هاتف",
    )  # fmt: skip
    reach = 40

    def matches(self, text: str) -> Iterator[Match]:
        """Candidates that a numbering plan accepts, or that a label names."""
        at = 0
        while match := self.pattern.search(text, at):
            start, end = match.span("value")
            at = end
            other = _NO_PHONE.match(text, start)
            if other:
                at = other.end()  # a number may follow a date
                continue
            if text[start:end].isdecimal() and _GOES_ON.match(text, end):
                continue
            score = self._score(text, start, text[start:end])
            if score == WEAK and _NAMED_AFTER.match(text, end) and not text[start:end].isdecimal():
                score = LABELLED
            if score:
                yield Match(start, end, score)
            if score <= WEAK and (both := list(self._both(text, start, end))):
                yield from both
                at = both[-1].end
                continue
            if score <= WEAK:
                # A bracket around it, the sign of a line that a patch adds, a number before it.
                blank = text.find(" ", start, end)
                at = start + 1 if text[start] in "(+" else blank + 1 if blank > 0 else end

    def _both(self, text: str, start: int, end: int) -> Iterator[Match]:
        """Two numbers that a stroke parts, of which a candidate may be more than the first."""
        stroke = text.find("/", start, end)
        second = _SECOND.match(text, stroke + 1) if stroke > 0 else None
        if second is None or _NO_PHONE.match(text, start) or _NO_PHONE.match(text, stroke + 1):
            return
        for low, high in ((start, stroke), second.span()):
            score = self._score(text, low, text[low:high])
            if score <= WEAK:
                return
            yield Match(low, high, score)

    def labelled(self, text: str, start: int) -> bool:
        """The label must be this number's own: no other number stands between them."""
        before = text[max(0, start - self.reach) : start]
        nearest = len(before) - len(_LAST_WORDS.search(before).group())  # type: ignore[union-attr]
        return super().labelled(before[nearest:], len(before) - nearest)

    def _score(self, text: str, start: int, value: str) -> float:
        value = _EXTENSION.sub("", value)
        digits = len(_NO_DIGIT.sub("", value))
        if not 7 <= digits <= 15:
            return 0.0
        if value[0] == "+":
            return LABELLED if _fits(value, None) else WEAK
        bare = digits == len(value)
        if (
            digits <= 13
            and (not bare or value[0] == "0" or digits >= 10)
            and self.labelled(text, start)
        ):
            return LABELLED
        if _NANP.fullmatch(value):
            return PATTERN
        amid = _AMID.search(text, max(0, start - 9), start) or _MORE.match(text, start + len(value))
        if bare:
            return WEAK if _is_mobile(value) else 0.0
        if not amid and (
            _PLANS.fullmatch(value)
            or (value.startswith("00") and digits >= 11 and _fits("+" + value[2:].lstrip(), None))
        ):
            return PATTERN
        if (
            digits >= 9
            and not amid
            and _TRUNK.fullmatch(value)
            and any(_fits(value, region) for region in _REGIONS)
        ):
            return PATTERN
        return WEAK


_NO_PHONE = re.compile(
    r"(?<=\|)(?:19|20)\d\d[01]\d[0-3]\d{5}(?:\d\d)?(?=[|^\r\n])|"  # a time of a message (HL7 v2)
    r"\d{1,2}\.\d{5,}(?![\d.-])|\+\d{5,}\.\d{1,3}(?![\d.-])|\d{6} \d{6} \d{1,6}(?!\d)|(?<=[\w)] )\+ \d+(?!\d)|"
    r"\d{4}([-/.])\d\d\1\d\d|\d\d([/.-])\d\d\2\d{4}|\d{3}-\d\d-\d{4}|(?:\d{1,3}\.){2}\d{1,2}(?![\d.])|"
    r"(?:\+(?!0|\d{1,3}\.0\d|(?:\d{1,3}\.){2}0\d))?(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)\.){3}\d{1,3}(?!\.?\d)"
)
_SECOND = re.compile(r"[(\d][\d ().-]{6,16}\d(?!\w|[./-]\d)")
_EXTENSION = re.compile(r" ?(?:x|ext\.?|#) ?\d{1,6}\Z")
_NAMED_AFTER = re.compile(
    r"[ \t]{0,2}[-(:]?[ ]?(?:office|fax|mobile|mobil|cell|phone|home|work|tel|direct|desk|landline)(?![\w=-])",
    re.I,
)
# France, China's mobiles, Brazil, Russia: groups that nobody else writes so.
_PLANS = re.compile(
    r"0[1-9](?:\.\d\d){4}|1[3-9]\d([ -])\d{4}\1\d{4}|\([1-9]\d\) ?9?\d{4}-\d{4}|8 ?\(\d{3}\) ?\d{3}-\d\d-\d\d"
)
_NO_DIGIT = re.compile(r"\D")
_GOES_ON = re.compile(r"[,:]\d")
# Between other groups of digits, a group is a cell of a dump; the end of a date or a time is no group.
_AMID = re.compile(r"(?<![^\W_])(?<![-.,/$€£])(?<!\d:)(?=[a-f]{0,7}\d)[0-9a-f]{2,8} {1,2}\Z")
_MORE = re.compile(r" {1,2}(?=[a-f]{0,7}\d)[0-9a-f]{2,8}(?![^\W_])")
_LAST_WORDS = re.compile(r"(?<!\D)\D*+\Z")


def _is_mobile(value: str) -> bool:
    """Whether bare digits are a number of the plans that are written so."""
    if len(value) not in (10, 11):
        return False
    region = "PH" if value.startswith("09") else "CN" if value[0] == "1" else "TR"
    try:
        return bool(phonenumbers.is_valid_number(phonenumbers.parse(value, region)))
    except phonenumbers.NumberParseException:
        return False


def _fits(value: str, region: str | None) -> bool:
    try:
        number = phonenumbers.parse(value, region)
    except phonenumbers.NumberParseException:
        return False
    # Possible, not valid: ranges reserved for fiction are invalid, and are what people type.
    return bool(phonenumbers.is_possible_number(number))
