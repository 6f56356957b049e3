"""The order of a delivery, and what is left of one that fails."""

from __future__ import annotations

import pytest

from pii_guard.errors import PiiGuardError
from pii_guard.findings import Proof
from pii_guard.intake.admission import NONE, Admission
from pii_guard.intake.delivery import Delivery

DIGEST = "2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"  # of b"hello"


class Told:
    """A place, a case and a certificate's destination that write down what is asked of them."""

    def __init__(self, fails=""):
        self.log, self.fails = [], fails

    def _asked(self, what):
        self.log.append(what)
        if what == self.fails:
            raise OSError(what)

    def write(self, pieces):
        self.log.append(b"".join(pieces))
        self._asked("write")

    def commit(self):
        self._asked("commit")

    def discard(self):
        self.log.append("discard")

    def close(self):
        self._asked("certify")
        return "certificate"

    def publish(self, certificate):
        self._asked(certificate)


def delivery(told, pieces=(b"hel", b"lo")):
    proof = Proof(DIGEST, 0, 0)
    return Delivery(Admission(told.close, "a.txt", pieces, proof, NONE, b""), told, told.publish)


def test_proved_put_certified_seen_and_then_its_certificate():
    told = Told()
    one = delivery(told)
    one.stage()
    one.commit()
    assert told.log == [b"hello", "write", "certify", "commit", "certificate"]


@pytest.mark.parametrize("fails", ["write", "certify", "commit", "certificate"])
def test_what_fails_is_taken_back_and_nothing_comes_after_it(fails):
    told = Told(fails)
    one = delivery(told)

    def run():
        one.stage()
        one.commit()

    with pytest.raises(OSError, match=fails):
        run()
    assert told.log[-2:] == [fails, "discard"]


def test_what_is_not_what_was_proved_is_not_stored():
    told = Told()
    with pytest.raises(PiiGuardError):
        delivery(told, pieces=(b"hello", b"!")).stage()
    assert told.log == ["discard"]
