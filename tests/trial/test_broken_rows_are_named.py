"""A row that cannot be read is counted and named; those around it are read."""

from __future__ import annotations

import gzip
import sqlite3
from pathlib import Path

import pytest

from moderation.trial import csv_file
from moderation.trial.csv_columns import Wanted
from moderation.trial.reading import newest, only_newest, rows
from moderation.trial.records import Broken, Unreadable
from moderation.trial.source import find_source
from tests.trial.exports import (
    coral_comment,
    disqus,
    disqus_post,
    isso,
    json_lines,
    read,
    records,
    saved,
    wxr,
    wxr_comment,
)


def broken(path: Path) -> list[Broken]:
    return [row for row in read(path) if isinstance(row, Broken)]


def test_a_broken_comment_in_xml_costs_itself_alone(tmp_path: Path) -> None:
    bad = wxr_comment(2, "x").replace("<wp:comment_type>", "<wp:comment_type> fish & chips &nosuch; <b>")
    path = saved(
        tmp_path, wxr(wxr_comment(1, "One"), bad, wxr_comment(3, "Three"), bad, wxr_comment(5, "Five"))
    )

    assert [record.text for record in records(path)] == ["One", "Three", "Five"]
    assert [each.place for each in broken(path)] == ["line 36, id 2", "line 72, id 2"]


def test_places_are_right_after_a_broken_one(tmp_path: Path) -> None:
    bad = wxr_comment(2, "x").replace("<wp:comment_type>", "<oops")
    path = saved(tmp_path, wxr(wxr_comment(1, "One"), bad, wxr_comment(3, "Three")))

    lines = path.read_text().splitlines()
    places = [record.place for record in records(path)]

    starts = [number for number, line in enumerate(lines, start=1) if line.strip() == "<wp:comment>"]
    assert places == [f"line {starts[0]}, id 1", f"line {starts[2]}, id 3"]


def test_control_characters_and_broken_bytes_are_no_reason_to_stop(tmp_path: Path) -> None:
    content = wxr(wxr_comment(1, "A\x08B CC"), wxr_comment(2, "Two")).encode()
    content = content.replace(b"CC", b"\xc3\x28\xff")

    assert [record.text for record in records(saved(tmp_path, content))] == ["A B \ufffd(\ufffd", "Two"]


def test_a_file_that_was_cut_short(tmp_path: Path) -> None:
    whole = disqus(disqus_post(1, "One"), disqus_post(2, "Two"))
    path = saved(tmp_path, whole[: whole.index("Two") + 2])

    assert [record.text for record in records(path)] == ["One"]
    (found,) = broken(path)
    assert "id 2" in found.place
    assert "ends here" in found.reason


def test_cdata_that_is_not_closed_does_not_swallow_the_rest(tmp_path: Path) -> None:
    bad = wxr_comment(1, "x").replace("x]]>", "never closed")
    rest = [wxr_comment(number, "word " * 200) for number in range(2, 5_000)]
    path = saved(tmp_path, wxr(wxr_comment(0, "Zero"), bad, *rest))

    found = records(path)

    assert len(broken(path)) == 1
    assert found[0].text == "Zero"
    assert found[-1].place.endswith("id 4999")
    assert len(found) > 2_000


def test_a_comment_without_a_text(tmp_path: Path) -> None:
    path = saved(tmp_path, disqus("<post dsq:id='9'><id>x</id></post>", disqus_post(1, "One")))

    assert [each.place for each in broken(path)] == ["line 10, id 9"]
    assert len(records(path)) == 1


def test_json_that_is_broken(tmp_path: Path) -> None:
    good = json_lines(coral_comment("a", "One")), json_lines(coral_comment("b", "Two"))
    bodyless = json_lines({"id": "c", "status": "NONE", "revisions": []})
    deep = '{"a":' * 100_000 + "\n"
    path = saved(tmp_path, good[0] + '{"id": "x" "status"}\n' + deep + bodyless + good[1] + '{"id": "cut off')

    assert [record.text for record in records(path)] == ["One", "Two"]
    assert [(each.place, each.reason) for each in broken(path)] == [
        ("line 2", "not JSON"),
        ("line 3", "nested too deep"),
        ("line 4, id c", "it has no text"),
        ("line 6", "not JSON"),
    ]


def test_a_csv_row_with_too_few_fields(tmp_path: Path) -> None:
    path = saved(tmp_path, "id,text,outcome\n1,One,ok\n2,Two\n3,Three,ok,,\n4,Four,ok,more\n5,Five,ok\n")

    assert [record.text for record in records(path)] == ["One", "Three", "Five"]
    assert [(each.place, each.reason) for each in broken(path)] == [
        ("line 3, id 2", "it has 2 fields, the first line names 3"),
        ("line 5, id 4", "it has 4 fields, the first line names 3"),
    ]


