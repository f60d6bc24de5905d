"""How the demo's desk is set up: hours, a section of its own rules, known authors, samples to judge."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Count, Q

from articles.models import Section, Site
from comments.models import Comment, Mailbox
from moderation.desk.authors import set_author_flag
from moderation.desk.control import save_policy
from moderation.desk.hours import save_desk_hours
from moderation.desk.wordlists import save_word_list
from moderation.lifecycle.models import AuditSample
from moderation.models import Decision, Policy, WordList
from newsroom.audit.models import AuditEntry

WEEK = {str(day): ["07:00", "22:00"] for day in range(5)} | {str(day): ["08:00", "20:00"] for day in (5, 6)}
SECTION_WORDS = ("sport", ["match fixing", "took a bribe"], "Claims that the sports desk wants to see first")
SECTION_POLICY = ("opinion", 0, "Letters to the editor need no links")
TRUSTED = ("Reads and corrects us for years", "Chairs the residents' association; writes under her own name")
BLOCKED = "The third advertisement for the same shop"
READ_FIRST = "Promised to keep to the subject; let us see"
SAMPLES = 6


def seed_desk(site: Site, *, editor: Any, now: datetime) -> None:
    """Set once, after the comments were judged; what somebody has set since stays. Safe to run twice."""
    if AuditEntry.objects.filter(action="site.desk_hours", object_id=str(site.pk)).exists():
        return
    save_desk_hours(
        site=site, hours=WEEK, outside="", seen=({}, ""), actor=editor, reason="One editor, two on weekdays"
    )
    _sections(site, editor=editor)
    _authors(editor)
    _samples(now=now)


def _sections(site: Site, *, editor: Any) -> None:
    slug, words, reason = SECTION_WORDS
    sections = {section.slug: section for section in Section.objects.filter(site=site)}
    if section := sections.get(slug):
        save_word_list(
            WordList(site=site, section=section, kind=WordList.Kind.SUSPECT, words=words),
            actor=editor,
            reason=reason,
        )
    slug, most_links, reason = SECTION_POLICY
    if section := sections.get(slug):
        save_policy(Policy(site=site, section=section, max_links=most_links), actor=editor, reason=reason)


def _authors(editor: Any) -> None:
    """Those who write most are trusted, who advertised is blocked, who was taken down is read first."""
    people = Mailbox.objects.filter(demo=True)
    written = people.annotate(shown=Count("comments", filter=_by(Comment.Status.PUBLISHED)))
    for mailbox_id, reason in zip(
        _ids(written.order_by("-shown", "pk"), len(TRUSTED)), TRUSTED, strict=False
    ):
        set_author_flag(mailbox_id=mailbox_id, flag="trusted", value=True, actor=editor, reason=reason)
    spam = people.filter(_by(Comment.Status.REJECTED), comments__comment__reason_code="spam")
    for mailbox_id in _ids(spam.order_by("pk").distinct(), 1):
        set_author_flag(mailbox_id=mailbox_id, flag="blocked", value=True, actor=editor, reason=BLOCKED)
    taken_down = people.filter(_by(Comment.Status.REMOVED), blocked=False, trusted=False)
    for mailbox_id in _ids(taken_down.order_by("pk").distinct(), 1):
        set_author_flag(
            mailbox_id=mailbox_id, flag="premoderated", value=True, actor=editor, reason=READ_FIRST
        )


def _by(status: str) -> Q:
    return Q(comments__comment__status=status)


def _ids(found: Any, most: int) -> list[UUID]:
    return list(found.values_list("pk", flat=True)[:most])


def _samples(*, now: datetime) -> None:
    """Some of what the machine decided alone in the last days, to judge again."""
    alone = Decision.objects.filter(
        demo=True, actor_kind="machine", outcome__in=["published", "rejected"], at__gt=now - timedelta(days=7)
    )
    for decision in alone.order_by("-at")[: 200 : 200 // SAMPLES][:SAMPLES]:
        AuditSample.objects.create(
            decision=decision,
            comment_id=decision.comment_id,
            revision=decision.revision,
            machine_outcome=decision.outcome,
            share=1.0,
            drawn_at=decision.at,
            demo=True,
        )
