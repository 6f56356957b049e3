"""Inputs for measuring: `made(kind, size)`, the same bytes for the same arguments.

As varied as what reports bring and as repetitive: every row has its own person, time, ids and
addresses; agents, routes, hosts, templates and plans come again, the busy ones more often.
"""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterator, Mapping

from models.generate import Writer, accounts, people, places
from models.generate.phrases import template

KINDS = ("prose", "log", "json", "har", "sql", "csv")
Fields = dict[str, object]

_MAILS = "mail.example posta.example acme.example corp.local gmail.example inbox.example".split()
_ROUTES = (
    "/", "/login", "/logout", "/cart", "/health", "/metrics", "/static/app.{hex}.js", "/favicon.ico",
    "/api/v2/orders/{n}", "/api/v2/orders?page={small}&sort=created", "/api/v2/items/{n}/reviews",
    "/search?q={word}+{word}", "/account/{n}/settings", "/img/{hex}.webp", "/api/v1/token?ref={uuid}",
    "/..%2f..%2fetc/passwd", "/wp-login.php", "/graphql", "/export?from={day}&to={day}",
    "/products/{word}-{word}-{n}",
)  # fmt: skip
_WORDS = (
    "lamp chair desk mirror carpet kettle blue oak steel large garden summer invoice shelf glass "
    "cable adapter keyboard filter cotton bottle frame candle basket drill"
).split()
_LOGGED = (
    "{iso} INFO [http-nio-{small}] c.shop.orders.OrderService - order {n} priced in {small} ms",
    "{iso} DEBUG [worker-{small}] c.shop.cache.Store - evicted {n} entries, {n} kept, hit rate 0.{small}",
    "{iso} WARN [worker-{small}] c.shop.pay.Gateway - retry {small} of 5 for payment {uuid}",
    "{iso} ERROR [http-nio-{small}] c.shop.web.Errors - request {uuid} failed: upstream timed out",
    "java.lang.IllegalStateException: no stock for item {n}",
    "\tat c.shop.orders.OrderService.reserve(OrderService.java:{small})",
    "\tat org.springframework.web.servlet.FrameworkServlet.service(FrameworkServlet.java:{small})",
    "{bsd} web-{small} sshd[{n}]: Failed password for root from {ip} port {n} ssh2",
    "{bsd} web-{small} kernel: [UFW BLOCK] IN=eth0 OUT= SRC={ip} DST=10.0.4.{small} LEN=40 PROTO=TCP SPT={n} DPT=443",
    "{bsd} db-{small} systemd[1]: Started Session {n} of user postgres.",
    'level=info ts={iso} caller=compact.go:{small} msg="compact blocks" count={small} ulid={hex} duration={small}ms',
)
_ABOUT_PEOPLE = (
    "{iso} INFO [http-nio-{small}] c.shop.auth.Sessions - user {mail} logged in from {ip}",
    "{iso} WARN [http-nio-{small}] c.shop.mail.Sender - bounce for {name} <{mail}>",
    "{bsd} web-{small} sshd[{n}]: Accepted publickey for {account} from {ip} port {n} ssh2",
)


