"""Machines and accounts that lead to a person: IP and MAC addresses, handles."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from pii_guard.detect.recognizer import LABELLED, PATTERN, VALIDATED, Identifier, Match


class IpAddress(Identifier):
    """IPv4 and IPv6 addresses; dotted versions are not."""

    entity = "IP_ADDRESS"
    pattern = re.compile(
        r"(?<![\w.:/-])(?P<value>(?:\d{1,3}\.){3}\d{1,3})(?![\w.]\d|\.?\w|-\d)"
        r"|(?<=//)(?:\d{1,3}\.){3}\d{1,3}(?![\w.]\d)"
        r"|(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){2,7}(?::?[0-9a-fA-F]{1,4}){1,7}(?![\w:]|\.\d)"
        r"|(?<![\w:.])(?:[0-9a-fA-F]{1,4}:){1,6}:(?:[0-9a-fA-F]{1,4}(?::[0-9a-fA-F]{1,4}){0,6})?(?![\w:])"
    )
    score = PATTERN
    words = (
        "ip",
        "addr",
        "address",
        "from",
        "client",
        "forwarded",
        "remote",
        "src",
        "login",
        "host",
    )
    finds = (
        "from 81.2.69.142",
        "ip=93.184.216.34",
        "http://151.101.1.69/x",
        "2606:4700:4700::1111",
        "2a00:1450:4001:082a:0000:0000:0000:200e",
        "X-Forwarded-For: 8.8.4.4, 1.1.1.1",
        "198.51.100.7 - - [",
        "client 203.0.113.9:51324",
        "fe80::1ff:fe23:4567:890a",
        '"ip":"212.58.244.20"',
    )
    spares = (
        "version 1.2.3.4",
        "OpenSSL/1.1.1.1",
        "v10.0.0.1",
        "999.1.1.1",
        "12:34:56",
        "1.2.3.4.5",
        "std::string",
        "10:11:12:13",
        "node-1.2.3.4-linux",
        "aa:bb",
    )

    def matches(self, text: str) -> Iterator[Match]:
        """Valid addresses that no version word precedes."""
        for match in self.pattern.finditer(text):
            start, end = match.span("value") if match["value"] else match.span()
            before = text[max(0, start - 10) : start].lower()
            if re.search(r"(?:version|ver\.?|v|release|build)[ :=]{0,2}$", before):
                continue
            if _is_address(text[start:end]):
                yield Match(start, end, LABELLED if self.labelled(text, start) else self.score)


def _is_address(text: str) -> bool:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return False
    # `::` and short forms such as `a::b` are code, not hosts.
    return address.version == 4 or (len(text) >= 8 and sum(map(str.isdigit, text)) >= 3)


class MacAddress(Identifier):
    """EUI-48 addresses (IEEE 802), without broadcast, zero and documentation ones (RFC 7042)."""

    entity = "MAC_ADDRESS"
    pattern = re.compile(
        r"(?<![\w:-])(?P<value>[0-9a-fA-F]{2}(?P<sep>[:-])(?:[0-9a-fA-F]{2}(?P=sep)){4}[0-9a-fA-F]{2})"
        r"(?![\w:-])"
    )
    score = VALIDATED
    finds = (
        "3c:22:fb:4a:91:0e",
        "mac 3C-22-FB-4A-91-0E",
        "ether a4:83:e7:12:34:56 txqueuelen",
        "b8:27:eb:aa:bb:cc",
        '"mac":"dc:a6:32:01:02:03"',
        "BSSID: 60:38:e0:11:22:33",
        "HWaddr 08:00:27:ab:cd:ef",
        "f0:18:98:9a:9b:9c.",
        "(70-85-C2-11-22-33)",
        "addr=e4:5f:01:0a:0b:0c",
    )
    spares = (
        "00:00:00:00:00:00",
        "ff:ff:ff:ff:ff:ff",
        "00:00:5e:00:53:01",
        "10:11:12",
        "aa:bb:cc:dd:ee",
        "aa:bb:cc:dd:ee:ff:00",
        "3c-22:fb-4a:91-0e",
        "zz:22:fb:4a:91:0e",
        "2026-01-02-03-04-05",
        "3c:22:fb:4a:91:0e:11:22",
    )

    def valid(self, text: str) -> bool | None:
        """Not a broadcast, zero or documentation address."""
        bare = re.sub("[:-]", "", text).lower()
        return not (len(set(bare)) == 1 or bare.startswith("00005e0053"))


class Handle(Identifier):
    """Account handles written with an at sign, and accounts named in prose."""

    entity = "USERNAME"
    pattern = re.compile(
        r"(?<![\w@./])@(?P<value>[A-Za-z][\w-]{2,38})(?![\w@(]|\.\w)"
        r"|(?i:\b(?:user ?name|username|user|login|account|user id|handle|logged in as|as user|nickname))"
        r"(?i:\s(?:is|was|named|called))?[ :=]{1,3}[`'\"](?P<quoted>[\w.@-]{3,40})[`'\"]"
    )
    score = PATTERN
    finds = (
        "thanks @jane_roe",
        "ping @k-tanaka on chat",
        "username `jroe84`",
        "logged in as 'amina.h'",
        'account "li.wei"',
        "handle: `omar-h`",
        "login is 'dk_92'",
        "see @mensah2",
        "(@ngozi_a)",
        "as user 'svc.jane'",
    )
    spares = (
        "a@b",
        "@media",
        "@Override",
        "jane@example.com",
        "@app.route('/')",
        "@x",
        "npm i @types/node",
        "@param name",
        "user clicked",
        "@property",
    )

    def matches(self, text: str) -> Iterator[Match]:
        """Handles; words that code marks with an at sign are none."""
        for match in self.pattern.finditer(text):
            group = "value" if match["value"] else "quoted"
            if (
                match[group].lower() not in _CODE_MARKS
                and text[match.end() : match.end() + 1] != "/"
            ):
                yield Match(*match.span(group), self.score)


_CODE_MARKS = frozenset(
    "media import keyframes charset font-face supports page override param return returns throws "
    "throw property staticmethod classmethod dataclass abstractmethod test before after deprecated "
    "see since author version todo license link code bean service component controller autowired "
    "everyone here channel all admin root version variables apply layer include mixin todo types "
    "requestmapping getmapping postmapping pytest app cached_property contextmanager patch".split()
)
