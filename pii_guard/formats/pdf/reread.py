"""Page text as pdfium extracts it: the reader that knows nothing of how the file was written."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Iterator

import pypdfium2

from pii_guard.errors import ReasonCode, Unreadable

PDFIUM = threading.RLock()
"""To be held by whoever calls pdfium, which serves one thread at a time."""
_TOKEN = re.compile(r"<[A-Z][A-Z0-9_]{1,40}_\d{1,7}>")
_BROKEN = re.compile(r"(\w?)[\ufffe\x02]\n?(?=(\w?))")
"""What pdfium puts for a hyphen at the end of a line, with the line end behind it in texts of boxes."""
_TOUCHING = 0.2
"""Less than so much of their height between them, and two runs are one word: blanks have twice as much."""
_Rect = tuple[float, float, float, float]


def drawn_texts(blob: bytes) -> list[str]:
    """The text of each page in the order it is drawn. Raises `Unreadable(CORRUPT)`."""
    with PDFIUM:
        return list(_pages(blob, _drawn))


def placed_texts(blob: bytes) -> list[str]:
    """The text of each page, our tokens where they stand and not where they are drawn (last).

    Words that a hyphen splits over two lines are joined: half of one is read as a name.
    """
    with PDFIUM:
        return list(_pages(blob, _placed))


def _pages(blob: bytes, extract: Callable[[pypdfium2.PdfTextPage], str]) -> Iterator[str]:
    try:
        document = pypdfium2.PdfDocument(blob)
    except pypdfium2.PdfiumError:
        raise Unreadable(ReasonCode.CORRUPT, "pdfium refuses it") from None
    try:
        for page in document:
            held = page.get_textpage()
            yield extract(held)
            held.close()
            page.close()
    except pypdfium2.PdfiumError:
        raise Unreadable(ReasonCode.CORRUPT, "pdfium refuses a page") from None
    finally:
        document.close()


def _drawn(page: pypdfium2.PdfTextPage) -> str:
    return _plain(page).replace("\ufffe", "-")


def _plain(page: pypdfium2.PdfTextPage) -> str:
    return str(page.get_text_range()).replace("\r\n", "\n")


def _placed(page: pypdfium2.PdfTextPage) -> str:
    plain = _plain(page)
    if not _TOKEN.search(plain):
        return _unbroken(plain)
    runs: list[tuple[_Rect, str]] = []
    tokens: list[tuple[_Rect, str]] = []
    for number in range(page.count_rects()):
        rect = page.get_rect(number)
        text = page.get_text_bounded(*rect).replace("\r\n", " ")
        (tokens if _TOKEN.search(text) else runs).append((rect, text))
    for rect, text in tokens:
        runs.insert(_position(runs, rect), (rect, text))
    return _unbroken(_joined(runs))


def _unbroken(text: str) -> str:
    """The text with words joined that a hyphen at the end of a line splits, as `page_text` joins them."""
    return _BROKEN.sub(lambda m: m[1] if m[1].islower() and m[2].islower() else m[1] + "-", text)


def _position(runs: list[tuple[_Rect, str]], rect: _Rect) -> int:
    """After the last run of the same line that begins left of `rect`, else before that line."""
    line = [n for n, (other, _) in enumerate(runs) if _same_line(other, rect)]
    left = [n for n in line if runs[n][0][0] <= rect[0]]
    if left:
        return left[-1] + 1
    if line:
        return line[0]
    below = [n for n, (other, _) in enumerate(runs) if other[3] < rect[1]]
    return below[0] if below else len(runs)


def _same_line(one: _Rect, other: _Rect) -> bool:
    middle = (other[1] + other[3]) / 2
    return one[1] <= middle <= one[3]


def _joined(runs: list[tuple[_Rect, str]]) -> str:
    parts: list[str] = []
    last: tuple[_Rect, str] | None = None
    for rect, text in runs:
        if last is not None:
            parts.append(_between(last, (rect, text)))
        parts.append(text.strip())
        last = rect, text
    return "".join(parts)


def _between(one: tuple[_Rect, str], other: tuple[_Rect, str]) -> str:
    """What separates two runs: nothing where a word goes on in another font, as `+` does in a formula."""
    (last, before), (rect, after) = one, other
    if not _same_line(last, rect):
        return "\n"
    if rect[0] - last[2] >= 30:
        return "\t"
    height = max(last[3] - last[1], rect[3] - rect[1], 1)
    touches = abs(rect[0] - last[2]) < _TOUCHING * height
    apart = before[-1:].isspace() or after[:1].isspace() or before.endswith(">") or after[:1] == "<"
    return "" if touches and not apart else " "
