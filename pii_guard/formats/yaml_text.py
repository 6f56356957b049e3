"""YAML 1.1/1.2 by splicing over its scalars; comments are read as prose.

`yaml_block` reads what is plain to see, libyaml (PyYAML) the rest; the second reader is `yaml_reread`, on
ruamel.yaml.
"""

from __future__ import annotations

from collections.abc import Iterator

from pii_guard.errors import ReasonCode, Unreadable
from pii_guard.formats.base import Bounds
from pii_guard.formats.pieces import Batch, Piece
from pii_guard.formats.spliced import SplicedFormat
from pii_guard.formats.yaml_block import Block
from pii_guard.formats.yaml_reread import reread
from pii_guard.formats.yaml_scalars import whole


def lex(text: str, bounds: Bounds) -> Iterator[Piece | Batch]:
    """Keys, scalars and comments in order. Raises `Unreadable`."""
    block = Block(bounds, text=text)
    yield from block.batches()
    if block.position < len(text):
        # The rest is told only by the whole.
        for piece in whole(text, bounds):
            if piece.start >= block.position:
                yield piece
            elif piece.end > block.position:
                raise Unreadable(ReasonCode.NOT_COVERED, "two readings of its lines differ")


FORMAT = SplicedFormat(frozenset({"application/yaml"}), lex, reread)
