"""Exports with bytes cut out, put in and turned around: read as far as possible, or refused in one line."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from moderation.trial.records import Unreadable
from tests.trial.exports import (
    coral_comment,
    disqus,
    disqus_post,
    isso,
    json_lines,
    read,
    saved,
    wxr,
    wxr_comment,
)

PIECES = [
    "<",
    ">",
    "]]>",
    "<![CDATA[",
    '"',
    ",",
    "{",
    "}",
    "[",
    "\\",
    "\\u",
    "&",
    "&#8;",
    "<!DOCTYPE\xa0x>",
    "<wp:comment>",
    "</wp:comment>",
    "<post",
]
BYTES = [*(piece.encode() for piece in PIECES), b"\n", b"\r", b"\x00", b"\xff\xfe", b"\xef\xbb\xbf"]
CSV = "".join(f'{n},"Text ""{n}""\nand more",ok,2024-01-0{n + 1}\n' for n in range(8))


@pytest.fixture
def exports(tmp_path: Path) -> dict[str, bytes]:
    documents = [coral_comment(str(n), f"Text {n}") for n in range(8)]
    database = isso(tmp_path / "isso.db", *((n, 1, f"Text {n}", "Ada") for n in range(1, 9)))
    return {
        "wordpress": wxr(*(wxr_comment(n, f"Text {n} é & so") for n in range(8))).encode(),
        "disqus": disqus(*(disqus_post(n, f"<p>Text {n}</p>") for n in range(8))).encode(),
        "coral": json_lines(*documents).encode(),
        "array": json.dumps(documents).encode(),
        "csv": f"id,text,outcome,date\n{CSV}".encode(),
        "isso": database.read_bytes(),
    }


def damaged(content: bytes, dice: random.Random) -> bytes:
    data = bytearray(content)
    for _ in range(dice.randint(1, 12)):
        at, kind = dice.randrange(len(data) + 1), dice.randrange(5)
        if kind == 0:
            data[at:at] = dice.choice(BYTES)
        elif kind == 1:
            del data[at : at + dice.randint(1, 60)]
        elif kind == 2:
            data[at : at + 1] = bytes([dice.randrange(256)])
        elif kind == 3:
            other = dice.randrange(len(data) + 1)
            data[at:at] = data[other : other + dice.randint(1, 400)]
        elif dice.random() < 0.3:
            del data[at:]
    return bytes(data)


@pytest.mark.parametrize("kind", ["wordpress", "disqus", "coral", "array", "csv", "isso"])
def test_whatever_happened_to_it(tmp_path: Path, exports: dict[str, bytes], kind: str) -> None:
    dice, readable = random.Random(kind), 0

    for _ in range(150):
        try:
            readable += bool(read(saved(tmp_path, damaged(exports[kind], dice), "damaged")))
        except Unreadable:
            continue

    assert 0 < readable < 150
