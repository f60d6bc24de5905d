"""How long ``dev.py try`` takes for a hundred thousand comments, in any of the formats it reads.

``.venv/bin/python -m benchmarks.trial [--comments 100000] [--format wordpress]``, after ``dev.py demo`` made
``.venv``. The comments are made up from harmless templates; the export is removed again, without ``--keep``.
Prints seconds by the clock, and of the processor, all processes together.
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import resource
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from xml.sax.saxutils import escape

ROOT = Path(__file__).resolve().parents[1]
FIRST = datetime(2024, 1, 1, tzinfo=UTC)
PLACES = [
    "harbour",
    "library",
    "bridge",
    "market",
    "school",
    "station",
    "theatre",
    "park",
    "hospital",
    "museum",
]
OPENINGS = [
    "I think",
    "Frankly,",
    "As a neighbour I say",
    "Perhaps",
    "Who knows,",
    "After all these years",
    "To be fair,",
]
CLAIMS = (
    "the {place} needs a new roof before winter comes",
    "nobody asked those who live beside the {place} what they want",
    "the council closed the {place} without telling anybody",
    "the plan for the {place} is better than the last one",
    "my children walk past the {place} every morning and it has never been this quiet",
    "the figures about the {place} do not add up, see page four of the report",
    "you clearly have not read the article about the {place}",
    "this is the most useless idea about the {place} that I have read here, and there were many",
)
ENDINGS = (
    "",
    "",
    " Thank you for reporting.",
    " What a nuisance!",
    " More at https://example.org/{n}",
    " :-)",
)
SPAM = "Earn {n} dollars a week from home, write to me on the messenger of your choice, best rates, no risk"
GERMAN = "Ich finde, dass die Stadt beim Thema {place} endlich auf die Leute hören sollte, die hier wohnen."


@dataclass(frozen=True, slots=True)
class Comment:
    number: int
    text: str
    name: str
    at: datetime
    is_refused: bool


def comments(count: int) -> Iterator[Comment]:
    """The same ones every time; one in a hundred a piece of an advertising wave, one in fifty German."""
    dice = random.Random(7)
    for number in range(count):
        kind, place = dice.random(), dice.choice(PLACES)
        if kind < 0.01:
            text = SPAM.format(n=dice.randrange(400, 404))
        elif kind < 0.03:
            text = GERMAN.format(place=place)
        else:
            claims = [
                f"{dice.choice(OPENINGS)} {dice.choice(CLAIMS).format(place=place)}."
                for _ in range(dice.choice((1, 2, 3, 6)))
            ]
            text = " ".join(claims) + dice.choice(ENDINGS).format(n=number)
        at = FIRST + timedelta(minutes=5 * number + dice.randrange(600))
        yield Comment(
            number, text, f"Reader {dice.randrange(9_000)}", at, kind < 0.01 or dice.random() < 0.02
        )


def wordpress(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="UTF-8" ?>\n<rss version="2.0"')
        file.write(' xmlns:wp="http://wordpress.org/export/1.2/">\n<channel>\n<item>\n')
        for each in comments(count):
            approved = "trash" if each.is_refused else "1"
            file.write(
                f"<wp:comment>\n<wp:comment_id>{each.number}</wp:comment_id>\n"
                f"<wp:comment_author><![CDATA[{each.name}]]></wp:comment_author>\n"
                f"<wp:comment_author_email><![CDATA[]]></wp:comment_author_email>\n"
                f"<wp:comment_date_gmt><![CDATA[{each.at:%Y-%m-%d %H:%M:%S}]]></wp:comment_date_gmt>\n"
                f"<wp:comment_content><![CDATA[{each.text}]]></wp:comment_content>\n"
                f"<wp:comment_approved><![CDATA[{approved}]]></wp:comment_approved>\n"
                "<wp:comment_type><![CDATA[comment]]></wp:comment_type>\n</wp:comment>\n"
            )
        file.write("</item>\n</channel>\n</rss>\n")


def disqus(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        file.write('<?xml version="1.0" encoding="utf-8"?>\n<disqus xmlns="http://disqus.com"')
        file.write(' xmlns:dsq="http://disqus.com/disqus-internals">\n')
        for each in comments(count):
            file.write(
                f'<post dsq:id="{each.number}">\n<id'
                f" />\n<message><![CDATA[<p>{escape(each.text)}</p>]]></message>\n"
                f"<createdAt>{each.at:%Y-%m-%dT%H:%M:%SZ}</createdAt>\n<isDeleted>false</isDeleted>\n"
                f"<isSpam>{str(each.is_refused).lower()}</isSpam>\n"
                f"<author><name>{each.name}</name></author>\n</post>\n"
            )
        file.write("</disqus>\n")


def coral(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8") as file:
        for each in comments(count):
            document = {
                "id": f"c{each.number}",
                "authorID": each.name,
                "revisions": [{"id": "r", "body": f"<div>{escape(each.text)}</div>"}],
                "status": "REJECTED" if each.is_refused else "NONE",
                "createdAt": {"$date": each.at.isoformat()},
            }
            file.write(json.dumps(document) + "\n")


def isso(path: Path, count: int) -> None:
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE TABLE comments (tid INTEGER, id INTEGER PRIMARY KEY, parent INTEGER, created FLOAT NOT"
            " NULL,"
            " modified FLOAT, mode INTEGER, remote_addr VARCHAR, text VARCHAR, author VARCHAR, email VARCHAR)"
        )
        connection.executemany(
            "INSERT INTO comments (id, created, mode, text, author) VALUES (?, ?, ?, ?, ?)",
            ((c.number, c.at.timestamp(), 2 if c.is_refused else 1, c.text, c.name) for c in comments(count)),
        )
    connection.close()


def as_csv(path: Path, count: int) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["id", "created_at", "author", "text", "outcome"])
        for c in comments(count):
            outcome = "rejected" if c.is_refused else "approved"
            writer.writerow([c.number, c.at.isoformat(), c.name, c.text, outcome])


WRITERS: dict[str, Callable[[Path, int], None]] = {
    "wordpress": wordpress,
    "disqus": disqus,
    "coral": coral,
    "isso": isso,
    "csv": as_csv,
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--comments", type=int, default=100_000)
    parser.add_argument("--format", choices=WRITERS, default="wordpress")
    parser.add_argument("--processes", type=int)
    parser.add_argument("--keep", type=Path, metavar="PATH", help="where to leave the export")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        export = options.keep or Path(folder) / "export"
        WRITERS[options.format](export, options.comments)
        print(
            f"{options.format}: {options.comments:,} comments, {export.stat().st_size / 1e6:.1f} MB",
            flush=True,
        )
        command = [
            sys.executable,
            "-m",
            "moderation.trial",
            str(export),
            "--report",
            str(Path(folder) / "report.html"),
        ]
        if options.processes:
            command += ["--processes", str(options.processes)]
        started = time.monotonic()
        subprocess.run(command, cwd=ROOT, check=True)
        took = time.monotonic() - started
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        cpu = used.ru_utime + used.ru_stime
        print(
            f"{took:.1f} s by the clock, {cpu:.1f} s of processor time, {options.comments / took:,.0f}"
            " comments/s"
        )
        print(f"largest process {used.ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