@pytest.mark.parametrize("order", ["id,text,outcome", "id,outcome,text"])
def test_a_quote_that_is_not_closed_costs_its_own_row(tmp_path: Path, order: str) -> None:
    rows_ = [
        ("1", "ok", "One"),
        ("2", "ok", '"Two'),
        ("3", "ok", "Three"),
        ("4", "ok", '"Fo\nur"'),
        ("5", "ok", "Five"),
    ]
    cells = [
        (n, text, outcome) if order == "id,text,outcome" else (n, outcome, text) for n, outcome, text in rows_
    ]
    path = saved(tmp_path, order + "\n" + "".join(",".join(row) + "\n" for row in cells))

    assert [record.text for record in records(path)] == ["One", "Three", "Fo\nur", "Five"]
    assert [record.place for record in records(path)][-1] == "line 7, id 5"
    (found,) = broken(path)
    assert found.place.startswith("line 3")
    assert found.reason == "a quote is opened and not closed"


def test_quotes_inside_of_quotes_are_read_as_well_as_can_be(tmp_path: Path) -> None:
    path = saved(tmp_path, 'text,outcome\n"He said "yes" to it",ok\n"She \\"may\\" not",ok\n')

    assert [record.text for record in records(path)] == ['He said yes" to it"', 'She "may" not']


def test_a_field_as_long_as_a_file(tmp_path: Path) -> None:
    path = saved(tmp_path, f"text,outcome\nOne,ok\n{'x' * (csv_file.MOST_OF_A_FIELD * 5)},ok\nTwo,ok\n")

    assert [record.text for record in records(path)] == ["One", "Two"]
    assert [each.place for each in broken(path)] == ["line 3"]


def test_a_packed_file_that_was_cut_short(tmp_path: Path) -> None:
    content = "text,outcome\n" + "".join(f"Comment number {number},ok\n" for number in range(20_000))
    packed = gzip.compress(content.encode())
    path = saved(tmp_path, packed[: len(packed) // 2])

    assert len(records(path)) > 5_000
    assert "cut short or damaged" in broken(path)[-1].reason


def test_a_row_of_isso_that_is_no_text(tmp_path: Path) -> None:
    path = isso(
        tmp_path / "isso.db", (1, 1, b"\xff\x00", "Ada"), (2, 1, None, "Ada"), (3, "x", "Three", "Ada")
    )

    assert [each.place for each in broken(path)] == ["id 1", "id 2"]
    assert [record.text for record in records(path)] == ["Three"]


def test_only_the_newest(tmp_path: Path) -> None:
    path = saved(tmp_path, "text,outcome,date\nB,ok,2024-02-01\nA,ok,2024-01-01\nC,ok,2024-03-01\nD,ok,\n")
    source, wanted = find_source(path), Wanted({})

    kept = only_newest(rows(source, wanted), *newest(rows(source, wanted), 2))

    assert [row.text for row in kept if hasattr(row, "theirs")] == ["B", "C"]


def test_the_last_ones_where_there_are_no_dates(tmp_path: Path) -> None:
    source, wanted = find_source(saved(tmp_path, "text,outcome\nA,ok\nB,ok\nC,ok\n")), Wanted({})

    kept = only_newest(rows(source, wanted), *newest(rows(source, wanted), 2))

    assert [row.text for row in kept if hasattr(row, "theirs")] == ["B", "C"]


# --- what is no export at all is refused in one line that says what to do ------------------------------
@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "is empty"),
        (b" \r\n \n", "is empty"),
        (b"<!doctype html><html><body>Sign in</body></html>", "is a web page"),
        (b"<?xml version='1.0'?><feed><entry/></feed>", "its first element is <feed>"),
        (b"<?xml version='1.0'?><rss version='2.0'><channel/></rss>", "is a feed"),
        (wxr().replace("UTF-8", "rot13").encode(), "its encoding is rot13"),
        (b'"text"x,outcome\nHello,ok\n', "cannot be read as names of columns"),
        (b"%PDF-1.7 ...", "is a PDF"),
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "it is no text"),
        (b"name,comments\nAda,3\n", "names no column of the comments' texts"),
        (b"id,comment\n1,Hello\n", "--outcome-column"),
        (b"comment,status\nHello,frei\nHm,weg\n", "--published WORD,WORD"),
        (b'{"users": []}\n', "none of its documents is a comment"),
    ],
)
def test_what_is_no_export(tmp_path: Path, content: bytes, says: str) -> None:
    with pytest.raises(Unreadable, match=says):
        read(saved(tmp_path, content))


def test_a_database_of_another_kind(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    with sqlite3.connect(path) as connection:
        connection.execute("CREATE TABLE bookmarks (id INTEGER)")
    connection.close()

    with pytest.raises(Unreadable, match="no table comments"):
        read(path)


def test_a_damaged_database(tmp_path: Path) -> None:
    path = isso(tmp_path / "isso.db", *((n, 1, "word " * 200, "Ada") for n in range(100)))
    data = bytearray(path.read_bytes())
    data[len(data) // 2 :] = bytes(len(data) - len(data) // 2)
    path.write_bytes(data)

    with pytest.raises(Unreadable, match="cannot be read as an SQLite database"):
        read(path)


def test_what_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match="No such file"):
        read(tmp_path / "nothing")
    with pytest.raises(Unreadable, match="is a folder"):
        read(tmp_path)
