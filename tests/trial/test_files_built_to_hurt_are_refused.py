"""XML and archives made to fill a memory or to read other files: refused at once, in one line."""

from __future__ import annotations

import gzip
import resource
import sqlite3
import zipfile
from pathlib import Path

import pytest

from moderation.trial import source
from moderation.trial.records import Unreadable
from moderation.trial.source import find_source
from tests.trial.exports import read, saved, wxr, wxr_comment

LAUGHS = "".join(f'<!ENTITY l{n} "{f"&l{n - 1};" * 10}">' for n in range(1, 10))
DOCTYPES = {
    "billion laughs": f'<!DOCTYPE rss [<!ENTITY l0 "lol">{LAUGHS}]>',
    "quadratic blow-up": f'<!DOCTYPE rss [<!ENTITY l9 "{"a" * 50_000}">]>',
    "external entity": '<!DOCTYPE rss [<!ENTITY l9 SYSTEM "file:///etc/passwd">]>',
    "parameter entity": '<!DOCTYPE rss [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p; <!ENTITY l9 "x">]>',
    "external DTD": '<!DOCTYPE rss SYSTEM "http://127.0.0.1:9/x.dtd">',
}


def memory_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@pytest.mark.parametrize("name", DOCTYPES)
def test_document_types_and_entities(tmp_path: Path, name: str) -> None:
    bomb = wxr(wxr_comment(1, "x")).replace("<rss", f"{DOCTYPES[name]}\n<rss", 1).replace("Ada", "&l9;&l9;")

    with pytest.raises(Unreadable, match="document type or entities of its own"):
        read(saved(tmp_path, bomb))


def test_a_bomb_behind_a_byte_order_mark_in_utf_16(tmp_path: Path) -> None:
    bomb = (
        wxr(wxr_comment(1, "x"))
        .replace("<rss", f"{DOCTYPES['billion laughs']}<rss", 1)
        .replace("UTF-8", "UTF-16")
    )

    with pytest.raises(Unreadable, match="document type or entities of its own"):
        read(saved(tmp_path, bomb.encode("utf-16")))


@pytest.mark.parametrize(
    ("inside", "says"),
    [
        ("<a>" * 100_000, "nested more than 50 deep"),
        ("<a " + 'b="c" ' * 2_000_000 + ">", "longer than 4 MB"),
        ("<" + "a" * 12_000_000, "longer than 4 MB"),
        ("<!-- " + "a" * 12_000_000 + " -->", "longer than 4 MB"),
    ],
    ids=["deep", "attributes", "name", "remark"],
)
def test_deep_nesting_and_endless_tags(tmp_path: Path, inside: str, says: str) -> None:
    path = saved(tmp_path, wxr(inside))

    with pytest.raises(Unreadable, match=says):
        read(path)


def test_a_text_that_fills_the_file_fills_no_memory(tmp_path: Path) -> None:
    path = saved(tmp_path, wxr(wxr_comment(1, "word " * 8_000_000), wxr_comment(2, "Two")))
    before = memory_mb()

    found = read(path)

    assert memory_mb() - before < 30  # of 40 MB
    assert [getattr(row, "text", "") for row in found][-1] == "Two"


def test_archives_that_unpack_to_a_thousand_times_their_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(source, "BOMB_FROM", 1 << 20)
    content = b"text,outcome\n" + b"a" * 4_000_000
    packed = saved(tmp_path, gzip.compress(content, 9), "bomb.gz")
    zipped = tmp_path / "bomb.zip"
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        archive.writestr("bomb.csv", content)

    for path in (packed, zipped):
        with pytest.raises(Unreadable, match="as a bomb does"):
            read(path)


def test_an_archive_of_several_files(tmp_path: Path) -> None:
    path = tmp_path / "two.zip"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a.csv", "x")
        archive.writestr("b.csv", "x")

    with pytest.raises(Unreadable, match="holds 2 files"):
        find_source(path)


def test_a_view_in_place_of_issos_table(tmp_path: Path) -> None:
    path = tmp_path / "isso.db"
    with sqlite3.connect(path) as connection:
        connection.execute(
            "CREATE VIEW comments AS WITH RECURSIVE c(id) AS (SELECT 1 UNION ALL SELECT id + 1 FROM c)"
            " SELECT id, 1 AS mode, 'x' AS text FROM c"
        )
    connection.close()

    with pytest.raises(Unreadable, match="no table comments"):
        read(path)
