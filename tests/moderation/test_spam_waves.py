"""Under a wave of spam people read first, by itself and for a time; the desk is told; it ends by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Article, Site
from comments.models import CommentSettings
from moderation.emergencies import begin_emergency, end_emergency
from moderation.models import Decision, Emergency
from moderation.selectors import resolved_policy
from moderation.spam_waves import watch_for_waves
from newsroom.audit.models import AuditEntry
from tests.factories import ArticleFactory, CommentFactory, SectionFactory, SiteFactory, UserFactory

pytestmark = pytest.mark.django_db


def judged(article: Article, number: int, *, code: str = "near_duplicates", status: str = "held") -> None:
    """So many comments of which the machine found this."""
    for _ in range(number):
        comment = CommentFactory(article=article)
        Decision.objects.create(
            comment=comment,
            revision=1,
            round=1,
            actor_kind="machine",
            outcome=status,
            held_by="rule" if status == "held" else "",
            findings=[{"code": "links", "value": 1}, {"code": code}] if code else [],
        )


@pytest.fixture
def article() -> Article:
    article = ArticleFactory()
    CommentSettings.objects.create(site=article.site, spam_wave_after=4, spam_wave_minutes=30)
    return article


def is_premoderated(article: Article) -> bool:
    return resolved_policy(article, manifest=None).premoderate


def test_a_wave_makes_people_read_first_and_is_noted(article: Article) -> None:
    now = timezone.now()
    judged(article, 3)
    assert watch_for_waves(now=timezone.now()) == 0
    judged(article, 1, code="score:spam")

    assert watch_for_waves(now=timezone.now()) == 1

    assert is_premoderated(article)
    began = Emergency.objects.get()
    assert (began.by, began.kind) == (None, "premoderate")
    assert timedelta(minutes=29) < began.until - now < timedelta(minutes=31)
    row = AuditEntry.objects.get(action="emergency.begin")
    assert (row.actor_kind, row.actor) == ("system", None)
    assert watch_for_waves(now=timezone.now()) == 0  # It stands already.


def test_it_ends_by_itself_and_does_not_begin_again_for_what_is_over(article: Article) -> None:
    judged(article, 4)
    watch_for_waves(now=timezone.now())
    Emergency.objects.update(until=timezone.now())

    assert not is_premoderated(article)
    assert watch_for_waves(now=timezone.now()) == 0
    judged(article, 4)
    assert watch_for_waves(now=timezone.now()) == 1


def test_while_the_wave_goes_on_it_lasts_longer(article: Article) -> None:
    judged(article, 4)
    watch_for_waves(now=timezone.now())
    first = Emergency.objects.get().until

    watch_for_waves(now=timezone.now() + timedelta(minutes=5))

    assert Emergency.objects.get().until >= first + timedelta(minutes=4)
    assert AuditEntry.objects.get(action="emergency.prolong").actor_kind == "system"


def test_who_ends_it_has_the_last_word(article: Article) -> None:
    judged(article, 4)
    watch_for_waves(now=timezone.now())
    end_emergency(emergency_id=Emergency.objects.get().pk, actor=UserFactory(), now=timezone.now())

    assert watch_for_waves(now=timezone.now()) == 0
    assert not is_premoderated(article)


def test_a_persons_own_measure_ends_when_that_person_said(article: Article) -> None:
    now = timezone.now()
    until = now + timedelta(minutes=2)
    begin_emergency(
        site=article.site, kind="premoderate", reason="A raid", until=until, actor=UserFactory(), now=now
    )
    judged(article, 4)

    assert watch_for_waves(now=timezone.now()) == 0
    assert Emergency.objects.get().until == until


@pytest.mark.parametrize("code", ["flood", "premoderated", ""])
def test_what_is_no_spam_is_no_wave(article: Article, code: str) -> None:
    judged(article, 6, code=code)

    assert watch_for_waves(now=timezone.now()) == 0


def test_a_little_spam_among_much_else_is_no_wave(article: Article) -> None:
    judged(article, 4)
    judged(article, 13, code="", status="published")

    assert watch_for_waves(now=timezone.now()) == 0


def test_ten_minutes_later_it_is_no_wave(article: Article) -> None:
    judged(article, 4)

    assert watch_for_waves(now=timezone.now() + timedelta(minutes=11)) == 0


def test_a_site_may_leave_it_and_another_site_goes_on(article: Article) -> None:
    other: Site = SiteFactory(code="gazette")
    elsewhere = ArticleFactory(site=other, section=SectionFactory(site=other))
    judged(article, 4)
    watch_for_waves(now=timezone.now())
    assert not is_premoderated(elsewhere)

    own = CommentSettings.objects.get()
    own.spam_wave_after = 0
    own.save()
    Emergency.objects.all().delete()
    assert watch_for_waves(now=timezone.now()) == 0


def test_the_desk_says_so(article: Article, client: Client) -> None:
    judged(article, 4)
    watch_for_waves(now=timezone.now())
    client.force_login(UserFactory(is_superuser=True))

    page = client.get("/admin/desk/").content.decode()

    assert "A person reads every comment first" in page
    assert "By itself: <bdi>A wave of spam: 4 comments in 10 minutes look like it.</bdi>" in page
    assert "End it now" in page
