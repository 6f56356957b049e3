"""Keys as text that notices a mistyped letter: Bech32 (BIP 173), without its limit of length."""

from __future__ import annotations

from collections.abc import Iterable

_LETTERS = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
_GENERATORS = (0x3B6A57B2, 0x26508E6D, 0x1EA119FA, 0x3D4233DD, 0x2A1462B3)
_SUM = 6


def encode(prefix: str, content: bytes) -> str:
    """`content` as text after a prefix of small letters; the text is of small letters, too."""
    values = list(_regrouped(content, 8, 5, fill=True))
    total = _checksum([*_expanded(prefix), *values, *[0] * _SUM]) ^ 1
    values += [total >> 5 * (_SUM - 1 - place) & 31 for place in range(_SUM)]
    return f"{prefix}1{''.join(_LETTERS[value] for value in values)}"


def decode(text: str) -> tuple[str, bytes]:
    """Prefix and content. Raises `ValueError`, whose message holds nothing of the text."""
    lower = text.lower()
    prefix, one, letters = lower.rpartition("1")
    if text not in (lower, text.upper()) or not prefix or not one or len(letters) < _SUM:
        raise ValueError("no Bech32")
    values = [_LETTERS.find(letter) for letter in letters]
    if -1 in values or _checksum([*_expanded(prefix), *values]) != 1:
        raise ValueError("no Bech32")
    return prefix, bytes(_regrouped(values[:-_SUM], 5, 8, fill=False))


def _expanded(prefix: str) -> list[int]:
    codes = prefix.encode("ascii")
    return [*(code >> 5 for code in codes), 0, *(code & 31 for code in codes)]


def _checksum(values: Iterable[int]) -> int:
    total = 1
    for value in values:
        top = total >> 25
        total = (total & 0x1FFFFFF) << 5 ^ value
        for place, generator in enumerate(_GENERATORS):
            if top >> place & 1:
                total ^= generator
    return total


def _regrouped(values: Iterable[int], old: int, new: int, *, fill: bool) -> Iterable[int]:
    """Numbers of `old` bits as numbers of `new` bits."""
    held = bits = 0
    for value in values:
        held = (held << old | value) & 0xFFF
        bits += old
        while bits >= new:
            bits -= new
            yield held >> bits & (1 << new) - 1
    left = held & (1 << bits) - 1
    if fill and bits:
        yield left << new - bits
    elif not fill and (bits >= old or left):
        raise ValueError("no Bech32")
