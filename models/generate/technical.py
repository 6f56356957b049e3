"""Technical text around and instead of people: hosts, payloads, code, products. Never personal."""

from __future__ import annotations

import random
import re
from collections.abc import Callable

WORDS = (
    "user account order token session admin config report payload login profile export import "
    "invoice ticket backup upload search index cache queue worker render parse proxy cookie header "
    "tenant billing patient claim policy member secret debug trace async buffer stack heap kernel "
    "driver socket jinja django flask spring struts jenkins grafana kibana redis nginx apache "
    "tomcat wordpress drupal joomla magento confluence jira jackson lodash axios react vue angular "
    "maven gradle electron chromium view grant mark page case will may bill rich pat chase"
).split()
PRODUCTS = (
    "Apache Tomcat|Oracle WebLogic|Jenkins|Atlassian Confluence|Microsoft Exchange|Cisco ASA|"
    "Fortinet FortiOS|Palo Alto PAN-OS|Ivanti Connect Secure|Spring Framework|Ruby on Rails|Django|"
    "Laravel|Struts|Log4j|OpenSSL|Citrix ADC|VMware vCenter|Adobe Commerce|Drupal|Joomla|WordPress|"
    "Elementor|Grafana|Kibana|Metabase|Nextcloud|Zimbra|Moodle|MOVEit Transfer|SolarWinds Orion|"
    "Barracuda ESG|Juniper Junos|F5 BIG-IP|Kubernetes|Docker|Terraform|Ansible|Burp Suite|Burp|"
    "Wireshark|Metasploit|Frida|Ghidra|Hashcat|John the Ripper|Jackson Databind|Linksys|Dell iDRAC|"
    "Lexmark|Samsung Galaxy|Madison Theme|Jordan Player|Kali Linux|Parrot OS|Mimikatz|Samba|Kerberos|"
    "Dirty Pipe|Diffie-Hellman|Luhn|Merkle-Damgård|Nessus|Maven|Ruby|Jasper Reports|Postman|Insomnia|"
    "Chrome|Firefox|Safari|Edge|Chromium|Electron|Node.js|Express|React|Angular|Vue|jQuery|Bootstrap|"
    "Cloudflare|Akamai|Fastly|Amazon S3|Azure Blob|Google Cloud|GitHub Actions|GitLab|Bitbucket|"
    "Stripe|PayPal|Okta|Keycloak|Auth0|MySQL|PostgreSQL|MongoDB|Elasticsearch|Redis|RabbitMQ|Kafka|"
    "Shellshock|Heartbleed|Log4Shell|Spectre|Meltdown|Rowhammer|Sqlmap|Nuclei|Ffuf|Gobuster|Nikto"
).split("|")
BUGS = (
    "SQL injection|stored XSS|reflected XSS|IDOR|SSRF|XXE|path traversal|open redirect|RCE|"
    "deserialization flaw|race condition|CSRF|broken access control|mass assignment|"
    "information disclosure|JWT none bypass|subdomain takeover|host header injection|clickjacking|"
    "prototype pollution|use-after-free|heap overflow|Insecure Direct Object Reference"
).split("|")
HEADINGS = (
    "Summary|Steps to Reproduce|Steps To Reproduce|Proof of Concept|Impact|Remediation|Timeline|"
    "Affected Assets|Supporting Material|References|Suggested Fix|Vendor Response|Test Accounts|"
    "Environment|Severity|Weakness|CVSS Vector|Attachments|Description|Expected Result|Actual Result"
).split("|")
PAYLOADS = (
    "' OR 1=1-- -|<script>alert(document.cookie)</script>|${jndi:ldap://x.oast.fun/a}|{{7*7}}|"
    '../../../../etc/passwd|() { :; }; /bin/bash -c \'id\'|O:8:"stdClass":1:{s:1:"a";i:1;}|'
    "%27%20UNION%20SELECT%20NULL,user(),version()--|\\x90\\x90\\x31\\xc0\\x50\\x68|rO0ABXNyABdqYXZh|"
    "<img src=x onerror=alert(1)>|javascript:alert(1)|%253Cscript%253E|;cat /etc/shadow|| whoami|"
    'admin\'--|1 AND SLEEP(5)|" onmouseover=prompt(1) x="|{"$ne": null}|(?:[A-Z][a-z]+)\\s+\\d{2,4}|'
    '<!ENTITY xxe SYSTEM "file:///etc/passwd">|gopher://127.0.0.1:6379/_INFO|AAAA%n%n%n'
).split("|")
TOKENS = (
    "PERSON EMAIL_ADDRESS PHONE_NUMBER ADDRESS LOCATION US_SSN IBAN_CODE CREDIT_CARD USERNAME "
    "DATE_OF_BIRTH IP_ADDRESS MEDICAL_RECORD_NUMBER"
).split()
LINES = (
    "The {product} server is vulnerable to {bug} ({cve}).|{heading}\n\n1. Log in to {host}\n"
    "2. Open {path}\n3. Intercept the request with Burp Suite|## {heading}|**{heading}:** {bug} in "
    "{product}|{function} calls {function} without validation in {product}.|Tested on {product}, "
    "Kali Linux, Windows Server 2019 and Mac OS X.|Affected versions: {product} before {version}|"
    "curl -k -X POST https://{host}{path} -H \"Authorization: Bearer {hex}\" -d 'id={number}'|"
    "GET {path}?id={number} HTTP/1.1\nHost: {host}\nUser-Agent: Mozilla/5.0 (Windows NT 10.0; Win64; "
    "x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/120.0 Safari/537.36\nReferer: https://{host}/"
    "|HTTP/1.1 200 OK\nServer: {product}\nContent-Type: application/json\nX-Request-Id: {uuid}|"
    'Exception in thread "main" java.lang.{function}: {word}\n\tat {function}({word}.java:{number})|'
    'Traceback (most recent call last):\n  File "{path}", line {number}, in {word}\n    return '
    "self.{word}.{word}({word})|def {word}_{word}(self, {word}, {word}=None):\n    return {word}|"
    "SELECT {word}, {word} FROM {word}s WHERE {word}_id={number} UNION SELECT NULL,{word}|"
    "CREATE TABLE {word}s (id INT, first_name VARCHAR(40), last_name VARCHAR(40), email TEXT);|"
    "| {word} | {word} |\n|---|---|\n| {version} | {hex} ||Payload: `{payload}`|"
    "Payload used in the {word} parameter:\n{payload}|{payload}|{cve} {cve}|sha256: {hex}{hex}|"
    "{time} INFO {function} {word}={number} {word}={hex}|{time} [{word}] ERROR {function} failed: "
    "{bug}|{word}: {word}\n{word}: {number}\nid: {number}\nstatus: {word}|host: {host}\nport: {number}"
    "\nproduct: {product}\nversion: {version}|User {token} can read the profile of {token}.|"
    "name: {token}\nemail: {token}\nphone: {token}|Dear {token},\n\nyour claim was approved.|"
    "{token} <{token}>|INSERT INTO users VALUES ({number}, '{token}', '{token}');|"
    "Admin Panel > User Settings > Change Password|Weakness: {bug}\nAsset: {host}\nSeverity: High|"
    "An attacker can exploit the {bug} to read {word} data of any {word}.|first_name,last_name,email,"
    "phone,street,city,zip,dob|id,{word},{word},created_at|name: {product}\nvendor: {product}\n"
    "license: MIT|hostname: {host}\nuser: root\npath: {path}|plan: gold\nrole: {word}\nactive: true|"
    "Set-Cookie: {word}={hex}; Path=/; HttpOnly; SameSite=Lax"
).split("|")


