"""Names of products, tools and the like, which are evidence: `Caido` in a report is nobody."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

_LIST = Path(__file__).with_name("products.txt")
_WORD = re.compile(r"(?<![^\W_])(?=[A-Za-z]{0,3}[A-Z])[A-Za-z][A-Za-z0-9]*")
_VERSION = re.compile(r"[ /]v?\d[\w.]{0,20}")


def named_in(text: str) -> Iterator[tuple[int, int]]:
    """Half-open ranges of characters that name a product, its version included, in order."""
    forms = _forms()
    for word in _WORD.finditer(text):
        for form in forms.get(word[0], ()):
            end = word.start() + len(form)
            if text.startswith(form, word.start()) and not text[end : end + 1].isalnum():
                version = _VERSION.match(text, end)
                yield word.start(), version.end() if version else end
                break


@lru_cache(maxsize=1)
def _forms() -> Mapping[str, tuple[str, ...]]:
    """Names by their first word, the longest first."""
    found: dict[str, list[str]] = {}
    for line in _LIST.read_text("utf-8").splitlines():
        for name in () if line.startswith("#") else line.split():
            form = name.replace("|", " ")
            first = _WORD.match(form)
            assert first is not None, form
            found.setdefault(first[0], []).append(form)
    return MappingProxyType(
        {first: tuple(sorted(forms, key=len, reverse=True)) for first, forms in found.items()}
    )
