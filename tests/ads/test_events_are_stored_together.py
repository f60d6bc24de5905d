"""Events that threads count at the same moment share a commit; each is answered after it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from django.utils import timezone

from ads.delivery import events
from ads.delivery.events import Visit, count_event, decision_named
from ads.delivery.models import AdEvent, UncountedEvent
from ads.delivery.serving import serve
from ads.delivery.showing import event_paths
from ads.delivery.together import Together
from articles.models import Article, Site
from tests.ads.conftest import new_article, new_creative, new_line_item, new_slot

READER = Visit("Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
PATIENCE_S = 60.0


@pytest.fixture
def article(site: Site) -> Article:
    new_creative(new_line_item(site, new_slot(site, code="top"), price_micros=8_500_000))
    return new_article(site)


def side_by_side(number: int, work: Callable[[int], object]) -> list[object]:
    with ThreadPoolExecutor(number) as pool:
        return list(pool.map(work, range(number)))


def test_who_comes_while_another_is_at_work_is_done_with_the_next_ones() -> None:
    batches: list[list[int]] = []
    is_at_work, may_end = threading.Event(), threading.Event()

    def work(those: Sequence[int]) -> list[int]:
        batches.append(list(those))
        is_at_work.set()
        assert may_end.wait(PATIENCE_S)
        return [one * 10 for one in those]

    together = Together(work)
    with ThreadPoolExecutor(4) as pool:
        first = pool.submit(together, 1)
        assert is_at_work.wait(PATIENCE_S)
        others = [pool.submit(together, number) for number in (2, 3, 4)]
        while len(together._waiting) < 3:
            threading.Event().wait(0.001)
        may_end.set()
        assert [first.result(PATIENCE_S), *(one.result(PATIENCE_S) for one in others)] == [10, 20, 30, 40]
    assert [sorted(batch) for batch in batches] == [[1], [2, 3, 4]]


def test_many_threads_are_each_told_their_own() -> None:
    together = Together(lambda those: [one * 2 for one in those])
    assert side_by_side(8, lambda thread: [together(thread * 100 + turn) for turn in range(100)]) == [
        [(thread * 100 + turn) * 2 for turn in range(100)] for thread in range(8)
    ]


def test_what_fails_is_told_to_all_who_were_done_with_it_and_the_next_ones_go_on() -> None:
    def work(those: Sequence[int]) -> list[int]:
        if 0 in those:
            raise ValueError("no")
        return list(those)

    together = Together(work)
    with pytest.raises(ValueError, match="no"):
        together(0)
    assert together(1) == 1


@pytest.mark.django_db(transaction=True)
def test_events_at_once_count_once_each_and_a_repeated_one_is_a_replay(article: Article) -> None:
    tokens = shown_on(article, 12)

    def count(number: int) -> str:
        try:
            decision = decision_named("impression", tokens[number % 12])
            assert decision is not None
            return count_event(decision, "impression", READER, at=timezone.now())
        finally:
            connection.close()

    found = side_by_side(24, count)
    assert sorted(map(str, found)) == [""] * 12 + ["replay"] * 12
    assert AdEvent.objects.count() == 12
    assert UncountedEvent.objects.filter(reason="replay").count() == 12


@pytest.mark.django_db(transaction=True)
def test_one_that_postgresql_refuses_does_not_keep_its_neighbours_from_counting(article: Article) -> None:
    rows = [row_of_token(token) for token in shown_on(article, 3)]
    wrong = rows[1]._replace(micros=-1)
    assert events._stored_together([rows[0], wrong, rows[2]]) == [False] * 3
    assert AdEvent.objects.count() == 0
    assert [events._stored_alone(row).is_new for row in (rows[0], rows[2])] == [True, True]
    with pytest.raises(IntegrityError):
        events._stored_alone(wrong)
    assert AdEvent.objects.count() == 2


@pytest.mark.django_db
def test_who_looks_and_sees_in_one_statement_has_the_second_told_apart(article: Article) -> None:
    (token,) = shown_on(article, 1)
    row = row_of_token(token)
    seen = row._replace(kind="viewable", id=UUID(int=row.id.int + 1))
    unknown = row._replace(decision=UUID(int=5), id=UUID(int=row.id.int + 2))
    gone = row._replace(lease=UUID(int=7), kind="click", id=UUID(int=row.id.int + 3))
    assert events._stored_together([seen, row, unknown, gone]) == [False, True, False, False]
    assert events._stored_alone(seen).is_new
    assert not events._stored_alone(unknown).is_known
    assert not events._stored_alone(gone).is_held


def shown_on(article: Article, number: int) -> list[str]:
    """The impression tokens of so many page views, whose decisions are written."""
    found = []
    for _ in range(number):
        (one,) = serve(article, ["top"], at=timezone.now())
        assert one.decision is not None
        found.append(event_paths(one.decision).impression.removeprefix("/a/i/"))
    return found


def row_of_token(token: str) -> events._Row:
    decision = decision_named("impression", token)
    assert decision is not None
    now = timezone.now()
    return events._Row(decision.pk, "impression", UUID(int=decision.pk.int ^ 1), now.date(), now, 0, None)
