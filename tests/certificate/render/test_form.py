"""The form says all that was signed, in plain words, and nothing in it runs or fetches anything."""

from __future__ import annotations

import base64
import itertools
import json
import re
from importlib.resources import files

import pytest
from lxml import html

from pii_guard.certificate.envelope import PAYLOAD_TYPE
from pii_guard.certificate.render import Words, render_html, verified
from pii_guard.certificate.render.english import ENGLISH
from pii_guard.certificate.report import Report, Rule
from pii_guard.errors import CertificateError
from tests.certificate.conftest import parsed
from tests.certificate.render.samples import (
    ARTIFACTS,
    CHECKED,
    CHECKPOINT,
    DELETIONS,
    KEY_ID,
    PREDICATE,
    RULES,
    artifact,
    finding,
    shown,
    statement,
)

CSS = files("pii_guard.certificate.render").joinpath("form.css").read_text("utf-8")


def page(signed=None, **changes):
    return html.document_fromstring(render_html(shown(signed), **changes))


def text(node):
    return " ".join(" ".join(node.itertext()).split())


def section(tree, name):
    (found,) = tree.xpath(f"//section[@class='{name}']")
    return text(found)


def panel(**changes):
    tree = page(statement(**changes))
    return [text(item) for item in tree.xpath("//section[@class='exceptions']//li")]


# What it says


def test_the_head_names_case_result_certificate_key_and_digest():
    given = shown()
    tree = html.document_fromstring(render_html(given))
    assert text(tree.xpath("//h1")[0]) == "Deletion certificate"
    head = text(tree.xpath("//header")[0])
    assert "Case VDP-2026-0142" in head
    assert "Complete, with exceptions" in head
    assert "7 attachments were received. 4 were redacted" in head
    facts = {
        text(row[0]): row[1].text_content()
        for row in tree.xpath("//section[@class='identity']/dl/div")
    }
    assert facts["Issued"] == "23 November 2026, 19:40:00 UTC"
    assert facts["Certificate"] == PREDICATE["certificateId"]
    assert facts["Replaces"].startswith(
        f"Certificate: {PREDICATE['supersedes']['certificateId']}SHA-256: sha256:"
    )
    assert facts["Legal basis"] == "legitimate interests"
    assert facts["Disclosure policy"].endswith("Address: https://acme.example/vdp")
    assert facts["Signing key"] == KEY_ID
    assert facts["SHA-256"] == given.digest


def test_a_statement_of_today_is_drawn_in_full():
    tree = page(parsed())
    assert "Set aside unread: artifact-003. The format is not supported." in section(
        tree, "exceptions"
    )
    assert "Social security number, United States replaced by a token 1 1 1" in section(
        tree, "findings"
    )
    assert "IP address The researcher’s own 1 1" in section(tree, "retained")
    assert "Left where the caller keeps it." in section(tree, "deletions")


def test_findings_are_added_up_by_category_and_type():
    rows = [text(row) for row in page().xpath("//section[@class='findings']//tbody/tr")]
    assert rows == [
        "Full names",
        "Name of a person replaced by a token 943 at most 442 2",
        "Contact and identifiers",
        "E-mail address replaced by a token 5 4 2",  # the token of one value is in both attachments
        "Financial",
        "Bank account number (IBAN) replaced by a token 3 3 1",
        "Government-issued numbers",
        "Social security number, United States encrypted in place 2 2 1",
        "Social security number, Germany replaced by a token 1 1 1",
        "Secrets and credentials",
        "Access token replaced by a token 1 1 1",
    ]


def test_commitments_are_counted_and_their_codes_are_left_to_machines():
    said = section(page(), "commitments")
    assert "Social security number, United States 2 values" in said
    assert PREDICATE["commitments"]["values"][0]["codes"][0][:8] not in said


def test_alike_copies_are_one_row_and_evidence_is_said():
    rows = [text(row) for row in page().xpath("//section[@class='deletions']//tbody/tr")]
    assert len(rows) == 4
    assert rows[0].startswith("Original: artifact-001 to artifact-005 Intake worker The tool held")
    assert "temporary files on: tmpfs" in rows[0]
    assert "its blocks may still be on the disk. On 23 November 2026, 19:39:12 UTC." in rows[1]
    assert "versions deleted: 3" in rows[2]
    assert rows[3].endswith("Until 23 December 2026. Stated by a person, not checked")


def test_the_limits_in_force_are_said():
    said = section(page(statement()), "coverage")
    assert "Limits in force" in said
    assert "Pages: 4,713" in said
    assert "Bytes of memory: 2,147,483,648" in said


