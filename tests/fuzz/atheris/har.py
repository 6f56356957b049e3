"""What is written of an HTTP archive is JSON again, with the same members."""

from __future__ import annotations

import json

from pii_guard.formats.decoding import decode
from pii_guard.formats.har import FORMAT
from tests.fuzz.atheris import planted, rewritten

SEEDS = planted(("har",))


def one(data: bytes) -> None:
    out = rewritten(FORMAT, data)
    if out is not None:
        before, after = (json.loads(decode(blob).text) for blob in (data, out))
        assert type(before) is type(after)
        if isinstance(before, dict) and isinstance(log := before.get("log"), dict):
            assert log.keys() == after["log"].keys()
