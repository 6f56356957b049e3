"""What is read of JSON is JSON for the standard library, and again when it is written."""

from __future__ import annotations

import json

from pii_guard.formats import Formats
from pii_guard.formats.decoding import decode
from tests.fuzz.atheris import planted, rewritten

SEEDS = planted(("json", "ipynb", "har"))
FORM = Formats().of("application/json")


def one(data: bytes) -> None:
    out = rewritten(FORM, data)
    if out is not None:
        before, after = (json.loads(decode(blob).text) for blob in (data, out))
        assert type(before) is type(after)
