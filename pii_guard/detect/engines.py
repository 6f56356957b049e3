"""Other engines in place of the shipped model: spaCy, transformers or GLiNER, as Presidio configures them.

Presidio's provider downloads a spaCy model that is missing; ours never does: what is named must be
installed, or be a folder.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import spacy.util
from presidio_analyzer.nlp_engine import NlpEngine, NlpEngineProvider

from pii_guard.detect.ner import LANGUAGE, PipelineNlpEngine
from pii_guard.detect.pipeline import model_digest
from pii_guard.errors import PolicyError


def configured(path: Path) -> NlpEngine:
    """The engine of a Presidio NLP configuration file (YAML), for our one language, `en`.

    Raises `PolicyError` when the file is no such configuration or a model is not on this machine.
    """
    try:
        provider = NlpEngineProvider(conf_file=path)
        models = provider.nlp_configuration["models"]
        missing = next((name for name in _names(models) if not _is_here(name)), None)
    except Exception as error:  # noqa: BLE001 - libraries raise what they like, with the file's text
        raise PolicyError(
            f"{path.name} is no NLP engine configuration ({type(error).__name__})",
            remedy="see Presidio's documentation of NLP engines",
        ) from None
    if missing is not None:
        raise PolicyError(
            f"{path.name} names the model {missing!r}, which is not on this machine",
            remedy="install it, or give the path of its folder: nothing is downloaded",
        )
    if LANGUAGE not in [model.get("lang_code") for model in models]:
        raise PolicyError(
            f"{path.name} has no model for {LANGUAGE!r}",
            remedy=f"set lang_code: {LANGUAGE}; it stands for every language",
        )
    engine: NlpEngine = provider.create_engine()
    return engine


def engine_digest(engine: NlpEngine) -> str:
    """`sha256:…` of what the engine finds names with: the shipped files, or its configuration."""
    if isinstance(engine, PipelineNlpEngine):
        return model_digest(engine.model)
    described = {
        "engine": getattr(engine, "engine_name", type(engine).__name__),
        "models": getattr(engine, "models", []),
    }
    canonical = json.dumps(described, sort_keys=True, separators=(",", ":"), default=str)
    return "sha256:" + hashlib.sha256(canonical.encode()).hexdigest()


def _names(models: list[Mapping[str, Any]]) -> Iterator[str]:
    for model in models:
        name = model["model_name"]
        yield from name.values() if isinstance(name, Mapping) else (name,)


def _is_here(name: str) -> bool:
    return Path(name).exists() or bool(spacy.util.is_package(name))
