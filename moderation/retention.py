"""What is not needed any more goes, every night: each kind of data in its time (``comments.retention``)."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from django.db import connection

from comments import services, voting
from comments.models import Comment
from comments.reports.models import Report
from comments.reports.services import forget_reporters
from comments.retention import KINDS, kept_for
from comments.rights.erasing import erase_after_holds, erase_comment
from comments.rights.holds import held_comments, held_mailboxes
from comments.rights.models import AccessLink, KeptText, RetentionRun
from moderation.appeals.models import Appeal
from moderation.models import Decision, ReasonCode
from newsroom.outbox.services import forget_letters

Step = Callable[[datetime], int]  # Of a time, how many rows had theirs then and went.
MOST_AT_ONCE = 2_000  # Spam of one night; the next night takes the rest.


def enforce(*, at: datetime) -> dict[str, int]:
    """Delete or empty what has had its time, kind by kind; returns how many of each. Safe to run twice."""
    done = {}
    for kind in KINDS:
        rows = _STEPS[kind.key](at)
        done[kind.key] = rows
        RetentionRun.objects.create(kind=kind.key, days=kept_for(kind.key).days, rows=rows, at=at)
    erase_after_holds(at=at)
    return done


def _networks(at: datetime) -> int:
    return services.forget_networks(kept=kept_for("networks"), at=at, but=held_comments(at=at))


def _votes(at: datetime) -> int:
    return voting.forget_votes(kept=kept_for("votes"), at=at)


def _reporters(at: datetime) -> int:
    return forget_reporters(kept=kept_for("reporters"), at=at)


def _report_contacts(at: datetime) -> int:
    old = Report.objects.filter(settled_at__lt=at - kept_for("report_contacts"))
    old = old.exclude(comment__in=held_comments(at=at)).exclude(contact=None, detail="")
    return old.update(contact=None, address_hash=None, detail="")


# A mailbox whose comments have all been decided for long, that appeals to nothing, and that wants no letters.
_ADDRESSES = """
UPDATE comments_mailbox m SET address_ciphertext = NULL
WHERE m.address_ciphertext IS NOT NULL AND m.last_used_at < %(before)s AND NOT (m.id = ANY(%(held)s))
    AND NOT EXISTS (SELECT FROM rights_preference p WHERE p.mailbox_id = m.id AND p.notify_replies)
    AND NOT EXISTS (
        SELECT FROM comments_commentprivate own JOIN comments_comment c ON c.id = own.comment_id
        LEFT JOIN moderation_decision d ON d.id = c.decision_id
        WHERE own.mailbox_id = m.id AND (c.status IN ('pending', 'held') OR d.at >= %(before)s))
    AND NOT EXISTS (
        SELECT FROM appeals_appeal a JOIN comments_commentprivate own ON own.comment_id = a.comment_id
        WHERE own.mailbox_id = m.id AND (a.state = 'open' OR a.decided_at >= %(before)s))
"""


def _addresses(at: datetime) -> int:
    held = list(held_mailboxes(at=at).values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute(_ADDRESSES, {"before": at - kept_for("addresses"), "held": held})
        return int(cursor.rowcount)


def _spam_authors(at: datetime) -> int:
    """Rejected spam loses its author; its text stays apart, for training."""
    old = Decision.objects.filter(
        outcome=Decision.Outcome.REJECTED, reason_code=ReasonCode.SPAM, at__lt=at - kept_for("spam_authors")
    )
    rows = (
        Comment.objects.filter(status=Comment.Status.REJECTED, decision_id__in=old.values("pk"), demo=False)
        .exclude(pk__in=held_comments(at=at))
        .exclude(appeals__state=Appeal.State.OPEN)
        .order_by("created_at")
    )
    done = 0
    for comment in rows[:MOST_AT_ONCE]:
        decision = Decision.objects.filter(comment=comment).latest("at")
        by_person = decision.actor_kind == Decision.ActorKind.PERSON and not decision.is_bulk
        if erase_comment(comment.pk, at=at, actor_kind="system"):
            KeptText.objects.create(
                body=comment.body,
                label="spam",
                at=decision.at,
                moderator=str(decision.actor_id) if by_person else "",
            )
            done += 1
    return done


def _spam_texts(at: datetime) -> int:
    return KeptText.objects.filter(at__lt=at - kept_for("spam_texts")).delete()[0]


def _appeals(at: datetime) -> int:
    old = Appeal.objects.filter(decided_at__lt=at - kept_for("appeals"))
    old = old.exclude(comment__in=held_comments(at=at)).exclude(text="", answer="")
    return old.update(text="", answer="")


def _links(at: datetime) -> int:
    return AccessLink.objects.filter(expires_at__lt=at - kept_for("links")).delete()[0]


def _letters(at: datetime) -> int:
    return forget_letters(kept=kept_for("letters"))


_STEPS: dict[str, Step] = {
    "networks": _networks,
    "votes": _votes,
    "reporters": _reporters,
    "report_contacts": _report_contacts,
    "addresses": _addresses,
    "spam_authors": _spam_authors,
    "spam_texts": _spam_texts,
    "appeals": _appeals,
    "links": _links,
    "letters": _letters,
}


def retains(kind: str) -> Callable[[Step], Step]:
    """Name the step of a kind that an app above this one keeps."""

    def named(step: Step) -> Step:
        _STEPS[kind] = step
        return step

    return named
