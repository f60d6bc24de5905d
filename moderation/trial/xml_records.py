"""Records of XML of any size, in bounded memory. What is built to hurt is refused, what is broken left out.

Source of the attacks: defusedxml's list. Entity expansion, external entities and DTDs (every DTD is refused:
neither exporter writes one), deep nesting, tokens that never end.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import NoReturn
from xml.parsers import expat

from moderation.trial.records import MAX_TEXT, Broken, Unreadable
from moderation.trial.source import Stream

MOST_DEEP = 50  # WordPress nests 5 deep, Disqus 4
MOST_OF_A_TOKEN = 4 << 20  # bytes of one tag, comment or instruction
MOST_OF_A_RECORD = 2 << 20  # bytes; a comment whose CDATA is not closed would swallow all that follows
CHUNK = 1 << 18
_DECLARED = re.compile(rb"<\?xml[^>]*?encoding\s*=\s*[\"']([A-Za-z0-9._-]+)[\"']")
_BEFORE = re.compile(rb"(?:(?!<rss[\s>]|<disqus[\s>])[^\0])*?<\?xml[^>]*\?>")  # up to the declaration, if any
_SPACES_FOR_CONTROLS = bytes(32 if c < 32 and c not in (9, 10, 13) else c for c in range(256))


@dataclass(frozen=True, slots=True)
class Shape:
    """Which element is a record, and which of the elements in it are kept, by path (``author/name``)."""

    record: str
    parents: tuple[str, ...]
    kept: frozenset[str]
    identity: str


@dataclass(slots=True)
class Element:
    line: int
    fields: dict[str, str] = field(default_factory=dict)
    attributes: dict[str, str] = field(default_factory=dict)


class _TooLong(Exception):
    pass


def records(stream: Stream, shape: Shape) -> Iterator[Element | Broken]:
    """Every record of the file, and a `Broken` for each that could not be read.

    Raises:
        Unreadable: the file is built to hurt, or its encoding is unknown.
    """
    chunks = _clean(stream)
    run, rest = _Run(shape), b""
    while True:
        try:
            for chunk in chain((rest,), chunks):
                run.feed(chunk)
                yield from run.taken()
            run.feed(b"", is_last=True)
            yield from run.taken()
            return
        except (expat.ExpatError, _TooLong) as error:
            yield from run.taken()
            found = _next_record(run.after_error(), chunks, shape)
            yield Broken(run.place(), _why(error, is_end=found is None))
            if found is None:
                return
            rest, lines = found
            run = _Run(shape, resumed_at=run.line + lines)


def _next_record(rest: bytes, chunks: Iterator[bytes], shape: Shape) -> tuple[bytes, int] | None:
    """What follows from the next record's start on, and how many lines were left out; None if none comes."""
    start = re.compile(rb"<" + shape.record.encode() + rb"[\s>]")
    lines = 0
    for chunk in chain((rest,), chunks):
        # A start that is cut in two by the chunk's end is found with the next chunk.
        both = rest + chunk if chunk is not rest else chunk
        found = start.search(both)
        if found:
            return both[found.start() :], lines + both.count(b"\n", 0, found.start())
        keep = len(shape.record) + 2
        lines += both.count(b"\n", 0, max(0, len(both) - keep))
        rest = both[-keep:]
    return None


def _why(error: Exception, *, is_end: bool) -> str:
    if isinstance(error, _TooLong):
        return f"longer than {MOST_OF_A_RECORD >> 20} MB; an end is missing"
    said = str(error).partition(":")[0]
    return f"the file ends here, in the middle ({said})" if is_end else f"not well-formed XML ({said})"


