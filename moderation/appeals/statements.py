"""The statement of reasons (Art. 17 of Regulation (EU) 2022/2065): what, on which ground, by whom."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext, override

from comments.limiting import count_statement
from comments.models import Comment, CommentPrivate, Obligations
from comments.reports.models import Report
from comments.tokens import status_token
from moderation.appeals.models import Appeal
from moderation.appeals.selectors import APPEAL_WITHIN, obligations_of
from moderation.grounds import ground_of
from moderation.models import Decision, ReasonCode
from moderation.reported import AFTER_UNDO
from newsroom.crypto import decrypt_address
from newsroom.limits import RateLimited
from newsroom.outbox.services import recall, send

KIND = "statement"


@dataclass(frozen=True, slots=True)
class Statement:
    """Why a comment is not shown, in sentences for its author."""

    what: str
    ground: str
    finding: str
    facts: tuple[str, ...]
    by_machine: bool
    until: datetime
    is_platform: bool
    duties: str


def statement_of(comment: Comment, decision: Decision) -> Statement:
    """The reasons of a refusal, from the decision and what is known of how it came about."""
    ground = ground_of(decision.reason_code)
    duties = obligations_of(comment.article.site_id)
    by_machine = decision.actor_kind == Decision.ActorKind.MACHINE
    return Statement(
        what=gettext("It was taken down; it had been published.")
        if decision.outcome == Decision.Outcome.REMOVED
        else gettext("It was not published."),
        ground=gettext("The law: the text was found to be illegal content.")
        if ground.is_law
        else gettext("The rules for comments on this site (see the terms)."),
        finding=str(ground.finding),
        facts=tuple(_facts(comment, decision, by_machine=by_machine)),
        by_machine=by_machine,
        until=decision.at + APPEAL_WITHIN,
        is_platform=duties == Obligations.PLATFORM,
        duties=duties,
    )


def _facts(comment: Comment, decision: Decision, *, by_machine: bool) -> list[str]:
    facts = [gettext("The decision is about the whole text as you sent it, wherever this site is read.")]
    judged = decision
    if not by_machine:
        earlier = Decision.objects.filter(
            comment_id=decision.comment_id, revision=decision.revision, actor_kind=Decision.ActorKind.MACHINE
        )
        judged = earlier.order_by("-at").first() or decision
    codes = {finding["code"] for finding in judged.findings}
    if "banned_word" in codes or "suspect_word" in codes:
        facts.append(gettext("A word in it is on a list that the editors keep."))
    if "threat_words" in codes or any(code.startswith("score:") for code in codes):
        facts.append(gettext("A program that looks for insults, threats, hate and spam pointed it out."))
    if Report.objects.filter(comment_id=comment.pk, decision_id=decision.pk).exists():
        facts.append(gettext("Somebody had reported it."))
    facts.append(
        gettext("A program decided this; no person has read it yet.")
        if by_machine
        else gettext("Nobody decided this by name: the time to review it ran out.")
        if decision.actor_kind == Decision.ActorKind.SYSTEM
        else gettext("A person decided this.")
    )
    return facts


def note_refusal(decision: Decision) -> None:
    """Have the statement mailed to who wrote what was refused, if an address is known. Spam gets none.

    Inside the decision's transaction. A person's decision is told once it can no longer be undone.
    """
    if decision.reason_code == ReasonCode.SPAM:
        return
    private = (
        CommentPrivate.objects.select_related("mailbox", "comment__article__site")
        .filter(comment_id=decision.comment_id, mailbox__address_ciphertext__isnull=False)
        .first()
    )
    if private is None or private.comment.demo:
        return
    comment, site = private.comment, private.comment.article.site
    if obligations_of(site.pk) == Obligations.NONE:
        return
    try:
        count_statement(private.mailbox_id, site_id=site.pk)
    except RateLimited:
        return  # The status page says the same.
    with override(site.language):
        statement = statement_of(comment, decision)
    send(
        kind=KIND,
        to=decrypt_address(bytes(private.mailbox.address_ciphertext or b"")),
        key=str(decision.pk),
        context={
            "site": site.name,
            "headline": comment.article.headline,
            "article_url": settings.NEWSROOM_BASE_URL + comment.article.get_absolute_url(),
            "sent_on": f"{comment.created_at:%Y-%m-%d}",
            "what": statement.what,
            "ground": statement.ground,
            "finding": statement.finding,
            "facts": list(statement.facts),
            "status_url": private_page(comment.pk),
            "until": f"{statement.until:%Y-%m-%d}",
            "is_platform": statement.is_platform,
            "terms_url": settings.NEWSROOM_BASE_URL + reverse("pages:terms"),
        },
        language=site.language,
        sender=site.name,
        at=None if statement.by_machine else decision.at + AFTER_UNDO,
    )


def recall_statement(decision_id: UUID) -> None:
    """The decision was undone before its letter went out."""
    recall(kind=KIND, key=str(decision_id))


def tell_outcome(appeal: Appeal) -> None:
    """Mail the commenter what became of an appeal, and why."""
    private = (
        CommentPrivate.objects.select_related("mailbox", "comment__article__site")
        .filter(comment_id=appeal.comment_id, mailbox__address_ciphertext__isnull=False)
        .first()
    )
    if private is None or private.comment.demo:
        return
    site, article = private.comment.article.site, private.comment.article
    page = settings.NEWSROOM_BASE_URL + article.get_absolute_url()
    send(
        kind="appeal_decided",
        to=decrypt_address(bytes(private.mailbox.address_ciphertext or b"")),
        key=str(appeal.pk),
        context={
            "site": site.name,
            "headline": article.headline,
            "is_reversed": appeal.state == Appeal.State.REVERSED,
            "answer": appeal.answer,
            "by_same_person": appeal.by_same_person,
            "by_outsider": appeal.by_outsider,
            "status_url": private_page(appeal.comment_id),
            "comment_url": f"{page}#comment-{appeal.comment_id}",
            "is_platform": obligations_of(site.pk) == Obligations.PLATFORM,
        },
        language=site.language,
        sender=site.name,
    )


def private_page(comment_id: UUID) -> str:
    """The whole address of a comment's private page, with the token that opens it for reading."""
    query = urlencode({"token": status_token(comment_id)})
    path = reverse("pages:comment_status", args=[comment_id])
    return f"{settings.NEWSROOM_BASE_URL}{path}?{query}"
