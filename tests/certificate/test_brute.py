"""The search for social security numbers finds one that is there, and none in a certificate."""

from __future__ import annotations

import hashlib

import pytest

from tests.certificate.brute import DASHED, PLAIN, VALUE, digests, hits, published


def test_a_certificate_gives_no_number_of_the_area_away():
    held = digests(published())
    assert len(held) >= 3
    assert hits(held, [b""], [DASHED], 536) == []


@pytest.mark.parametrize("salt", [b"", b"nonce"])
def test_a_digest_that_somebody_put_there_is_found(salt):
    planted = hashlib.sha256(salt + VALUE.encode()).digest()
    assert hits(frozenset([planted]), [salt], [DASHED, PLAIN], 536) == [VALUE.encode()]
