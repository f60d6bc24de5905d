"""The file that was given: what it is, by what it holds and never by its name; unpacked while it is read."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

from moderation.trial.records import Unreadable

FORMATS = ("wordpress", "disqus", "coral", "isso", "csv")
SNIFFED = 1 << 16
MOST_UNPACKED = 200  # times the packed size, past 100 MB: text packs 10 to 20 times, a bomb 1,000 times
BOMB_FROM = 100 << 20
_PACKED = {b"\x1f\x8b": "gzip", b"BZh": "bzip2", b"\xfd7zXZ": "xz", b"PK\x03\x04": "zip"}
_DAMAGE = (EOFError, OSError, zlib.error, lzma.LZMAError, zipfile.BadZipFile)
_ROOT = re.compile(rb"<([A-Za-z_][\w:.-]*)")
_NO_ELEMENT = re.compile(rb"<\?.*?\?>|<!--.*?-->|<![A-Za-z][^>\[]*(?:\[.*?\]\s*)?>", re.DOTALL)
_WXR = re.compile(rb"<rss\s[^>]*wordpress\.org/export/")
_OTHERS = {
    b"PK\x05\x06": "is an empty zip archive",
    b"\x28\xb5\x2f\xfd": "is packed with zstd: unpack it, or pack it with gzip",
    b"%PDF": "is a PDF, not an export of comments",
    b"PGDMP": "is a PostgreSQL dump: export the table of comments as CSV",
    b"\xd0\xcf\x11\xe0": "is an old Excel workbook: save it as CSV",
}
SQLITE = b"SQLite format 3\x00"


class Stream(io.RawIOBase):
    """The bytes, unpacked. Damage ends them and is remembered instead of raised.

    Attributes:
        damage: what ended the bytes too early; empty if nothing did.
    """

    def __init__(self, file: IO[bytes], packing: str, member: str, *, source: Source | None = None) -> None:
        self._file, self._packing, self._source = file, packing, source
        self._unpacked = _unpacked(file, packing, member)
        self._read = 0
        self.damage = ""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        if self.damage:
            return 0
        try:
            data = self._unpacked.read(len(buffer))
        except _DAMAGE:
            self.damage = "the packed file is cut short or damaged here; what follows is lost"
            return 0
        self._read += len(data)
        if self._packing and self._read > max(BOMB_FROM, MOST_UNPACKED * self._file.tell()):
            raise Unreadable(f"it unpacks to over {MOST_UNPACKED} times its size, as a bomb does: refused.")
        if self._source is not None:
            self._source.position = self._file.tell()
        buffer[: len(data)] = data
        return len(data)


@dataclass(slots=True)
class Source:
    """An export, and how to open it: as often as wanted, always from the start.

    Attributes:
        position: how many of its ``size`` bytes on disk were read, since it was last opened.
        packing: gzip, bzip2, xz, zip, or empty.
        member: the one file in a zip archive.
    """

    path: Path
    format: str
    size: int
    packing: str = ""
    member: str = ""
    position: int = 0

    @contextmanager
    def open(self) -> Iterator[Stream]:
        with self.path.open("rb") as file:
            yield Stream(file, self.packing, self.member, source=self)


def find_source(path: Path, kind: str | None = None) -> Source:
    """What the file at ``path`` is.

    Raises:
        Unreadable: not there, not allowed, or none of the formats; says which.
    """
    try:
        if path.is_dir():
            raise Unreadable(f"{path} is a folder: give the file with the comments in it.")
        if path.exists() and not path.is_file():
            raise Unreadable(f"{path} is no plain file; it is read more than once, so save it as one first.")
        size = path.stat().st_size
        with path.open("rb") as file:
            start = file.read(8)
            packing = next((name for magic, name in _PACKED.items() if start.startswith(magic)), "")
            member = _only_member(file, path) if packing == "zip" else ""
            file.seek(0)
            head = io.BufferedReader(Stream(file, packing, member), SNIFFED).read(SNIFFED)
    except OSError as error:
        raise Unreadable(f"{path}: {error.strerror}.") from error
    found = kind or _format_of(head, path)
    if found == "isso" and not head.startswith(SQLITE):
        raise Unreadable(f"{path} is no SQLite database: it cannot be Isso's.")
    if found == "isso" and packing:
        raise Unreadable(f"{path}: unpack Isso's database first; it is read in place.")
    return Source(path, found, size, packing, member)


def _unpacked(file: IO[bytes], packing: str, member: str) -> Any:
    if packing == "zip":
        try:
            return zipfile.ZipFile(file).open(member)
        except (
            RuntimeError,
            NotImplementedError,
        ) as error:  # A password, or packed in a way that is not known.
            raise Unreadable(
                f"the zip archive cannot be unpacked here ({error}): unpack it first."
            ) from error
    openers: dict[str, Any] = {"gzip": gzip.GzipFile, "bzip2": bz2.BZ2File, "xz": lzma.LZMAFile}
    if packing == "gzip":
        return gzip.GzipFile(fileobj=file)
    return openers[packing](file) if packing else file


def _only_member(file: IO[bytes], path: Path) -> str:
    try:
        with zipfile.ZipFile(file) as archive:
            names = [
                name
                for name in archive.namelist()
                if not name.endswith("/") and not name.startswith("__MACOSX/") and "/." not in f"/{name}"
            ]
    except zipfile.BadZipFile as error:
        raise Unreadable(f"{path} is a damaged zip archive.") from error
    if any(name.startswith("xl/") for name in names):
        raise Unreadable(f"{path} is an Excel workbook: save it as CSV (UTF-8).")
    if len(names) != 1:
        raise Unreadable(f"{path} holds {len(names)} files: unpack it and give the one with the comments.")
    return names[0]


def _format_of(head: bytes, path: Path) -> str:
    if head.startswith(SQLITE):
        return "isso"
    for magic, hint in _OTHERS.items():
        if head.startswith(magic):
            raise Unreadable(f"{path} {hint}.")
    if head.startswith((b"\xff\xfe", b"\xfe\xff")):
        text = head[: len(head) & ~1].decode("utf-16", "replace").encode()
    else:
        text = head.removeprefix(b"\xef\xbb\xbf")
        if text[:2] in (b"<\x00", b"\x00<"):
            text = text.replace(b"\x00", b"")
        if text.count(b"\x00") > len(text) / 100:
            raise Unreadable(f"{path} is none of {NAMES}: it is no text.")
    text = text.lstrip(b" \t\r\n\x00")
    if not text:
        raise Unreadable(f"{path} is empty.")
    if text.startswith(b"<"):
        return _xml_format(text, path)
    if text.startswith((b"{", b"[")):
        return "coral"
    return "csv"


def _xml_format(text: bytes, path: Path) -> str:
    root = _ROOT.search(_NO_ELEMENT.sub(b"", text))
    name = root[1].decode("ascii", "replace") if root else ""
    if name == "rss" or _WXR.search(text):
        if not _WXR.search(text):
            raise Unreadable(f"{path} is a feed (RSS), not WordPress' export: use Tools, Export.")
        return "wordpress"
    if name.rpartition(":")[2] == "disqus":
        return "disqus"
    if name.lower() == "html":
        raise Unreadable(f"{path} is a web page, not an export: was one signed in when it was downloaded?")
    if b"<!DOCTYPE" in text[:SNIFFED]:
        return "wordpress"  # Its reader refuses it, and says why.
    what = f"its first element is <{name}>" if name else "it has no element"
    raise Unreadable(f"{path} is XML but no export of WordPress (<rss>) or Disqus (<disqus>): {what}.")


NAMES = "WordPress XML, Disqus XML, a Coral export (JSON), an Isso database or CSV"
