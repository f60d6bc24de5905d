"""Cutting a text where findings point: nothing lost, nothing doubled, disguises undone."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from moderation.desk.marking import Mark, marks_of, segments

NAMES = {"score:insult": "insult", "banned_word": "banned word"}


def test_overlapping_findings_share_the_piece_that_both_point_to():
    pieces = segments("You utter fool", [Mark(4, 14, "insult", False), Mark(10, 14, "banned word", True)])
    assert [(piece.text, piece.labels) for piece in pieces] == [
        ("You ", ()),
        ("utter ", ("insult",)),
        ("fool", ("insult", "banned word")),
    ]
    assert [piece.is_rule for piece in pieces] == [False, False, True]


def test_offsets_count_code_points_so_that_emoji_before_a_word_do_not_shift_its_mark():
    text = "🚲🚲 fool"
    assert [piece.text for piece in segments(text, [Mark(3, 7, "insult", False)]) if piece.is_marked] == [
        "fool"
    ]


def test_a_disguised_word_is_told_as_it_reads():
    text = "what an 1d10t"
    marked = [piece for piece in segments(text, [Mark(8, 13, "insult", False)]) if piece.is_marked]
    assert marked[0].reads_as == "idiot"
    assert marked[0].spoken == "insult; reads as “idiot”"


def test_a_plain_word_reads_as_itself_and_needs_no_second_telling():
    assert segments("Fool", [Mark(0, 4, "insult", False)])[0].reads_as == ""


def test_a_word_that_hardly_moved_the_score_is_not_marked():
    finding = {
        "code": "score:insult",
        "where": "body",
        "spans": [[0, 3], [4, 8]],
        "data": {"weights": [0.1, 2.0]},
    }
    assert [(mark.start, mark.strength) for mark in marks_of([finding], where="body", names=NAMES)] == [
        (4, 3)
    ]


def test_findings_about_the_name_do_not_mark_the_body():
    finding = {"code": "banned_word", "where": "name", "spans": [[0, 3]]}
    assert marks_of([finding], where="body", names=NAMES) == []
    assert marks_of([finding], where="name", names=NAMES) == [Mark(0, 3, "banned word", True)]


@given(
    st.text(max_size=60),
    st.lists(st.tuples(st.integers(-5, 70), st.integers(-5, 70)), max_size=6),
)
def test_the_pieces_are_the_text_whatever_the_marks_say(text, ranges):
    marks = [Mark(start, end, "insult", False) for start, end in ranges]
    assert "".join(piece.text for piece in segments(text, marks)) == text
