"""What no reader could scan: a format marks it, here it becomes a finding like any other."""

from __future__ import annotations

import re

from pii_guard.detect.recognizer import VALIDATED, Identifier
from pii_guard.document import UNSCANNED


class Unscanned(Identifier):
    """The mark that formats put where something stands that nobody can scan (`document.UNSCANNED`)."""

    entity = "UNSCANNED"
    pattern = re.compile(re.escape(UNSCANNED))
    score = VALIDATED
    pieces = (UNSCANNED,)
