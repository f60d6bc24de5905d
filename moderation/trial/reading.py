"""From a file to rows, whatever wrote it."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterator

from moderation.trial.coral import coral
from moderation.trial.csv_columns import Wanted
from moderation.trial.csv_file import csv_file
from moderation.trial.isso import isso
from moderation.trial.records import Record, Row, Skipped
from moderation.trial.source import Source
from moderation.trial.xml_exports import disqus, wordpress

_READERS: dict[str, Callable[[Source], Iterator[Row]]] = {
    "wordpress": wordpress,
    "disqus": disqus,
    "coral": coral,
    "isso": isso,
}


def rows(source: Source, wanted: Wanted) -> Iterator[Row]:
    """Every row of an export in the order of the file. A comment without words is left out.

    Raises:
        Unreadable: the file as a whole cannot be read.
    """
    found = csv_file(source, wanted) if source.format == "csv" else _READERS[source.format](source)
    for row in found:
        yield Skipped("no words in it") if isinstance(row, Record) and not row.text else row


def newest(found: Iterator[Row], last: int) -> tuple[float | None, int]:
    """From when on the last ``last`` comments are; without dates, how many comments come before them."""
    times = array("d")
    undated = 0
    for row in found:
        if isinstance(row, Record):
            if row.at is None:
                undated += 1
            else:
                times.append(row.at)
    if not times:
        return None, max(0, undated - last)
    return (sorted(times)[-last] if len(times) > last else None), 0


def only_newest(found: Iterator[Row], since: float | None, after: int) -> Iterator[Row]:
    """The rows without the comments that `newest` says are too old."""
    for row in found:
        if isinstance(row, Record):
            if after:
                after -= 1
                continue
            if since is not None and (row.at is None or row.at < since):
                continue
        yield row
