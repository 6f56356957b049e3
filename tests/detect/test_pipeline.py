"""The shipped pipeline: exact offsets, any script, long lines, threads."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st

from pii_guard.detect.decoder import Decoder
from pii_guard.detect.pipeline import LABELS, model_digest, model_directory
from pii_guard.detect.words import WordPieces, shape


@pytest.fixture(scope="module")
def nlp():
    return spacy.load(model_directory())


def test_it_finds_a_name_and_a_place(nlp):
    doc = nlp("Yesterday Jane Roe moved to Berlin.")
    assert ("Jane Roe", "PERSON") in [(e.text, e.label_) for e in doc.ents]
    assert doc.user_data["ner_scores"]


@settings(max_examples=60, deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=120))
def test_tokens_give_back_any_text(nlp, text):
    assert nlp.make_doc(text).text == text


def test_a_name_is_found_wherever_it_stands_in_a_long_line(nlp):
    filler = "the server returned an empty list and the client went on " * 40
    for cut in (0, len(filler) // 3, len(filler) // 2, len(filler)):
        text = filler[:cut] + " said Margaret Whitfield to us " + filler[cut:]
        assert "Margaret Whitfield" in [e.text for e in nlp(text).ents]


def test_batches_give_what_single_texts_give(nlp):
    texts = ["Dear Jane Roe,", "", "x" * 5000, "Omar Haddad lives in Leeds.", "a b c " * 300]
    single = [[(e.text, e.label_) for e in nlp(t).ents] for t in texts]
    assert [[(e.text, e.label_) for e in d.ents] for d in nlp.pipe(texts)] == single


def test_threads_agree(nlp):
    texts = [f"Dear Jane Roe number {n}, from Omar Haddad" for n in range(24)]
    expected = [[e.text for e in nlp(t).ents] for t in texts]
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(lambda t: [e.text for e in nlp(t).ents], texts)) == expected


def test_the_artefact_is_small_and_has_a_digest():
    files = [p for p in model_directory().rglob("*") if p.is_file()]
    assert sum(p.stat().st_size for p in files) < 25_000_000
    assert model_digest(model_directory()).startswith("sha256:")


def test_unknown_words_become_pieces_not_errors():
    words = WordPieces(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "ja", "##ne", "a"])
    assert words.numbers("Jane") == (4, 5)
    assert words.numbers("Ω") == (1,)
    assert words.numbers("x" * 500) == (1,)
    assert [shape(w) for w in ("jane", "Jane", "JANE", "jAne")] == [0, 1, 2, 3]


def odds(**classes):
    """One word's class probabilities: `B_PERSON=0.4`; the rest is nothing."""
    row = np.zeros(1 + 2 * len(LABELS), np.float32)
    for name, chance in classes.items():
        part, label = name.split("_", 1)
        row[1 + 2 * LABELS.index(label) + (part == "I")] = chance
    row[0] = 1 - row.sum()
    return row


def read(*rows, thresholds=None, spread=0.5):
    decoder = Decoder(LABELS, thresholds or {}, spread)
    return [(LABELS[k], start, end) for k, start, end, _ in decoder.entities(np.stack(rows))]


def test_a_doubtful_neighbour_belongs_to_a_sure_word():
    assert read(odds(B_PERSON=0.9), odds(I_PERSON=0.3), odds()) == [("PERSON", 0, 2)]
    assert read(odds(B_PERSON=0.3), odds(I_PERSON=0.9)) == [("PERSON", 0, 2)]
    assert read(odds(B_PERSON=0.9), odds(), odds(I_PERSON=0.3)) == [("PERSON", 0, 1)]
    assert read(odds(B_PERSON=0.3), odds(I_PERSON=0.3)) == []


def test_a_word_torn_between_identities_is_one():
    assert read(odds(B_PERSON=0.3, B_USERNAME=0.25)) == [("PERSON", 0, 1)]
    assert read(odds(B_PERSON=0.3, B_HEALTH=0.25)) == []


def test_organisations_speak_against_people():
    assert read(odds(B_PERSON=0.3, B_USERNAME=0.2, B_ORG=0.45)) == [("PERSON", 0, 1)]
    assert read(odds(B_PERSON=0.2, B_ORG=0.7)) == [("ORG", 0, 1)]


def test_each_label_has_its_threshold():
    assert read(odds(B_HEALTH=0.6), thresholds={"HEALTH": 0.7}) == []
    assert read(odds(B_HEALTH=0.6), thresholds={"HEALTH": 0.6}) == [("HEALTH", 0, 1)]


def test_the_score_is_a_half_at_the_threshold_and_one_for_certainty():
    decoder = Decoder(LABELS, {"PERSON": 0.2}, 1.0)
    for chance, score in ((0.2, 0.5), (0.6, 0.75), (1.0, 1.0)):
        ((_, _, _, found),) = decoder.entities(np.stack([odds(B_PERSON=chance)]))
        assert found == pytest.approx(score, abs=1e-5)


def test_no_words_no_entities():
    assert not list(Decoder(LABELS, {}, 0.5).entities(np.zeros((0, 25), np.float32)))
