"""Decisions and events go in their time; the numbers and the money stay, and still agree."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from ads.delivery.explaining import explain
from ads.delivery.forgetting import forget_decisions
from ads.delivery.models import AdDecision, AdEvent, Lease, Rollup, Snapshot, Spend, UncountedEvent, Watermark
from ads.delivery.reconciling import differences
from ads.delivery.reports import report
from ads.delivery.rollups import rebuild
from articles.models import Site
from comments.retention import kept_for
from comments.rights.models import RetentionRun
from moderation.retention import enforce
from tests.ads.conftest import fold_all, wait_for_older_transactions
from tests.ads.test_the_money_adds_up import count, decided, make_article, make_sold

pytestmark = pytest.mark.django_db(transaction=True)

CUT = datetime(2026, 3, 4, 12, 15, tzinfo=UTC)


@pytest.fixture
def seen(site: Site) -> list[AdDecision]:
    """Impressions and a replay, then moved to the hours about a cut: in Kathmandu hours begin at :15."""
    Site.objects.update(time_zone="Asia/Kathmandu")
    article, _ = make_article(site), make_sold(site)
    rows = [decided(article) for _ in range(5)]
    for row in rows:
        assert count(row) == ""
    assert count(rows[0]) == "replay"
    minutes = (-90, -31, -1, 1, 59)
    for row, minute in zip(rows, minutes, strict=True):
        AdDecision.objects.filter(pk=row.pk).update(at=CUT + timedelta(minutes=minute))
    Lease.objects.update(day=CUT.date())
    for account in Spend.objects.filter(key__startswith="day:"):
        day = f"{account.key.rpartition(':')[0]}:{CUT.date()}"
        Spend.objects.filter(pk=account.pk).update(key=day)
    wait_for_older_transactions()
    return rows


def numbers(site: Site) -> list[Any]:
    found = report(Site.objects.get(pk=site.pk), first=CUT.date(), last=CUT.date(), group_by="hour")
    return [row.as_json("hour") for row in found]


def money() -> list[tuple[str, int]]:
    return list(Spend.objects.order_by("key").values_list("key", "settled_micros"))


def test_numbers_and_money_stay_and_agree(site: Site, seen: list[AdDecision]) -> None:
    fold_all()
    before, rollups, spent = numbers(site), list(Rollup.objects.order_by("id").values()), money()
    assert differences() == []

    # An odd minute: the hour that it lies in stays whole.
    assert forget_decisions(before=CUT + timedelta(minutes=30)) == 3
    assert set(AdDecision.objects.values_list("pk", flat=True)) == {row.pk for row in seen[3:]}
    assert (AdEvent.objects.count(), UncountedEvent.objects.count()) == (2, 0)
    assert differences() == []
    assert (numbers(site), list(Rollup.objects.order_by("id").values()), money()) == (before, rollups, spent)

    wait_for_older_transactions()

    rebuild()
    assert differences() == []
    assert (numbers(site), money()) == (before, spent)
    assert forget_decisions(before=CUT + timedelta(minutes=30)) == 0


def test_what_is_lost_after_the_mark_is_still_said(site: Site, seen: list[AdDecision]) -> None:
    forget_decisions(before=CUT)
    assert differences() == []
    with connection.cursor() as cursor:  # All that is left, so that no decision says from where to look.
        cursor.execute("DELETE FROM delivery_adevent; DELETE FROM delivery_addecision")
    assert {one.kind for one in differences()} == {"counts", "earns"}


def test_what_is_not_folded_yet_stays(site: Site, seen: list[AdDecision], monkeypatch: Any) -> None:
    monkeypatch.setattr("ads.delivery.forgetting.fold", lambda: None)
    assert forget_decisions(before=CUT) == 0
    assert AdDecision.objects.count() == 5
    assert Watermark.objects.filter(forgotten_before=None).exists()


def test_snapshots_go_when_nothing_kept_was_chosen_from_them(site: Site, seen: list[AdDecision]) -> None:
    Snapshot.objects.create(digest="0" * 64, content=b"", created_at=CUT - timedelta(days=900))
    Snapshot.objects.create(digest="1" * 64, content=b"", created_at=timezone.now())
    Snapshot.objects.exclude(digest__in=["0" * 64, "1" * 64]).update(created_at=CUT - timedelta(days=900))
    forget_decisions(before=CUT)
    assert not Snapshot.objects.filter(digest="0" * 64).exists()
    assert Snapshot.objects.filter(digest="1" * 64).exists()
    kept = AdDecision.objects.select_related("slot", "article").latest("id")
    assert explain(kept)["snapshot"] == kept.snapshot_id
    forget_decisions(before=timezone.now())  # What is chosen from now stays, though nothing refers to it.
    assert Snapshot.objects.filter(digest=kept.snapshot_id).exists()


def test_the_night_does_it_in_its_time(
    site: Site, seen: list[AdDecision], settings: Any, tmp_path: Any
) -> None:
    settings.NEWSROOM_ERASURE_LEDGER_FILE = tmp_path / "erasures.jsonl"
    assert kept_for("ads") == timedelta(days=400)
    assert enforce(at=CUT + timedelta(days=400, minutes=-1))["ads"] == 1
    settings.NEWSROOM_RETENTION = {"ads": 300}
    assert enforce(at=CUT + timedelta(days=301))["ads"] == 4
    assert list(RetentionRun.objects.filter(kind="ads").order_by("at").values_list("days", flat=True)) == [
        300,
        400,
    ]
