"""What is done to bytes, each stage a function of its arguments: survey, rewrite, prove.

These are the functions that a worker process runs; between them only values travel. `prove` is where a
`Proof` comes from, so nothing is clean or redacted without one (a test holds that).
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count

from pii_guard.document import (
    Changes,
    Child,
    Document,
    Edit,
    Gap,
    Kind,
    Locator,
    Unread,
    print_locator,
    together,
)
from pii_guard.errors import SPENT, Reason, ReasonCode, Unreadable
from pii_guard.findings import KnownValue, Proof
from pii_guard.formats import Format, Formats
from pii_guard.formats.base import Bounds, Converting, Unlocking
from pii_guard.identify import identify_all
from pii_guard.limits import JUDGED
from pii_guard.policy import Policy
from pii_guard.residue import Residue
from pii_guard.segment_table import joined_text


@dataclass(frozen=True, slots=True)
class Part:
    """One document of an attachment: the file itself, or a file within it.

    `children` are by their number in `document.children`; `record` and `locator` place the part in
    the whole. `left_out`: why it could not be read; it is then empty and will not be written. `suffix`
    is "" unless `blob` is not what was given but what was made of it (a binary Word file is read and
    written as Office Open XML): then the file extension that goes with it. `unlocked`: it was given
    with a password, `blob` is without.
    """

    media_type: str
    blob: bytes = field(repr=False)
    document: Document = field(repr=False)
    children: tuple[Part, ...] = ()
    record: tuple[int, ...] = ()
    locator: Locator = ()
    left_out: Reason | None = None
    suffix: str = ""
    unlocked: bool = False

    def parts(self) -> Iterator[Part]:
        """The part and all within it, outermost first."""
        yield self
        for child in self.children:
            yield from child.parts()

    def unread(self) -> tuple[Unread, ...]:
        """What of it and of all within it goes along unread."""
        return together(one for part in self.parts() for one in part.document.unread)


@dataclass(frozen=True, slots=True)
class Workshop:
    """What the stages work with: formats, bounds and the allowed depth of files in files.

    `leaves_out`: whether members of archives that cannot be read are left out, not refused.
    `passwords` are tried on files that have one.
    """

    formats: Formats
    bounds: Bounds
    max_depth: int = 4
    leaves_out: bool = False
    passwords: tuple[str, ...] = field(default=(), repr=False)


def workshop(
    policy: Policy, formats: Sequence[Format] = (), passwords: tuple[str, ...] = ()
) -> Workshop:
    """The workshop under a policy. `formats`: the caller's own, beside ours."""
    limits = policy.limits
    return Workshop(
        Formats(formats, media=policy.media == "keep"),
        Bounds.of(limits),
        limits.max_children_depth,
        leaves_out=policy.unreadable_members == "leave_out",
        passwords=passwords,
    )


def survey(shop: Workshop, blob: bytes, name: str, *, media_type: str = "") -> Part:
    """Identify and read a blob and all within it. Raises `Unreadable` with the first gap.

    `media_type`: what it is, where the caller knows; else its content tells.
    """
    child = Child(blob, (), name)
    spent = _Spent(len(blob), shop.bounds)
    return _read(shop, child, media_type if blob and media_type else _one_type(child), 0, spent)


@dataclass(slots=True)
class _Spent:
    """What all files within a file hold together, in bytes: in all, and on each level of it."""

    packed: int
    bounds: Bounds
    total: int = 0
    levels: Counter[int] = field(default_factory=Counter)

    def on(self, child: Child, depth: int) -> None:
        """Take in one more. Raises `Unreadable`: `LIMIT_UNPACKED`, `LIMIT_RATIO`.

        Each level is judged by itself: what is packed in a packed file is the same bytes again.
        """
        self.total += len(child.blob)
        self.levels[depth] += len(child.blob)
        if self.total > self.bounds.max_unpacked_bytes:
            raise Unreadable(ReasonCode.LIMIT_UNPACKED, print_locator(child.locator))
        if self.levels[depth] > max(JUDGED, self.packed * self.bounds.max_ratio):
            raise Unreadable(ReasonCode.LIMIT_RATIO, print_locator(child.locator))


def _read(shop: Workshop, child: Child, media_type: str, depth: int, spent: _Spent) -> Part:
    if depth > shop.max_depth:
        raise Unreadable(ReasonCode.LIMIT_NESTING, print_locator(child.locator))
    if media_type == "inode/x-empty":
        return Part(media_type, child.blob, Document(), (), child.record, child.locator)
    form = shop.formats.of(media_type)
    if shop.passwords and isinstance(form, Unlocking):
        plain = form.unlocked(child.blob, shop.passwords, shop.bounds)
        if plain is not None:
            child = replace(child, blob=plain)
            spent.on(child, depth)
            # It is not unlocked again: what is locked under its lock is held.
            return replace(_opened(shop, child, _one_type(child), depth, spent), unlocked=True)
    return _opened(shop, child, media_type, depth, spent)


def _opened(shop: Workshop, child: Child, media_type: str, depth: int, spent: _Spent) -> Part:
    """The part that a file without a password is."""
    form, suffix = shop.formats.of(media_type), ""
    if isinstance(form, Converting):
        media_type, suffix = form.becomes, form.suffix
        child = replace(child, blob=form.converted(child.blob, shop.bounds))
        spent.on(child, depth)
        form = shop.formats.of(media_type)
    document = _named(form.read(child.blob, shop.bounds), child.label)
    _check_counts(document, child, shop.bounds)
    if document.gaps:
        raise _gap(document.gaps[0])
    placed = [_placed(inner, child) for inner in document.children]
    for inner in placed:
        spent.on(inner, depth + 1)
    may_go = shop.leaves_out and getattr(form, "members_may_go", False)
    children = tuple(_member(shop, inner, depth + 1, spent, may_go=may_go) for inner in placed)
    return Part(
        media_type, child.blob, document, children, child.record, child.locator, suffix=suffix
    )


