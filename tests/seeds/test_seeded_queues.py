"""After seeding the queues are as the demo wants them: by what classifier, rules and policy really said."""

from __future__ import annotations

from collections import Counter

import pytest

from comments.models import Comment
from moderation.engine import engine
from moderation.models import Decision, ReasonCode
from moderation.policy import Finding, ResolvedPolicy, decide
from moderation.services import judge
from newsroom.audit.models import AuditEntry
from seeds.content import CommentText, Fate, load
from seeds.editor import WAITING

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("seeded_at")]

WAVE = {text.text for text in load().wave.comments}


def texts() -> list[CommentText]:
    return [text for thread in load().comments.values() for text in thread]


def texts_of(fate: Fate) -> set[str]:
    return {text.text for text in texts() if text.fate is fate}


def held(held_by: str) -> list[Comment]:
    return list(Comment.objects.held().filter(held_by=held_by).exclude(body__in=WAVE))


def test_thirty_comments_are_held_by_the_detector_two_of_them_disguised() -> None:
    bodies = {comment.body for comment in held("detector")}
    assert len(bodies) == WAITING == 30
    assert len(texts_of(Fate.DISGUISED)) == 2
    assert texts_of(Fate.DISGUISED) <= bodies


def test_eight_comments_are_held_by_the_rules_that_their_texts_were_written_for() -> None:
    wanted = {text.text: text.rule for text in texts() if text.fate is Fate.RULE}
    found = {comment.body: comment for comment in held("rule")}
    assert len(found) == 8
    assert found.keys() == wanted.keys()
    for body, comment in found.items():
        (decision,) = comment.decisions.all()
        assert wanted[body] in {finding["code"] for finding in decision.findings}


def test_three_comments_are_held_by_failure_after_the_last_attempt() -> None:
    failed = held("failure")
    assert len(failed) == 3
    assert {comment.reason_code for comment in failed} == {ReasonCode.ATTEMPTS_EXHAUSTED}


def test_a_wave_of_twelve_near_copies_by_twelve_people_under_six_articles_is_held() -> None:
    wave = Comment.objects.filter(body__in=WAVE)
    assert wave.count() == 12
    assert len(set(wave.values_list("private__mailbox", flat=True))) == 12
    assert len(set(wave.values_list("article", flat=True))) >= 6
    assert set(wave.values_list("status", flat=True)) == {Comment.Status.HELD}
    # The first two have too few before them to be a wave; the detector takes them for what they are.
    assert Counter(wave.values_list("reason_code", flat=True)) == {ReasonCode.WAVE: 10, ReasonCode.SPAM: 2}


def test_some_are_rejected_removed_and_withdrawn_with_their_reasons() -> None:
    reasons = Counter(Comment.objects.filter(status="rejected").values_list("reason_code", flat=True))
    assert {ReasonCode.SPAM, ReasonCode.INSULT, ReasonCode.BANNED_WORD} <= reasons.keys()
    assert sum(reasons.values()) >= 10
    assert Comment.objects.filter(status="removed").exclude(reason_code="").count() >= 4
    assert Comment.objects.filter(status="withdrawn").count() == 3


def test_nothing_is_left_pending_and_most_is_published() -> None:
    counts = Counter(Comment.objects.values_list("status", flat=True))
    assert counts["pending"] == 0
    assert counts["published"] >= 250


def test_nothing_written_to_be_refused_is_shown() -> None:
    refused = texts_of(Fate.SPAM) | texts_of(Fate.BANNED) | texts_of(Fate.REMOVED) | texts_of(Fate.DISGUISED)
    assert not Comment.objects.published().filter(body__in=refused | WAVE).exists()


def test_every_machine_decision_replays() -> None:
    """The scores are the classifier's own for the stored text; the outcome follows from what was recorded."""
    decisions = list(Decision.objects.filter(actor_kind="machine").select_related("comment"))
    results = engine.active().classifier.score([decision.comment.body for decision in decisions])
    assert len(decisions) > 400
    for decision, result in zip(decisions, results, strict=True):
        assert decision.scores == pytest.approx(dict(result.values), abs=1e-6)
        outcome = decide(
            findings=[Finding.from_json(finding) for finding in decision.findings],
            scores=decision.scores,
            supported=result.supported,
            policy=ResolvedPolicy.from_json(decision.policy),
        )
        assert (outcome.status, outcome.held_by) == (decision.outcome, decision.held_by)


def test_a_plain_text_is_judged_as_moderation_itself_would() -> None:
    """The batch path says of a comment what ``judge`` says of it, alone."""
    for comment in Comment.objects.published().filter(decisions__actor_kind="machine").order_by("id")[:20]:
        recorded = comment.decisions.get(actor_kind="machine")
        judgement = judge(comment)
        later = {"rejection_rate"}  # Came with decisions about the commenter's other texts.
        codes = {finding.code for finding in judgement.findings} - later
        assert codes == {finding["code"] for finding in recorded.findings}
        assert judgement.scores == pytest.approx(recorded.scores, abs=1e-6)


def test_every_decision_has_its_audit_row() -> None:
    audited = AuditEntry.objects.filter(action__startswith="comment.", data__has_key="decision")
    assert Counter(audited.values_list("data__decision", flat=True)) == dict.fromkeys(
        map(str, Decision.objects.values_list("id", flat=True)), 1
    )


def test_no_finding_and_no_audit_row_holds_a_readers_words() -> None:
    stored = str(list(Decision.objects.values_list("findings", "note")))
    stored += str(list(AuditEntry.objects.values_list("reason", "data")))
    assert not [body for body in Comment.objects.values_list("body", flat=True) if body in stored]
