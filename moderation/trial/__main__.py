"""``python3 dev.py try FILE``: what Newsroom would have done with the comments of another system's export."""

from __future__ import annotations

import argparse
import os
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from moderation.classifier import load, shipped_artifact
from moderation.classifier.text import MAX_CHARACTERS
from moderation.trial import words
from moderation.trial.csv_columns import KNOWN, Wanted
from moderation.trial.pool import NotStarted, Pool
from moderation.trial.progress import Progress
from moderation.trial.reading import newest, only_newest, rows
from moderation.trial.records import Record, Row, Unreadable
from moderation.trial.report import MARK, Trial, render
from moderation.trial.source import FORMATS, Source, find_source
from moderation.trial.tally import Tally


class _Options(argparse.Namespace):
    file: Path
    report: Path | None
    format: str | None
    last: int | None
    processes: int | None
    published: str
    refused: str
    banned_words: Path | None
    suspect_words: Path | None


def main(arguments: Sequence[str]) -> int:
    options = _parser().parse_args(arguments, namespace=_Options())
    try:
        print(run(options))
    except Unreadable as error:
        print(f"try: {_one_line(str(error))}", file=sys.stderr)
        return 1
    except NotStarted:
        print("try: the classifier could not be started (see above).", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\ntry: stopped; no report was written.", file=sys.stderr)
        return 130
    return 0


def _one_line(text: str) -> str:
    """A file's own words must not steer the terminal."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="dev.py try",
        description="Judge another system's comments as Newsroom would, and write one report. Nothing is"
        " stored"
        " or sent. Reads WordPress and Disqus XML, Coral's comments (JSON), Isso's database, and CSV with a"
        " text"
        " and an outcome; also packed with gzip, bzip2, xz or zip.",
    )
    parser.add_argument("file", type=Path, metavar="FILE")
    parser.add_argument(
        "--report", type=Path, metavar="PATH", help="where to write (FILE's name + -trial.html, here)"
    )
    parser.add_argument("--last", type=_positive, metavar="N", help="only the newest N comments")
    parser.add_argument("--format", choices=FORMATS, help="what FILE is, if it is not recognised")
    parser.add_argument("--banned-words", type=Path, metavar="FILE", help="words that reject, one a line")
    parser.add_argument("--suspect-words", type=Path, metavar="FILE", help="words that hold, one a line")
    parser.add_argument("--processes", type=_positive, metavar="N", help="how many judge (one for each core)")
    in_csv = parser.add_argument_group("CSV")
    for what in KNOWN:
        in_csv.add_argument(f"--{what}-column", metavar="NAME")
    in_csv.add_argument("--published", default="", metavar="WORD,WORD", help="outcomes that mean published")
    in_csv.add_argument("--refused", default="", metavar="WORD,WORD", help="outcomes that mean refused")
    return parser


def _positive(value: str) -> int:
    number = int(value)
    if number < 1:
        raise argparse.ArgumentTypeError("at least 1")
    return number


def run(options: _Options) -> str:
    """Read, judge, write the report; what to print in the end.

    Raises:
        Unreadable: no report can be made, and why.
    """
    started, used_before = time.monotonic(), _cpu_s()  # Installing packages counts as ours, else.
    wanted = Wanted(
        {what: name for what in KNOWN if (name := getattr(options, f"{what}_column"))},
        _listed(options.published),
        _listed(options.refused),
    )
    source = find_source(options.file, options.format)
    target = options.report or Path(f"{_stem(source.path)}-trial.html")
    _refuse_target(target, source.path)
    lists = {"banned": _words(options.banned_words), "suspect": _words(options.suspect_words)}
    with Progress(source) as progress:
        tally = _tallied(source, wanted, lists, options, progress)
    if not tally.count:
        raise Unreadable(_nothing(source, tally))
    trial = Trial(
        source.path.name,
        source.format,
        tally,
        load(shipped_artifact()),
        datetime.now(UTC),
        time.monotonic() - started,
        _cpu_s() - used_before,
        {kind: len(listed) for kind, listed in lists.items()},
    )
    try:
        _write(target, render(trial))
    except OSError as error:
        raise Unreadable(f"the report could not be written to {target}: {error.strerror}.") from error
    counts = tally.outcomes()
    broken = f"; {words.number(tally.broken_count, 'row')} could not be read" if tally.broken_count else ""
    return (
        f"Of your last {tally.count:,} comments we would publish {counts['published']:,}, hold"
        f" {counts['held']:,},"
        f" reject {counts['rejected']:,}{broken}.\n"
        f"{trial.took_s:.0f} s, {trial.cpu_s:.0f} s of processor time. The report: {target}"
    )


def _tallied(
    source: Source, wanted: Wanted, lists: dict[str, list[str]], options: _Options, progress: Progress
) -> Tally:
    tally = Tally()
    found = rows(source, wanted)
    if options.last is not None:
        since, after = newest(rows(source, wanted), options.last)
        found = only_newest(found, since, after)
    with Pool(lists, size=options.processes) as pool:
        for record, judged in pool.judged(_only_records(found, tally)):
            tally.add(record, judged, longest=MAX_CHARACTERS)
            progress.judged(tally.count)
    tally.finish()
    return tally


def _only_records(found: Iterator[Row], tally: Tally) -> Iterator[Record]:
    for row in found:
        if isinstance(row, Record):
            yield row
        else:
            tally.note(row)


def _nothing(source: Source, tally: Tally) -> str:
    said = f"{source.path} holds no comments to judge"
    if tally.broken_count:
        first = tally.broken[0]
        broken = words.number(tally.broken_count, "row")
        return f"{said}: {broken} could not be read; the first, {first.place}: {first.reason}."
    if tally.skipped:
        reason, count = tally.skipped.most_common(1)[0]
        left_out = tally.skipped.total()
        return f"{said}: {words.number(left_out, 'row')} left out, of which {count:,} as: {reason}."
    return f"{said}."


# --- files ---------------------------------------------------------------------------------------
def _listed(option: str) -> list[str]:
    return [word.strip() for word in option.split(",") if word.strip()]


def _words(path: Path | None) -> list[str]:
    if path is None:
        return []
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise Unreadable(f"the words in {path} cannot be read: {error}.") from error
    return [line.strip() for line in text.splitlines() if line.strip()]


def _stem(path: Path) -> str:
    return path.name.partition(".")[0] or "comments"


def _refuse_target(target: Path, source: Path) -> None:
    """Before an hour's work rather than after it.

    Raises:
        Unreadable: the report cannot be written there, or would replace something that is no report.
    """
    folder = target.parent
    if not folder.is_dir():
        raise Unreadable(
            f"there is no folder {folder} for the report; give another place with --report PATH."
        )
    if not os.access(folder, os.W_OK):
        raise Unreadable(f"the report cannot be written to {folder}; give another place with --report PATH.")
    if target.is_dir():
        raise Unreadable(f"{target} is a folder; give the report's name with --report PATH.")
    if target.exists() and (target.samefile(source) or not _is_report(target)):
        raise Unreadable(
            f"{target} is there already and no report of this command; choose another --report PATH."
        )


def _is_report(target: Path) -> bool:
    with target.open("rb") as file:
        return MARK.encode() in file.read(200)


def _write(target: Path, document: str) -> None:
    """Whole or not at all. Only its owner may read it: it holds readers' words."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "w", encoding="utf-8", errors="replace") as file:
            file.write(document)
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _cpu_s() -> float:
    own, children = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
