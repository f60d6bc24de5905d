"""When an article takes comments: the switches of site, section and article, and times."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.db.models import DateTimeField, DurationField, ExpressionWrapper, F, Value
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce, NullIf

from articles.hours import next_staffed
from articles.models import Article, Site

DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Opening:
    """Whether comments are taken, and, where they are closed only for now, when they are again."""

    is_open: bool
    reopens_at: datetime | None = None


OPEN, CLOSED = Opening(True), Opening(False)


def opening(article: Article, *, at: datetime) -> Opening:
    """Whether an article takes comments at ``at``; its site and section must be loaded.

    Closed for good goes before closed for now: by an emergency, or while nobody is at the desk.
    """
    site = article.site
    if not (site.comments_open and article.section.comments_open and article.comments_open):
        return CLOSED
    closes = closing_time(article)
    if closes is not None and at >= closes:
        return CLOSED
    reopens = max(at, site.comments_closed_until or at)
    if site.outside_desk_hours == Site.OutsideHours.CLOSE:
        reopens = next_staffed(site.desk_hours, at=reopens, zone=ZoneInfo(site.time_zone))
    return OPEN if reopens == at else Opening(False, reopens)


def closing_time(article: Article) -> datetime | None:
    """When comments close for good: the article's own time, else by age; None for never."""
    if article.comments_close_at is not None or article.published_at is None:
        return article.comments_close_at
    said = (article.close_after_days, article.section.close_after_days, article.site.close_after_days)
    days = next((days for days in said if days is not None), 0)
    return article.published_at + days * DAY if days else None


def closing_time_of(article: str = "") -> Combinable:
    """``closing_time`` in SQL. ``article``: the path to it, such as ``article__``."""
    days = Coalesce(
        F(f"{article}close_after_days"),
        F(f"{article}section__close_after_days"),
        F(f"{article}site__close_after_days"),
    )
    age = ExpressionWrapper(NullIf(days, Value(0)) * Value(DAY), output_field=DurationField())
    by_age = ExpressionWrapper(F(f"{article}published_at") + age, output_field=DateTimeField())
    return Coalesce(F(f"{article}comments_close_at"), by_age)
