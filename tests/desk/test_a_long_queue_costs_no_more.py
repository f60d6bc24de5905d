"""A page of the desk costs the same with sixty held comments and with five hundred, beside it in one run."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from typing import Any

import pytest

pytestmark = [pytest.mark.long, pytest.mark.benchmark, pytest.mark.django_db]

MOST_TIMES = 4.0  # A page that grew with the queue would take eight times as long.


def test_five_hundred_held_comments_cost_a_page_no_more_than_sixty(
    desk: Any, hold: Callable[..., Any], record_property: Callable[[str, object], None]
) -> None:
    def fill(first: int, last: int) -> None:
        finding = {"code": "score:insult", "where": "body", "spans": [[4, 11]], "data": {"weights": [1.0]}}
        for number in range(first, last):
            hold(body=f"The bearing number {number} came in a crate. " * 12, findings=[finding])

    def page_ms() -> float:
        took = []
        for _ in range(5):
            started = time.process_time()
            assert desk.get("/admin/desk/queues/all/?sort=risk").status_code == 200
            took.append((time.process_time() - started) * 1000)
        return statistics.median(took)

    fill(0, 60)
    page_ms()  # Warm: templates are compiled.
    short = page_ms()
    fill(60, 500)
    long = page_ms()
    record_property("milliseconds", (short, long))
    print(f"\n60 held: {short:.0f} ms CPU; 500 held: {long:.0f} ms CPU")
    assert long <= short * MOST_TIMES
