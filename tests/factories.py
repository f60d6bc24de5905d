"""Rows for tests. A comment comes into its state as the product brings it there: by decisions."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import factory
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Permission
from django.db import transaction
from django.utils import timezone
from factory.django import DjangoModelFactory

from articles.models import Article, Section, Site, Tag
from comments.models import Comment
from comments.services import (
    Submission,
    Verdict,
    apply_decision,
    lock_comment,
    submit_comment,
    withdraw_comment,
)
from moderation.models import Decision
from newsroom.access.models import ApiToken, Scope
from newsroom.access.services import issue_token

ANYWHERE = ("pending", "published", "held", "rejected", "removed")


class UserFactory(DjangoModelFactory):
    """A person of the house; ``permissions=["app.codename"]`` gives rights."""

    class Meta:
        model = get_user_model()
        django_get_or_create = ("username",)
        skip_postgeneration_save = True

    username = factory.Sequence(lambda n: f"editor-{n}")
    is_staff = True

    @factory.post_generation
    def permissions(self: Any, create: bool, extracted: list[str] | None, **kwargs: Any) -> None:
        for name in extracted or []:
            label, _, codename = name.partition(".")
            self.user_permissions.add(
                Permission.objects.get(content_type__app_label=label, codename=codename)
            )


class SiteFactory(DjangoModelFactory):
    """The default site; with another ``code``, a second title."""

    class Meta:
        model = Site
        django_get_or_create = ("code",)

    code = "tribune"
    # The same in every test: a web server of its own remembers the site for a second.
    id = factory.LazyAttribute(lambda site: uuid5(NAMESPACE_DNS, site.code))
    name = factory.LazyAttribute(lambda site: f"The {site.code.title()}")
    domain = factory.LazyAttribute(lambda site: f"{site.code}.example.org")
    is_default = factory.LazyAttribute(lambda site: site.code == "tribune")


class SectionFactory(DjangoModelFactory):
    class Meta:
        model = Section
        django_get_or_create = ("site", "slug")

    site = factory.SubFactory(SiteFactory)
    slug = "local"
    name = factory.LazyAttribute(lambda section: section.slug.title())


class TagFactory(DjangoModelFactory):
    class Meta:
        model = Tag
        django_get_or_create = ("site", "slug")

    site = factory.SubFactory(SiteFactory)
    slug = factory.Sequence(lambda n: f"tag-{n}")
    name = factory.LazyAttribute(lambda tag: tag.slug.title())


class ArticleFactory(DjangoModelFactory):
    """A published article of the default site that takes comments."""

    class Meta:
        model = Article

    site = factory.SubFactory(SiteFactory)
    section = factory.SubFactory(SectionFactory, site=factory.SelfAttribute("..site"))
    slug = factory.Sequence(lambda n: f"bridge-opens-{n}")
    headline = factory.Sequence(lambda n: f"The bridge opens for the {n}th time")
    standfirst = "The bearing came at last."
    body = "First paragraph.\n\nSecond paragraph."
    status = Article.Status.PUBLISHED
    published_at = factory.LazyFunction(lambda: timezone.now() - timedelta(hours=1))


class SubmissionFactory(factory.Factory):
    """What a reader sends, cleaned; each by a commenter of its own."""

    class Meta:
        model = Submission

    name = "Ada"
    email = factory.Sequence(lambda n: f"reader-{n}@example.org")
    body = factory.Sequence(lambda n: f"I crossed it {n} times, and it held.")


class CommentFactory(factory.Factory):
    """A comment, pending; or ``status="held"`` and so on, brought there by legal decisions.

    ``email``, ``body``, ``name``, ``parent``, ``network`` as in a submission; ``at`` when it was sent.
    """

    class Meta:
        model = Comment

    article = factory.SubFactory(ArticleFactory)
    status = "pending"
    name = "Ada"
    email = factory.Sequence(lambda n: f"commenter-{n}@example.org")
    body = factory.Sequence(lambda n: f"The bearing came in crate {n}, said the harbour master.")
    parent: Comment | None = None
    network = "192.0.2.7"
    held_by = "detector"
    honeypot = False
    form_age_s: float | None = None
    at = factory.LazyFunction(timezone.now)

    @classmethod
    def _create(cls, model_class: type[Comment], *args: Any, **given: Any) -> Comment:
        parent = given["parent"]
        submission = Submission(
            name=given["name"],
            email=given["email"],
            body=given["body"],
            parent_id=parent.pk if parent else None,
            network=given["network"],
            honeypot=given["honeypot"],
            form_age_s=given["form_age_s"],
        )
        with transaction.atomic():
            article = parent.article if parent else given["article"]
            comment_id = submit_comment(article=article, submission=submission, at=given["at"])
            comment = Comment.objects.get(pk=comment_id)
            return bring_to(comment, given["status"], held_by=given["held_by"])


def bring_to(comment: Comment, status: str, *, held_by: str = "detector") -> Comment:
    """Take a pending comment to ``status`` by legal steps."""
    if status == "removed":
        decide(comment, "published")
        decide(comment, "removed", actor_kind="person", reason_code="off_topic")
    elif status == "held":
        decide(comment, "held", actor_kind="system" if held_by == "report" else "machine", held_by=held_by)
    elif status == "withdrawn":
        withdraw_comment(comment_id=comment.pk)
    elif status == "erased":
        erase(comment)
    elif status != "pending":
        decide(comment, status, reason_code="insult" if status == "rejected" else "")
    comment.refresh_from_db()
    return comment


def decide(
    comment: Comment,
    outcome: str,
    *,
    actor_kind: str = "machine",
    actor: Any = None,
    held_by: str = "",
    reason_code: str = "",
) -> Decision:
    """Write a decision about the comment's present text and act on it, as any kind of actor."""
    if actor_kind == "person" and actor is None:
        actor = UserFactory(username="editor")
    if outcome == "held" and not held_by:
        held_by = {"machine": "detector", "system": "failure", "person": "person", "import": "rule"}[
            actor_kind
        ]
    with transaction.atomic():
        current = lock_comment(comment.pk)
        decision = Decision.objects.create(
            comment=current,
            revision=current.revision,
            round=current.round,
            actor_kind=actor_kind,
            actor=actor,
            outcome=outcome,
            held_by=held_by,
            reason_code=reason_code,
        )
        verdict = Verdict(decision.pk, outcome, current.revision, held_by=held_by, reason_code=reason_code)
        apply_decision(comment_id=comment.pk, verdict=verdict, allowed_from=ANYWHERE, at=timezone.now())
    comment.refresh_from_db()
    return decision


def erase(comment: Comment) -> None:
    """Empty a comment's row, as erasure does first (``comments.rights.erasing`` does all of it)."""
    Comment.objects.filter(pk=comment.pk).update(
        status="erased", name="", body="", held_by="", reason_code=""
    )


def token_for(
    *scopes: str, permissions: tuple[str, ...] = (), user: Any = None, **fields: Any
) -> tuple[ApiToken, str]:
    """An API token and its secret, of a user with exactly these permissions."""
    user = user or UserFactory(permissions=list(permissions))
    return issue_token(user=user, name="test", scopes=scopes, **fields)


def cms_token() -> str:
    """The secret of a content management system's token."""
    return token_for(Scope.ARTICLES_WRITE, permissions=("articles.change_article",))[1]
