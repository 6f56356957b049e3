"""Personal data as programs write it down, from the bytes that come in to those that go out."""

from __future__ import annotations

import pytest


def redacted(guard, text: str, name: str) -> str:
    return guard.redact(text.encode(), name=name).output.decode()


@pytest.mark.parametrize("name", ["a.txt", "a.log", "a.php"])
def test_a_serialized_record_goes_and_still_loads(guard, name):
    text = 'a:2:{s:5:"email";s:21:"jane.roe@mail.example";s:3:"dob";s:10:"1980-01-02";}'
    assert redacted(guard, text, name) == (
        'a:2:{s:5:"email";s:17:"<EMAIL_ADDRESS_1>";s:3:"dob";s:17:"<DATE_OF_BIRTH_1>";}'
    )


def test_a_serialized_record_in_a_json_string(guard):
    text = r'{"option": "a:1:{s:7:\"surname\";s:9:\"Whitfield\";s:3:\"dob\";s:10:\"1980-01-02\";}"}'
    assert redacted(guard, text, "a.json") == (
        r'{"option": "a:1:{s:7:\"surname\";s:10:\"<PERSON_1>\";s:3:\"dob\";s:17:\"<DATE_OF_BIRTH_1>\";}"}'
    )


@pytest.mark.parametrize("name", ["a.txt", "a.log", "a.php"])
@pytest.mark.parametrize(
    "form",
    [
        '  ["surname"]=>\n  string(9) "{}"\n  ["dob"]=>\n  string(10) "{}"\n',
        "    [surname:protected] => {}\n    [dob] => {}\n",
        "  'surname' => '{}',\n  'dob' => '{}',\n",
    ],
)
def test_a_dump_over_lines_is_one_record(guard, name, form):
    text = form.format("Whitfield", "1980-01-02")
    assert redacted(guard, text, name) == form.format("<PERSON_1>", "<DATE_OF_BIRTH_1>")


@pytest.mark.parametrize("name", ["a.txt", "a.log", "a.php"])
@pytest.mark.parametrize(
    "text",
    [
        "  'driver' => 'mysql',\n  'surname' => 'required',\n  'phone' => 'Phone number',\n",
        '  ["name"]=>\n  string(3) "foo"\n  ["md5"]=>\n  string(32) "9f86d081884c7d659a2feaa0c55ad015"\n',
        'O:8:"Gadget\\A":2:{s:4:"file";s:11:"/etc/passwd";s:4:"name";s:6:"plugin";}',
        "    [name] => avatar.png\n    [tmp_name] => /tmp/phpYzdqkD\n    [size] => 98174\n",
    ],
)
def test_dumps_of_no_people_stay(guard, name, text):
    assert redacted(guard, text, name) == text


@pytest.mark.parametrize("name", ["a.html", "a.php"])
def test_fields_of_a_form_go_under_names_and_ids(guard, name):
    text = '<form><input id="surname" value="{}"> <input value="{}" name="user[dob]"/></form>\n'
    written = redacted(guard, text.format("Whitfield", "1980-01-02"), name)
    expected = text.format("<PERSON_1>", "<DATE_OF_BIRTH_1>")
    assert written.replace("&lt;", "<").replace("&gt;", ">") == expected


@pytest.mark.parametrize("name", ["a.txt", "a.log"])
def test_values_before_what_they_are_in_brackets_go(guard, name):
    text = 'It shows "{}" (last name), {} (date of birth) and {} (MRN).\n'
    assert redacted(guard, text.format("Whitfield", "1980-01-02", "00482213"), name) == text.format(
        "<PERSON_1>", "<DATE_OF_BIRTH_1>", "<MEDICAL_RECORD_NUMBER_1>"
    )


@pytest.mark.parametrize(
    ("name", "text"),
    [
        (
            "a.html",
            '<form action="/p"><input name="csrf" value="9f86d081884c7d65"><input name="username" value="admin">'
            '<input name="q" value="alert(1)"><input type="submit" id="login" value="Log in"></form>\n',
        ),
        ("a.txt", "The Parameter (surname) is reflected, see RFC 7519 (phone) and 3.0.2 (age).\n"),
        ("a.log", "getUser (username) returned 404 (code), 9f86d081884c7d65 (hash)\n"),
    ],
)
def test_fields_and_brackets_of_no_people_stay(guard, name, text):
    assert redacted(guard, text, name) == text


