"""What readers reported in the demo, and who objects to a refusal: the desk's two queues are not empty."""

from __future__ import annotations

import json
from datetime import datetime, timedelta

from comments.models import Comment
from comments.reports.models import Report
from moderation.appeals.models import Appeal
from moderation.models import Decision, ReasonCode
from newsroom.crypto import address_hash, encrypt_address

REPORTS = (
    (Report.Reason.OFF_TOPIC, "This has nothing to do with the article."),
    (Report.Reason.ABUSE, "That tone again. Must this stand here?"),
    (
        Report.Reason.ILLEGAL,
        "The first sentence is copied from my book without leave: a breach of copyright.",
    ),
)
APPEALS = (
    "I was quoting what the councillor said himself in the meeting, word for word. It is in your own report.",
    "It was meant as a joke between neighbours. Please read it again with the comment above it.",
)
NOTIFIER = ("Jory Penhallow", "jory.penhallow@example.org")


def seed_objections(*, now: datetime) -> None:
    """Three reports about published comments and two appeals. Safe to run twice."""
    if Report.objects.filter(demo=True).exists():
        return
    shown = Comment.objects.published().filter(demo=True, depth=0).order_by("-created_at")
    for number, (comment, (reason, detail)) in enumerate(zip(shown[: len(REPORTS)], REPORTS, strict=False)):
        is_notice = reason == Report.Reason.ILLEGAL
        name, email = NOTIFIER
        Report.objects.create(
            comment=comment,
            revision=comment.revision,
            reason=reason,
            detail=detail,
            reporter=number.to_bytes(16, "big"),
            contact=encrypt_address(json.dumps({"name": name, "email": email})) if is_notice else None,
            address_hash=address_hash(email) if is_notice else None,
            in_good_faith=is_notice,
            at=max(comment.created_at, now - timedelta(hours=3 - number)),
            demo=True,
        )
    refused = Comment.objects.filter(demo=True, status=Comment.Status.REJECTED, reason_code=ReasonCode.INSULT)
    by_person = refused.filter(decisions__actor_kind=Decision.ActorKind.PERSON, appeals=None).distinct()
    for comment, text in zip(by_person.order_by("-created_at")[: len(APPEALS)], APPEALS, strict=False):
        contested = Decision.objects.filter(comment=comment).latest("at")
        at = max(contested.at, now - timedelta(hours=5))
        Appeal.objects.create(comment=comment, contested=contested, text=text, at=at, demo=True)
