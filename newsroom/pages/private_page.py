"""The author's private page: what became of a comment, and changing, withdrawing or rewording it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest
from django.urls import reverse
from django.utils.translation import gettext, ngettext

from articles.models import Site
from comments.limiting import count_a_use
from comments.models import Comment
from comments.nudging import is_editable, is_nudged
from comments.serializers import CommentEditSerializer
from comments.services import EDIT_WINDOW, accepts_comments, edit_comment, withdraw_comment
from comments.staff import is_by_staff
from comments.tokens import author_token, is_author_token, is_sent_token, status_token
from moderation.reading_times import usual_wait
from newsroom.errors import DomainError
from newsroom.limits import client_network
from newsroom.pages.cards import zone_of
from newsroom.pages.context import Link, Reword, StatusPage
from newsroom.pages.discussion import permalink
from newsroom.pages.forms import Typed
from newsroom.pages.times import moment
from newsroom.pages.words import field_words, problem_words, reason_words

GONE = frozenset({Comment.Status.WITHDRAWN, Comment.Status.ERASED})
REFUSED = frozenset({Comment.Status.REJECTED, Comment.Status.REMOVED})
HOUR_MINUTES = 60


@dataclass(frozen=True, slots=True)
class NotDone:
    """Why an edit or withdrawal did not happen; ``text``: what was typed, to go on with."""

    status: int
    words: str
    text: str | None = None
    retry_after_s: int | None = None


def private_url(comment: Comment, *, is_author: bool = False) -> str:
    """The author's private page, with a token that can only look, or one that may also change it."""
    path = reverse("pages:comment_status", args=[comment.pk])
    token = author_token(comment.pk) if is_author else status_token(comment.pk)
    return f"{path}?{urlencode({'token': token})}"


def just_sent_url(comment: Comment, token: str, *, at: datetime) -> str:
    """The private page for whoever holds this token from the address that the form led to.

    That address is easily passed on, so what it is worth falls: it may change the comment only while the
    text can be edited.
    """
    is_fresh = is_sent_token(comment.pk, token) and at - comment.created_at <= EDIT_WINDOW
    return private_url(comment, is_author=is_fresh or is_author_token(comment.pk, token))


def status_page(comment: Comment, *, token: str, not_done: NotDone | None, now: datetime) -> StatusPage:
    """What the page shows to whoever holds this (valid) token."""
    site, article = comment.article.site, comment.article
    zone = zone_of(site)
    is_author = is_author_token(comment.pk, token)
    is_gone = comment.status in GONE
    url = article.get_absolute_url()
    can_edit = is_author and is_editable(comment, at=now)
    return StatusPage(
        status=comment.status,
        reason=reason_words(comment.reason_code),
        name=comment.name,
        text="" if is_gone else comment.body,
        article=Link(label=article.headline, url=url),
        comment_url=permalink(comment) if comment.status == Comment.Status.PUBLISHED else "",
        sent=moment(comment.created_at, now=now, zone=zone),
        action=private_url(comment, is_author=True) if is_author else "",
        wait=wait_words(site, now=now) if comment.status == Comment.Status.HELD else "",
        edit_until=moment(comment.created_at + EDIT_WINDOW, now=now, zone=zone) if can_edit else None,
        edit_text=not_done.text if not_done and not_done.text is not None else comment.body,
        can_withdraw=is_author and not is_gone,
        is_nudged=can_edit and is_nudged(comment, at=now),
        problem=not_done.words if not_done else "",
        reword=_reword(comment, now=now) if is_author and comment.status in REFUSED else None,
    )


def _reword(comment: Comment, *, now: datetime) -> Reword | None:
    """*Reword and send again*: the article's form, begun with this text; None where comments are closed."""
    if not accepts_comments(comment.article, at=now):
        return None
    parent = comment.parent_id
    if parent is not None and not Comment.objects.published().filter(pk=parent).exists():
        parent = None
    fresh = Typed.empty(comment.article, at=now)
    return Reword(
        action=comment.article.get_absolute_url(),
        token=fresh.token,
        key=fresh.key,
        name=comment.name,
        body=comment.body,
        parent=str(parent or ""),
    )


def act(request: HttpRequest, comment: Comment, *, at: datetime) -> NotDone | None:
    """Edit or withdraw, as the author's form says; None when it is done. Twice is once."""
    asked: Mapping[str, Any] = request.POST
    if asked.get("action") == "withdraw":
        withdraw_comment(comment_id=comment.pk)
        return None
    if asked.get("action") != "edit":
        return NotDone(400, gettext("Nothing was changed."))
    text = asked.get("body", "")
    checked = CommentEditSerializer(data={"body": text})
    if not checked.is_valid():
        error = checked.errors["body"][0]
        return NotDone(400, field_words("body", getattr(error, "code", ""), detail=str(error)), text)
    try:
        count_a_use(client_network(request), site_id=comment.article.site_id, by_staff=is_by_staff(request))
        edit_comment(comment_id=comment.pk, body=checked.validated_data["body"], at=at)
    except DomainError as error:
        words = problem_words(error.code, detail=error.detail, retry_after_s=error.retry_after_s)
        return NotDone(error.status, words, text, error.retry_after_s)
    return None


def wait_words(site: Site, *, now: datetime) -> str:
    """How long a held text usually waits here, as measured; empty where too little was."""
    wait = usual_wait(site.pk, zone=zone_of(site), now=now)
    if wait is None:
        return ""
    if wait.after_hour is not None:
        return gettext("Comments are usually read after %(time)s.") % {"time": f"{wait.after_hour}:00"}
    minutes = wait.within_minutes or 0
    if minutes <= HOUR_MINUTES:
        words = ngettext(
            "Comments are usually read within %(count)s minute.",
            "Comments are usually read within %(count)s minutes.",
            minutes,
        )
        return words % {"count": minutes}
    hours = minutes // HOUR_MINUTES
    words = ngettext(
        "Comments are usually read within %(count)s hour.",
        "Comments are usually read within %(count)s hours.",
        hours,
    )
    return words % {"count": hours}
