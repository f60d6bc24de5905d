"""CSV with a text and an outcome for each comment, as spreadsheets, databases and scripts write it."""

from __future__ import annotations

import codecs
import csv
import io
from collections import Counter
from collections.abc import Iterable, Iterator

from moderation.trial.csv_columns import Columns, Wanted, find_columns, recognised
from moderation.trial.records import MAX_TEXT, Broken, Note, Record, Row, Theirs, Unreadable, moment
from moderation.trial.source import SNIFFED, Source, Stream

DELIMITERS = ",;\t|"
MOST_OF_A_FIELD = 1 << 17  # characters; more is a quote that was never closed
_MOST_OF_A_LINE = MOST_OF_A_FIELD * 2
MOST_REREAD = 1_000  # rows with such a quote, after which what they swallowed is given up
_TRIED = 1_000  # rows; none of them with a known outcome: then the words have to be named


def csv_file(source: Source, wanted: Wanted) -> Iterator[Row]:
    """
    Raises:
        Unreadable: columns or the words for outcomes are missing; says how to name them.
    """
    encoding = _encoding(source)
    if encoding == "cp1252":
        yield Note("The file is not UTF-8; it was read as Windows-1252 (Western European).")
    with source.open() as stream:
        lines = _Lines(io.TextIOWrapper(io.BufferedReader(stream), encoding, "replace", newline=""))
        yield from _Reader(lines, _head(source, encoding), wanted).rows()
        if stream.damage:
            yield Broken("end of file", stream.damage)


class _Lines(Iterator[str]):
    """The lines of a file, cut where they get too long; those that one row took can be given back."""

    def __init__(self, file: io.TextIOBase) -> None:
        self._file = file
        self._again: list[str] = []
        self.taken: list[str] = []
        self.number = 0

    def __next__(self) -> str:
        line = self._again.pop() if self._again else self._file.readline(_MOST_OF_A_LINE)
        if not line:
            raise StopIteration
        if len(line) == _MOST_OF_A_LINE and not line.endswith(("\n", "\r")):
            self._skip_line()
        self.number += 1
        self.taken.append(line)
        return line.replace("\0", " ")

    def _skip_line(self) -> None:
        """Leave out the rest of a line that is too long: its row is broken anyway."""
        while (part := self._file.readline(_MOST_OF_A_LINE)) and not part.endswith(("\n", "\r")):
            pass

    def give_back(self) -> None:
        """All that the last row took but its first line."""
        self._again.extend(reversed(self.taken[1:]))
        self.number -= len(self.taken) - 1


