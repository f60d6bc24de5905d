"""Counts, agreement, load and disagreements, from judgements made by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from moderation.near_copies import sketch
from moderation.policy import Outcome
from moderation.trial.judging import SHIPPED, Judged
from moderation.trial.records import Broken, Note, Record, Skipped, Theirs
from moderation.trial.tally import MOST_NAMED, SHARPEST, Tally

PUBLISH, HOLD = Outcome("published"), Outcome("held", "detector", "toxic")
LINKS, WAVE = Outcome("held", "rule", "links"), Outcome("held", "rule", "wave")
NOON = datetime(2024, 5, 1, 12, tzinfo=UTC).timestamp()


def judged(outcome: Outcome, *, margin: float = 0.0, **fields: object) -> Judged:
    values: dict[str, object] = {
        "outcomes": (outcome, outcome, outcome),
        "if_wave": WAVE,
        "signature": None,
        "is_rejectable": False,
        "margin": margin,
        "label": "toxicity",
        "language": "en",
        "is_sure_of_language": True,
        "digest": f"{outcome}{margin}",
    }
    return Judged(**(values | fields))  # type: ignore[arg-type]


def record(theirs: Theirs, *, text: str = "Words", at: float | None = NOON, author: str = "ada") -> Record:
    return Record("line 1", text, theirs, "Ada", author, at)


def tally_of(*rows: tuple[Record, Judged | None]) -> Tally:
    tally = Tally()
    for each, found in rows:
        tally.add(each, found, longest=5_000)
    tally.finish()
    return tally


def test_agreement_counts_what_moderators_decided() -> None:
    rows = [(record(Theirs.PUBLISHED), judged(PUBLISH))] * 90 + [
        (record(Theirs.PUBLISHED), judged(HOLD))
    ] * 10
    rows += [(record(Theirs.REFUSED), judged(HOLD))] * 6 + [(record(Theirs.REFUSED), judged(PUBLISH))] * 4
    rows += [(record(Theirs.UNDECIDED), judged(HOLD))] * 50

    found = tally_of(*rows).agreement(SHIPPED)

    assert (found.published.hits, found.published.of) == (90, 100)
    assert (found.stopped.hits, found.stopped.of) == (6, 10)
    assert (found.alike.hits, found.alike.of) == (96, 110)
    assert (found.right.hits, found.right.of) == (6, 16)
    assert found.published.interval == pytest.approx((0.8256, 0.9448), abs=1e-4)  # Wilson


def test_one_comment_and_all_of_one_outcome() -> None:
    found = tally_of((record(Theirs.PUBLISHED, at=None), judged(PUBLISH)))

    assert found.count == 1
    assert found.agreement(SHIPPED).stopped.rate is None
    assert found.period() is None
    assert found.loads()[SHIPPED].average is None
    assert found.sharpest() == []


def test_the_load_is_told_per_day_that_had_comments() -> None:
    day = 86_400.0
    rows = [(record(Theirs.PUBLISHED, at=NOON), judged(HOLD))] * 3
    rows += [(record(Theirs.PUBLISHED, at=NOON + 10 * day), judged(HOLD))]
    rows += [(record(Theirs.PUBLISHED, at=NOON + 11 * day), judged(PUBLISH))]
    rows += [(record(Theirs.PUBLISHED, at=None), judged(HOLD))]

    tally = tally_of(*rows)
    load = tally.loads()[SHIPPED]

    assert (load.held, load.busiest, load.busiest_on) == (5, 3, date(2024, 5, 1))
    assert load.average == pytest.approx(4 / 3)
    assert tally.period() == (date(2024, 5, 1), date(2024, 5, 12), 3)
    assert tally.undated == 1


def test_the_sharpest_disagreements_of_both_kinds() -> None:
    rows = [(record(Theirs.PUBLISHED, text=f"p{n}"), judged(HOLD, margin=n / 10)) for n in range(60)]
    rows += [(record(Theirs.REFUSED, text=f"r{n}"), judged(PUBLISH, margin=-n / 10)) for n in range(60)]
    rows += [(record(Theirs.PUBLISHED, text="by rule"), judged(LINKS, margin=99.0))]

    found = tally_of(*rows).sharpest()

    assert [each.text for each in found[:3]] == ["r59", "r58", "r57"]
    assert [each.text for each in found[10:13]] == ["p59", "p58", "p57"]
    assert len(found) == SHARPEST


def test_where_one_kind_is_rare_the_other_fills_up() -> None:
    rows = [(record(Theirs.PUBLISHED, text=f"p{n}"), judged(HOLD, margin=n / 10)) for n in range(60)]
    rows += [(record(Theirs.REFUSED, text="r"), judged(PUBLISH))]
    rows += [(record(Theirs.PUBLISHED, text="copy"), judged(HOLD, margin=9.0))] * 500

    found = [each.text for each in tally_of(*rows).sharpest()]

    assert found[:3] == ["r", "copy", "p59"]
    assert found.count("copy") == 1
    assert len(found) == SHARPEST


def test_a_wave_is_found_when_all_is_read_and_is_no_disagreement_any_more() -> None:
    made = sketch("The harbour board has lied to all of us about the price of the bridge and should resign")
    assert made is not None
    in_wave = judged(PUBLISH, signature=made[1], margin=-1.0)
    rows = [(record(Theirs.REFUSED, author=f"a{n}", at=NOON + n), in_wave) for n in range(4)]

    tally = tally_of(*rows)

    assert tally.outcomes() == {"published": 2, "held": 2}
    assert tally.reasons() == {WAVE: 2}
    assert len(tally.sharpest()) == 1  # The first two were not part of it yet, and are one text.


def test_what_was_no_comment_is_counted_and_named() -> None:
    tally = Tally()
    for number in range(1_000):
        tally.note(Broken(f"line {number}", "torn"))
    tally.note(Skipped("a pingback"))
    tally.note(Note("Beware."))
    tally.add(record(Theirs.PUBLISHED), None, longest=5_000)

    assert tally.broken_count == 1_001
    assert len(tally.broken) == MOST_NAMED
    assert (tally.skipped, tally.notes, tally.count) == ({"a pingback": 1}, ["Beware."], 0)
