"""Near-copies that wait together, so that one reading decides them all."""

from __future__ import annotations

import hashlib
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

import numpy as np
import numpy.typing as npt

from comments.models import Comment
from moderation.classifier.text import match_form
from moderation.models import Sketch
from moderation.near_copies import WAVE_SIMILARITY

WINDOW = timedelta(hours=24)
MOST_COMPARED = 3_000  # waiting comments
SMALLEST_WAVE = 3


@dataclass(frozen=True, slots=True)
class Sketched:
    """One waiting comment's sketch. Near-copies share at least one band."""

    pk: UUID
    article_id: UUID
    at: datetime
    bands: tuple[int, ...]
    signature: npt.NDArray[np.uint32]


@dataclass(frozen=True, slots=True)
class Alike:
    """How many others that wait are nearly the same, and in how many seconds all of them came."""

    count: int = 0
    within_s: float = 0.0


NONE_ALIKE = Alike()


@dataclass(frozen=True, slots=True)
class Wave:
    """Comments that are nearly the same text: the oldest one, how many, since when, on how many articles."""

    members: tuple[UUID, ...]
    since: datetime
    until: datetime
    articles: int

    @property
    def first(self) -> UUID:
        return self.members[0]

    @property
    def count(self) -> int:
        return len(self.members)


class Waiting:
    """The sketches of what waits for a person, found by band: no text is compared with all others."""

    def __init__(self, sketches: Sequence[Sketched]) -> None:
        self.by_id = {one.pk: one for one in sketches}
        self._by_band: dict[int, list[Sketched]] = defaultdict(list)
        for one in sketches:
            for band in one.bands:
                self._by_band[band].append(one)

    @classmethod
    def load(cls, *, scope: Collection[UUID] = (), around: Sequence[UUID] | None = None) -> Waiting:
        """The oldest first, in one query; ``around``: only what may be like these comments, in two."""
        rows = Sketch.objects.filter(comment__status=Comment.Status.HELD).order_by("at", "comment_id")
        if scope:
            rows = rows.filter(comment__article__section__in=scope)
        if around is not None:
            bands = Sketch.objects.filter(comment__in=around).values_list("bands", flat=True)
            rows = rows.filter(bands__overlap=sorted({band for one in bands for band in one}))
        found = rows.values_list("comment_id", "comment__article_id", "at", "bands", "signature")
        return cls(
            [
                Sketched(pk, article, at, tuple(bands), np.frombuffer(bytes(raw), dtype=np.uint32))
                for pk, article, at, bands, raw in found[:MOST_COMPARED]
            ]
        )

    def like(self, pk: UUID, *, without: Collection[UUID] = ()) -> list[Sketched]:
        """The others that are nearly the same as this one and came within a day of it, oldest first."""
        one = self.by_id.get(pk)
        if one is None:
            return []
        shared = {
            other.pk: other
            for band in one.bands
            for other in self._by_band[band]
            if other.pk != pk and other.pk not in without and abs(other.at - one.at) <= WINDOW
        }
        if not shared:
            return []
        others = list(shared.values())
        similarity = (np.stack([other.signature for other in others]) == one.signature).mean(axis=1)
        near = [other for other, share in zip(others, similarity, strict=True) if share >= WAVE_SIMILARITY]
        return sorted(near, key=lambda other: (other.at, other.pk))

    def alike(self, comment_ids: Iterable[UUID]) -> dict[UUID, Alike]:
        """For each of these comments that others are like, how many; of the rest nothing."""
        found = {pk: self.like(pk) for pk in comment_ids}
        return {pk: self._alike(pk, others) for pk, others in found.items() if others}

    def _alike(self, pk: UUID, others: Sequence[Sketched]) -> Alike:
        times = [self.by_id[pk].at, *(other.at for other in others)]
        return Alike(len(others), (max(times) - min(times)).total_seconds())

    def waves(self) -> list[Wave]:
        """Groups of at least three near-copies, largest first. A comment is in one group at most."""
        taken: set[UUID] = set()
        found = []
        for pk, one in self.by_id.items():
            if pk in taken:
                continue
            members = [one, *self.like(pk, without=taken)]
            if len(members) < SMALLEST_WAVE:
                continue
            taken.update(member.pk for member in members)
            times = [member.at for member in members]
            articles = {member.article_id for member in members}
            found.append(Wave(tuple(m.pk for m in members), min(times), max(times), len(articles)))
        return sorted(found, key=lambda wave: (-wave.count, wave.since))

    def cluster(self, pk: UUID) -> list[UUID]:
        """A waiting comment and those like it, it first; empty if it does not wait."""
        return [pk, *(other.pk for other in self.like(pk))] if Comment.objects.held().filter(pk=pk) else []


def same_reading(name: str, body: str) -> bytes:
    """A digest that comments share if they read the same once disguises are undone, name included."""
    words = " ".join(match_form(body).text.split())
    return hashlib.blake2b(f"{match_form(name).text}\0{words}".encode(), digest_size=16).digest()
