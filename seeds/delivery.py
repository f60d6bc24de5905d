"""Four weeks of page views with ads, chosen by the product's own rules: each can be explained."""

from __future__ import annotations

import random
from collections import Counter
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction

from ads.decision import Surroundings, decide
from ads.delivery.events import PAID_KIND
from ads.delivery.models import AdDecision, AdEvent, Kind, UncountedEvent
from ads.delivery.prices import Price, price_of
from ads.delivery.rollups import fold
from ads.delivery.snapshots import Choices, choices_of
from ads.models import LineItem, Slot
from ads.selectors import AT_THREAD
from ads.thread_places import Gap, Roots, gaps
from articles.models import Article, Site
from articles.selectors import sensitivities_of
from comments.models import Comment
from newsroom.ids import uuid7
from seeds.bulk import copy_rows
from seeds.clock import SEEDED_DAYS, spread_over_days
from seeds.content import load

VIEWS = 80 * SEEDED_DAYS
ROOTS_PER_PAGE = 30  # As the pages have it.
LOADED, LOOKED_AT, CLICKED = 0.93, 0.68, 0.011
ROBOTS = 0.03  # of the impressions; they are kept, and not counted


def seed_delivery(site: Site, *, now: datetime) -> None:
    """Decisions and events of the last weeks, once. A flat week stands at its stated share of its goal."""
    if AdDecision.objects.filter(site=site, demo=True).exists():
        return
    rng = random.Random("delivery")
    choices = choices_of(site)
    decisions = _decisions(site, choices, now=now, rng=rng)
    loaded = [row for row in decisions if row.creative_id and rng.random() < LOADED]
    robots = {row.pk for row in loaded if rng.random() < ROBOTS}
    _set_goals(Counter(row.line_item_id for row in loaded if row.pk not in robots))
    prices = {item.pk: price_of(item) for item in LineItem.objects.of_site(site).select_related("campaign")}
    for row in decisions:
        if row.line_item_id:
            price: Price = prices[row.line_item_id]
            row.price_model, row.price_micros = price.model, price.each
    events = [event for row in loaded for event in _events(row, rng, is_robot=row.pk in robots)]
    copy_rows(decisions)
    copy_rows([event for event in events if isinstance(event, AdEvent)])
    copy_rows([event for event in events if isinstance(event, UncountedEvent)])
    transaction.on_commit(fold)  # So that budgets know at once what was spent.


def _decisions(site: Site, choices: Choices, *, now: datetime, rng: random.Random) -> list[AdDecision]:
    slots = list(Slot.objects.filter(site=site, active=True).order_by("position", "code"))
    at_thread = frozenset(slot.code for slot in slots if slot.position in AT_THREAD)
    articles = list(Article.objects.filter(site=site).published(at=now).select_related("section"))
    known, threads = sensitivities_of(articles), _threads(articles)
    made = []
    for at in spread_over_days(VIEWS, days=SEEDED_DAYS, now=now - timedelta(hours=1), rng=rng):
        readable = [article for article in articles if article.published_at and article.published_at <= at]
        if not readable:
            continue
        weights = [_interest(article, at) for article in readable]
        article = rng.choices(readable, weights)[0]
        beside = Surroundings(sensitivity=known[article.pk], at_thread=at_thread)
        seed, view = rng.getrandbits(62), uuid7(at=at)
        places = _places(slots, [pk for pk, sent_at in threads[article.pk] if sent_at <= at])
        codes = [slot.code for slot, _ in places]
        chosen = decide(choices.candidates, slots=codes, at=at, seed=seed, beside=beside)
        for number, ((slot, gap), choice) in enumerate(zip(places, chosen, strict=True)):
            context = _context(beside, codes) | {"place": number}
            row = _row(choice, slot, article, choices, at=at, view=view, seed=seed, context=context)
            row.neighbours = [gap.above, gap.below] if gap else []
            made.append(row)
    return made


def _threads(articles: list[Article]) -> dict[UUID, list[tuple[UUID, datetime]]]:
    """Published top-level comments by article, newest first, with their times."""
    found: dict[UUID, list[tuple[UUID, datetime]]] = {article.pk: [] for article in articles}
    roots = Comment.objects.published().filter(depth=0, article__in=articles).order_by("-created_at", "-id")
    for article_id, pk, created_at in roots.values_list("article_id", "pk", "created_at"):
        found[article_id].append((pk, created_at))
    return found


def _places(slots: list[Slot], roots: list[UUID]) -> list[tuple[Slot, Gap | None]]:
    """Every place of a page with these comments, in the order in which the page asks for them."""
    shown = Roots(tuple(roots[:ROOTS_PER_PAGE]))
    found: list[tuple[Slot, Gap | None]] = []
    for slot in slots:
        if slot.position == Slot.Position.IN_THREAD:
            found += [(slot, gap) for gap in gaps(slot, shown)]
        else:
            found.append((slot, None))
    return found


def _interest(article: Article, at: datetime) -> float:
    """New articles are read most."""
    age = at - article.published_at if article.published_at else timedelta(days=30)
    return 1 / (1 + age / timedelta(days=2))


def _context(beside: Surroundings, codes: list[str]) -> dict[str, Any]:
    return {
        "sensitivity": dict(beside.sensitivity),
        "thread": beside.thread,
        "override": "",
        "at_thread": sorted(beside.at_thread),
        "spent": [],
        "slots": codes,
    }


def _row(
    choice: Any,
    slot: Slot,
    article: Article,
    choices: Choices,
    *,
    at: datetime,
    view: UUID,
    seed: int,
    context: dict[str, Any],
) -> AdDecision:
    winner = next((c for c in choices.candidates if c.creative_id == choice.creative_id), None)
    return AdDecision(
        id=uuid7(at=at),
        at=at,
        view=view,
        site_id=article.site_id,
        article_id=article.pk,
        slot_id=slot.pk,
        line_item_id=winner.line_item_id if winner else None,
        creative_id=choice.creative_id,
        no_fill_reason=choice.no_fill_reason,
        seed=seed,
        snapshot_id=choices.digest,
        context=context,
        demo=True,
    )


def _set_goals(impressions: Counter[UUID | None]) -> None:
    for sold in load().sold:
        if share := sold.get("delivered"):
            item = LineItem.objects.get(
                campaign__advertiser__name=sold["advertiser"]["name"],
                campaign__name=sold["campaign"]["name"],
                name=sold["item"]["name"],
            )
            item.goal = max(1, round(impressions[item.pk] / share))
            item.save(update_fields=["goal"])


def _events(row: AdDecision, rng: random.Random, *, is_robot: bool) -> list[AdEvent | UncountedEvent]:
    at = row.at + timedelta(seconds=rng.uniform(0.3, 2))
    if is_robot:
        reason = UncountedEvent.Reason.BOT
        return [
            UncountedEvent(id=uuid7(at=at), decision_id=row.pk, kind=Kind.IMPRESSION, reason=reason, at=at)
        ]
    kinds = [Kind.IMPRESSION]
    if rng.random() < LOOKED_AT:
        kinds.append(Kind.VIEWABLE)
        if rng.random() < CLICKED:
            kinds.append(Kind.CLICK)
    found: list[AdEvent | UncountedEvent] = []
    for kind in kinds:
        at += timedelta(seconds=rng.uniform(1, 5))
        is_paid = PAID_KIND.get(row.price_model) == kind
        found.append(
            AdEvent(
                id=uuid7(at=at),
                day=row.at.date(),
                decision_id=row.pk,
                kind=kind,
                at=at,
                revenue_micros=row.price_micros if is_paid else 0,
            )
        )
    return found