class Maker:
    """Draws rows and lines; the same seed draws the same."""

    def __init__(self, seed: str) -> None:
        self.rng = random.Random(seed)
        self.agents = [self._agent() for _ in range(60)]
        self.visitors = [self.ip() for _ in range(400)]
        self.seconds = 0

    def person(self) -> Fields:
        """One row of an export of customers."""
        rng = self.rng
        someone = people.person(rng)
        region = people.region(someone.region)
        account = accounts.of_person(rng, someone)
        return {
            "id": rng.randint(10_000, 9_999_999),
            "first_name": someone.given,
            "last_name": someone.family,
            "email": f"{account}@{rng.choice(_MAILS)}",
            "phone": f"+1 {rng.randint(201, 989)} 555 {rng.randint(100, 199):04}",
            "street": places.street(rng, region),
            "city": places.town(rng, region),
            "status": rng.choice(("active", "active", "active", "inactive", "closed")),
            "plan": rng.choice(("free", "basic", "gold", "silver")),
            "created_at": self.stamp("{}-{:02}-{:02}T{}Z"),
            "last_ip": self.ip(),
            "session": f"{rng.getrandbits(128):032x}",
            "balance": f"{rng.randint(0, 900)}.{rng.randint(0, 99):02}",
        }

    def ip(self) -> str:
        """An address anywhere."""
        return ".".join(str(self.rng.randint(1, 254)) for _ in range(4))

    def stamp(self, form: str) -> str:
        """A time a little later than the last: year, month, day and clock put into `form`."""
        self.seconds += self.rng.randint(0, 3)
        day, rest = divmod(self.seconds, 86_400)
        clock = f"{rest // 3600:02}:{rest // 60 % 60:02}:{rest % 60:02}"
        return form.format(2026, 1 + day // 28 % 12, 1 + day % 28, clock)

    def uuid(self) -> str:
        """A random UUID."""
        digits = f"{self.rng.getrandbits(128):032x}"
        return "-".join((digits[:8], digits[8:12], digits[12:16], digits[16:20], digits[20:]))

    def line(self) -> str:
        """A line of a log: mostly access, some of applications and daemons, few with people."""
        draw = self.rng.random()
        if draw < 0.6:
            return self._access()
        text = self.rng.choice(_LOGGED if draw < 0.97 else _ABOUT_PEOPLE)
        return self.filled(text)

    def filled(self, text: str) -> str:
        """A template with a value in each slot."""
        rng = self.rng
        someone = (
            people.person(rng)
            if "{name}" in text or "{account}" in text or "{mail}" in text
            else None
        )
        makers: Mapping[str, Callable[[], str]] = {
            "{n}": lambda: str(rng.randint(1, 65_000)),
            "{small}": lambda: str(rng.randint(1, 99)),
            "{word}": lambda: rng.choice(_WORDS),
            "{hex}": lambda: f"{rng.getrandbits(64):016x}",
            "{uuid}": self.uuid,
            "{ip}": lambda: rng.choice(self.visitors),
            "{day}": lambda: f"2026-{rng.randint(1, 12):02}-{rng.randint(1, 28):02}",
            "{iso}": lambda: self.stamp("{}-{:02}-{:02}T{}." + f"{rng.randint(0, 999):03}Z"),
            "{bsd}": lambda: self.stamp("Oct {2:2} {3}"),
            "{name}": lambda: people.full(rng, someone) if someone else "",
            "{account}": lambda: accounts.of_person(rng, someone) if someone else "",
            "{mail}": lambda: f"{accounts.of_person(rng, someone)}@{rng.choice(_MAILS)}" if someone else "",
        }  # fmt: skip
        for slot, make in makers.items():
            while slot in text:
                text = text.replace(slot, make(), 1)
        return text

    def _route(self) -> str:
        # The first routes are the busy ones.
        return self.filled(_ROUTES[int(len(_ROUTES) * self.rng.random() ** 2)])

    def _access(self) -> str:
        rng = self.rng
        visitor = self.visitors[int(len(self.visitors) * rng.random() ** 2)]
        path = self._route()
        if rng.random() < 0.02:
            someone = people.person(rng)
            account = accounts.of_person(rng, someone)
            path = f"/profile?name={someone.given}%20{someone.family}&mail={account}@{rng.choice(_MAILS)}"
        status = rng.choice((200, 200, 200, 200, 301, 304, 403, 404, 500))
        referer = "-" if rng.random() < 0.6 else "https://shop.example" + self._route()
        stamp = self.stamp("{2:02}/Oct/{0}:{3} +0000")
        verb = rng.choice(("GET", "GET", "GET", "POST"))
        return (
            f'{visitor} - - [{stamp}] "{verb} {path} HTTP/1.1" {status} {rng.randint(100, 90_000)} '
            f'"{referer}" "{rng.choice(self.agents)}"'
        )

    def _agent(self) -> str:
        rng = self.rng
        system = rng.choice(
            ("X11; Linux x86_64", "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7",
             "iPhone; CPU iPhone OS 18_1 like Mac OS X", "Linux; Android 14; Pixel 8")
        )  # fmt: skip
        version = f"{rng.randint(90, 140)}.0.{rng.randint(1000, 7000)}.{rng.randint(10, 200)}"
        return rng.choice(
            (
                f"Mozilla/5.0 ({system}) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/{version} Safari/537.36",
                f"Mozilla/5.0 ({system}; rv:{version[:3]}.0) Gecko/20100101 Firefox/{version[:3]}.0",
                f"curl/8.{rng.randint(0, 12)}.0",
                f"python-requests/2.{rng.randint(20, 32)}.3",
            )
        )

    def entry(self) -> Fields:
        """A request with its response, as browsers write them into HAR files."""
        rng = self.rng
        url = "https://app.shop.example" + self._route()
        sent = [
            {"name": "Host", "value": "app.shop.example"},
            {"name": "User-Agent", "value": rng.choice(self.agents)},
            {"name": "Accept", "value": rng.choice(("*/*", "application/json", "image/webp,*/*"))},
            {"name": "Accept-Language", "value": "en-GB,en;q=0.9"},
            {"name": "Referer", "value": "https://app.shop.example/"},
            {"name": "Cookie", "value": f"sid={rng.getrandbits(128):032x}; theme=dark"},
        ]
        got = [
            {"name": "content-type", "value": "application/json; charset=utf-8"},
            {"name": "date", "value": self.stamp("Tue, {2:02} Oct {0} {3} GMT")},
            {"name": "etag", "value": f'W/"{rng.getrandbits(64):016x}"'},
            {"name": "x-request-id", "value": self.uuid()},
            {"name": "cache-control", "value": "no-store"},
        ]
        draw = rng.random()
        if draw < 0.2:
            body = json.dumps([self.person() for _ in range(rng.randint(1, 3))])
        elif draw < 0.6:
            body = json.dumps(self.order())
        else:
            body = "{}"
        return {
            "startedDateTime": self.stamp("{}-{:02}-{:02}T{}.151Z"),
            "time": rng.randint(5, 900),
            "request": {"method": "GET", "url": url, "httpVersion": "h2", "headers": sent,
                        "queryString": [], "cookies": [], "headersSize": -1, "bodySize": 0},
            "response": {"status": 200, "statusText": "OK", "httpVersion": "h2", "headers": got,
                         "cookies": [], "redirectURL": "", "headersSize": -1, "bodySize": len(body),
                         "content": {"size": len(body), "mimeType": "application/json", "text": body}},
            "cache": {},
            "timings": {"send": 1, "wait": rng.randint(1, 99), "receive": rng.randint(1, 9)},
            "serverIPAddress": "10.0.4.17",
        }  # fmt: skip

    def order(self) -> Fields:
        """An order, without anybody."""
        rng = self.rng
        lines = [
            {"sku": f"{rng.choice(_WORDS).upper()}-{rng.randint(100, 999)}",
             "title": f"{rng.choice(_WORDS)} {rng.choice(_WORDS)}", "quantity": rng.randint(1, 5),
             "price": {"amount": rng.randint(100, 90_000), "currency": "EUR"}}
            for _ in range(rng.randint(1, 4))
        ]  # fmt: skip
        return {
            "order": rng.randint(1, 10**7),
            "uuid": self.uuid(),
            "state": rng.choice(("open", "paid", "shipped", "returned")),
            "created": self.stamp("{}-{:02}-{:02}T{}Z"),
            "lines": lines,
        }

    def paragraphs(self) -> Iterator[str]:
        """English text as reports have it, without end."""
        writer = Writer(self.rng.randint(0, 10**9))
        while True:
            text, register = template(writer.rng)
            if register in ("prose.en", "mail.en", "story.en"):
                yield writer.fill(text).text


def _quoted(value: object) -> str:
    return str(value) if isinstance(value, int) else "'" + str(value).replace("'", "''") + "'"


def _cell(value: object) -> str:
    text = str(value)
    return '"' + text.replace('"', '""') + '"' if any(c in text for c in ',"\n') else text


def _parts(kind: str, maker: Maker) -> Iterator[str]:
    paragraphs = maker.paragraphs()
    while True:
        if kind == "prose":
            yield " ".join(next(paragraphs) for _ in range(maker.rng.randint(1, 5))) + "\n\n"
        elif kind == "log":
            yield maker.line() + "\n"
        elif kind == "json":
            yield json.dumps({"customer": maker.person(), **maker.order()}, indent=1)
        elif kind == "har":
            yield json.dumps(maker.entry())
        elif kind == "sql":
            rows = [maker.person() for _ in range(maker.rng.randint(1, 20))]
            names = ", ".join(f"`{name}`" for name in rows[0])
            values = ",\n".join("(" + ", ".join(map(_quoted, row.values())) + ")" for row in rows)
            yield f"INSERT INTO `customers` ({names}) VALUES\n{values};\n"
        else:
            yield ",".join(map(_cell, maker.person().values())) + "\n"


def made(kind: str, size: int) -> bytes:
    """A file of a kind (one of `KINDS`) with `size` characters or a little more."""
    maker = Maker(f"speed-{kind}")
    parts: list[str] = []
    length = 0
    for part in _parts(kind, maker):
        parts.append(part)
        length += len(part)
        if length >= size:
            break
    if kind == "json":
        return ("[" + ",\n".join(parts) + "]").encode()
    if kind == "har":
        return ('{"log": {"version": "1.2", "entries": [' + ",\n".join(parts) + "]}}").encode()
    if kind == "csv":
        return (",".join(maker.person()) + "\n" + "".join(parts)).encode()
    return "".join(parts).encode()
