"""All recognizers of this package: a public class in a module here is in use by being there."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from presidio_analyzer import EntityRecognizer

from pii_guard.detect.gate import Gate
from pii_guard.detect.recognizer import Identifier


def recognizer_classes() -> tuple[type[EntityRecognizer], ...]:
    """The concrete recognizer classes of this package and its sub-packages, sorted by name."""
    found: dict[str, type[EntityRecognizer]] = {}
    for module in sorted(m.name for m in pkgutil.walk_packages(__path__, f"{__name__}.")):
        for name, value in vars(importlib.import_module(module)).items():
            if (
                inspect.isclass(value)
                and issubclass(value, EntityRecognizer)
                and value.__module__ == module
                and not name.startswith("_")
                and (not issubclass(value, Identifier) or hasattr(value, "pattern"))
            ):
                found[name] = value
    return tuple(found[name] for name in sorted(found))


def recognizers(language: str = "en") -> tuple[EntityRecognizer, ...]:
    """One instance of each, registered under `language` (validators know no language).

    They share one gate, which reads a text once for all of them.
    """
    classes = recognizer_classes()
    gate = Gate({one.__name__: one.needs() for one in classes if issubclass(one, Identifier)})
    return tuple(
        one(language, gate) if issubclass(one, Identifier) else one(language) for one in classes
    )
