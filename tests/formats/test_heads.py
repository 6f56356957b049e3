"""First rows of tables that may name columns: what they may name is labelled, and they are read as well."""

from __future__ import annotations

import pytest

from pii_guard.document import Kind
from pii_guard.formats.delimited import has_header, may_head
from pii_guard.policy import Policy
from pii_guard.stages import survey, workshop

SHOP = workshop(Policy())


@pytest.mark.parametrize(
    "text",
    [
        "Ref;Nm1;Mail1\nx;Tönnjes;w\n",
        "LName,ResAddr1,ResCity\nBegay,PO Box,Chinle\n",
        "学号,姓名,手机\n1,陈子轩,18621907733\n",
        "Pol #,Phone (home),E-Mail\na,b,c\n",
        '"Ref 2","Nm1"\n"a","b"\n',
    ],
)
def test_names_that_are_not_beyond_doubt_are_labels_and_read(text):
    segments = survey(SHOP, text.encode(), "a.csv").document.segments
    heads = [s.text for s in segments if s.locator[0].ordinal == 1]
    assert {s.kind for s in segments} == {Kind.CELL}
    assert [s.label for s in segments if s.locator[0].ordinal == 2] == heads


@pytest.mark.parametrize(
    "first", [("Jane Roe", "j@x.de"), ("a", "a"), ("1", "b"), ("", ""), ("w " * 9, "b")]
)
def test_data_names_no_columns(first):
    assert not may_head(first)
    assert not has_header(first, ("1", "2"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("Ref", "Nm1", "Mail1"), ("x", "Tönnjes", "w@t.de")),
        (("LName", "ResAddr1", "ResZip"), ("Begay", "PO Box 118", "86503")),
        (("Pol #", "Phone (home)", "E-Mail", "Straße_HNr"), ("1", "2", "3", "4")),
    ],
)
def test_names_of_columns_may_have_numbers_and_signs_above_data(first, second):
    assert has_header(first, second)


@pytest.mark.parametrize(
    "first",
    [
        ("Jane Roe", "12 Elm St"),
        ("Patient", "Ana Ruiz-Roy"),
        ("陈子轩", "上海"),
        ("Ref 2024", "b"),
        ("a (7)", "b"),
    ],
)
def test_what_may_be_data_is_read(first):
    assert not has_header(first, ("1", "2"))


def test_one_row_alone_names_nothing():
    segments = survey(SHOP, b"Nm1,Mail1,Fon\n", "a.csv").document.segments
    assert {(s.kind, s.label) for s in segments} == {(Kind.CELL, "")}


@pytest.mark.parametrize(
    "first",
    [
        ("KdNr", "Vor- und Zuname", "Geb.-Dat.", "Straße/Hausnr."),
        ("Matricule", "Prénom(s)", "Né(e) le", "N° Séc. Soc."),
        ("cod", "Nome completo", "Raça/Cor", "Dt. nasc."),
        ("id", "apellidos", "F.Nac.", "DNI/NIE"),
    ],
)
def test_abbreviated_names_of_columns_are_names_above_data(first):
    assert has_header(first, ("10442", "Walburga Huber", "04.03.1957", "9"))


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("O'Neill, Sean", "Lyon (69)", "Rue d'Or"), ("Anna Roe", "Paris (75)", "Rue du Port")),
        (("O'Neill, Sean", "Lyon (69)", "Rue d'Or"), ("Anna Roe", "Paris (75)", "12")),
        (("J. Roe", "12.01.2024", "a/b"), ("A. Lee", "13.01.2024", "12")),
        (("J. Roe", "+49 160 5550199", "a/b"), ("A. Lee", "1", "12")),
    ],
)
def test_names_of_people_are_none(first, second):
    assert not has_header(first, second)


def test_abbreviated_names_of_columns_stay_in_a_copy_that_is_read_again(guard):
    head = "id_alumno\tapellidos\tF.Nac.\tDNI/NIE\tmóvil_tutor\talergias"
    row = "3301\tEtxeberria Zubizarreta\t11-02-2012\t12345678Z\t655 501 234\tpenicilina"
    output = guard.redact(f"{head}\n{row}\n".encode(), name="alumnos.csv").output.decode()
    assert output.startswith(head)
    assert "Etxeberria" not in output
