"""The formats: each module here with a `FORMAT` (or `FORMATS`) is in use by being there."""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from types import MappingProxyType

from pii_guard.errors import PolicyError, ReasonCode, Unreadable
from pii_guard.formats.base import Format

__all__ = ["Format", "Formats"]


class Formats:
    """Media types and who reads them: our modules, found by walking this package, and `extra`.

    Third parties' formats are passed explicitly: nothing installed beside us reads raw reports by
    itself. `media`: whether ours read audio and video, of which all but the metadata goes along unread.
    Raises `PolicyError` when two formats claim a media type.
    """

    def __init__(self, extra: Sequence[Format] = (), *, media: bool = True) -> None:
        table: dict[str, Format] = {}
        ours = [one for one in _ours() if media or not any(map(_is_media, one.media_types))]
        for one in (*ours, *extra):
            for media_type in sorted(one.media_types):
                if media_type in table:
                    raise PolicyError(
                        f"two formats claim {media_type}", remedy="pass only one of them"
                    )
                table[media_type] = one
        self._table = MappingProxyType(table)
        self._media = media

    @property
    def media_types(self) -> frozenset[str]:
        """What can be read and rewritten."""
        return frozenset(self._table)

    def of(self, media_type: str) -> Format:
        """The format of a media type. Raises `Unreadable` (unsupported, audio or video)."""
        found = self._table.get(media_type)
        if found is None and _is_media(media_type) and not self._media:
            raise Unreadable(ReasonCode.AUDIO_VIDEO, media_type)
        if found is None:
            raise Unreadable(ReasonCode.UNSUPPORTED, media_type)
        return found


def _is_media(media_type: str) -> bool:
    return media_type.startswith(("audio/", "video/"))


def _ours() -> list[Format]:
    found: list[Format] = []
    for name in sorted(module.name for module in pkgutil.iter_modules(__path__)):
        module = importlib.import_module(f"{__name__}.{name}")
        found += getattr(module, "FORMATS", ())
        if hasattr(module, "FORMAT"):
            found.append(module.FORMAT)
    return found
