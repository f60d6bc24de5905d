"""``manage.py explain_comment``: every decision told, every machine's decision made again."""

from __future__ import annotations

import io

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from comments.models import Comment
from moderation.desk.replay import replay
from moderation.engine import register_shipped_model
from moderation.models import Decision, Policy, WordList
from moderation.services import check_again, decide_by_person, moderate_comment
from tests.factories import CommentFactory, SiteFactory, UserFactory, erase

pytestmark = pytest.mark.django_db


@pytest.fixture
def judged():
    """Makes a comment that the shipped classifier has judged."""
    register_shipped_model()

    def make(body, **given):
        comment = CommentFactory(body=body, **given)
        moderate_comment(comment.pk)
        comment.refresh_from_db()
        return comment

    return make


def explain(comment, **options):
    out = io.StringIO()
    call_command("explain_comment", str(comment.pk), stdout=out, **options)
    return out.getvalue()


def test_a_machines_decision_comes_out_the_same_again(judged):
    WordList.objects.create(site=SiteFactory(), kind="suspect", words=["bearing"])
    comment = judged("You stupid idiot, who greased this bearing?")
    told = explain(comment)
    assert "held by machine, held by rule: suspect_word" in told
    assert "insult" in told
    assert "made again: held rule suspect_word, scores within" in told
    assert ": the same" in told


def test_it_tells_no_readers_words_unless_asked(judged):
    comment = judged("The seagrass meadow grows.", name="Moss Penrose")
    assert "seagrass" not in explain(comment)
    assert "Moss Penrose: The seagrass meadow grows." in explain(comment, text=True)


def test_it_is_made_again_under_the_policy_of_that_day_not_of_today(judged):
    comment = judged("A calm morning at the harbour, and good coffee.")
    assert comment.status == "published"
    Policy.objects.create(site=comment.article.site, premoderate=True)
    again = replay(Decision.objects.get(pk=comment.decision_id))
    assert again is not None
    assert again.is_same
    assert again.largest_difference <= 1e-6


def test_every_round_and_person_is_told(judged):
    WordList.objects.create(site=SiteFactory(), kind="suspect", words=["bearing"])
    comment = judged("Who greased this bearing?")
    bess = UserFactory(username="bess")
    check_again(comment_id=comment.pk, actor=bess)
    moderate_comment(comment.pk)
    decide_by_person(
        comment_id=comment.pk, actor=bess, outcome="published", seen_revision=1, note="Fair question."
    )
    told = explain(comment)
    assert told.count("made again:") == 2
    assert "published by bess" in told
    assert "note: Fair question." in told


def test_a_tampered_score_is_noticed(judged):
    comment = judged("You stupid idiot, who greased this bearing?")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("RESET ROLE")
        cursor.execute("ALTER TABLE moderation_decision DISABLE TRIGGER decision_guard")
        cursor.execute("UPDATE moderation_decision SET scores = jsonb_set(scores, '{insult}', '0.01')")
        cursor.execute("ALTER TABLE moderation_decision ENABLE TRIGGER decision_guard")
    with pytest.raises(CommandError, match="1 of its decisions"):
        explain(comment)


def test_an_erased_text_cannot_be_judged_again_and_that_is_said(judged):
    comment = judged("The seagrass meadow grows.")
    erase(comment)
    comment.revisions.all().delete()
    assert "cannot be made again: the text was erased" in explain(comment)


def test_an_unknown_comment_is_said_to_be_unknown():
    assert not Comment.objects.exists()
    with pytest.raises(CommandError, match="no comment with this id"):
        call_command("explain_comment", "01890000-0000-7000-8000-000000000000")
