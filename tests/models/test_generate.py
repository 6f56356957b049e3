"""The training-text generator: exact spans, the same text for a seed, every region alike."""

from __future__ import annotations

import random
from collections import Counter

import pytest

pytest.importorskip("faker")

from models.generate import Writer
from models.generate.example import Example
from models.generate.noise import by_line, escaped, quoted, scanned
from models.generate.people import folded, name_of, person, plain, region, regions, shaped
from models.generate.phrases import REGISTERS, expanded, lines, words
from models.generate.tables import SHAPES, TableText

LABELS = {
    "PERSON",
    "ADDRESS",
    "LOCATION",
    "ORG",
    "USERNAME",
    "DATE_OF_BIRTH",
    "RELIGION",
    "POLITICS",
    "ETHNICITY",
    "ORIENTATION",
    "GENDER",
    "HEALTH",
}


@pytest.fixture(scope="module")
def documents() -> list[Example]:
    writer = Writer(5)
    return [writer.document() for _ in range(1_200)]


def marked(example: Example, label: str) -> list[str]:
    return [example.text[s:e] for s, e, kind in example.spans if kind == label]


def test_a_seed_gives_the_same_documents_and_another_seed_others(documents):
    again, other = Writer(5), Writer(6)
    assert [again.document() for _ in range(60)] == documents[:60]
    assert [other.document() for _ in range(60)] != documents[:60]


def test_spans_are_sorted_disjoint_trimmed_and_of_known_labels(documents):
    for example in documents:
        position = 0
        for start, end, label in example.spans:
            assert position <= start < end <= len(example.text)
            assert label in LABELS
            value = example.text[start:end]
            assert value == value.strip(), value
            position = end


def test_nothing_of_the_grammar_is_left_in_the_text(documents):
    for example in documents:
        assert not set("⟨⟩¦") & set(example.text)
        assert "[[PERSON" not in example.text


def test_texts_hardly_repeat(documents):
    assert len({example.text for example in documents}) > 0.95 * len(documents)


def test_a_good_part_of_the_texts_holds_nothing_personal(documents):
    empty = sum(not example.spans for example in documents) / len(documents)
    assert 0.2 < empty < 0.45


@pytest.mark.parametrize("label", ["PERSON", "ADDRESS", "LOCATION", "ORG", "USERNAME"])
def test_every_label_is_met_often(documents, label):
    assert sum(bool(marked(example, label)) for example in documents) > 0.08 * len(documents)


def test_every_template_of_every_register_can_be_filled():
    writer = Writer(1)
    for register in [name for name, _ in REGISTERS] + ["traps.en", "talk.en"]:
        for template in lines(register):
            example = writer.fill(expanded(template, random.Random(3)))
            assert example.text
            assert register != "traps.en" or not example.spans, template


def test_every_choice_of_the_word_lists_is_closed():
    for name, parts in words().items():
        assert parts.count("⟨") == parts.count("⟩"), name
        assert parts, name


def test_a_title_belongs_to_the_name():
    example = Writer(2).fill("Sehr geehrte [[PERSON|Frau {FAMILY}]], willkommen")
    (name,) = marked(example, "PERSON")
    assert name.startswith("Frau ")
    assert example.text == f"Sehr geehrte {name}, willkommen"


def test_numbered_slots_speak_of_the_same_person():
    example = Writer(4).fill("{GIVEN1} {GIVEN1} {GIVEN2}")
    names = [name.casefold() for name in marked(example, "PERSON")]
    assert names[0] == names[1] != names[2]


def test_an_unknown_slot_is_an_error():
    with pytest.raises(KeyError):
        Writer(1).fill("{NO_SUCH_SLOT}")


def test_there_are_regions_of_the_whole_world_and_each_has_its_own_lists():
    assert len(regions()) >= 17
    for key in regions():
        place = region(key)
        assert len(set(place.given)) >= 45, key
        assert len(set(place.family)) >= 40, key
        assert len(place.places["towns"]) >= 15, key
    with pytest.raises(KeyError):
        region("atlantis")


def test_regions_are_drawn_evenly():
    rng = random.Random(9)
    counted = Counter(person(rng).region for _ in range(9_000))
    assert set(counted) == set(regions())
    assert max(counted.values()) < 1.35 * min(counted.values())


def test_a_name_of_a_region_is_drawn_by_seed():
    for key in regions():
        first = [name_of(random.Random(n), key) for n in range(30)]
        assert first == [name_of(random.Random(n), key) for n in range(30)]
        assert len(set(first)) > 25, key


def test_some_names_stand_in_no_list():
    rng = random.Random(1)
    place = region("korea")
    known = set(place.given) | set(place.more_given)
    drawn = {person(rng, "korea").given for _ in range(500)}
    assert len(drawn - known) > 20


def test_every_shape_of_a_name_has_letters_and_no_loose_ends():
    rng = random.Random(1)
    for _ in range(2_000):
        name = shaped(rng, person(rng))
        assert name == name.strip()
        assert any(letter.isalpha() for letter in name)


def test_accents_fold_and_accounts_are_plain():
    assert folded("Guðrún Þórðardóttir Weiß Łuczak") == "Gudrun Thordardottir Weiss Luczak"
    assert plain("D'Angelo-Şahin") == "dangelosahin"


@pytest.mark.parametrize("shape", sorted(set(SHAPES)))
def test_every_shape_of_a_table_keeps_its_spans(shape):
    rows = [[("Ana Ruiz", "PERSON"), ("O'Neill\nRoad 3", "ADDRESS"), ("42", "")]] * 2
    example = TableText(random.Random(1), shape, ["name", "street", "id"]).render(rows)
    assert len(marked(example, "PERSON")) == 2
    assert {name.replace("+", " ").replace("%20", " ") for name in marked(example, "PERSON")} == {
        "Ana Ruiz"
    }


def test_quoting_marks_every_line_and_no_label_holds_the_mark():
    example = Example("Ann\nMill Road 3\n12345 Ely!", ((0, 3, "PERSON"), (4, 25, "ADDRESS")))
    found = quoted(example, "> ")
    assert found.text == "> Ann\n> Mill Road 3\n> 12345 Ely!"
    assert marked(found, "ADDRESS") == ["Mill Road 3", "12345 Ely"]
    assert by_line(example).text == example.text


def test_noise_carries_the_spans_along():
    example = Example("from José to Ølberg", ((5, 9, "PERSON"), (13, 19, "PERSON")))
    coded = escaped(random.Random(2), example)
    assert coded.text.isascii()
    assert marked(coded, "PERSON")[0].startswith("Jos")
    worn = scanned(random.Random(3), example)
    assert len(worn.spans) == 2


def test_no_family_name_of_a_region_stands_out():
    """Inventing names from the few long ones of a region would make those the commonest."""
    for key in regions():
        rng = random.Random(2)
        drawn = Counter(person(rng, key).family for _ in range(2_000))
        assert drawn.most_common(1)[0][1] < 0.05 * 2_000, (key, drawn.most_common(2))
