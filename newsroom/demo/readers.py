"""The tour's stop for writers: a deep reply, a report, a refusal with its reasons, one's own comments."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.urls import reverse

from articles.models import Site
from comments.models import Comment
from comments.tokens import author_token
from moderation.models import Decision
from newsroom.crypto import decrypt_address

DEEP = 3


@dataclass(frozen=True, slots=True)
class ReadersStop:
    """Addresses of pages; empty where the seeds have nothing to show."""

    reply: str = ""
    report: str = ""
    refusal: str = ""
    address: str = ""


def readers_stop(site: Site, *, at: datetime) -> ReadersStop:
    seeded = Comment.objects.filter(article__site=site, demo=True).order_by("-created_at")
    readable = seeded.under_readable_articles(at=at).published()
    reply = readable.filter(depth__gte=DEEP).first()
    shown = readable.filter(depth=0).first()
    refused = (
        seeded.filter(
            status=Comment.Status.REJECTED,
            appeals=None,
            decisions__actor_kind=Decision.ActorKind.PERSON,
            private__mailbox__address_ciphertext__isnull=False,
        )
        .exclude(reason_code="spam")
        .select_related("private__mailbox")
        .first()
    )
    return ReadersStop(
        reply=_page("comment_status", reply) if reply else "",
        report=_page("report", shown) if shown else "",
        refusal=f"{_page('comment_status', refused)}?{urlencode({'token': author_token(refused.pk)})}"
        if refused
        else "",
        address=decrypt_address(bytes(refused.private.mailbox.address_ciphertext or b"")) if refused else "",
    )


def _page(name: str, comment: Comment) -> str:
    return reverse(f"pages:{name}", args=[comment.pk])