def _named(document: Document, label: str) -> Document:
    """The document, under the name of its field where it is a value of one line."""
    if not label or len(document.segments) != 1:
        return document
    (value,) = document.segments
    if value.label or value.kind is not Kind.PROSE or "\n" in value.text.strip():
        return document
    return replace(document, segments=(value._replace(label=label, kind=Kind.FIELD),))


def _check_counts(document: Document, child: Child, bounds: Bounds) -> None:
    """Raises `Unreadable` (cells, members) where a reader took in more, whoever wrote it."""
    where = print_locator(child.locator)
    if len(document.segments) > bounds.max_cells:
        raise Unreadable(ReasonCode.LIMIT_CELLS, where)
    if len(document.children) > bounds.max_members:
        raise Unreadable(ReasonCode.LIMIT_MEMBERS, where)


def _member(shop: Workshop, child: Child, depth: int, spent: _Spent, *, may_go: bool) -> Part:
    """A file within a file, or in its place what says why it cannot be read, if it `may_go`.

    What breaks a limit is refused with all around it.
    """
    try:
        return _read(shop, child, _one_type(child), depth, spent)
    except Unreadable as unreadable:
        if not may_go or unreadable.reason.code in SPENT:
            raise
        reason = unreadable.reason
        return Part("", b"", Document(), (), child.record, child.locator, reason)


def _placed(inner: Child, outer: Child) -> Child:
    return Child(
        inner.blob,
        outer.locator + inner.locator,
        # What is wrapped without a name of its own is called as its wrapping is: `x.log.gz`.
        inner.name or outer.name.rpartition(".")[0],
        inner.media_type,
        outer.record + inner.record,
        inner.label,
    )


def _one_type(child: Child) -> str:
    found = identify_all(child.blob, child.name, child.media_type)
    if len(found) > 1:
        raise Unreadable(ReasonCode.UNSUPPORTED, "a file of two types at once")
    if found[0] == "application/octet-stream":
        raise Unreadable(ReasonCode.UNKNOWN_CONTENT, print_locator(child.locator))
    return found[0]


def _gap(gap: Gap) -> Unreadable:
    where = print_locator(gap.locator) if gap.locator else gap.reason.where
    return Unreadable(gap.reason.code, where or gap.reason.where)


def rewrite(
    shop: Workshop, whole: Part, edits: Mapping[int, Sequence[Edit]], gone: tuple[str, ...]
) -> bytes:
    """The bytes of `whole` with edits applied, those of files within it included.

    `edits` are by the position of their part in `whole.parts()`. Raises `Unreadable` when a format
    cannot write what is asked.
    """
    return _write(shop, whole, edits, gone, count())


def _write(
    shop: Workshop,
    part: Part,
    edits: Mapping[int, Sequence[Edit]],
    gone: tuple[str, ...],
    position: Iterator[int],
) -> bytes:
    own = tuple(edits.get(next(position), ()))
    children: dict[int, bytes] = {}
    for number, child in enumerate(part.children):
        if child.left_out is None:
            children[number] = _write(shop, child, edits, gone, position)
        else:
            next(position)
    changed = any(children.get(n) != child.blob for n, child in enumerate(part.document.children))
    if not own and not changed and not part.document.unseen:
        return part.blob
    form = shop.formats.of(part.media_type)
    return form.write(part.blob, Changes(own, children, gone), shop.bounds)


Rescan = Callable[[Part], Sequence[KnownValue]]
"""Scans a part again and returns the values in it that the policy would still remove."""


def prove(
    shop: Workshop, blob: bytes, like: Part, residue: Residue, rescan: Rescan
) -> Proof | tuple[KnownValue, ...]:
    """Open written bytes with the second readers, search them and scan them again.

    Returns the proof, or the values that scanning still found. Raises `Unreadable` when the bytes
    cannot be opened as what `like` is, or when a value of `residue` is left in them.
    """
    again = _reread(shop, blob, like.media_type, Child(blob), 0)
    for part in again.parts():
        if any(residue.remains_in(haystack) for haystack in _haystacks(shop, part)):
            raise Unreadable(ReasonCode.VERIFICATION_FAILED, "a value was left in the output")
    left = tuple(rescan(again))
    if left:
        return left
    segments = sum(len(part.document.segments) for part in again.parts())
    return Proof(hashlib.sha256(blob).hexdigest(), residue.values_searched, segments)


def _reread(shop: Workshop, blob: bytes, media_type: str, child: Child, depth: int) -> Part:
    if media_type == "inode/x-empty":
        return Part(media_type, blob, Document())
    if depth > shop.max_depth:
        raise Unreadable(ReasonCode.LIMIT_NESTING, print_locator(child.locator))
    document = _named(shop.formats.of(media_type).reread(blob, shop.bounds), child.label)
    children = []
    for inner in document.children:
        placed = _placed(inner, child)
        children.append(_reread(shop, inner.blob, _one_type(placed), placed, depth + 1))
    return Part(media_type, blob, document, tuple(children), child.record, child.locator)


def _haystacks(shop: Workshop, part: Part) -> Iterator[str | bytes]:
    form = None if part.media_type == "inode/x-empty" else shop.formats.of(part.media_type)
    searched = getattr(form, "searched", None)
    yield part.blob if searched is None else searched(part.blob)
    yield joined_text(part.document.segments)
    more = getattr(form, "haystacks", None)
    if more is not None:
        yield from more(part.blob)
