"""Every character of a view stands somewhere in the text, and can be written there."""

from __future__ import annotations

from pii_guard.views import changed_lines, revealed, views, written
from tests.fuzz.atheris import TOKEN, planted

SEEDS = (
    *planted(("txt", "eml", "http", "html", "py")),
    b"%41%2e &#65; \\u0041\\x41 =41=\n =?utf-8?q?a=41?= +AGEA- xn--bcher-kva aGVsbG8gd29ybGQgaGVsbG8=",
    b"48 65 6c 6c 6f 20 77 6f 72 6c 64 chr(72)+chr(101)+chr(108)+chr(108)+chr(111) [72, 101, 108, 108, 111, 32, 119, 111]",
    b"0000: 4865 6c6c 6f20 776f 726c 64  Hello world\nH4sIAAAAAAAA/8tIzcnJVyjPL8pJAQCFEUoNCwAAAA==",
)


def one(data: bytes) -> None:
    text = data.decode("utf-8", "surrogateescape")
    for view in views(text):
        assert len(view.text) == len(view.starts) == len(view.ends)
        if not view.text:
            continue
        size = len(view.text)
        for first, last in ((0, size), (size // 2, size // 2 + 1)):
            start, end = view.starts[first], view.ends[last - 1]
            assert 0 <= start <= end <= len(text)
            layer = view.layer(first, last)
            raw = text[start:end]
            revealed(raw, layer)
            if layer.scheme in ("inline", "dump"):
                continue
            put = written(TOKEN, raw, layer)
            assert TOKEN in revealed(put, layer)
        if view.layer(0, 1).scheme == "inline":
            changed_lines(view, text)
