"""What machines print of themselves survives, and people who are written like it do not."""

from __future__ import annotations

import pytest

from pii_guard.detect.evidence import protected
from pii_guard.detect.fields import meaning
from pii_guard.detect.settling import NER, Candidate, judged
from pii_guard.detect.technical import machine_made
from pii_guard.detect.values import plausible

RULE = "rev:2; classtype:trojan-activity; sid:2049117;"
K8S = "apiVersion: v1\nkind: ServiceAccount\n"


@pytest.mark.parametrize(
    "text",
    [
        "Subject: C = FR, ST = Île-de-France, L = Paris, O = Delacroix SA, CN = www.delacroix.example",
        "| ssl-cert: Subject: commonName=gw-muc-02/organizationName=Helvetia AG/stateOrProvinceName=Bayern/countryName=DE",
        "$ORIGIN kingsley.example.\n@ IN SOA ns1.kingsley.example. hostmaster.kingsley.example. 1\n"
        "        IN NS  ns1.kingsley.example.\naustin  IN CNAME lb-austin.kingsley.example.\n"
        "_sip._tcp IN SRV 10 60 5060 pbx.kingsley.example.",
        "Registry Domain ID: 2138514_DOMAIN\nRegistrar: Gandi SAS\nRegistrar IANA ID: 81\nName Server: NS1.KINGSLEY.EXAMPLE",
        f'alert tcp any any -> any 80 (msg:"SERVER-WEBAPP Lancaster CMS upload"; content:"|07|wallace|03|"; {RULE})',
        "CVE-2024-40412\nVendor: Schneider Electric, Emerson, Rockwell Automation, Johnson Controls",
        "if ($http_user_agent ~* (Baidu|Yandex|Bingbot)) { return 403; }",
        "Cambiando el valor de idFactura de 88120 a 88121 en la petición",
        "Entornos: Madrid-01, Lima-02, Bogotá-03.",
        "We reached the Harrison parser. Harrison splits the body, past the Nelson WAF, and the Edison worker runs it.",
        "New Process Name:\tC:\\Program Files\\Baker Hughes\\Agent\\agent.exe",
        "+----+----------------+----------------+-----------+\n| id | sku            | name           | warehouse |\n"
        "+----+----------------+----------------+-----------+\n| 1  | LB-20934-ASH   | Carter Bench   | Coventry  |\n"
        "| 2  | LB-20935-ELM   | Olive Planter  | Lyon      |\n+----+----------------+----------------+-----------+",
        "attacking http-post-form://portal.example:443/login:user=^USER^&pass=^PASS^:F=Invalid",
        "Hydra v9.5 (c) 2023 by van Hauser/THC & David Maciejak - Please do not use",
        "MAC Address: 00:50:56:B3:1F:7C (VMware)",
        "injection SQL dans le module « Martin Relance » de la suite Comptoir 11.2",
        "afectada: 3.9.0 a 3.9.6; corregido en 3.9.7 (rama santiago).",
        "el fabricante publicó el parche el 9 de mayo de 2024. Referencias: CCN-CERT, INCIBE-CERT, CVE-2024-29117.",
        "Using Valgrind. Copyright (C) 2002-2017, and GNU GPL'd, by Julian Seward et al.",
    ],
)  # fmt: skip
def test_it_stays(guard, text):
    result = guard.redact(text.encode(), name="evidence.txt")
    assert result.output.decode() == text


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("c.json", '{"lines":[{"sku":"HX-44819-BLK","qty":-3,"name":"Harris Tweed Cushion","brand":"Bailey & Stone"}]}'),
    ],
)  # fmt: skip
def test_a_file_of_it_stays(guard, name, text):
    assert guard.redact(text.encode(), name=name).output.decode() == text


@pytest.mark.parametrize(
    "text",
    [
        "subject: C=NL; L=Amsterdam; O=Orion B.V.; CN=Jane Whitfield",
        "subject: C=NL; L=Amsterdam; O=Jane Whitfield; CN=www.orion.example",
        "jane IN TXT \"owner Jane Whitfield, +44 7700 900123\"",
        "Ask Jane Whitfield IN NS terms",
        "Registrant Name: Jane Whitfield\nRegistrar: Gandi SAS",
        "Registrar: mail jane.whitfield@gandi.net",
        "person:         Jane Whitfield\nmnt-by:         TELFORD-MNT\nsource:         RIPE",
        f'alert tcp any any -> any 80 (msg:"leak of jane.whitfield@acme.de"; {RULE})',
        'He wrote (msg:"Jane Whitfield called"; she agreed)',
        "CVE-2024-40412\nVendor contact: Jane Whitfield",
        "Vendor: Jane Whitfield",
        "Reported by Jane Whitfield of the Zero Day Initiative",
        "Severity: high, says Jane Whitfield",
        "Severity: Jane Whitfield decides",
        "Update 5.3.8, then write to 8 Whitfield Road, London",
        "Nmap scan report for Jane Whitfield (10.0.0.1)",
        "the Whitfield parser of Jane Whitfield and the Whitfield proxy",
        "Ask the portal; Whitfield, the portal admin, knows. Jane Whitfield does.",
        "the Whitfield account was read, and Ms Whitfield's mail",
        "Jane Whitfield 12.05.1985 and Whitfield 1.2",
        "MAC Address: 3C:22:FB:B3:1F:7C (Jane Whitfield)",
        "C:\\Users\\Jane Whitfield\\Documents\\a.txt",
        "el 9 de mayo de 2024 escribió Jane Whitfield, de Whitfield Road 9",
        "la rama de Jane Whitfield (rama Whitfield)",
        "der Dienst von Jane Whitfield antwortet",
        "| sku | name | email |\n|---|---|---|\n| LB-20935-ELM | Jane Whitfield | j.whitfield@acme.de |",
        "<script>var who = 'Jane Whitfield'; alert(who)</script>",
        "Copyright (C) 2017, by Jane Whitfield et al.",
        "CVE-2024-1111\nVendor: Jane Whitfield, 12 Elm Street, Leeds",
        "We mailed Whitfield, the old scheduler. Whitfield lives at 12 Elm Street, Leeds.",
        "der Dienst Jane Whitfield antwortet nicht mehr",
    ],
)  # fmt: skip
def test_a_person_beside_it_is_still_found(guard, text):
    assert "hitfield" not in guard.redact_text(text)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("rule.yml", "patient:\n  id: 17\n  condition: asthma and not diabetes\n  name: Jane Whitfield\n"),
        ("a.yaml", f"{K8S}metadata:\n  name: edge\n  annotations:\n    owner: Jane Whitfield\n"),
        ("b.yaml", f"{K8S}metadata:\n  name: edge\ndata:\n  name: Jane Whitfield\n"),
        ("e.csv", "sku,name,city\nAB-1,Jane Whitfield,Turin\n"),
        ("c.json", '{"orders":[{"sku":"HX-44819-BLK","name":"Jane Whitfield","email":"j.whitfield@acme.de"}]}'),
        ("d.json", '{"customer":{"name":"Jane Whitfield"},"lines":[{"sku":"HX-44819-BLK","name":"Cushion"}]}'),
    ],
)  # fmt: skip
def test_a_person_in_such_a_file_is_still_found(guard, name, text):
    output = guard.redact(text.encode(), name=name).output.decode()
    assert "hitfield" not in output
    assert "diabetes" not in output