def test_fields_that_nobody_knows_yet_are_said_all_the_same():
    added = {"odorOfBits": "faintly_sweet", "legalBasis": ["art_6"]}
    tree = page(
        statement(
            **added,
            artifacts=[{**one, "sizeBucket": "below_one_megabyte"} for one in ARTIFACTS],
            deletions=[{**DELETIONS[0], "witnessCount": 4711}],
            coverage={**PREDICATE["coverage"], "pagesSeen": 4712},
            residualScan={**PREDICATE["residualScan"], "process": "fresh_one"},
            issuer={**PREDICATE["issuer"], "seat": "some_where"},
        )
    )
    assert "Odor of bits faintly sweet" in section(tree, "more")
    assert "Legal basis art 6" in section(tree, "more")
    assert "size bucket: below one megabyte" in section(tree, "attachments")
    assert "witness count: 4,711" in section(tree, "deletions")
    assert "Pages seen 4,712" in section(tree, "coverage")
    assert "Process fresh one" in section(tree, "coverage")
    assert "Seat some where" in section(tree, "identity")


def test_every_rule_is_listed_with_what_was_not_checked():
    rows = [text(row) for row in page().xpath("//section[@class='checks']//tbody/tr")]
    assert len(rows) == len(RULES)
    assert "outputs not checked no --artifacts given" in rows


def test_it_says_what_it_is_not():
    notes = section(page(), "notes")
    assert "The signed JSON prevails." in notes
    assert "It is not legal advice" in notes
    assert "the form itself is not signed" in notes


def test_a_case_of_thousands_of_attachments_stays_readable_and_says_what_it_leaves_out():
    many = [artifact(n, "text/plain", output="txt") for n in range(1, 5001)]
    copies = [
        {**DELETIONS[0], "id": f"x{n}", "artifact": one["id"]} for n, one in enumerate(many, 1)
    ]
    tree = page(statement(artifacts=many, deletions=copies))
    assert len(tree.xpath("//section[@class='attachments']//tbody/tr")) == 200
    assert "4,800 more rows are in the signed file." in section(tree, "attachments")
    assert "artifact-001 to artifact-5000" in section(tree, "deletions")


# The red panel

CLEAN = {
    "artifacts": [ARTIFACTS[0]],
    "findings": [finding(1, 1, "full_name", "PERSON", [1])],
    "deletions": [DELETIONS[0]],
    "coverage": {**PREDICATE["coverage"], "knownGaps": []},
}


def test_the_panel_always_says_what_is_not_covered():
    assert panel(**CLEAN) == [
        "Nothing is said about: copies that the researcher holds, platform vendor backups."
    ]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"artifacts": [ARTIFACTS[5]]}, "Set aside unread: artifact-006. It holds no text"),
        ({"artifacts": [ARTIFACTS[2]]}, "artifact-003: 2 parts could not be read, and are not in"),
        ({"artifacts": [ARTIFACTS[3]]}, "artifact-004 holds, passed on unread: QUIC traffic (12)"),
        ({"artifacts": [ARTIFACTS[1]]}, "artifact-002: 4,210 values were taken out where they"),
        ({"coverage": PREDICATE["coverage"]}, "Not looked for: faces in pictures, handwriting"),
        ({"retention": {"legalHold": True}}, "A legal hold applies"),
        ({"findings": [PREDICATE["findings"][4]]}, "Encrypted in place: who holds the operator’s"),
        ({"deletions": [DELETIONS[7]]}, "Mail copy (mail backup): A rule of the store is due"),
        ({"deletions": [{**DELETIONS[0], "claim": "not_deleted"}]}, "Original: artifact-001 (intake"),
        ({"deletions": [{**DELETIONS[6], "note": "replicas_not_covered"}]}, "Original: artifact-007"),
        ({"deletions": [{**DELETIONS[0], "claim": "a_new_claim"}]}, "Original: artifact-001 (intake"),
        ({"deletions": [{**DELETIONS[0], "assurance": "attested"}]}, "Original: artifact-001 (intake"),
    ],
)  # fmt: skip
def test_every_exception_is_in_the_panel(change, said):
    sentences = panel(**{**CLEAN, **change})
    assert len(sentences) == 2
    assert sentences[0].startswith(said)


@pytest.mark.parametrize(
    "claim", ["unlinked", "overwritten_best_effort", "object_versions_deleted", "crypto_erased"]
)
def test_a_copy_that_is_gone_is_no_exception(claim):
    assert len(panel(**{**CLEAN, "deletions": [{**DELETIONS[0], "claim": claim}]})) == 1


