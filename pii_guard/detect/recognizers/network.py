"""Machines that lead to a person: IP and MAC addresses, mobile devices."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator

from stdnum import imei, imsi

from pii_guard.detect.recognizer import (
    LABELLED,
    PATTERN,
    VALIDATED,
    WEAK,
    Identifier,
    Match,
    standing,
)
from pii_guard.detect.recognizers.numbered import AfterWords

_VERSION = re.compile(
    r"(?:(?:version|ver\.?|\bv|release|build|rev|firmware|package|oid|sections?|chapter|figure|table|§)[\"' :=]{0,6}|(?:\A|[\s(\"'])[A-Za-z][\w.+-]{0,30}/)\Z",
    re.I,
)


class IpAddress(Identifier):
    """IPv4 addresses; dotted versions are none."""

    entity = "IP_ADDRESS"
    # The first character comes first: the engine then skips to it.
    pattern = re.compile(r"[0-9](?<![\w.:-].)[0-9]{0,2}(?:\.[0-9]{1,3}){3}(?!\w|-\d|\.\w)")
    score = PATTERN
    words = (
        "ip", "addr", "address", "from", "client", "forwarded", "remote", "src", "login", "host", "dst", "peer",
    )  # fmt: skip
    shapes = ("9.9.9.9", "9.9.9.99", "9.9.99", "9.99.9", "9.99.99", "9.999.")

    def matches(self, text: str) -> Iterator[Match]:
        """Addresses; behind a version word they are a guess."""
        for match in self.pattern.finditer(text):
            start, end = match.span()
            if max(map(int, match.group().split("."))) > 255:
                continue
            if _VERSION.search(text, max(0, start - 33), start):
                yield Match(start, end, WEAK)
            else:
                yield Match(start, end, LABELLED if self.labelled(text, start) else PATTERN)


class Ipv6Address(Identifier):
    """IPv6 addresses, embedded IPv4 included (RFC 4291); short ones such as `::1` are a guess."""

    entity = "IP_ADDRESS"
    pattern = re.compile(r":(?:(?=:)|(?=(?:[0-9A-Fa-f]{1,4}:){5}))")
    score = PATTERN
    words = IpAddress.words

    def matches(self, text: str) -> Iterator[Match]:
        """Runs of hex digits and colons, with an IPv4 tail or not, that are an address."""
        done = 0
        for match in self.pattern.finditer(text):
            if match.start() < done:
                continue
            start = match.start()
            while start > done and match.start() - start < 45 and text[start - 1] in _HEX:
                start -= 1
            done = end = _HEX_RUN.match(text, start).end()  # type: ignore[union-attr]
            tail = _TAIL.match(text, text.rfind(":", start, end) + 1)
            if tail:
                done = end = tail.end()
            elif text[end - 1] == ":" and text[end - 2 : end] != "::":
                end -= 1
            if self._is_address(text, start, end):
                yield Match(start, end, self._worth(text, start, text[start:end].lower()))

    def _is_address(self, text: str, start: int, end: int) -> bool:
        value, after = text[start:end], text[end : end + 2]
        glued = text[max(0, start - 1) : start].isalnum() or text[start - 1 : start] == "_"
        if (
            len(value) > 45
            or re.fullmatch(r"(?:[\dA-Fa-f]{1,2}:){7}[\dA-Fa-f]{1,2}", value)  # EUI-64, bytes
            or glued
            or after[:1].isalnum()
            or (after[:1] == "." and after[1:].isdecimal())
        ):
            return False
        try:
            ipaddress.IPv6Address(value)
        except ValueError:
            return False
        return True

    def _worth(self, text: str, start: int, value: str) -> float:
        long = len(value) >= 8 and sum(map(str.isdecimal, value)) >= 3
        prefix = value.endswith("::")  # a network, of whose name the colons are no part
        if prefix or (not long and not value.startswith(("fe80:", "2001:", "ff0"))):
            return WEAK
        return LABELLED if self.labelled(text, start) else PATTERN


_HEX = frozenset("0123456789abcdefABCDEF:")
_HEX_RUN = re.compile(r"[0-9A-Fa-f:]*")
_TAIL = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}(?![\d])")


class MacAddress(Identifier):
    """EUI-48 addresses (IEEE 802), without broadcast, zero and documentation ones (RFC 7042)."""

    entity = "MAC_ADDRESS"
    pattern = re.compile(
        # Behind a word, that is; behind two digits it is a longer address.
        r"(?<![0-9A-Za-z])(?:(?<![:.-])|(?<=[A-Za-z]{3}[:.-])|(?<=[\"')\]]:)|(?<=--)|(?<=-)(?<![^\n]-))"
        r"(?P<value>[0-9a-fA-F]{2}(?P<sep>[:-])(?:[0-9a-fA-F]{2}(?P=sep)){4}[0-9a-fA-F]{2}"
        r"|[0-9a-fA-F]{4}\.[0-9a-fA-F]{4}\.[0-9a-fA-F]{4})"
        r"(?![0-9A-Za-z]|[:-][0-9A-Fa-f]|\.(?:\d|[0-9A-Fa-f]{4}(?![0-9A-Za-z])))"
    )
    score = VALIDATED
    words = ("mac", "hwaddr", "ether", "bssid", "physical address")

    def valid(self, text: str) -> bool | None:
        """Not a broadcast, zero or documentation address; dotted forms and dates are weaker."""
        bare = re.sub("[:.-]", "", text).lower()
        return None if len(set(bare)) > 1 and not bare.startswith("00005e0053") else False


class Imei(Identifier):
    """Mobile device numbers (TAC, serial, Luhn: 3GPP TS 23.003), by label."""

    entity = "IMEI"
    pattern = standing(r"\d\d[ -]?\d{6}[ -]?\d{6}[ -]?\d{1,2}")
    score = WEAK
    words = ("imei", "imeisv", "device id", "imei1", "imei2")

    def valid(self, text: str) -> bool | None:
        """Luhn; the software version that may stand in its place is not checked."""
        plain = re.sub("[ -]", "", text)
        return None if len(plain) == 16 or imei.is_valid(plain) else False


class Imsi(Identifier):
    """Mobile subscriber numbers (country, network: ITU-T E.212), by label."""

    entity = "IMSI"
    pattern = standing(r"[2-7]\d{13,14}")
    score = WEAK
    words = ("imsi", "subscriber identity")

    def valid(self, text: str) -> bool | None:
        """False for countries that are not."""
        return None if imsi.is_valid(text) else False


class Iccid(Identifier):
    """SIM card numbers (89, Luhn: ITU-T E.118), by label."""

    entity = "ICCID"
    pattern = standing(r"89\d{16,18}")
    score = WEAK
    words = ("iccid", "sim", "sim card", "sim number")


class AdvertisingId(AfterWords):
    """Advertising and device identifiers: a UUID behind a label that says so."""

    entity = "DEVICE_ID"
    pattern = standing(
        r"[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}|[0-9a-f]{16}|[0-9A-F]{40}"
    )
    words = (
        "idfa", "gaid", "aaid", "idfv", "advertising id", "advertisingid", "device id", "deviceid", "android id",
        "androidid", "udid",
    )  # fmt: skip


class Meid(AfterWords):
    """Mobile equipment identifiers of CDMA devices (hexadecimal, 3GPP2 S.R0048), behind their label."""

    entity = "IMEI"
    pattern = standing(r"[A-F\d]{2}[ -]?[A-F\d]{6}[ -]?[A-F\d]{6}(?:[ -]?[A-F\d])?", re.I)
    words = ("meid", "esn/meid", "meid hex")


class DeviceSerial(AfterWords):
    """Serial numbers of somebody's device, behind a label that says so; certificates have serials too."""

    entity = "DEVICE_ID"
    pattern = standing(r"(?=[A-Z\d]{0,15}\d)[A-Z\d]{8,16}")
    words = (
        "device serial", "device serial number", "hardware serial", "laptop serial", "phone serial", "deviceserial",
        "serial of the laptop", "android serial", "imei/serial", "asset serial",
    )  # fmt: skip
