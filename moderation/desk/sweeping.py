"""Several at once: what a filter catches across all pages, told before anything is decided."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import F

from comments.models import Comment
from moderation.desk import words
from moderation.desk.claims import Holder, holders
from moderation.desk.forms import HOLD, MOST_IN_BULK, REJECT, REMOVE
from moderation.desk.items import author_key, reads_harsh
from moderation.desk.queues import Queue, Wanted, highest_scores, ordered_ids
from moderation.models import Decision

# What may be done to several unread comments of a queue. Approving is not among it: that needs reading.
# Reports and appeals are read one by one: each of them is answered with a reason.
ACTIONS = {"published": (HOLD, REMOVE), "rejected": (), "report": (), "appeals": ()}


@dataclass(frozen=True, slots=True)
class Caught:
    """One comment that the filter catches, in one line."""

    comment: Comment
    author: str
    score: float | None
    holder: Holder | None
    is_blurred: bool = False

    @property
    def seen(self) -> str:
        return f"{self.comment.pk}:{self.comment.revision}:{self.comment.decision_id or ''}"

    @property
    def shown_score(self) -> str:
        return words.percent(self.score)


@dataclass(frozen=True, slots=True)
class Catch:
    """All that a filter catches: how many, what they are, and the rows of the next step, least sure first."""

    total: int
    rows: Sequence[Caught]
    sections: Sequence[tuple[str, int]]
    authors: int
    articles: int
    reason: str  # what most of them were held for, to begin with

    @property
    def is_blurred(self) -> bool:
        return any(row.is_blurred for row in self.rows)

    @property
    def left(self) -> int:
        return self.total - len(self.rows)


def actions_of(queue: Queue) -> tuple[str, ...]:
    return ACTIONS.get(queue.key, (REJECT,))


def catch(queue: Queue, *, wanted: Wanted, user_id: int, blur: bool, now: datetime) -> Catch:
    """What the filter catches now, in a fixed number of queries; the lowest scores come first."""
    ids = ordered_ids(queue, wanted=wanted, now=now)
    scores = highest_scores(ids)
    step = sorted(ids, key=lambda pk: (scores.get(pk, -1.0), pk))[:MOST_IN_BULK]
    found = Comment.objects.filter(pk__in=step).select_related("article__section", "private__mailbox")
    comments = {row.pk: row for row in found.defer("private__mailbox__address_ciphertext", "article__body")}
    in_hand = {pk: holder for pk, holder in holders(step).items() if holder.user_id != user_id}
    harsh = _harsh(step) if blur else set()
    rows = [
        Caught(
            comments[pk],
            author_key(comments[pk].private.mailbox),
            scores.get(pk),
            in_hand.get(pk),
            is_blurred=pk in harsh,
        )
        for pk in step
        if pk in comments
    ]
    sections = Counter(row.comment.article.section.name for row in rows)
    return Catch(
        total=len(ids),
        rows=rows,
        sections=sections.most_common(),
        authors=len({row.author for row in rows}),
        articles=len({row.comment.article_id for row in rows}),
        reason=_commonest(row.comment.reason_code for row in rows),
    )


def _harsh(comment_ids: Sequence[UUID]) -> set[UUID]:
    """Those whose present text one may not want to meet unprepared, by the machine's last scores."""
    judged = Decision.objects.filter(
        comment__in=comment_ids, revision=F("comment__revision"), actor_kind="machine"
    )
    scores = dict(judged.order_by("at").values_list("comment_id", "scores"))
    return {pk for pk, values in scores.items() if reads_harsh(values)}


def _commonest(held_for: Iterable[str]) -> str:
    """The likeliest reason of most of these comments."""
    likely = Counter(words.likeliest_reason(held_for=code, worst_label="") for code in held_for)
    return likely.most_common(1)[0][0] if likely else ""