def test_exceptions_that_several_attachments_share_are_one_sentence():
    shared = [artifact(n, "application/zip", output="zip", leftOut=2) for n in (1, 2, 3)]
    assert panel(**{**CLEAN, "artifacts": shared})[0] == (
        "artifact-001 to artifact-003, each: 2 parts could not be read, and are not in the copy."
    )


def test_thousands_of_exceptions_are_counted_and_hide_none_of_another_kind():
    many = [artifact(n, "text/csv", output="csv", unlinked=n) for n in range(1, 3001)]
    sentences = panel(**{**CLEAN, "artifacts": many, "deletions": [DELETIONS[7]]})
    assert len(sentences) == 103
    assert sentences[100] == "2,900 more exceptions of this kind are in the signed file."
    assert sentences[101].startswith("Mail copy (mail backup)")


def test_the_head_counts_the_copies_that_may_be_left():
    left = [{**DELETIONS[0], "claim": "not_deleted"}] * 3
    head = text(page(statement(deletions=left)).xpath("//header")[0])
    assert "Of 3 copies it is not shown that they are gone" in head


# Nothing in it runs, and nothing is fetched


def test_the_page_needs_nothing_and_forbids_everything():
    source = render_html(shown())
    tree = html.document_fromstring(source)
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'; style-src 'unsafe-inline'; img-src data:")
    (script,) = tree.xpath("//script")
    assert script.get("type") == "application/json"
    assert not tree.xpath("//@src | //link | //iframe | //object | //embed | //form | //base")
    assert not tree.xpath("//@*[starts-with(name(), 'on')]")
    assert [link.partition(",")[0] for link in tree.xpath("//@href")] == [
        "data:application/json;base64"
    ]
    (style,) = tree.xpath("//style/text()")
    assert not re.search(r"url\(|@import|expression|</", style)


HOSTILE = "</script><img src=x onerror=alert(1)>'\"&amp;--></style>\x00\ufffe{0}"


def soiled(value):
    if isinstance(value, dict):
        return {name: soiled(one) for name, one in value.items()}
    if isinstance(value, list):
        return [soiled(one) for one in value]
    return value + HOSTILE if isinstance(value, str) else value


def test_whatever_a_statement_holds_is_text_only():
    """The grammar lets none of this through; the drawing does not rest on it."""
    tree = page(soiled(statement()))
    assert not tree.xpath("//img")
    assert len(tree.xpath("//script")) == len(tree.xpath("//style")) == 1
    assert "<img src=x onerror=alert(1)>" in text(tree.xpath("//header")[0])
    assert "onerror" not in tree.xpath("//style/text()")[0]


def test_the_signed_file_is_in_the_page_as_it_was_read():
    given = shown()
    tree = html.document_fromstring(render_html(given))
    (link,) = tree.xpath("//a[@download='bundle.json']/@href")
    assert base64.b64decode(link.partition(",")[2]) == given.file
    (block,) = tree.xpath("//script/text()")
    assert json.loads(block) == json.loads(given.file)
    assert "<" not in block


def test_the_page_for_paper_holds_no_data_block():
    tree = page(paper="letter", embed=False)
    assert not tree.xpath("//script | //a")
    assert "size: letter;" in tree.xpath("//style/text()")[0]


def test_the_qr_code_reads_as_the_digest():
    zxing = pytest.importorskip("zxingcpp")
    numpy = pytest.importorskip("numpy")
    given = shown()
    (picture,) = html.document_fromstring(render_html(given)).xpath("//svg")
    size = int(picture.get("viewbox", picture.get("viewBox")).split()[2])
    dots = numpy.full((size, size), 255, numpy.uint8)
    for x, y, width in re.findall(r"M(\d+) (\d+)h(\d+)v1", picture.xpath("./path/@d")[0]):
        dots[int(y), int(x) : int(x) + int(width)] = 0
    (read,) = zxing.read_barcodes(dots.repeat(6, 0).repeat(6, 1))
    assert read.text == f"sha256:{given.digest}"


# Only what verifies


@pytest.mark.parametrize("rule", ["envelope", "signature", "types", "grammar", "consistency"])
def test_nothing_is_drawn_of_what_was_not_verified(rule):
    without = tuple(one for one in RULES if one.name != rule)
    with pytest.raises(CertificateError, match=f"the rule {rule} does not hold"):
        shown(rules=without)


