"""A page as a PDF file: by WeasyPrint where it is installed, else by Chromium without a window.

Neither reaches the network: WeasyPrint is given a fetcher that refuses, Chromium a resolver that
knows no host. The page is ours, and its own policy lets no script run.
"""

from __future__ import annotations

import contextlib
import importlib
import io
import os
import shutil
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pii_guard.errors import CertificateError
from pii_guard.leftovers import TEMPORARY, held_folder

_PROGRAMS = (
    "chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome", "msedge",
    "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
    "/Applications/Chromium.app/Contents/MacOS/Chromium",
)  # fmt: skip
_SECONDS = 120
_FLAGS = (
    "--headless", "--disable-gpu", "--disable-quic", "--disable-extensions", "--disable-sync",
    "--disable-background-networking", "--disable-component-update", "--disable-default-apps",
    "--no-first-run", "--no-default-browser-check", "--no-pdf-header-footer",
    "--host-resolver-rules=MAP * ~NOTFOUND",
)  # fmt: skip


def pdf(page: str, *, title: str, attached: Mapping[str, bytes]) -> bytes:
    """A PDF of an HTML page, with files attached under their names.

    Raises `CertificateError` where neither program is there, and where the one that is fails.
    """
    return _finished(_drawn(page), title, attached)


def program() -> str:
    """What would make a PDF here: `WeasyPrint`, the path of a Chromium, or "" for nothing."""
    return "WeasyPrint" if _weasyprint() is not None else _chromium()


def _drawn(page: str) -> bytes:
    weasyprint, chromium = _weasyprint(), _chromium()
    if weasyprint is not None:
        return by_weasyprint(page, weasyprint)
    if chromium:
        return by_chromium(page, chromium)
    raise CertificateError(
        "no program that makes PDF files is installed",
        remedy="install pii-guard-vdp[form-pdf] or Chromium, or write an .html file and print it",
    )


def _chromium() -> str:
    return next(filter(None, map(shutil.which, _PROGRAMS)), "") or ""


def _weasyprint() -> Any:
    """The package, or None where it or Pango, which it draws with, is not installed."""
    try:
        # Without Pango it prints a notice before it fails.
        with contextlib.redirect_stdout(io.StringIO()):
            return importlib.import_module("weasyprint")
    except (ImportError, OSError):
        return None


def by_weasyprint(page: str, weasyprint: Any) -> bytes:
    """The page by WeasyPrint, tagged for assistive technology. Raises `CertificateError`."""
    nowhere = weasyprint.urls.URLFetcher(allowed_protocols=())
    try:
        made: bytes = weasyprint.HTML(string=page, url_fetcher=nowhere).write_pdf(pdf_tags=True)
    except Exception as error:  # noqa: BLE001 - it documents none; a message could quote the page
        raise CertificateError(
            f"WeasyPrint made no PDF: {type(error).__name__}",
            remedy="write an .html file and print it",
        ) from None
    return made


def by_chromium(page: str, browser: str) -> bytes:
    """The page by a Chromium of this path. Raises `CertificateError`."""
    # Chromium's sandbox does not start for root; the page is ours, and nothing in it runs.
    root = ["--no-sandbox"] if hasattr(os, "geteuid") and os.geteuid() == 0 else []
    with held_folder(Path(tempfile.gettempdir()), TEMPORARY) as held:
        folder = held.path
        source, target = Path(folder) / "form.html", Path(folder) / "form.pdf"
        source.write_text(page, "utf-8")
        arguments = [
            f"--user-data-dir={folder}/profile",
            f"--print-to-pdf={target}",
            source.as_uri(),
        ]
        try:
            subprocess.run(  # noqa: S603 - a fixed program, our own arguments, no shell
                [browser, *_FLAGS, *root, *arguments],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                timeout=_SECONDS,
                check=True,
            )
            return target.read_bytes()
        except (OSError, subprocess.SubprocessError) as error:
            raise CertificateError(
                f"Chromium made no PDF: {type(error).__name__}",
                remedy="install pii-guard-vdp[form-pdf], or write an .html file and print it",
            ) from None


def _finished(drawn: bytes, title: str, attached: Mapping[str, bytes]) -> bytes:
    import pikepdf

    try:
        with pikepdf.open(io.BytesIO(drawn)) as file:
            for name, content in attached.items():
                spec = pikepdf.AttachedFileSpec(
                    file, content, filename=name, mime_type="application/json"
                )
                file.attachments[name] = spec
            with file.open_metadata(set_pikepdf_as_editor=False) as metadata:
                metadata["dc:title"] = title
            file.Root.ViewerPreferences = pikepdf.Dictionary(DisplayDocTitle=True)
            made = io.BytesIO()
            file.save(made)
    except pikepdf.PdfError:
        raise CertificateError(
            "what was drawn is no PDF", remedy="write an .html file and print it"
        ) from None
    return made.getvalue()
