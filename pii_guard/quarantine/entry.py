"""What may be known of an entry by who cannot open it: closed words, two times and a random id."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from pii_guard.certificate.claims import Claim, Store
from pii_guard.certificate.vocabulary import EXTENSIONS
from pii_guard.deletion.statements import scheduled
from pii_guard.errors import ReasonCode
from pii_guard.quarantine.header import Header, damaged

ID = re.compile(r"q-[0-9a-f]{16}", re.ASCII)
_KIND = "pii-guard/quarantine/1"
_TIME = "%Y-%m-%dT%H:%M:%SZ"


@dataclass(frozen=True, slots=True)
class Entry:
    """An attachment that is kept. `received`, `expires`: aware, in whole seconds."""

    id: str
    received: datetime
    expires: datetime
    reason: ReasonCode
    media_type: str

    def expired(self, now: datetime) -> bool:
        """Whether its time is over at `now` (aware): it is not given out any more."""
        return now >= self.expires

    def claim(self) -> Claim:
        """What a certificate says of the copy in the quarantine."""
        return scheduled(Store.QUARANTINE, "quarantine", self.expires, at=self.received)

    def words(self) -> tuple[str, ...]:
        """As it stands in the head of its file."""
        times = (one.astimezone(UTC).strftime(_TIME) for one in (self.received, self.expires))
        return (_KIND, self.id, *times, self.reason.value, self.media_type)

    @classmethod
    def of(cls, header: Header) -> Entry:
        """The entry of a head. Raises `QuarantineError` where it says nothing that we wrote."""
        found = [stanza.words for stanza in header.stanzas if stanza.words[0] == _KIND]
        try:
            if len(found) != 1:
                raise ValueError
            return cls._read(found[0][1:])
        except ValueError:
            raise damaged("its head is not that of an entry") from None

    @classmethod
    def _read(cls, words: Sequence[str]) -> Entry:
        number, received, expires, reason, media_type = words
        if not ID.fullmatch(number) or media_type not in EXTENSIONS:
            raise ValueError
        return cls(number, _time(received), _time(expires), ReasonCode(reason), media_type)


def _time(text: str) -> datetime:
    return datetime.strptime(text, _TIME).replace(tzinfo=UTC)