def test_nothing_is_drawn_where_any_rule_failed():
    with pytest.raises(CertificateError, match="the rule ledger does not hold"):
        shown(rules=(*RULES[:7], Rule("ledger", "fail", "another root")))


def bundle(**changes):
    payload = base64.b64encode(json.dumps(statement()).encode()).decode()
    signature = {"keyid": KEY_ID, "sig": base64.b64encode(bytes(64)).decode()}
    envelope = {"payload": payload, "payloadType": PAYLOAD_TYPE, "signatures": [signature]}
    fields = {"schema": "pii-guard/bundle/1", "envelope": envelope, "checkpoint": CHECKPOINT,
              "inclusion": {"index": 0, "size": 1, "hashes": []}}  # fmt: skip
    return json.dumps({**fields, **changes}).encode()


def test_a_checkpoint_is_shown_only_where_the_ledger_rule_vouches_for_it():
    vouched = verified(bundle(), Report(RULES), CHECKED)
    assert vouched.checkpoint == CHECKPOINT
    unchecked = tuple(
        Rule("ledger", "not_checked", "no log key") if one.name == "ledger" else one
        for one in RULES
    )
    doubtful = verified(bundle(), Report(unchecked), CHECKED)
    assert "pii-guard.example/ledger" not in text(
        html.document_fromstring(render_html(doubtful)).body[0]
    )


@pytest.mark.parametrize("content", [b"[]", b"{}", b"{", b'{"payload": 1}', bundle(envelope=None)])
def test_what_is_no_certificate_is_a_clear_error(content):
    with pytest.raises(CertificateError, match="no certificate or bundle"):
        verified(content, Report(RULES), CHECKED)


def test_no_representation_of_the_input_shows_its_bytes():
    assert "VDP-2026" not in repr(shown())


# For everybody


def test_it_can_be_read_with_assistive_technology():
    tree = page()
    assert tree.get("lang") == "en"
    levels = [int(node.tag[1]) for node in tree.xpath("//h1 | //h2 | //h3")]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in itertools.pairwise(levels))
    for made in tree.xpath("//table"):
        assert made.get("aria-label")
        assert all(cell.get("scope") for cell in made.xpath(".//th"))
        assert all(row.xpath("./th") for row in made.xpath(".//tr"))
    assert all(
        one.get("aria-labelledby") or one.get("aria-label") for one in tree.xpath("//section")
    )
    identifiers = tree.xpath("//@id")
    assert len(identifiers) == len(set(identifiers))
    assert tree.xpath("//svg/@role") == ["img"]


def colours(block):
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))


def luminance(colour):
    """Relative luminance (WCAG 2.2)."""
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return sum(weight * p for weight, p in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_text_stands_out_from_its_ground(dark):
    light_block, dark_block = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)[:2]
    found = colours(light_block) | (colours(dark_block) if dark else {})
    pairs = [("ink", "sheet"), ("soft", "sheet"), ("deep", "sheet"), ("red", "sheet"),
             ("ink", "red-ground"), ("red", "red-ground")]  # fmt: skip
    for ink, ground in pairs:
        high, low = sorted((luminance(found[ink]), luminance(found[ground])), reverse=True)
        assert (high + 0.05) / (low + 0.05) >= 4.5, (ink, ground)


def test_another_language_is_another_table():
    """Every word of the page is of the table, of the statement, or of the rules' own reasons."""
    kept = {"lang", "months", "thousands", "date", "moment"}
    table = {key: label if key in kept else f"⟦{label}⟧" for key, label in ENGLISH.items()}
    tree = html.document_fromstring(render_html(shown(), words=Words(table)))
    for node in tree.xpath(
        "//style | //script | //section[@class='checks']//table | //code | //pre"
    ):
        node.getparent().remove(node)
    said = [word for word in tree.itertext() if word.strip()]
    assert len(said) > 100
    bare = {word.strip() for word in said if "⟦" not in word}
    stated = re.compile(
        r"[\d,]+|–|artifact-.*|VDP-2026-0142|pii_guard 0.1.0|23 November 2026.*|ref: r-7Q2K"
        r"|exact|HMAC-SHA256|k-0123456789abcdef|pii-guard/1|acme-vdp|legitimate interests|privacy lead|accepted|\d+ [A-Z][a-z]+ 20\d\d"
        r"|(?:By|Decision|Intake worker|Intake bucket|Quarantine folder|Mail copy|Mail backup)"
        r"|ZIP|PNG|PDF|MP4|evidence: .*|verification: .*"
    )
    assert {word for word in bare if not stated.fullmatch(word)} == set()
