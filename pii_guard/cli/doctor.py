"""`pii-guard doctor`: what works on this machine."""

from __future__ import annotations

import json
import os
import platform
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version

import pii_guard
from pii_guard.cli.printing import print_table
from pii_guard.errors import ExitCode
from pii_guard.isolation.layers import REQUIRED, Layer
from pii_guard.own_code import code_digest

_PACKAGES = ("presidio-analyzer", "presidio-anonymizer", "spacy", "onnxruntime", "pikepdf",
             "pypdfium2", "pdfminer.six", "pypdf", "lxml", "cryptography", "securesystemslib")  # fmt: skip
_OPTIONAL = frozenset(
    {"libmagic", "LibreOffice", "reader of pictures", "second reader", "codes", "forms as PDF"}
)
_LAYERS = frozenset(f"isolation: {layer}" for layer in Layer)
_FOUND, _EXTRA = "found", "install pii-guard-vdp[ocr]"


def run(output_format: str) -> int:
    """Check and print; 2 when something needed is missing."""
    checks = [
        ("pii_guard", True, pii_guard.__version__),
        ("code", True, code_digest()),
        ("python", True, platform.python_version()),
        *(_package(name) for name in _PACKAGES),
        _check("model", _model),
        *_isolation(),
        _check("signing key", _key),
        _check("quarantine", _quarantine),
        _check("libmagic", _magic, without="our own table is used"),
        _check("LibreOffice", _libreoffice, without="doc, xls and ppt are quarantined"),
        *_pictures(),
        _check("forms as PDF", _paper, without="forms are written as .html"),
    ]
    if output_format == "table":
        print_table(
            "", ("what", "", "detail"), [(n, "ok" if ok else "missing", d) for n, ok, d in checks]
        )
    else:
        print(json.dumps({n: {"ok": ok, "detail": d} for n, ok, d in checks}))
    return (
        ExitCode.OK
        if all(ok or name in _OPTIONAL | _LAYERS for name, ok, _ in checks)
        else ExitCode.USAGE
    )


def _package(name: str) -> tuple[str, bool, str]:
    try:
        return name, True, version(name)
    except PackageNotFoundError:
        return name, False, "reinstall pii-guard-vdp"


def _isolation() -> list[tuple[str, bool, str]]:
    """The layers that a worker of the default policy has here; without some, `require` cannot be kept."""
    from pii_guard.cage_choice import open_cage
    from pii_guard.policy import Policy

    opened = open_cage(Policy())
    layers = opened[1] if opened else ()
    return [
        (f"isolation: {layer}", layer in layers, "needed by require" if layer in REQUIRED else "")
        for layer in Layer
    ]


def _pictures() -> list[tuple[str, bool, str]]:
    """What reads text and codes in pictures; all of it optional."""
    from pii_guard.formats import ocr

    again = ocr.second_reader()
    return [
        ("reader of pictures", ocr.available(), _FOUND if ocr.available() else _EXTRA),
        ("second reader", again == "tesseract", f"{again or 'none'} proves pictures"),
        ("codes", ocr.reads_codes(), _FOUND if ocr.reads_codes() else _EXTRA),
    ]


def _check(name: str, probe: Callable[[], str], *, without: str = "") -> tuple[str, bool, str]:
    try:
        return name, True, probe()
    except Exception as error:  # noqa: BLE001 - a doctor reports what ails, it does not die of it
        return name, False, f"{type(error).__name__}{f' ({without})' if without else ''}"


def _model() -> str:
    from pii_guard.detect.pipeline import model_digest, model_directory

    if not model_directory().is_dir():
        raise FileNotFoundError
    return model_digest(model_directory())


def _key() -> str:
    from pii_guard.certificate import default_key_path
    from pii_guard.certificate.key_service import is_uri
    from pii_guard.certificate.keys import KEY_PATH

    if is_uri(os.environ.get(KEY_PATH, "")):
        return "in a service"
    path = default_key_path()
    return str(path) if path.exists() else f"{path} (made on first use)"


def _quarantine() -> str:
    """Of the policy in the working directory."""
    from pii_guard.cli.inputs import load_policy
    from pii_guard.quarantine import Quarantine, entries

    store = Quarantine.of(load_policy(None, ()).quarantine)
    if store is None:
        return "none: what cannot be redacted is not kept"
    if not store.writable():
        raise PermissionError
    listed = list(entries(store.folder)) if store.folder.exists() else []
    dates = sorted(one.entry.expires for one in listed if one.entry)
    soonest = f", the first until {dates[0]:%Y-%m-%d}" if dates else ""
    damaged = sum(one.entry is None for one in listed)
    return f"{len(listed)} entries{soonest}{f', {damaged} damaged' if damaged else ''}"


def _libreoffice() -> str:
    from pii_guard.formats.libreoffice import installed

    if not installed():
        raise FileNotFoundError
    return "found"


def _paper() -> str:
    from pii_guard.paper import program

    if not program():
        raise FileNotFoundError
    return program()


def _magic() -> str:
    from pii_guard.identify import magic_available

    if not magic_available():
        raise ImportError
    return "found"
