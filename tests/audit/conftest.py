"""Audits need pyarrow; local sources need POSIX."""

from __future__ import annotations

import os
from importlib.util import find_spec

collect_ignore_glob = [] if find_spec("pyarrow") and os.name == "posix" else ["test_*.py"]