_SYLLABLES = (
    "net eng node pam dns sym disk view lock auth relay kern acp pci irq tty log ro ta te sys jrn al dock er "
    "kube pro xy hap red is mem cach keep task exec eth ser vol core lib api mon raid usb cron snmp ldap ntp "
    "fs md lvm vm hyper edge rack blade grid hub bus gate flow pipe sock ring page heap slab futex timer"
).split()


class Technical:
    """Fills technical templates; every method gives text that is not personal."""

    def __init__(self, rng: random.Random) -> None:
        self.rng = rng
        self.makers: dict[str, Callable[[], str]] = {
            name: getattr(self, name)
            for name in (
                "word product bug heading payload token hex uuid number version host path function "
                "cve time stamp box ident camel upper package mac"
            ).split()
        }

    def ident(self) -> str:
        """A name of a process, key or file as programs have them."""
        r = self.rng
        parts = [
            r.choice(WORDS)
            if r.random() < 0.4
            else "".join(r.choices(_SYLLABLES, k=r.randint(1, 2)))
            for _ in range(r.choice((1, 1, 2)))
        ]
        return r.choice("__-.").join(parts) + r.choice(("", "", "", "d", str(r.randint(0, 99))))

    def camel(self) -> str:
        """A name of a class or method."""
        r = self.rng
        parts = [part for _ in range(r.randint(1, 3)) for part in re.split(r"\W|_", self.ident())]
        return (
            "".join(p.title() for p in parts)
            if r.random() < 0.7
            else parts[0] + "".join(map(str.title, parts[1:]))
        )

    def upper(self) -> str:
        """A code in capitals."""
        return self.ident().upper()[: self.rng.randint(2, 8)].strip("_-.")

    def box(self) -> str:
        """A machine by its short name."""
        r = self.rng
        return r.choice(
            (
                self.ident(),
                "".join(r.choices(_SYLLABLES, k=2)).title(),
                f"{r.choice(_SYLLABLES)}-{r.randint(1, 99)}",
                "".join(r.choices(_SYLLABLES, k=2)).upper(),
                self.host(),
            )
        )

    def package(self) -> str:
        """A package of a program."""
        return ".".join(
            (
                self.rng.choice(("com", "org", "net", "io")),
                *(self.rng.choice(WORDS) for _ in range(self.rng.randint(1, 4))),
            )
        )

    def mac(self) -> str:
        """A hardware address."""
        return ":".join(f"{self.rng.randint(0, 255):02x}" for _ in range(6))

    def stamp(self) -> str:
        """A time as a log writes it."""
        r = self.rng
        month, day = r.randint(1, 12), r.randint(1, 28)
        clock = f"{r.randint(0, 23):02}:{r.randint(0, 59):02}:{r.randint(0, 59):02}"
        name = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split()[month - 1]
        year = r.randint(2005, 2026)
        return r.choice(
            (
                f"{name} {day} {clock}",
                f"{name} {day:2} {clock}",
                f"{year}-{month:02}-{day:02} {clock}",
                f"{year}-{month:02}-{day:02} {clock},{r.randint(0, 999):03}",
                f"{year % 100:02}/{month:02}/{day:02} {clock}",
                f"{year % 100:02}{month:02}{day:02} {clock.replace(':', '')}",
                f"Sun {name} {day:02} {clock} {year}",
                f"{month:02}-{day:02} {clock}.{r.randint(0, 999):03}",
                f"{year}{month:02}{day:02}-{clock}:{r.randint(0, 999)}",
                f"{year}.{month:02}.{day:02}",
                f"{year}-{month:02}-{day:02}T{clock}Z",
            )
        )

    def word(self) -> str:
        return self.rng.choice(WORDS)

    def product(self) -> str:
        return self.rng.choice(PRODUCTS) + self.rng.choice(("", "", " " + self.version()))

    def bug(self) -> str:
        return self.rng.choice(BUGS)

    def heading(self) -> str:
        return self.rng.choice(HEADINGS)

    def payload(self) -> str:
        return self.rng.choice(PAYLOADS)

    def token(self) -> str:
        return f"<{self.rng.choice(TOKENS)}_{self.rng.randint(1, 40)}>"

    def hex(self) -> str:
        return f"{self.rng.getrandbits(160):040x}"[: self.rng.choice((8, 16, 32, 40))]

    def uuid(self) -> str:
        h = f"{self.rng.getrandbits(128):032x}"
        return "-".join((h[:8], h[8:12], h[12:16], h[16:20], h[20:]))

    def number(self) -> str:
        return str(self.rng.randint(1, 10 ** self.rng.randint(1, 9)))

    def version(self) -> str:
        return ".".join(str(self.rng.randint(0, 30)) for _ in range(3))

    def host(self) -> str:
        first = self.rng.choice(
            "db web api mail jira gitlab stage prod vpn ad sso cdn shop".split()
        )
        tail = self.rng.choice(
            ("example.com", "corp.local", "acme.example", "internal", "shop.test")
        )
        return first + self.rng.choice(("", "01", "-2", "-eu")) + "." + tail

    def url(self, site: str) -> str:
        """A page of a site whose name may be anything."""
        r = self.rng
        host = (
            "www." * (r.random() < 0.3)
            + site
            + r.choice(
                (
                    ".com",
                    ".net",
                    ".org",
                    ".io",
                    ".co.uk",
                    ".de",
                    ".example",
                    ".dev",
                    "-security.com",
                    ".blog",
                )
            )
        )
        if r.random() < 0.15:
            host = f"web.archive.org/web/{r.randint(10**13, 10**14 - 1)}/https://{host}"
        words = r.choice(("/", "/blog/", "/research/", "/docs/", f"/{r.randint(2005, 2026)}/"))
        words += r.choice("-_/").join(self.word() for _ in range(r.randint(0, 6)))
        return f"{r.choice(('https', 'https', 'http'))}://{host}{words}{r.choice(('', '', '.html', '/', '#poc'))}"

    def path(self) -> str:
        parts = "/".join(self.word() for _ in range(self.rng.randint(1, 4)))
        return "/" + parts + self.rng.choice(("", ".php", ".py", ".json", ".aspx", "/"))

    def function(self) -> str:
        a, b = self.word(), self.word()
        return self.rng.choice(
            (
                f"{a}_{b}()",
                f"{a}{b.title()}()",
                f"{a.title()}{b.title()}",
                f"com.{a}.{b}.{a.title()}Service",
                f"{a.title()}Exception",
                f"System.{a.title()}.{b.title()}",
                f"org.apache.{a}",
            )
        )

    def cve(self) -> str:
        return f"CVE-{self.rng.randint(2005, 2026)}-{self.rng.randint(1000, 49999)}"

    def time(self) -> str:
        r = self.rng
        return f"2026-{r.randint(1, 12):02}-{r.randint(1, 28):02}T{r.randint(0, 23):02}:{r.randint(0, 59):02}:17Z"
