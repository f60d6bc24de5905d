"""Each system's export, in its own shape, as comments with what became of them."""

from __future__ import annotations

import bz2
import gzip
import json
import lzma
import zipfile
from pathlib import Path

import pytest

from moderation.trial.records import Record, Skipped, Theirs
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

PUBLISHED, REFUSED, UNDECIDED = Theirs.PUBLISHED, Theirs.REFUSED, Theirs.UNDECIDED


def test_wordpress(tmp_path: Path) -> None:
    path = saved(
        tmp_path,
        wxr(
            wxr_comment(1, "Thank you,\n\n<b>Harbour Times</b> &amp; all"),
            wxr_comment(2, "In the queue", approved="0"),
            wxr_comment(3, "Away", approved="trash"),
            wxr_comment(4, "[…] they write […]", kind="pingback"),
        ),
    )

    first, second, third = records(path)

    assert (first.text, first.name, first.author) == (
        "Thank you,\n\nHarbour Times & all",
        "Ada",
        "ada@example.org",
    )
    assert first.at == 1714557600  # the date in GMT, not the local one beside it
    assert first.place == "line 18, id 1"
    assert [each.theirs for each in (first, second, third)] == [PUBLISHED, UNDECIDED, REFUSED]
    assert [row.reason for row in read(path) if isinstance(row, Skipped)] == [
        "not a reader's comment but a pingback"
    ]


def test_wordpress_splits_a_text_that_holds_the_end_of_cdata(tmp_path: Path) -> None:
    path = saved(tmp_path, wxr(wxr_comment(1, "Look: ]]]]><![CDATA[> and </wp:comment> too")))

    assert [record.text for record in records(path)] == ["Look: ]]> and  too"]


def test_disqus(tmp_path: Path) -> None:
    path = saved(
        tmp_path,
        disqus(
            disqus_post(
                1, '<p>See <a href="https://disq.us/url?url=https%3A%2F%2Fexample.org%2F%3Aabc">this</a></p>'
            ),
            disqus_post(2, "<p>Buy</p>", spam=True),
            disqus_post(3, "<p>Gone</p>", deleted=True),
        ),
    )

    found = records(path)

    assert [each.theirs for each in found] == [PUBLISHED, REFUSED, REFUSED]
    assert "https://example.org/" in found[0].text
    assert (found[0].name, found[0].author, found[0].place) == ("Grace", "grace", "line 10, id 1")


def test_coral_as_lines_and_as_one_array(tmp_path: Path) -> None:
    documents = [
        coral_comment("a", "<div>Nice &amp; short</div>"),
        coral_comment("b", "Waits", status="SYSTEM_WITHHELD"),
        coral_comment("c", "No", status="REJECTED", createdAt={"$date": {"$numberLong": "1614834367008"}}),
        coral_comment("d", "", status="APPROVED", revisions=[], deletedAt={"$date": "2021-05-04T05:06:07Z"}),
    ]
    lines = saved(tmp_path, json_lines(*documents), "lines")
    array = saved(tmp_path, json.dumps(documents), "array")
    pretty = saved(tmp_path, json.dumps(documents, indent=2), "pretty")

    found = records(lines)

    assert [(each.text, each.theirs) for each in found] == [
        ("Nice & short", PUBLISHED),
        ("Waits", UNDECIDED),
        ("No", REFUSED),
    ]
    assert {int(each.at or 0) for each in found} == {1614834367}
    for other in (array, pretty):
        assert [(each.text, each.theirs) for each in records(other)] == [(e.text, e.theirs) for e in found]


def test_talk_4(tmp_path: Path) -> None:
    old = {
        "id": "x",
        "asset_id": "s",
        "status": "ACCEPTED",
        "author_id": "u",
        "body_history": [
            {"body": "First"},
            {"body": "Second\nline", "created_at": {"$date": "2018-01-01T00:00:00Z"}},
        ],
        "created_at": {"$date": "2018-01-01T00:00:00Z"},
    }

    (found,) = records(saved(tmp_path, json_lines(old)))

    assert (found.text, found.theirs, found.author) == ("Second\nline", PUBLISHED, "u")


def test_isso(tmp_path: Path) -> None:
    path = isso(
        tmp_path / "comments.db", (1, 1, "Hello *there*", "Ada"), (2, 2, "Waiting", None), (3, 4, "", None)
    )
    before = {each.name: each.read_bytes() for each in tmp_path.iterdir()}

    found = records(path)

    assert [(each.text, each.theirs, each.place) for each in found] == [
        ("Hello *there*", PUBLISHED, "id 1"),
        ("Waiting", UNDECIDED, "id 2"),
    ]
    assert {each.name: each.read_bytes() for each in tmp_path.iterdir()} == before


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"], ids=["comma", "semicolon", "tab", "bar"])
def test_csv(tmp_path: Path, delimiter: str) -> None:
    lines = ["Comment ID|Comment|Status|Created at|Author"]
    lines += ['7|"Two lines,\r\nand ""quotes""; here"|approved|2024-05-01T10:00:00+02:00|Ada']
    lines += ["8|Short|Rejected||", "9|Waiting|pending|1714550400|"]
    text = "\r\n".join(lines).replace("|", delimiter)

    first, second, third = records(saved(tmp_path, text))

    assert first == Record(
        "line 2, id 7", 'Two lines,\nand "quotes"; here', PUBLISHED, "Ada", "Ada", 1714550400.0
    )
    assert (second.text, second.theirs, second.at) == ("Short", REFUSED, None)
    assert (third.place, third.theirs, third.at) == ("line 5, id 9", UNDECIDED, 1714550400.0)


