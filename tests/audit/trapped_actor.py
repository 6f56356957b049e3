"""An actor whose workers read with the trapped reader of `tests/isolation`."""

from __future__ import annotations

import sys
from pathlib import Path

from pii_guard import cage_choice
from pii_guard.audit.engine_ray import _Actor
from pii_guard.isolation.cage import Cage


class TrappedActor(_Actor):
    """Made in a process of Ray's."""

    def __init__(self, root):
        sys.path.insert(0, str(Path(__file__).parents[1] / "isolation"))
        cage = Cage("trapped", {})
        cage_choice.cage_for = lambda _: cage
        super().__init__(root)
