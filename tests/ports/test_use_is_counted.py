"""What a key was used for, as counts: in memory first, then in one row a day; nothing of a text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client

from moderation.ports.models import PortKey, PortUsage
from moderation.ports.usage import Counts, UsageCounter, bin_of, usage
from tests.ports.test_perspective_answers_as_the_original_did import analyze

pytestmark = pytest.mark.urls("newsroom.ports_urls")


def row() -> PortUsage:
    usage.flush()
    return PortUsage.objects.get()


def test_texts_count_by_their_toxicity(client: Client, made: Any) -> None:
    secret = made()[1]
    score = analyze(client, secret).json()["attributeScores"]["TOXICITY"]["summaryScore"]["value"]
    analyze(client, secret, requestedAttributes={"SPAM": {}})
    found = row()
    assert (found.requests, found.texts, found.errors, found.refused, found.held) == (2, 2, 0, 0, 0)
    assert (sum(found.scores), found.scores[bin_of(score)]) == (2, 2)


def test_what_is_held_is_not_counted_as_a_score(client: Client, made: Any) -> None:
    analyze(client, made(on_unscorable="hold_score")[1], languages=["de"])
    found = row()
    assert (found.requests, found.texts, found.held, sum(found.scores)) == (1, 1, 1, 0)


def test_errors_and_calls_over_the_quota_have_counts_of_their_own(client: Client, made: Any) -> None:
    secret = made(quota_per_minute=1)[1]
    assert analyze(client, secret, languages=["de"]).status_code == 400
    assert analyze(client, secret).status_code == 429
    found = row()
    assert (found.requests, found.texts, found.errors, found.refused) == (2, 0, 1, 1)


def test_a_wrong_key_counts_nowhere(client: Client, made: Any) -> None:
    made()
    analyze(client, "nonsense")
    usage.flush()
    assert not PortUsage.objects.exists()


def test_two_processes_add_to_one_row(made: Any) -> None:
    key = made()[0]
    for _ in range(2):
        process = UsageCounter()
        process.scored(key.pk, toxicity=[0.8, 0.1])
        process.flush()
    found = PortUsage.objects.get()
    assert (found.texts, found.scores[80], found.scores[10], len(found.scores)) == (4, 2, 2, 101)


def test_midnight_parts_the_days(made: Any) -> None:
    key, process = made()[0], UsageCounter()
    process.add(key.pk, Counts(requests=1), at=datetime(2026, 11, 23, 23, 59, tzinfo=UTC))
    process.add(key.pk, Counts(requests=1), at=datetime(2026, 11, 24, 0, 0, tzinfo=UTC))
    process.flush()
    assert PortUsage.objects.count() == 2


def test_counts_wait_while_the_database_is_away(made: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    process = UsageCounter()
    process.scored(made()[0].pk, toxicity=[0.5])
    with monkeypatch.context() as patch:
        patch.setattr("django.db.backends.utils.CursorWrapper.execute", _away)
        with pytest.raises(OperationalError):
            process.flush()
    process.flush()
    assert PortUsage.objects.get().texts == 1


def test_a_deleted_key_stops_nobody_elses_counts(made: Any) -> None:
    gone, kept = made()[0], made()[0]
    process = UsageCounter()
    process.scored(gone.pk, toxicity=[0.5])
    process.scored(kept.pk, toxicity=[0.5])
    PortKey.objects.filter(pk=gone.pk).delete()
    process.flush()
    assert PortUsage.objects.get().key_id == kept.pk


@pytest.mark.parametrize(
    ("score", "place"), [(0.0, 0), (0.799999, 79), (0.8, 80), (0.29, 29), (1.0, 100), (-0.1, 0), (1.1, 100)]
)
def test_a_score_at_the_threshold_is_over_it(score: float, place: int) -> None:
    assert bin_of(score) == place


def _away(*args: Any, **options: Any) -> Any:
    raise OperationalError("the connection is closed")