@pytest.mark.parametrize(
    ("column", "value", "theirs"),
    [
        ("approved", "1", PUBLISHED),
        ("is_spam", "1", REFUSED),
        ("is_spam", "false", PUBLISHED),
        ("comment_approved", "0", UNDECIDED),
        ("status", "", UNDECIDED),
        ("status", "SYSTEM_WITHHELD", UNDECIDED),
        ("label", "toxic", REFUSED),
    ],
)
def test_what_an_outcome_means_depends_on_its_column(
    tmp_path: Path, column: str, value: str, theirs: Theirs
) -> None:
    (found,) = records(saved(tmp_path, f"text,{column}\nHello there,{value}\n"))

    assert found.theirs is theirs


def test_columns_and_outcomes_can_be_named(tmp_path: Path) -> None:
    path = saved(tmp_path, "Kommentar,Ergebnis\nHallo,frei\nHm,weg\nNun,offen\n")

    found = records(
        path, columns={"text": "kommentar", "outcome": "Ergebnis"}, published=["frei"], refused=["weg"]
    )

    assert [each.theirs for each in found] == [PUBLISHED, REFUSED, UNDECIDED]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
def test_any_usual_encoding(tmp_path: Path, encoding: str) -> None:
    as_csv = saved(tmp_path, 'text;outcome\n"Schöne Grüße – ja";ok\n'.encode(encoding), "csv")
    (found,) = records(as_csv)
    assert found.text == "Schöne Grüße – ja"

    declared = encoding.removesuffix("-sig")
    content = wxr(wxr_comment(1, "Schöne Grüße – ja")).replace("UTF-8", declared).encode(encoding)
    (found,) = records(saved(tmp_path, content, "xml"))
    assert found.text == "Schöne Grüße – ja"


@pytest.mark.parametrize(
    "before", ["\n\n", "<br />\n<b>Warning</b>: in x.php on line 3\n"], ids=["blank", "warning"]
)
def test_what_a_plugin_printed_before_the_export(tmp_path: Path, before: str) -> None:
    (found,) = records(saved(tmp_path, before + wxr(wxr_comment(1, "Whole"))))

    assert (found.text, found.place) == ("Whole", "line 20, id 1")


def test_an_export_saved_anew_as_utf_8_still_says_utf_16(tmp_path: Path) -> None:
    content = wxr(wxr_comment(1, "Grüße")).replace("UTF-8", "UTF-16")

    assert [record.text for record in records(saved(tmp_path, content))] == ["Grüße"]


def test_the_line_in_which_excel_notes_the_delimiter(tmp_path: Path) -> None:
    path = saved(tmp_path, "sep=|\r\ntext|outcome\r\nHello, you|ok\r\n")

    assert [record.text for record in records(path)] == ["Hello, you"]


def test_packed_files_are_unpacked_while_they_are_read(tmp_path: Path) -> None:
    content = wxr(wxr_comment(1, "Packed")).encode()
    paths = [
        saved(tmp_path, gzip.compress(content), "a.gz"),
        saved(tmp_path, bz2.compress(content), "b.bz2"),
        saved(tmp_path, lzma.compress(content), "c.xz"),
        tmp_path / "d.zip",
    ]
    with zipfile.ZipFile(paths[-1], "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("export/harbour.xml", content)
        archive.writestr("__MACOSX/._harbour.xml", b"\x00")

    assert [[record.text for record in records(path)] for path in paths] == [["Packed"]] * 4


def test_large_files_are_read_piece_by_piece(tmp_path: Path) -> None:
    texts = [f"Comment {number} " + "word " * 100 for number in range(1_500)]
    as_xml = saved(tmp_path, wxr(*(wxr_comment(n, text) for n, text in enumerate(texts))), "xml")
    as_json = saved(
        tmp_path, json_lines(*(coral_comment(str(n), text) for n, text in enumerate(texts))), "json"
    )
    array = saved(
        tmp_path, json.dumps([coral_comment(str(n), text) for n, text in enumerate(texts)]), "array"
    )

    for path in (as_xml, as_json, array):
        assert [record.text for record in records(path)] == [text.strip() for text in texts]
