"""What the documentation says of verdicts and limits is what the code has."""

from __future__ import annotations

import pytest

from pii_guard.errors import REMEDIES
from pii_guard.limits import Limits
from tests.tables import DOCS, TABLES, written


@pytest.mark.parametrize("page", TABLES)
def test_a_page_has_the_table_of_the_code(page):
    # After a change: `python -m tests.tables`.
    assert (DOCS / page).read_text("utf-8") == written(page)


def test_every_limit_is_named_by_the_remedy_of_its_verdict():
    limits = Limits.__dataclass_fields__
    named = {name: limits[name].metadata["codes"] for name in limits}
    missing = [
        name
        for name, codes in named.items()
        if not codes or not all(f"limits.{name}" in REMEDIES[code] for code in codes)
    ]
    assert missing == []
