"""Which decisions teach, as what, with how much weight; and what is never on both sides of the split."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from comments.models import Comment
from comments.services import withdraw_comment
from moderation.lifecycle import own_labels
from moderation.lifecycle.own_labels import (
    IMPORTED,
    OwnRow,
    own_rows,
    split_by_time,
    vocabulary_texts,
    weighted,
)
from moderation.lifecycle.sampling import draw_sample, review_sample
from moderation.models import Decision
from moderation.retention import enforce
from moderation.services import decide_by_person, undo_decision
from tests.factories import CommentFactory, UserFactory, decide, erase

START = datetime(2026, 3, 1, tzinfo=UTC)


def labelled() -> dict[str, dict[str, float]]:
    rows = own_rows()
    return {row.id: row.labels for row in (*rows.train, *rows.held_out)}


def key(comment: Comment) -> str:
    return f"{comment.pk}:{comment.revision}"


def judged(outcome: str, reason: str = "", **given: Any) -> Comment:
    comment: Comment = CommentFactory(status="held")
    actor = given.pop("actor", None) or UserFactory(username="editor")
    decide_by_person(
        comment_id=comment.pk, actor=actor, outcome=outcome, seen_revision=1, reason_code=reason, **given
    )
    return comment


@pytest.mark.django_db
def test_reasons_become_labels_and_publishing_says_that_nothing_is_wrong() -> None:
    insult, spam, fine = judged("rejected", "insult"), judged("rejected", "spam"), judged("published")
    found = labelled()
    assert found[key(insult)] == {"toxicity": 1.0, "insult": 1.0}
    assert found[key(spam)] == {"spam": 1.0}
    assert found[key(fine)] == dict.fromkeys(own_labels.LABELS, 0.0)


@pytest.mark.django_db
def test_what_was_not_read_one_by_one_or_says_nothing_teaches_nothing() -> None:
    judged("rejected", "insult", is_bulk=True)
    judged("rejected", "off_topic")
    decide(CommentFactory(), "published")  # By the machine.
    assert labelled() == {}


@pytest.mark.django_db
def test_a_decision_taken_back_teaches_nothing_and_the_newest_counts() -> None:
    editor = UserFactory(username="editor")
    undone = judged("rejected", "insult", actor=editor)
    undo_decision(comment_id=undone.pk, actor=editor)
    second = judged("rejected", "insult")
    decide_by_person(comment_id=second.pk, actor=editor, outcome="published", seen_revision=1)
    found = labelled()
    assert key(undone) not in found
    assert found[key(second)]["insult"] == 0.0


@pytest.mark.django_db
def test_erased_and_withdrawn_texts_leave_the_next_training() -> None:
    erased, withdrawn = judged("rejected", "insult"), judged("rejected", "insult")
    erase(erased)
    withdraw_comment(comment_id=withdrawn.pk)
    assert labelled() == {}


@pytest.mark.django_db
def test_spam_goes_on_teaching_without_its_author_where_a_person_read_it(
    settings: Any, tmp_path: Any
) -> None:
    settings.NEWSROOM_ERASURE_LEDGER_FILE = tmp_path / "erasures.jsonl"
    read, machine = judged("rejected", "spam"), CommentFactory(status="pending")
    judged("rejected", "spam", is_bulk=True)
    decide(machine, "rejected", reason_code="spam")

    assert enforce(at=timezone.now() + timedelta(days=16))["spam_authors"] == 3

    [row] = own_rows().train
    assert (row.text, row.labels, row.commenter) == (read.body, {"spam": 1.0}, "kept")
    assert enforce(at=timezone.now() + timedelta(days=366))["spam_texts"] == 3
    assert own_rows().train == []


@pytest.mark.django_db
def test_rows_of_the_demo_teach_nothing() -> None:
    Comment.objects.filter(pk=judged("rejected", "insult").pk).update(demo=True)
    assert labelled() == {}


@pytest.mark.django_db
def test_an_import_is_a_source_of_its_own_and_a_person_overrides_it() -> None:
    imported, overridden = CommentFactory(), CommentFactory()
    decide(imported, "rejected", actor_kind="import", reason_code="spam")
    decide(overridden, "rejected", actor_kind="import", reason_code="spam")
    decide_by_person(
        comment_id=overridden.pk,
        actor=UserFactory(username="editor"),
        outcome="published",
        seen_revision=1,
    )
    rows = {row.id: row for row in (*own_rows().train, *own_rows().held_out)}
    assert rows[key(imported)].source == IMPORTED
    assert rows[key(overridden)].source == own_labels.PEOPLE
    assert rows[key(overridden)].labels["spam"] == 0.0


@pytest.mark.django_db
def test_a_judged_sample_teaches_as_a_decision_does(editor: Any) -> None:
    comment = CommentFactory(status="published")
    with transaction.atomic():
        sample = draw_sample(Decision.objects.get(comment=comment), draw=0.0)
    assert sample is not None
    review_sample(sample_id=sample.pk, verdict="violation", reviewer=editor, reason_code="threat")
    assert labelled() == {key(comment): {"toxicity": 1.0, "threat": 1.0}}


# --- weights, split and vocabulary: no database ---------------------------------------------------------
def row(n: int, **given: Any) -> OwnRow:
    fields: dict[str, Any] = {
        "id": str(n),
        "text": f"Crate number {n} was opened on quay {n * 7} by harbour master {n * 13} and {n} friends.",
        "labels": {"toxicity": 0.0},
        "at": START + timedelta(hours=n),
        "commenter": f"reader-{n}",
        "moderator": "kerensa",
    }
    return OwnRow(**(fields | given))


def test_one_commenter_counts_for_five_rows_at_most() -> None:
    rows = weighted([row(n, commenter="busy") for n in range(50)] + [row(99)])
    assert sum(one.weight for one in rows if one.commenter == "busy") == pytest.approx(5.0)
    assert rows[-1].weight == 1.0


def test_of_several_moderators_the_busiest_counts_as_much_as_the_others() -> None:
    rows = weighted([row(n) for n in range(30)] + [row(100 + n, moderator="jory") for n in range(10)])
    assert sum(one.weight for one in rows if one.moderator == "kerensa") == pytest.approx(10.0)


def test_a_moderator_who_is_alone_counts_in_full() -> None:
    assert {one.weight for one in weighted([row(n) for n in range(30)])} == {1.0}


def test_imports_together_count_for_half_of_the_people_at_most() -> None:
    rows = weighted([row(n) for n in range(10)] + [row(100 + n, source=IMPORTED) for n in range(1000)])
    assert sum(one.weight for one in rows if one.source == IMPORTED) == pytest.approx(5.0, abs=1e-2)


def test_the_newest_fifth_is_held_out() -> None:
    train, held_out = split_by_time([row(n) for n in reversed(range(50))])
    assert max(one.at for one in train) < min(one.at for one in held_out)
    assert len(held_out) == 10


def test_near_copies_are_never_on_both_sides() -> None:
    old = row(
        1, text="Buy the miracle tea of doctor Penrose today and sleep like a child every single night!"
    )
    copy = row(
        98, text="buy the miracle tea of doctor Penrose today and sleep like a child every single night ?"
    )
    exact = row(99, text="CRATE number 2 was opened on quay 14 by harbour master 26 and 2 friends.")
    short = row(97, text="Well said")
    rows = [old, *(row(n) for n in range(2, 40)), row(0, text="well  said"), short, copy, exact]
    _, held_out = split_by_time(rows)
    assert {"97", "98", "99"}.isdisjoint({one.id for one in held_out})
    assert held_out


def test_a_word_that_one_commenter_repeats_counts_once_for_the_vocabulary() -> None:
    rows = [row(n, commenter="busy", text=f"zyzzyva {n}") for n in range(20)]
    rows += [row(100 + n, text="heron on the quay") for n in range(5)]
    texts = vocabulary_texts(rows)
    assert sum("zyzzyva" in text for text in texts) == 1
    assert sum("heron" in text for text in texts) == 5


def test_no_n_gram_of_fewer_than_five_commenters_enters_the_vocabulary() -> None:
    from moderation.classifier.features import FeatureConfig, choose_columns, word_grams

    rows = [row(n, commenter=f"reader-{n % 4}", text="zyzzyva zyzzyva") for n in range(40)]
    rows += [row(100 + n, text="heron") for n in range(5)]
    columns = choose_columns(vocabulary_texts(rows), FeatureConfig(), at_least=own_labels.LEAST_COMMENTERS)

    def is_known(word: str) -> bool:
        return any((columns.lookup(grams) >= 0).any() for grams in word_grams([word], columns.config))

    assert is_known("heron")
    assert not is_known("zyzzyva")
