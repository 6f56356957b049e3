"""Credentials: what opens a door for whoever reads it. A category of its own.

Of a token only the part that proves it goes (the signature, the password), so that what it claims
stays evidence. Passwords and keys in named fields are read by their name (`detect/fields.py`).
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator
from itertools import islice

from pii_guard.detect.recognizer import LABELLED, PATTERN, VALIDATED, Identifier, Match
from pii_guard.detect.values import is_password, is_sample

_BREAK = r"(?:(?:\\r)?\\n|\r?\n[ \t]{0,40}| )"


class PrivateKey(Identifier):
    """The content of private keys in text armour (RFC 7468, RFC 4880), cut off at either end or not."""

    entity = "PRIVATE_KEY"
    pattern = re.compile(
        r"-----BEGIN [A-Z ]{0,20}PRIVATE KEY(?: BLOCK)?-----\s{0,4}(?:\\r)?(?:\\n)?"
        r"(?:[A-Z][A-Za-z-]{2,20}: [^\n]{0,100}\n){0,20}\s{0,4}"
        rf"(?P<value>(?:[A-Za-z0-9+/=]{{16,16000}}+{_BREAK}?){{1,600}}+(?:[A-Za-z0-9+/=]{{1,15}}(?={_BREAK}?-----END))?)"
    )
    score = VALIDATED
    pieces = ("private key-----", "private key block-----")

    def matches(self, text: str) -> Iterator[Match]:
        """Keys from their first line on; and before a last line whose first one is missing."""
        done = 0
        for match in super().matches(text):
            done = match.end
            value = text[match.start : match.end]
            yield match._replace(end=match.start + len(_LINE_END.sub("", value)))
        for last in _END.finditer(text):
            start = _first_line(text, done, last.start())
            if last.start() - start > 40:
                yield Match(start, start + len(text[start : last.start()].rstrip()), VALIDATED)
            done = max(done, last.end())


def _first_line(text: str, least: int, end: int) -> int:
    """Where the lines of key text begin that end at `end`, from `least` on; `end` if there are none."""
    start = end
    while start > least and end - start < 16_000:
        line = text.rfind("\n", max(least, start - 82), start - 1) + 1 or least
        if not _KEY_LINE.fullmatch(text, line, start):
            break
        start = line
    return start


_KEY_LINE = re.compile(r"[A-Za-z0-9+/=]{1,80}\r?\n")
_LINE_END = re.compile(r"(?:\s|\\[rn]){1,4}\Z")
_END = re.compile(r"-----END [A-Z ]{0,20}PRIVATE KEY")


_BEGINS = re.compile(r"(?:^|[_-])eyJ")
"""Where a header may begin: behind what somebody joined to it, too (`token_eyJ…`)."""
_MOST_BEGINS = 4


class TokenSignature(Identifier):
    """Signatures of JSON web tokens (RFC 7515): without it a token claims as before and proves nothing."""

    entity = "ACCESS_TOKEN"
    pattern = re.compile(
        r"(?<![0-9A-Za-z_.-])(?P<head>[0-9A-Za-z_-]{8,20000}+)\.[0-9A-Za-z_-]{8,65536}+\."
        r"(?P<value>[0-9A-Za-z_-]{20,12000}+)"
    )
    score = PATTERN
    pieces = ("eyj",)

    def matches(self, text: str) -> Iterator[Match]:
        """Signatures of tokens whose header is one."""
        for match in self.pattern.finditer(text):
            head = match["head"]
            begins = (one.end() for one in islice(_BEGINS.finditer(head), _MOST_BEGINS))
            if any(_is_header("eyJ" + head[begin:]) for begin in begins):
                yield Match(*match.span("value"), VALIDATED)


def _is_header(text: str) -> bool:
    try:
        head = json.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError, RecursionError):
        return False
    return isinstance(head, dict) and "alg" in head


_VENDORS = (
    r"(?:AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{16}",  # Amazon
    r"gh[pousr]_[A-Za-z0-9]{36,251}",  # GitHub
    r"github_pat_[A-Za-z0-9_]{60,255}",
    r"gl(?:pat|dt|rt|cbt|ptt|ft|oas|soat)-[\w-]{20,64}(?:\.[\w-]{2,20}){0,2}",  # GitLab
    r"xox[abeoprs]-(?:\d-)?[A-Za-z0-9-]{10,255}",  # Slack
    r"xapp-\d-[A-Z0-9]{8,16}-\d{8,16}-[a-f0-9]{32,64}",
    r"(?:sk|rk)_live_[A-Za-z0-9]{16,128}",  # Stripe
    r"whsec_[A-Za-z0-9+/]{24,64}",
    r"AIza[\w-]{35}",  # Google
    r"ya29\.[\w-]{20,2048}",
    r"GOCSPX-[\w-]{28}",
    r"SG\.[\w-]{16,32}\.[\w-]{16,64}",  # SendGrid
    r"SK[0-9a-f]{32}",  # Twilio
    r"key-[0-9a-f]{32}",  # Mailgun
    r"[0-9a-f]{32}-us\d{1,2}",  # Mailchimp
    r"npm_[A-Za-z0-9]{36}",
    r"pypi-AgE[\w-]{50,2000}",
    r"sk-(?:proj-|svcacct-|ant-|or-)?[\w-]{32,400}",  # OpenAI, Anthropic
    r"hf_[A-Za-z]{34}",  # Hugging Face
    r"do[opr]_v1_[0-9a-f]{64}",  # DigitalOcean
    r"sq0(?:atp|csp)-[\w-]{22,43}",  # Square
    r"shp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}",  # Shopify
    r"\d{8,10}:AA[\w-]{33}",  # Telegram
    r"dapi[0-9a-f]{32}",  # Databricks
    r"hv[sb]\.[\w-]{24,300}",  # Vault
    r"PMAK-[0-9a-f]{24}-[0-9a-f]{34}",  # Postman
    r"glsa_[A-Za-z0-9]{32}_[0-9a-f]{8}",  # Grafana
    r"NRAK-[A-Z0-9]{27}",  # New Relic
    r"ATATT3x[\w=-]{100,500}",  # Atlassian
    r"AGE-SECRET-KEY-1[0-9A-Z]{58}",
    r"lin_api_[A-Za-z0-9]{40}",  # Linear
    r"dp\.pt\.[A-Za-z0-9]{40,44}",  # Doppler
    r"EAA[A-Za-z0-9]{80,600}",  # Meta
)


_TELLING = (
    r"A[A-Z]{3}|gh[pousr]_|github_pat|gl[a-z]{2,4}-|xox|[sr]k_live|whsec_|AIza|GOCSPX|SG\.|npm_|pypi-|hf_|do[opr]_v1|"
    r"sq0|shp[a-z]{2}_|dapi|hv[sb]\.|PMAK|glsa_|NRAK|ATATT|AGE-|lin_api"
)
"""How keys begin of which no word of a path or a name does: these may stand behind one."""


class ApiKey(Identifier):
    """Keys and tokens of vendors who mark theirs."""

    entity = "API_KEY"
    pattern = re.compile(
        rf"(?a:(?>(?<![\w./+-])|(?<![0-9A-Za-z+])(?={_TELLING})|(?<=\+)(?<![^\n]\+)|(?<=/bot)(?=\d{{8,10}}:))"
        rf"(?P<value>{'|'.join(_VENDORS)})(?![0-9A-Za-z]))"
    )
    score = VALIDATED
    pieces = (
        "akia", "asia", "abia", "acca", "ghp_", "gho_", "ghu_", "ghs_", "ghr_", "github_pat_", "glpat-", "gldt-", "glrt-",
        "glcbt-", "glptt-", "glft-", "gloas-", "glsoat-", "xox", "xapp-", "k_live_", "whsec_", "aiza", "ya29.", "gocspx-",
        "sg.", "-us", "key-", "npm_", "pypi-", "sk-", "hf_", "_v1_", "sq0", "shpat_", "shpca_", "shppa_", "shpss_",
        ":aa", "dapi", "hvs.", "hvb.", "pmak-", "glsa_", "nrak-", "atatt3x", "lin_api_", "dp.pt.", "eaa",
    )  # fmt: skip

    def valid(self, text: str) -> bool | None:
        """False for what an example says of itself: few letters over and over, the word itself."""
        return len(set(text)) >= 10 and not is_sample(text)


class UrlPassword(Identifier):
    """Passwords in addresses and connection strings: `postgres://app:s3cret@db` (RFC 3986, 3.2.1)."""

    entity = "PASSWORD"
    pattern = re.compile(
        r"://(?<=[A-Za-z0-9]...)(?:[^\s:/@?#'\"<>\\]{0,128}):(?P<value>[^\s:/@?#'\"<>\\]{3,256})@(?=[\w\[])"
    )
    score = LABELLED
    pieces = ("://",)

    def valid(self, text: str) -> bool | None:
        """False for ports, variables and placeholders."""
        return None if not text.isdecimal() and is_password(text) else False


class AuthorizationHeader(Identifier):
    """Credentials in an Authorization header (RFC 9110, 11.6.2); of a web token its signature is enough."""

    entity = "ACCESS_TOKEN"
    pattern = re.compile(
        r"(?i:authorization)[\"']?\s{0,2}[:=]\s{0,2}[\"']?(?i:basic|bearer|token|apikey|key|ntlm|negotiate|ssws)[ :]{1,2}"
        r"(?P<value>[A-Za-z0-9._~+/-]{12,65536}={0,2})(?![\w=])"
    )
    score = LABELLED
    stems = ("authorization",)

    def valid(self, text: str) -> bool | None:
        """False for web tokens and for words."""
        varied = len(set(text)) >= 6 and (
            any(map(str.isdecimal, text)) or text.lower() != text != text.upper()
        )
        return None if varied and not text.startswith("eyJ") and not is_sample(text) else False


_SESSIONS = (
    r"PHPSESSID|JSESSIONID(?:SSO)?|ASPSESSIONID[A-Z]{8}|ASP\.NET_SessionId|\.ASPXAUTH|\.AspNetCore\.[\w.]{3,60}|connect\.sid|"
    r"(?:[\w-]{1,40}[_-])?(?:session|sess|sid|sessid|auth|access|refresh|remember|login)(?:[_-]?(?:id|token|key|cookie|me))?|"
    r"laravel_session|ci_session|_gitlab_session|user_session|wordpress_logged_in_\w{1,64}|sb-[\w-]{1,40}-auth-token|"
    r"SAPISID|__Secure-[\w-]{1,40}|__Host-[\w-]{1,40}|XSRF-TOKEN|csrftoken"
)


class SessionCookie(Identifier):
    """Values of session cookies, also as fields (`Cookie sid: …`); of a web token its signature is enough."""

    entity = "SESSION_ID"
    pattern = re.compile(
        rf"(?<![\w.-])(?:(?i:{_SESSIONS})=[\"']?|Cookie (?i:{_SESSIONS}): )(?P<value>[A-Za-z0-9%._~+/:|!-]{{12,16384}}={{0,2}})(?![\w=])"
    )
    score = LABELLED
    stems = ("cookie", "set-cookie", "cookies")

    def valid(self, text: str) -> bool | None:
        """False for web tokens, words, and what counts up."""
        varied = len(set(text)) >= 8 and any(map(str.isdecimal, text))
        return None if varied and not text.startswith("eyJ") and not is_sample(text) else False


class StatedPassword(Identifier):
    """Passwords told in a sentence: `the password is Tr0ub4dor&3`."""

    entity = "PASSWORD"
    pattern = re.compile(
        r"(?<![\w-])(?i:password|passwd|passphrase|passcode|passwort|kennwort|contraseña|mot de passe|wachtwoord|senha)"
        r"(?i:\s(?:is|was|ist|war|es|est|é|è)(?:\sset to)?:?|\s?:)\s[\"'`“«]?(?P<value>[^\s\"'`“”«»<>]{4,64})"
    )
    score = LABELLED
    stems = (
        "password", "passwd", "passphrase", "passcode", "passwort", "kennwort", "contraseña", "mot de passe",
        "wachtwoord", "senha",
    )  # fmt: skip

    def matches(self, text: str) -> Iterator[Match]:
        """Words of two kinds of characters, without the sentence's last stop."""
        for match in super().matches(text):
            value = text[match.start : match.end].rstrip(".,;:)")
            if len(value) >= 4 and is_password(value) and not value.isalpha():
                yield match._replace(end=match.start + len(value))