@pytest.mark.parametrize("name", ["a.log", "a.txt"])
@pytest.mark.parametrize("lines", [1, 200])
def test_accounts_in_a_log_with_named_columns_go_however_far_below_their_name(guard, name, lines):
    head = "#Software: IIS 10.0\n#Fields: date time cs-method cs-username c-ip sc-status\n"
    line = "2024-01-02 03:04:05 GET {} {} 200\n"
    text = head + line.format("-", "10.0.0.1") * lines + line.format("CORP\\whitf", "93.184.216.34")
    assert redacted(guard, text, name) == text.replace("CORP\\whitf", "<USERNAME_1>").replace(
        "93.184.216.34", "<IP_ADDRESS_1>"
    )


def test_a_log_with_named_columns_of_machines_stays(guard):
    text = (
        "#Fields: date time s-computername cs-uri-stem cs-username sc-status\n"
        + "2024-01-02 03:04:05 WEB01 /index.html - 200\n" * 200
    )
    assert redacted(guard, text, "a.log") == text


@pytest.mark.parametrize("name", ["a.txt", "a.log", "a.hl7"])
@pytest.mark.parametrize("end", ["\n", "\r"])
def test_fields_of_an_hl7_message_go_by_their_places(guard, name, end):
    head = r"MSH|^~\&|LAB|H|X|Y|20240102030405||ADT^A04|1|P|2.5" + end
    text = (
        "PID|1||0493575^^^2||ROE^JANE^A^^MRS||19800102|F|||1 Main St^^Springfield^IL^62701||2025550143||||||536228417"
        + end
        + "NK1|1|WHITFIELD^TOM|SPO||4155550145"
        + end
    )
    written = redacted(guard, head + text, name)
    assert written.startswith(head)
    gone = "0493575 ROE JANE 19800102 Main Springfield 62701 2025550143 536228417 WHITFIELD TOM 4155550145"
    assert [one for one in gone.split() if one in written] == []
    assert "^A^^MRS||" in written


@pytest.mark.parametrize("name", ["a.txt", "a.log"])
def test_messages_and_columns_of_machines_stay(guard, name):
    text = (
        "$ ps aux | grep PID|sort\nPID|USER|CMD|TIME\n"
        "MSH|^~\\&|LAB|HOSP|X|Y|20240102030405||ORU^R01^ORU_R01|MSG0001|P|2.5\n"
        "OBX|1|NM|1554-5^GLUCOSE^LN||182|mg/dl|70_105|H|||F\n"
    )
    assert redacted(guard, text, name) == text


@pytest.mark.parametrize("name", ["a.txt", "a.log"])
@pytest.mark.parametrize(
    ("text", "gone"),
    [
        ("customer_name={{Jane Roe}} or ${{x}}, patient: ${Jane Roe}\n", ["Jane", "Roe"]),
        ("phone::415-555-0143 and tel==415-555-0144\n", ["415-555-0143", "415-555-0144"]),
        ("Call 415-555-0143/415-555-0144 now\n", ["0143", "0144"]),
        ("SELECT a FROM t WHERE a LIKE '%536-22-8417%'\n", ["536-22-8417"]),
        ("1.1ROE/JANE MRS 2.1WHITFIELD/TOM MR\n", ["ROE", "JANE", "WHITFIELD", "TOM"]),
        (
            "token_eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.PqoPkDPUkqZ9v8FdFqOrKXyLqYWzQZ2wJ2hT1V9yCkM\n",
            ["PqoPkDPUkqZ9"],
        ),
    ],
)
def test_what_stands_around_a_value_does_not_hide_it(guard, name, text, gone):
    written = redacted(guard, text, name)
    assert [one for one in gone if one in written] == []


@pytest.mark.parametrize("name", ["a.txt", "a.log"])
@pytest.mark.parametrize(
    "text",
    [
        "last_name: {{7*7}} surname=${surname} name={{ full_name }} first_name={{First Name}}\n",
        "2024-01-02/2024-01-03 std::1234-5678 555-1234/555-1235 ports 8080/8443\n",
        "x LIKE '%41%' or '%3Cscript%3E' and '%20%' and \"%536abc%\" or LIKE '%2024-01-02%'\n",
        "TCP/IP MR and GET/POST MS-DOS\n",
        "my_eyJmodule.something_long.anotherverylongattributename\n",
    ],
)
def test_what_looks_like_these_stays(guard, name, text):
    assert redacted(guard, text, name) == text


def test_lines_of_a_log_that_begin_with_a_level_are_no_one_record(guard):
    text = "INF|login of first_name=Jane\nERR|reset for dob=1980-01-02\n"
    assert redacted(guard, text, "a.log").startswith("INF|login of first_name=Jane\n")
