"""Attachments fetched through the caller's client: from the platform's hosts only, and no more than allowed."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pii_guard.errors import NotStored, PiiGuardError, PolicyError, Reason, ReasonCode, whence
from pii_guard.intake.receiving import received

if TYPE_CHECKING:
    from pii_guard.limits import Limits
    from pii_guard.originals import Original

Fetch = Callable[[str], Iterable[bytes]]
"""Gets what is at an address, piece by piece. It follows no redirect but raises `Redirected`, and raises
whatever it likes where the answer is not 200."""
_MOST_REDIRECTS = 3


class Redirected(Exception):
    """Raised by a `Fetch` that is told to look elsewhere: the address is checked before it is followed."""

    def __init__(self, location: str) -> None:
        super().__init__("redirected")  # an address opens what it leads to: it is shown to nobody
        self.location = location


def fetched(
    url: str, fetch: Fetch, hosts: frozenset[str], limits: Limits, most: int, number: int
) -> Original:
    """An attachment as a whole. `most`: bytes; `number`: its own in the report, from 1, for messages.

    Raises `PolicyError` for an address that is not on one of the `hosts`, and `NotStored` for what is too
    large or cannot be fetched.
    """
    where = f"attachment {number}"
    for _ in range(1 + _MOST_REDIRECTS):
        check_address(url, hosts, where)
        try:
            return received(fetch(url), limits, most)
        except Redirected as moved:
            url = urljoin(url, moved.location)
        except (NotStored, PolicyError):
            raise
        except Exception as error:  # noqa: BLE001 - a client's own error may show the address
            raise _failed(f"{where}, {_kind(error)}") from None
    raise _failed(f"{where}, redirected too often")


def check_address(url: str, hosts: frozenset[str], where: str) -> None:
    """Raises `PolicyError` for an address that is not `https://` and one of the hosts, at its usual port."""
    try:
        parts = urlsplit(url)
        good = (
            parts.scheme == "https"
            and parts.netloc.lower() in {*hosts, *(f"{host}:443" for host in hosts)}
            and url.isascii()
            and url.isprintable()
            and not set(url) & set(' \\"<>')
        )
    except ValueError:
        good = False
    if not good:
        raise PolicyError(
            f"{where} of a report is not where the platform keeps its attachments",
            remedy="add its host to `hosts` if it is the platform's",
        )


def _failed(where: str) -> NotStored:
    return NotStored(Reason(ReasonCode.UNREADABLE, where))


def _kind(error: Exception) -> str:
    return whence(error) if isinstance(error, PiiGuardError) else type(error).__name__
