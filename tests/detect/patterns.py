"""Every regular expression of the package with what it is used for: modules, classes and functions, walked.

What a module or a class holds is looked at as it is, in tuples and mappings, too. What a function
writes out is read from its source and evaluated among the names of its module. What a function puts
together from its arguments is `unresolved`: whoever looks at patterns has to say what it may become.
"""

from __future__ import annotations

import ast
import importlib
import pkgutil
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import ModuleType

import pii_guard
from pii_guard.detect.recognizers import recognizers

ANCHORED = frozenset({"match", "fullmatch"})
_USES = "compile search match fullmatch split findall finditer sub subn".split()


@dataclass(frozen=True, slots=True)
class Used:
    """A pattern, where it stands, and the methods it is called by (none known: any)."""

    where: str
    pattern: re.Pattern
    uses: frozenset[str] = field(default=frozenset())

    def __str__(self) -> str:
        return self.where


@dataclass(frozen=True, slots=True)
class Unresolved:
    """A pattern that a function puts together."""

    where: str


@cache
def everything() -> tuple[tuple[Used, ...], tuple[Unresolved, ...]]:
    """All patterns, each once, and those of which only the place is known."""
    found: dict[tuple[object, int, frozenset[str]], Used] = {}
    unresolved: list[Unresolved] = []
    for module in _modules():
        tree = ast.parse(Path(module.__file__).read_text("utf-8"))
        for one in [*_held(module, tree), *_written(module, tree, unresolved)]:
            found.setdefault((one.pattern.pattern, one.pattern.flags, one.uses), one)
    for one in recognizers():
        for name, value in vars(one).items():
            if isinstance(value, re.Pattern):
                used = Used(f"{one.name}.{name}", value)
                found.setdefault((value.pattern, value.flags, used.uses), used)
    return tuple(found.values()), tuple(dict.fromkeys(unresolved))


def _modules() -> Iterator[ModuleType]:
    for one in sorted(m.name for m in pkgutil.walk_packages(pii_guard.__path__, "pii_guard.")):
        if not one.endswith("__main__"):
            yield importlib.import_module(one)


def _held(module: ModuleType, tree: ast.Module) -> Iterator[Used]:
    """What the module and its classes hold."""
    short = module.__name__.removeprefix("pii_guard.")
    for name, value in vars(module).items():
        for pattern in _within(value):
            if _is_used(tree, name):
                yield Used(f"{short}.{name}", pattern, _uses(tree, name))
        if issubclass(type(value), type) and value.__module__ == module.__name__:
            for inner, held in vars(value).items():
                for pattern in _within(held):
                    yield Used(f"{short}.{name}.{inner}", pattern, _uses(tree, inner))


def _within(value: object) -> Iterator[re.Pattern]:
    # By its type alone: what is loaded when it is touched, such as Django's settings, is left untouched.
    kind = type(value)
    if issubclass(kind, re.Pattern):
        yield value
    elif issubclass(kind, Mapping):
        for one in (*value.keys(), *value.values()):
            yield from _within(one)
    elif issubclass(kind, (tuple, list, frozenset, set)):
        for one in value:
            yield from _within(one)


def _is_used(tree: ast.Module, name: str) -> bool:
    """Whether the module itself reads the name: what is only made here is used by who imports it."""
    return any(_named(node, name) and isinstance(node.ctx, ast.Load) for node in ast.walk(tree))


def _uses(tree: ast.Module, name: str) -> frozenset[str]:
    """The methods that a name's pattern is called by; none if it is handed on as well."""
    called, mentioned = [], 0
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute) and _named(node.value, name):
            called.append(node.attr)
        if _named(node, name) and isinstance(node.ctx, ast.Load):
            mentioned += 1
    methods = [one for one in called if one in _USES]
    if mentioned > len([one for one in called if one in (*_USES, "pattern", "flags")]):
        return frozenset()
    return frozenset(methods)


def _named(node: ast.AST, name: str) -> bool:
    return (isinstance(node, ast.Name) and node.id == name) or (
        isinstance(node, ast.Attribute) and node.attr == name
    )


def _written(module: ModuleType, tree: ast.Module, unresolved: list[Unresolved]) -> Iterator[Used]:
    """What functions and lambdas of the module write out."""
    short = module.__name__.removeprefix("pii_guard.")
    top = {id(node) for node in _outside_functions(tree)}
    for node in ast.walk(tree):
        if not (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and _named(node.func.value, "re")
            and node.func.attr in _USES
            and id(node) not in top
        ):
            continue
        where, values = f"{short}, line {node.lineno}", vars(module)
        flags = next((k.value for k in node.keywords if k.arg == "flags"), None)
        places = {"compile": 1, "sub": 4, "subn": 4, "split": 3}
        if flags is None and len(node.args) > places.get(node.func.attr, 2):
            flags = node.args[places.get(node.func.attr, 2)]
        try:
            pattern = re.compile(
                _value(node.args[0], values), _value(flags, values) if flags else 0
            )
        except NameError:
            unresolved.append(Unresolved(short + "." + _function(tree, node)))
            continue
        if not isinstance(node.args[0], ast.Name) or isinstance(pattern.pattern, (str, bytes)):
            uses = frozenset() if node.func.attr == "compile" else frozenset({node.func.attr})
            yield Used(where, pattern, uses)


def _value(node: ast.expr, values: Mapping[str, object]):
    return eval(compile(ast.Expression(node), "<pattern>", "eval"), dict(values))


def _outside_functions(node: ast.AST) -> Iterator[ast.AST]:
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)):
            yield child
            yield from _outside_functions(child)


def _function(tree: ast.Module, node: ast.AST) -> str:
    """The function that a node stands in."""
    named = ""
    for one in ast.walk(tree):
        if isinstance(one, ast.FunctionDef) and any(inner is node for inner in ast.walk(one)):
            named = one.name
    return named
