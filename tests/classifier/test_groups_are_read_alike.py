"""Who is named does not change the score, and reasons still lead to the words that stand there."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from moderation.classifier.identities import GROUP, GROUPS, TERMS, groups_alike, read_alike
from moderation.classifier.text import match_form

SENTENCES = (
    "My neighbour is {term} and works at the library.",
    "I am {term}.",
    "Nobody should be turned away since they are {term}, the court said.",
)


def read(text: str) -> str:
    return groups_alike(match_form(text).text).text


def test_a_sentence_has_one_score_whichever_group_it_names(shipped):
    for sentence in SENTENCES:
        scores = shipped.score([sentence.format(term=term) for term in TERMS])
        spread = [one.values["toxicity"] for one in scores]
        assert max(spread) - min(spread) < 0.02, sentence  # Capitals and length are counted as they stand.


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("an Asian man", f"a {GROUP} man"),
        ("two Asians and an African-American", f"two {GROUPS} and a {GROUP}"),
        ("the Muslim's house", f"the {GROUP}'s house"),
        ("an old white man", f"a {GROUP} man"),
        ("middle eastern food", f"{GROUP} food"),
        ("straighten the asiana sign", "straighten the asiana sign"),
        ("an apple", "an apple"),
        ("", ""),
    ],
)
def test_words_for_groups_become_one_sign_and_others_stay(text, form):
    assert read(text) == form


def test_a_disguised_group_word_is_read_like_the_plain_one():
    assert read("they are g\u0430y") == read("they are gay")


def test_reasons_lead_to_the_word_that_stands_in_the_text(shipped):
    text = "The old African-American idiot moved away."
    spans = shipped.explain(text, "toxicity").spans
    assert all(0 <= span.start < span.end <= len(text) for span in spans)
    strongest = max(spans, key=lambda span: span.weight)
    assert text[strongest.start : strongest.end] == "idiot"
    assert not any(GROUP in (span.read_as or "") or GROUPS in (span.read_as or "") for span in spans)


@given(st.lists(st.sampled_from([*TERMS, "an", "a", "the", ",", "'s", "-", "s", "é", "word"]), max_size=12))
@settings(max_examples=60)
def test_every_character_knows_where_it_came_from(words):
    text = " ".join(words)
    form = groups_alike(text)
    assert read_alike(text) == form.text
    for i, character in enumerate(form.text):
        start, end = form.span(i, i + 1)
        assert 0 <= start < end <= len(text)
        if character not in (GROUP, GROUPS):
            assert text[start] == character
