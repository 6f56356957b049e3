"""The order in which something gets into a store: proved, put there, certified, then seen; or none of it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Protocol

from pii_guard.errors import PiiGuardError
from pii_guard.findings import Proof
from pii_guard.intake.admission import Admission

if TYPE_CHECKING:
    from pii_guard.certificate import Certificate
    from pii_guard.findings import Proof


class Proved(Protocol):
    """Something that may be stored."""

    @property
    def pieces(self) -> Iterable[bytes]: ...

    @property
    def proof(self) -> Proof: ...


class Place(Protocol):
    """Where one thing goes, in a store that a hook stands before."""

    def write(self, pieces: Iterable[bytes]) -> None:
        """Put all of it there; where the store can do that, nobody sees it yet."""
        ...

    def commit(self) -> None:
        """Let it be seen."""
        ...

    def discard(self) -> None:
        """Leave nothing of it there, whether it was to be seen already or not."""
        ...


class Delivery:
    """One admitted thing on its way into its place. `publish` puts the certificate where it belongs.

    Whatever fails, in the store, the key or `publish`, leaves nothing in the place.
    """

    def __init__(
        self, admission: Admission, place: Place, publish: Callable[[Certificate], object]
    ) -> None:
        self._admission = admission
        self._place = place
        self._publish = publish
        self.certificate: Certificate | None = None

    @property
    def proof(self) -> Proof:
        """Of what is put there."""
        return self._admission.proof

    def stage(self) -> None:
        """Put it there and make the certificate, so that nothing but the store can fail after this."""
        try:
            self._place.write(proved(self._admission))
            self.certificate = self._admission.certify()
        except BaseException:
            self.discard()
            raise

    def commit(self) -> None:
        """Let it be seen, then its certificate."""
        assert self.certificate is not None, "it was staged"
        try:
            self._place.commit()
            self._publish(self.certificate)
        except BaseException:
            self.discard()
            raise

    def discard(self) -> None:
        """Take it back, committed or not."""
        self._place.discard()


def proved(admitted: Proved) -> Iterator[bytes]:
    """The pieces as they are written. Raises `PiiGuardError` if they are not what was proved."""
    digest = hashlib.sha256()
    for piece in admitted.pieces:
        digest.update(piece)
        yield piece
    if digest.hexdigest() != admitted.proof.sha256:
        raise PiiGuardError(
            "what was to be stored is not what was proved", remedy="report this as a bug"
        )
