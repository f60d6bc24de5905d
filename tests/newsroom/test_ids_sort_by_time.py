"""UUIDv7: version and variant as the standard says, increasing within a process, carrying their time."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

from newsroom.ids import uuid7, uuid7_time


def test_ids_increase_even_within_one_millisecond() -> None:
    made = [uuid7() for _ in range(20_000)]

    assert made == sorted(made)
    assert len(set(made)) == len(made)


def test_threads_never_make_the_same_id() -> None:
    with ThreadPoolExecutor(8) as pool:
        made = [
            value
            for batch in pool.map(lambda _: [uuid7() for _ in range(2_000)], range(8))
            for value in batch
        ]

    assert len(set(made)) == len(made)


def test_an_id_is_version_7_of_the_rfc_variant() -> None:
    value = uuid7()

    assert value.version == 7
    assert value.variant == "specified in RFC 4122"


def test_an_id_carries_the_moment_it_was_made() -> None:
    assert abs(uuid7_time(uuid7()) - datetime.now(UTC)) < timedelta(seconds=5)


def test_an_id_for_the_past_carries_that_moment() -> None:
    at = datetime(2022, 1, 3, 12, 30, 0, 123_000, tzinfo=UTC)

    assert uuid7_time(uuid7(at=at)) == at
    assert uuid7(at=at) < uuid7(at=at + timedelta(milliseconds=1)) < uuid7()
