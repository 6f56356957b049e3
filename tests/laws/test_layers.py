"""Imports point one way: a room may import rooms below it, never above or beside."""

from __future__ import annotations

import ast
from pathlib import Path

import pii_guard

PACKAGE = Path(pii_guard.__file__).parent
LAYERS = {
    "errors": 0, "document": 0, "segment_table": 0, "findings": 0, "entities": 0, "limits": 0, "verdicts": 0, "policy": 0, "spellings": 0, "views": 0,
    "signatures": 0, "carriers": 0, "zip_types": 0, "ole_types": 0,
    "collecting": 0, "leftovers": 0, "spills": 0, "sealed": 0, "programme": 0, "programs": 0, "silent_onnx": 0, "own_code": 0, "strict_rows": 0, "quarantine_terms": 0, "inspection": 0, "isolation": 0, "originals": 1, "paper": 1, "packing": 1, "tally": 0, "proofs": 1, "residue": 1, "formats": 1, "detect": 1, "decide": 1, "redact": 1,
    "certificate": 2, "text_types": 2, "identify": 3, "ledger": 3, "deletion": 3, "keystore": 3, "sections": 3, "stages": 4, "guard": 4, "quarantine": 4, "linking": 4,
    "replacing": 4, "second_look": 4, "desk": 5, "rounds": 5, "held": 5, "streamed": 5, "casework": 5, "marking": 5, "case": 5, "crossing": 5, "served": 5, "worker_requests": 5, "caged": 5, "given": 5, "cage_choice": 5,
    "certify": 5, "intake": 6, "audit": 6, "report": 7, "cli": 8,
}  # fmt: skip
# What a case needs lies above a guard; the guard opens cases and the case closes into certificates,
# by imports inside functions.
DEFERRED = {
    ("guard", "case"),
    ("guard", "casework"),
    ("guard", "caged"),
    ("guard", "cage_choice"),
    ("guard", "desk"),
    ("case", "certify"),
}


def room(path: Path) -> str:
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def imports(path: Path) -> list[tuple[str, bool]]:
    tree = ast.parse(path.read_text("utf-8"))
    top = {id(node) for node in tree.body}
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("pii_guard."):
            found.append((node.module.split(".")[1], id(node) in top))
    return found


def violations() -> list[str]:
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        here = room(path)
        if here == "__init__":
            continue
        for other, at_top in imports(path):
            if other == here:
                continue
            sideways = LAYERS[other] == LAYERS[here] and LAYERS[here] in (1, 2, 3)
            if (LAYERS[other] > LAYERS[here] and (here, other) not in DEFERRED) or sideways:
                found.append(f"{path.relative_to(PACKAGE)} imports {other}")
            if (here, other) in DEFERRED and at_top:
                found.append(f"{path.relative_to(PACKAGE)} imports {other} at its top")
    return found


def test_every_module_has_a_layer():
    assert {room(path) for path in PACKAGE.rglob("*.py")} - {"__init__"} == set(LAYERS)


def test_imports_point_down():
    assert violations() == []


def test_proofs_are_made_in_one_place_only():
    makers = []
    for path in PACKAGE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Proof":
                makers.append(path.name)
    assert set(makers) == {"stages.py", "proofs.py"}


def test_nothing_is_unpickled():
    """What crosses between processes is JSON and bytes; nothing that is read may run."""
    found = []
    for path in sorted(PACKAGE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if {"pickle", "marshal", "shelve", "multiprocessing", "dill"} & {
                n.split(".")[0] for n in names
            }:
                found.append(path.name)
    assert found == []


def test_isolation_knows_nothing_of_personal_data():
    assert [v for v in violations() if "isolation" in v] == []
    for path in (PACKAGE / "isolation").glob("*.py"):
        assert {other for other, _ in imports(path)} <= {"isolation"}, path.name
