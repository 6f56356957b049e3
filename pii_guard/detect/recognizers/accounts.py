"""Account handles."""

from __future__ import annotations

import re
from collections.abc import Iterator

from pii_guard.detect.recognizer import PATTERN, Identifier, Match

_CODE_MARKS = frozenset(
    "media import keyframes charset font-face supports page override param return returns throws "
    "throw property staticmethod classmethod dataclass abstractmethod test before after deprecated "
    "see since author version todo license link code bean service component controller autowired "
    "everyone here channel all admin root version variables apply layer include mixin todo types "
    "requestmapping getmapping postmapping pytest app cached_property contextmanager patch "
    "entity table column configuration value repository restcontroller slf4j data builder getter setter "
    "nullable nonnull inject provides module safevarargs suppresswarnings functionalinterface "
    "example namespace private public protected static const var let type typedef template "
    "internal ignore interface implements extends inheritdoc beforeeach aftereach beforeall afterall "
    "transactional requestbody pathvariable requestparam responsebody validated valid notnull "
    "end if else elseif endif foreach endforeach section yield csrf method auth guest php echo "
    "click input change submit keyup echo off echooff set user users username password host domain "
    "target latest next beta alpha scope container tailwind use forward extend at-root debug warn error "
    "overload overload-decorated overload-ed euro abcdefghijklmno abcdefghijklmnopqrstuvwxyz coroutine wraps register final asynccontextmanager total_ordering runtime_checkable no_type_check "
    "singledispatch simplegeneric unittest fixture mock skip skipif expectedfailure lru_cache cache slot "
    "ssl sysuser version_compile_os tmpdir datadir basedir hostname identity rowcount".split()
)


class Handle(Identifier):
    """Account handles written with an at sign."""

    entity = "USERNAME"
    pattern = re.compile(
        r"(?<![\w@./+%?$&-])@(?P<value>[A-Za-z][\w-]{2,38})(?![\w@(/]|\.\w|\s?!?=)"
    )
    score = PATTERN
    shapes = ("@",)

    def valid(self, text: str) -> bool | None:
        """False for words that code marks with an at sign."""
        return False if text.lower() in _CODE_MARKS else None

    def matches(self, text: str) -> Iterator[Match]:
        """Handles, but no decorator: alone on its line, with code on the next."""
        for match in super().matches(text):
            if not _DECORATOR.search(text, max(0, match.start - 40), match.end) or not _CODE.match(
                text, match.end
            ):
                yield match


_DECORATOR = re.compile(r"(?:\A|\n)[ \t]*@\w+\Z")
_CODE = re.compile(
    r"[ \t]*\r?\n[ \t]*(?:@|def |class |async |public |private |protected |static |final |void |function |export )"
)


class NamedAccount(Identifier):
    """Accounts named in running text between quotes: `username 'jroe'`, `logged in as "amina.h"`."""

    entity = "USERNAME"
    pattern = re.compile(r"[`'\"](?<=[ :=].)(?P<value>[\w.@-]{3,40})[`'\"]")
    score = PATTERN
    stems = ("username", "user", "login", "account", "handle", "logged", "nickname")

    def valid(self, text: str) -> bool | None:
        """False for a word of code."""
        return False if text.lower() in _CODE_MARKS else None

    def matches(self, text: str) -> Iterator[Match]:
        """What stands in quotes behind a word for an account."""
        for match in super().matches(text):
            if _ACCOUNT.search(text, max(0, match.start - 40), match.start - 1):
                yield match


_ACCOUNT = re.compile(
    r"(?<![\w-])(?:user ?name|user|login|account|user id|handle|logged in as|as user|nickname)"
    r"(?:\s(?:is|was|named|called))?[ :=]{1,3}\Z",
    re.I,
)
