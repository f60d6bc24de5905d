"""Where a slot between comments has its places: after *n* comments, then after every *m*."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from uuid import UUID

from ads.models import Slot
from comments.models import Comment
from comments.reports.selectors import with_open_reports


@dataclass(frozen=True, slots=True)
class Gap:
    """Between two top-level comments that readers see one after the other."""

    above: UUID
    below: UUID


@dataclass(frozen=True, slots=True)
class Roots:
    """The top-level comments of one part of a thread, in the order shown.

    Attributes:
        ids: all of them, what stands for a removed one included.
        before: how many stand on the parts before this one.
        unfit: those that no ad stands beside: removed ones, and ones with an open report.
    """

    ids: tuple[UUID, ...]
    before: int = 0
    unfit: Collection[UUID] = frozenset()


def roots_of(comments: Iterable[Comment], *, before: int = 0) -> Roots:
    """``comments``: a page of top-level comments in the order shown, tombstones among them."""
    shown = list(comments)
    removed = {comment.pk for comment in shown if comment.status != Comment.Status.PUBLISHED}
    return Roots(
        tuple(comment.pk for comment in shown), before, unfit({c.pk for c in shown}, removed=removed)
    )


def unfit(shown: Collection[UUID], *, removed: Collection[UUID]) -> frozenset[UUID]:
    """Those of the comments that no ad stands beside: removed ones, and ones with an open report."""
    return frozenset(removed) | with_open_reports(shown)


def gaps(slot: Slot, roots: Roots) -> list[Gap]:
    """The places of a slot in a thread; one beside an unfit comment is left out, the others stay."""
    if slot.after_n is None or not slot.every_m:
        return []
    found = []
    for number in range(1, len(roots.ids)):
        above, below = roots.ids[number - 1], roots.ids[number]
        past = roots.before + number - slot.after_n
        if past >= 0 and past % slot.every_m == 0 and not {above, below} & set(roots.unfit):
            found.append(Gap(above, below))
    return found
