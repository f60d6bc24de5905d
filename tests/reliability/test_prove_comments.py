"""The short form of ``manage.py prove``: it holds, and without the reconciler it does not."""

from pathlib import Path

import pytest

from newsroom.proof import broker
from newsroom.proof.comments import Options, prove_comments

pytestmark = [pytest.mark.long, pytest.mark.timeout(400)]

POSTS, KILLS, LEASE_S = 150, 3, 8


def prove(folder: Path, *, with_reconciler: bool) -> dict[str, bool]:
    options = Options(
        posts=POSTS,
        kills=KILLS,
        seed=7,
        lease_s=LEASE_S,
        drain_s=90.0 if with_reconciler else 2.0 * LEASE_S,
        with_reconciler=with_reconciler,
        keep=folder,
        durable=False,
    )
    return {check.name: check.holds for check in prove_comments(options, print)}


def test_no_accepted_comment_is_lost_or_shown_undecided_while_workers_are_killed(tmp_path: Path) -> None:
    found = prove(tmp_path, with_reconciler=True)
    assert len(found) == 9
    assert all(found.values()), found
    assert len(next(tmp_path.iterdir()).read_text().split()) == POSTS


def test_without_the_reconciler_comments_stay_undecided(tmp_path: Path) -> None:
    found = prove(tmp_path, with_reconciler=False)
    assert not found.pop("accepted and still undecided")
    assert all(found.values()), found


def test_posts_are_answered_and_decided_while_the_broker_is_away() -> None:
    options = broker.Options(for_s=5.0, rate=20.0, seed=7, durable=False)
    found = {check.name: check.holds for check in broker.prove_broker(options, print)}
    # How fast it is depends on what else this machine does; ``manage.py prove broker`` holds it to 1.5 s.
    times = {name for name in found if name.endswith(("p99 of POST", "slowest POST"))}
    assert len(times) == 2 * len(broker.FAULTS)
    assert all(holds for name, holds in found.items() if name not in times), found
