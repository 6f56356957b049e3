"""Names of what is stored: which no file may have, what stands beside one, what is tried when one is taken."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pii_guard.errors import PolicyError

CERTIFICATE = ".certificate.json"
HEADERS = ".headers.json"
COMPANIONS = (CERTIFICATE, HEADERS)
"""What stands beside an object NAME as NAME.certificate.json, and, where it was written with headers, what
they became, which the certificate is about as well."""
LONGEST = 200
"""Bytes of a name that was shortened. File systems take 255: what stands beside a file, and the number
that a taken name gets, have to fit behind it.
"""
_MOST = 10_000
_LONGEST_ENDING = 20


def belongs_to(path: str) -> str:
    """The object that something stands beside; "" when it is an object of its own."""
    for ending in COMPANIONS:
        if path.casefold().endswith(ending):
            return path[: -len(ending)]
    return ""


def check_name(name: str) -> None:
    """Raises `PolicyError` for a name that no file may have."""
    if not name:
        raise PolicyError("a file needs a name", remedy="give a path that does not end in /")
    if belongs_to(name):
        raise PolicyError(
            "a name of this ending is for what is put beside a file", remedy="give another name"
        )


def path_of(into: str, name: str) -> str:
    """The path of a name that was checked, in a directory. Raises `PolicyError`."""
    check_name(name)
    return into + name


def fitting(name: str) -> str:
    """The name, its stem cut where it has more than `LONGEST` bytes; a `~` says so.

    Of what is redacted already: a piece of a value is not found any more.
    """
    whole = name.encode("utf-8", "replace")
    if len(whole) <= LONGEST:
        return name
    _, dot, ending = whole.rpartition(b".")
    ending = dot + ending if len(ending) < _LONGEST_ENDING else b""
    cut = whole[: LONGEST - len(ending) - 1] + b"~" + ending
    return cut.decode("utf-8", "ignore")


def apart(names: Iterable[str], taken: Iterable[str] = ()) -> Iterator[str]:
    """The names, in order; one that an earlier one, or one of `taken`, has in any case gets a number."""
    gone = {one.casefold() for one in taken}
    for name in names:
        free = next(one for one in numbered("", name) if one.casefold() not in gone)
        gone.add(free.casefold())
        yield free


def numbered(into: str, name: str) -> Iterator[str]:
    """The name, then with a number before its extension: `a.txt`, `a-2.txt`, …"""
    stem, dot, ending = name.rpartition(".")
    stem, ending = (stem, dot + ending) if stem else (name, "")
    yield path_of(into, name)
    yield from (path_of(into, f"{stem}-{number}{ending}") for number in range(2, _MOST))
