"""The newsroom's own decisions as labelled rows, for training and for the gates.

Only what a person decided about a single comment that they had opened; a judged audit sample counts as
well. Imported states are a source of their own. Rows of the demo, erased and withdrawn texts are left out.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np

from comments.models import CommentRevision
from comments.rights.models import KeptText
from moderation.classifier.text import match_form
from moderation.lifecycle.models import AuditSample
from moderation.models import Decision, ReasonCode
from moderation.near_copies import WAVE_SIMILARITY, sketch
from moderation.policy import LABELS

PEOPLE, IMPORTED = "own_decisions", "imported_states"
COMMENTER_CAP = 5.0  # No commenter counts for more than five rows.
MODERATOR_SHARE = 0.5  # Of several moderators none counts for more than half.
IMPORT_WEIGHT = 0.3  # An earlier system's state: nobody knows who looked,
IMPORT_SHARE = 0.5  # and all of them together count for at most half of what people decided here.
LEAST_COMMENTERS = 5  # No n-gram enters the vocabulary that fewer commenters wrote.
HELD_OUT = 0.2  # The newest share of the rows: the gates judge on it, training never sees it.

TOXIC_LABELS = tuple(label for label in LABELS if label != "spam")
LABELS_OF_REASON: dict[str, dict[str, float]] = {
    ReasonCode.SPAM: {"spam": 1.0},
    ReasonCode.INSULT: {"toxicity": 1.0, "insult": 1.0},
    ReasonCode.HATE: {"toxicity": 1.0, "identity_attack": 1.0},
    ReasonCode.THREAT: {"toxicity": 1.0, "threat": 1.0},
    ReasonCode.OBSCENE: {"toxicity": 1.0, "obscene": 1.0},
    ReasonCode.TOXIC: {"toxicity": 1.0},
}
"""Other reasons (off topic, personal data, …) say nothing about any label: such rows are not used."""

NOTHING_WRONG = dict.fromkeys(LABELS, 0.0)


@dataclass(frozen=True, slots=True)
class OwnRow:
    """One text with what people made of it. A label that is absent was not judged."""

    id: str
    text: str
    labels: dict[str, float]
    at: datetime
    commenter: str
    moderator: str
    source: str = PEOPLE
    weight: float = 1.0


@dataclass(frozen=True, slots=True)
class OwnRows:
    train: list[OwnRow] = field(default_factory=list)
    held_out: list[OwnRow] = field(default_factory=list)


def own_rows() -> OwnRows:
    """All usable rows, weighted, split by time, with no near-copy on both sides."""
    train, held_out = split_by_time(list(_labelled()))
    return OwnRows(weighted(train), held_out)


# --- from the database -----------------------------------------------------------------------------------
def _labelled() -> Iterator[OwnRow]:
    decided = {
        _key(row): row for row in _judgements()
    }  # The newest judgement of a text is the one that counts.
    texts = _texts(decided)
    for key, judgement in decided.items():
        labels = _labels_of(judgement["outcome"], judgement["reason_code"])
        if labels and key in texts:
            text, commenter = texts[key]
            yield OwnRow(
                id=f"{key[0]}:{key[1]}",
                text=text,
                labels=labels,
                at=judgement["at"],
                commenter=commenter,
                moderator=str(judgement["actor_id"] or ""),
                source=IMPORTED if judgement["actor_kind"] == Decision.ActorKind.IMPORT else PEOPLE,
            )
    yield from _kept()


def _kept() -> Iterator[OwnRow]:
    """Spam that a person read and whose author has had their time, for as long as its text may stay.

    Nobody knows any more how many wrote it: all of it together counts as one commenter's.
    """
    for row in KeptText.objects.exclude(moderator=""):
        yield OwnRow(
            id=f"kept:{row.pk}",
            text=row.body,
            labels={row.label: 1.0},
            at=row.at,
            commenter="kept",
            moderator=row.moderator,
        )


def _key(row: dict[str, Any]) -> tuple[UUID, int]:
    return row["comment_id"], row["revision"]


def _judgements() -> list[dict[str, Any]]:
    """What people and imports decided, oldest first, an import always before a person.

    A decision that came in bulk, or that took another back, is here as well: it ends what was there before.
    """
    names = ("comment_id", "revision", "actor_kind", "actor_id", "outcome", "reason_code", "at", "is_bulk")
    decisions = list(
        Decision.objects.filter(actor_kind__in=["person", "import"], demo=False, comment__demo=False)
        .exclude(comment__status__in=["erased", "withdrawn"])
        .values(*names)
    )
    samples = AuditSample.objects.exclude(verdict="").filter(demo=False, comment__demo=False)
    samples = samples.exclude(comment__status__in=["erased", "withdrawn"])
    for sample in samples.values(
        "comment_id", "revision", "verdict", "reason_code", "reviewer_id", "reviewed_at"
    ):
        is_fine = sample["verdict"] == AuditSample.Verdict.OK
        decisions.append(
            {
                "comment_id": sample["comment_id"],
                "revision": sample["revision"],
                "actor_kind": "person",
                "actor_id": sample["reviewer_id"],
                "outcome": "published" if is_fine else "rejected",
                "reason_code": sample["reason_code"],
                "at": sample["reviewed_at"],
                "is_bulk": False,
            }
        )
    for row in decisions:
        if row["is_bulk"] or row["reason_code"] == ReasonCode.UNDONE:
            row["outcome"] = "no judgement"
    return sorted(decisions, key=lambda row: (row["actor_kind"] == "person", row["at"]))


def _labels_of(outcome: str, reason_code: str) -> dict[str, float]:
    if outcome == Decision.Outcome.PUBLISHED:
        return NOTHING_WRONG
    if outcome in {Decision.Outcome.REJECTED, Decision.Outcome.REMOVED}:
        return LABELS_OF_REASON.get(reason_code, {})
    return {}


def _texts(keys: Iterable[tuple[UUID, int]]) -> dict[tuple[UUID, int], tuple[str, str]]:
    """Text and commenter of each revision that still has one. Erasure deletes revisions."""
    wanted = set(keys)
    found = {}
    revisions = CommentRevision.objects.filter(comment_id__in={comment for comment, _ in wanted})
    rows: Iterable[Any] = revisions.values_list(
        "comment_id", "revision", "body", "comment__private__mailbox_id"
    ).iterator(chunk_size=2_000)
    for comment, revision, body, mailbox in rows:
        if (comment, revision) in wanted and body:
            found[comment, revision] = (body, str(mailbox or comment))
    return found


# --- weights -------------------------------------------------------------------------------------------
def weighted(rows: Sequence[OwnRow]) -> list[OwnRow]:
    """The rows with their weights: commenters capped, then imports, then moderators."""
    per_commenter = Counter((row.source, row.commenter) for row in rows)
    weights = [
        (IMPORT_WEIGHT if row.source == IMPORTED else 1.0)
        * min(1.0, COMMENTER_CAP / per_commenter[row.source, row.commenter])
        for row in rows
    ]
    people = [i for i, row in enumerate(rows) if row.source == PEOPLE]
    imported = [i for i, row in enumerate(rows) if row.source == IMPORTED]
    _cap_moderators(rows, people, weights)
    if people and imported:
        most = IMPORT_SHARE * sum(weights[i] for i in people)
        _scale(weights, imported, most / sum(weights[i] for i in imported))
    return [replace(row, weight=round(weight, 9)) for row, weight in zip(rows, weights, strict=True)]


def _cap_moderators(rows: Sequence[OwnRow], people: list[int], weights: list[float]) -> None:
    """Where there are several moderators, the busiest counts for no more than the others together."""
    of_moderator: dict[str, list[int]] = defaultdict(list)
    for i in people:
        of_moderator[rows[i].moderator].append(i)
    if len(of_moderator) < 2:
        return
    sums = {name: sum(weights[i] for i in indexes) for name, indexes in of_moderator.items()}
    busiest = max(sums, key=lambda name: (sums[name], name))
    others = sum(sums.values()) - sums[busiest]
    _scale(weights, of_moderator[busiest], others * MODERATOR_SHARE / (1 - MODERATOR_SHARE) / sums[busiest])


def _scale(weights: list[float], indexes: list[int], factor: float) -> None:
    for i in indexes:
        weights[i] *= min(1.0, factor)


# --- the split ------------------------------------------------------------------------------------------
def split_by_time(rows: Sequence[OwnRow]) -> tuple[list[OwnRow], list[OwnRow]]:
    """Older rows, to train on, and the newest share of what people decided, to judge by.

    A held-out row with a near-copy among the training rows is left out, and so are imports.
    """
    people = sorted((row for row in rows if row.source == PEOPLE), key=lambda row: (row.at, row.id))
    cut = len(people) - int(len(people) * HELD_OUT)
    train = people[:cut] + [row for row in rows if row.source == IMPORTED]
    known = Copies(row.text for row in train)
    return train, [row for row in people[cut:] if row.text not in known]


class Copies:
    """Texts, to ask whether another is the same or nearly so (as the rule for waves compares them)."""

    def __init__(self, texts: Iterable[str]) -> None:
        self._exact: set[str] = set()
        self._by_band: dict[int, list[bytes]] = defaultdict(list)
        for text in texts:
            self._exact.add(_folded(text))
            bands, signature = sketch(text) or ([], b"")
            for band in bands:
                self._by_band[band].append(signature)

    def __contains__(self, text: str) -> bool:
        if _folded(text) in self._exact:
            return True
        made = sketch(text)
        if made is None:
            return False
        mine = np.frombuffer(made[1], dtype=np.uint32)
        near = {signature for band in made[0] for signature in self._by_band.get(band, ())}
        return any(
            (np.frombuffer(other, dtype=np.uint32) == mine).mean() >= WAVE_SIMILARITY for other in near
        )


def _folded(text: str) -> str:
    return " ".join(match_form(text).text.split())


# --- the vocabulary -----------------------------------------------------------------------------------
def vocabulary_texts(rows: Sequence[OwnRow]) -> list[str]:
    """One text a commenter, in match form: what the vocabulary may be chosen from.

    Training keeps n-grams that stand in at least ``LEAST_COMMENTERS`` texts. Counted over these texts, each
    commenter counts once, however often they write something.
    """
    forms: dict[str, list[str]] = defaultdict(list)
    for row in rows:
        forms[row.commenter].append(match_form(row.text).text)
    return ["\n".join(texts) for texts in forms.values()]