@pytest.mark.parametrize(
    "text", ["L = Salford, CN = Jane Roe", "IN NS", "name: roe", 'msg:"a";', "Vendor: Roe"]
)
def test_alone_it_says_nothing(text):
    assert list(machine_made(text)) == []


@pytest.mark.parametrize(
    ("text", "piece"),
    [
        ("*  subject: C=NL; ST=Noord-Holland; L=Amsterdam; O=Orion B.V.; CN=*.orion.example", "L=Amsterdam"),
        ("Issuer: L = Salford, O = Sectigo Limited, CN = Sectigo Organization Validation Secure Server CA", "L = Salford"),
        ("depth=2 C = US, ST = New Jersey, CN = USERTrust ECC Certification Authority", "ST = New Jersey"),
        ("            CT Precertificate SCTs:", "CT"),
        ("Nmap scan report for gw-muc-02.corp.example (10.44.7.19)", "gw-muc-02.corp.example"),
        ("2   3.10 ms gw-muc-02 (10.44.7.19)", "gw-muc-02"),
        ("as-name:        TELFORD-NET\nsource:         RIPE", "TELFORD-NET"),
        ("As seen at Black Hat USA.", "Black Hat USA"),
        ("Severidad: crítica.", "crítica"),
        ("INCIBE asignó el CVE-2024-20881", "asignó"),
        ("Oscar, the internal scheduler, runs it.", "Oscar"),
        ("For Franklin (the legacy portal) no fix is planned.", "Franklin"),
        ("weil Winter-Regelsatz 3.3.5 anders liest", "weil Winter-Regelsatz"),
        ("el servidor Domínguez Core responde 200", "Domínguez Core"),
        ("kx1pz<script>alert(1)</script>w4tfh", "w4tfh"),
        ("ET MALWARE Wallace RAT CnC Checkin", "Wallace"),
        ("apiVersion: v1\nkind: Pod\nmetadata.name: madison-gateway", "madison-gateway"),
        ("JAVA_OPTS=-Djava.security.egd=file:/dev/urandom", "Djava"),
    ],
)  # fmt: skip
def test_each_piece_is_shielded(text, piece):
    start, end = text.index(piece), text.index(piece) + len(piece)
    assert any(s.start <= start and end <= s.end for s in protected(text).near(start, end))


@pytest.mark.parametrize(
    ("text", "piece", "is_left"),
    [
        ("Abhilfe: Update auf 5.3.8, bis dahin sperren", "8, bis dahin", False),
        ("Wohnhaft in 8, Whitfield Road", "8, Whitfield Road", True),
        ("She lives in Leeds.8 Whitfield Road", "8 Whitfield Road", True),
        ("mit Frist 90 Tage danach", "Frist 90", False),
        ("wohnt Lindenweg 90 in Bremen", "Lindenweg 90", True),
        ("publicó el parche el 9 de mayo de 2024.", "el 9 de mayo de 2024", False),
        ("vive en la calle 9 de mayo 2024", "calle 9 de mayo 2024", True),
    ],
)
def test_no_place_is_in_a_version_a_duration_or_a_day(text, piece, is_left):
    start = text.index(piece)
    offered = [Candidate(start, start + len(piece), "ADDRESS", 0.8, NER)]
    assert bool(judged(offered, text)) is is_left


def test_the_account_of_a_program_names_nobody():
    assert meaning("spec.template.spec.serviceAccountName") == ""
    assert meaning("accountName") == meaning("customerService.accountName") == "PERSON"


def test_the_condition_of_a_rule_is_nobodys():
    assert not plausible("HEALTH", "selection and not filter")
    assert plausible("HEALTH", "asthma and not diabetes")


def test_a_family_in_capitals_is_no_category_of_rules():
    assert list(machine_made("JEAN ET MARIE DUPONT, 8 RUE DES LILAS")) == []
