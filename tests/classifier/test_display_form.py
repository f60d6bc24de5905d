"""What may be shown: composed, without controls, and unable to reorder what stands around it."""

from hypothesis import given
from hypothesis import strategies as st

from moderation.classifier.text import display_form


def test_controls_go_and_line_breaks_stay():
    assert display_form("a\x00b\x1bc\r\nd\re\tf") == "abc\nd\ne\tf"


def test_letters_and_their_accents_are_composed():
    assert display_form("cafe\u0301") == "café"


def test_overrides_of_the_direction_are_dropped():
    assert display_form("abc\u202edef\u2066ghi") == "abcdefghi"


def test_a_line_with_hebrew_is_isolated_and_its_neighbours_are_not():
    assert display_form("plain\nשלום there") == "plain\n\u2068שלום there\u2069"


def test_lone_surrogates_go():
    assert display_form("a\ud800b") == "ab"


@given(st.text(alphabet=st.characters(exclude_categories=[]), max_size=100))
def test_any_text_can_be_sent_as_utf_8(text):
    display_form(text).encode()