class _Reader:
    def __init__(self, lines: _Lines, head: str, wanted: Wanted) -> None:
        self._lines, self._wanted = lines, wanted
        # A comment that says \" and never doubles a quote comes from a database that escapes them.
        escape = "\\" if '\\"' in head and '""' not in head.replace('\\""', "") else None
        delimiter = _delimiter(head, wanted)
        self._options = {"delimiter": delimiter, "escapechar": escape, "doublequote": escape is None}
        self._reread = 0
        self._unknown: Counter[str] = Counter()
        self._known = 0

    def rows(self) -> Iterator[Row]:
        csv.field_size_limit(MOST_OF_A_FIELD)
        rows = csv.reader(self._lines, strict=True, **self._options)  # type: ignore[arg-type]
        try:
            header = next((row for row in rows if _names_columns(row)), [])
        except csv.Error as error:
            raise Unreadable(f"the first line cannot be read as names of columns: {error}.") from error
        columns = find_columns(header, self._wanted)
        while True:
            self._lines.taken.clear()
            first = self._lines.number + 1
            try:
                cells = next(rows)
            except StopIteration:
                break
            except csv.Error as error:
                if swallowed := self._swallowed():
                    yield Broken(f"line {first}", swallowed)
                    continue
                cells = self._leniently(self._lines.taken[-1])
                if not cells:
                    yield Broken(f"line {first}", str(error))
                    continue
            if cells and any(cell.strip() for cell in cells):
                yield self._row(first, cells, columns, len(header))
            if self._known + self._unknown.total() == _TRIED:
                self._refuse_unknown(columns, header)
        self._refuse_unknown(columns, header)
        if self._unknown:
            yield Note(
                f"{self._unknown.total():,} outcomes were not understood and count as undecided:"
                f" {self._words()}. Name them with --published WORDS and --refused WORDS."
            )

    def _leniently(self, line: str) -> list[str]:
        """The fields of one line with quotes inside of quotes; none if it cannot be read at all."""
        try:
            return next(csv.reader([line], strict=False, **self._options), [])  # type: ignore[arg-type]
        except csv.Error:
            return []

    def _swallowed(self) -> str:
        """Give back the lines that an unclosed quote took; why the row is broken, empty if it is not that."""
        if len(self._lines.taken) < 2:
            return ""
        if self._reread < MOST_REREAD:
            self._reread += 1
            self._lines.give_back()
        return "a quote is opened and not closed"

    def _row(self, line: int, cells: list[str], columns: Columns, width: int) -> Row:
        has_id = columns.id is not None and columns.id < len(cells)
        identity = _cell(cells, columns.id)[:40] if has_id else ""
        place = f"line {line}" + (f", id {identity}" if identity else "")
        if len(cells) < width or any(cell.strip() for cell in cells[width:]):
            reason = f"it has {len(cells)} fields, the first line names {width}"
            return Broken(place, self._swallowed() or reason)
        theirs = columns.theirs(cells[columns.outcome])
        if theirs is None:
            self._unknown[cells[columns.outcome].strip()[:30]] += 1
        else:
            self._known += 1
        name = _cell(cells, columns.author)
        return Record(
            place,
            cells[columns.text].replace("\r\n", "\n").replace("\r", "\n").strip()[:MAX_TEXT],
            theirs or Theirs.UNDECIDED,
            name,
            _cell(cells, columns.email).lower() or name,
            moment(_cell(cells, columns.date)),
        )

    def _refuse_unknown(self, columns: Columns, header: list[str]) -> None:
        """
        Raises:
            Unreadable: rows, but no outcome that says published or refused.
        """
        if self._unknown and not self._known:
            raise Unreadable(
                f"no outcome in the column {header[columns.outcome].strip()!r} is understood; it says:"
                f" {self._words()}. Say what they mean: --published WORD,WORD --refused WORD,WORD"
                " (or another column: --outcome-column NAME)."
            )

    def _words(self) -> str:
        return ", ".join(f"{word!r} ({count:,})" for word, count in self._unknown.most_common(5))


def _names_columns(row: list[str]) -> bool:
    """Not an empty line, nor the one in which Excel notes the delimiter."""
    return any(cell.strip() for cell in row) and not row[0].lower().startswith("sep=")


def _cell(cells: list[str], place: int | None) -> str:
    return cells[place].strip() if place is not None else ""


def _encoding(source: Source) -> str:
    """UTF-8 if all of the file is; else what its byte order mark says, else Windows-1252."""
    with source.open() as stream:
        part = _read(stream)
        if part.startswith((b"\xff\xfe", b"\xfe\xff")):
            return "utf-16"
        decoder = codecs.getincrementaldecoder("utf-8")()
        try:
            while part:
                decoder.decode(part)
                part = _read(stream)
            decoder.decode(b"", not stream.damage)
        except UnicodeDecodeError:
            return "cp1252"
    return "utf-8-sig"


def _read(stream: Stream) -> bytes:
    return stream.read(1 << 18) or b""


def _head(source: Source, encoding: str) -> str:
    with source.open() as stream:
        return (io.BufferedReader(stream).read(SNIFFED)).decode(encoding, "replace")


def _delimiter(head: str, wanted: Wanted) -> str:
    """The sign at which the first line falls into the most columns that are known, else the most at all."""
    first = next((line for line in head.splitlines() if line.strip()), "")
    if first.lower().startswith("sep=") and len(first) == len("sep=") + 1:
        return first[-1]

    def cut(delimiter: str) -> tuple[int, int]:
        cells = next(csv.reader(_one(first), delimiter=delimiter), [])
        return recognised(cells, wanted), len(cells)

    return max(DELIMITERS, key=cut)


def _one(line: str) -> Iterable[str]:
    return [line[:MOST_OF_A_FIELD]]
