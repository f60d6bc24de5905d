"""*Leave a reply* without script: what was typed, whether it is acceptable, and sending it."""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from django.http import HttpRequest

from articles.models import Article
from comments.serializers import CommentWriteSerializer
from comments.services import Submission, accept_comment
from comments.staff import is_by_staff
from comments.tokens import form_age_s, form_token
from newsroom.errors import DomainError, FieldError
from newsroom.limits import client_network
from newsroom.pages.words import field_words, problem_words

MAX_BYTES = 131_072  # 5,000 characters of four bytes, each byte written %XX, and the other fields
KEY_CHARS = 64
FIELDS = ("name", "email", "body")


@dataclass(frozen=True, slots=True)
class Typed:
    """The form as the reader left it, unchecked."""

    name: str = ""
    email: str = ""
    body: str = ""
    parent: str = ""
    website: str = ""
    token: str = ""
    key: str = ""

    @classmethod
    def from_post(cls, data: Mapping[str, str]) -> Typed:
        return cls(
            name=data.get("name", ""),
            email=data.get("email", ""),
            body=data.get("body", ""),
            parent=data.get("parent", ""),
            website=data.get("website", ""),
            token=data.get("form_token", ""),
            key=data.get("key", "")[:KEY_CHARS],
        )

    @classmethod
    def empty(cls, article: Article, *, at: datetime, parent: str = "") -> Typed:
        """A fresh form: its own key, so that sending it twice stores one comment."""
        return cls(parent=parent, token=form_token(article.pk, at=at), key=secrets.token_urlsafe(18))


@dataclass(frozen=True, slots=True)
class Refused:
    """Why the form comes back, and how: with ``typed`` in it and ``errors`` (by field) at the fields.

    ``preview``: the text as it would stand in the thread, which was asked for instead of sending it.
    """

    typed: Typed
    status: int
    summary: str = ""
    errors: tuple[tuple[str, str], ...] = ()
    retry_after_s: int | None = None
    preview: str = ""


def send_reply(request: HttpRequest, *, article: Article, typed: Typed, at: datetime) -> UUID | Refused:
    """Store a comment from the form; its id, or why not. The same form sent again gives the same id."""
    age_s = form_age_s(typed.token, article.pk, at=at)
    if age_s is None:
        fresh = replace(typed, token=form_token(article.pk, at=at))
        return Refused(fresh, 400, problem_words("form_expired", detail=""))
    checked = CommentWriteSerializer(
        data={"name": typed.name, "email": typed.email, "body": typed.body, "parent": typed.parent or None}
    )
    if not checked.is_valid():
        return _invalid(typed, checked.errors)
    data = checked.validated_data
    if "preview" in request.POST:
        return Refused(typed, 200, preview=data["body"])
    submission = Submission(
        name=data["name"],
        email=data["email"],
        body=data["body"],
        parent_id=data.get("parent"),
        network=client_network(request),
        honeypot=bool(typed.website),
        form_age_s=age_s,
        by_staff=is_by_staff(request),
    )
    try:
        return accept_comment(article=article, submission=submission, idempotency_key=_key(typed), at=at)
    except FieldError as error:
        return _refused_field(typed, error)
    except DomainError as error:
        words = problem_words(error.code, detail=error.detail, retry_after_s=error.retry_after_s)
        return Refused(typed, error.status, words, retry_after_s=error.retry_after_s)


def _key(typed: Typed) -> str | None:
    """The idempotency key of this form *and* content: going back to write something else is a new comment."""
    if not typed.key:
        return None
    content = json.dumps([typed.key, typed.name, typed.email, typed.body, typed.parent])
    return "form-" + hashlib.sha256(content.encode("utf-8", "replace")).hexdigest()


def _invalid(typed: Typed, errors: Mapping[str, list[str]]) -> Refused:
    if "parent" in errors:
        return _parent_gone(typed)
    found = tuple(
        (field, field_words(field, getattr(errors[field][0], "code", ""), detail=str(errors[field][0])))
        for field in FIELDS
        if field in errors
    )
    return Refused(typed, 400, errors=found)


def _refused_field(typed: Typed, error: FieldError) -> Refused:
    if error.field == "parent":
        return _parent_gone(typed)
    if error.field in FIELDS:
        words = field_words(error.field, error.field_code, detail=error.detail)
        return Refused(typed, error.status, errors=((error.field, words),))
    return Refused(typed, error.status, error.detail)


def _parent_gone(typed: Typed) -> Refused:
    return Refused(replace(typed, parent=""), 400, problem_words("does_not_exist", detail=""))