class _Run:
    """One expat parser, from the start of the file or from a record after a broken one."""

    def __init__(self, shape: Shape, *, resumed_at: int | None = None) -> None:
        self._shape = shape
        self._path: list[str] = []
        self._depth_of_record = 0
        self._now: Element | None = None
        self._began_at = 0
        self._text: list[str] | None = None
        self._length = 0
        self._done: list[Element] = []
        self._chunk, self._before = b"", 0
        self._fed = 0
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = _refuse_doctype
        parser.EntityDeclHandler = _refuse_doctype
        parser.ExternalEntityRefHandler = _refuse_doctype
        self._lines_before = 0 if resumed_at is None else resumed_at - 1
        if resumed_at is not None:
            self.feed("".join(f"<{name}>" for name in shape.parents).encode())

    def feed(self, chunk: bytes, *, is_last: bool = False) -> None:
        self._chunk, self._before = chunk, self._fed
        self._fed += len(chunk)
        self._parser.Parse(chunk, is_last)
        at = self._parser.CurrentByteIndex
        if self._fed - at > MOST_OF_A_TOKEN:
            raise Unreadable(
                f"line {self.line} of the XML begins a tag longer than {MOST_OF_A_TOKEN >> 20} MB: refused."
            )
        if self._now is not None and self._fed - self._began_at > MOST_OF_A_RECORD + CHUNK:
            raise _TooLong

    def taken(self) -> list[Element]:
        done, self._done = self._done, []
        return done

    @property
    def line(self) -> int:
        return self._lines_before + self._parser.CurrentLineNumber

    def place(self) -> str:
        """Where the record stands that is being read, or what is read outside of one."""
        known = self._now.attributes | self._now.fields if self._now else {}
        identity = known.get(self._shape.identity, "").strip()
        if not identity and self._text is not None and self._path[-1] == self._shape.identity:
            identity = "".join(self._text).strip()
        return f"line {self._now.line if self._now else self.line}" + (
            f", id {identity[:40]}" if identity else ""
        )

    def after_error(self) -> bytes:
        """What of the last chunk stands behind the place of the error."""
        return self._chunk[max(0, self._parser.CurrentByteIndex - self._before) + 1 :]

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._path.append(name)
        depth = len(self._path)
        if depth > MOST_DEEP:
            raise Unreadable(f"line {self.line} of the XML is nested more than {MOST_DEEP} deep: refused.")
        if self._now is None:
            if name == self._shape.record:
                self._now, self._depth_of_record = Element(self.line), depth
                self._began_at = self._parser.CurrentByteIndex
                self._now.attributes = {key: value[:100] for key, value in attributes.items()}
        elif "/".join(self._path[self._depth_of_record :]) in self._shape.kept:
            self._text, self._length = [], 0

    def _characters(self, data: str) -> None:
        if self._text is not None and self._length < MAX_TEXT:
            self._text.append(data[: MAX_TEXT - self._length])
            self._length += len(data)

    def _end(self, name: str) -> None:
        if self._now is not None:
            path = "/".join(self._path[self._depth_of_record :])
            if self._text is not None and path in self._shape.kept:
                self._now.fields[path] = "".join(self._text)
                self._text = None
            if len(self._path) == self._depth_of_record:
                self._done.append(self._now)
                self._now = None
        self._path.pop()


def _refuse_doctype(*_: object) -> NoReturn:
    raise Unreadable(
        "the XML has a document type or entities of its own, as XML bombs do and exporters do not: refused."
    )


def _clean(stream: Stream) -> Iterator[bytes]:
    """The file as UTF-8 that expat can read: no byte that stands for nothing, no control characters.

    WordPress exports both as they were stored.
    """
    chunk = stream.read(CHUNK) or b""
    decoder = codecs.getincrementaldecoder(_encoding(chunk))(errors="replace")
    first = _encoded(decoder.decode(chunk))
    # Plugins print blank lines and warnings before the declaration; without one they would be no error.
    before = _BEFORE.match(first)
    yield b"\n" * before[0].count(b"\n") + first[before.end() :] if before else first
    while chunk := stream.read(CHUNK) or b"":
        yield _encoded(decoder.decode(chunk))
    yield _encoded(decoder.decode(b"", True))


def _encoded(text: str) -> bytes:
    data = text.encode("utf-8", "replace").translate(_SPACES_FOR_CONTROLS)
    return data.replace(b"\xef\xbf\xbe", b"?").replace(b"\xef\xbf\xbf", b"?") if b"\xef\xbf" in data else data


def _encoding(head: bytes) -> str:
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if head.startswith(b"<\x00"):
        return "utf-16-le"
    if head.startswith(b"\x00<"):
        return "utf-16-be"
    declared = _DECLARED.search(head[:4_000])
    name = declared[1].decode() if declared else "utf-8"
    if name.lower().startswith(("utf-16", "utf-32", "ucs")):
        name = "utf-8"  # Saved anew since: else the declaration could not have been read.
    try:
        read = codecs.getincrementaldecoder(name)(errors="replace").decode(b"<rss>")
    except (LookupError, UnicodeError, TypeError, AssertionError):
        read = ""
    if read != "<rss>":
        raise Unreadable(f"the XML says that its encoding is {name}, which is none that can be read.")
    name = codecs.lookup(name).name
    return "utf-8-sig" if name == "utf-8" else name
