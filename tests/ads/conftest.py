"""Two newspapers with people who sell, and a client that speaks as them."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import connection
from django.db.models import QuerySet
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from ads.creatives import content_digest
from ads.delivery.models import AdDecision
from ads.delivery.records import Record
from ads.delivery.rollups import Folded, fold
from ads.delivery.serving import Served, serve
from ads.delivery.showing import event_paths
from ads.delivery.snapshots import choices_of
from ads.models import Advertiser, Assignment, Campaign, Creative, LineItem, Slot
from articles.models import Article, Section, Site
from newsroom.access.services import issue_token
from newsroom.audit.models import AuditEntry

OLDER_END_IN_S = 60.0

SLOTS = "/api/v1/ads/slots/"
EVERYTHING = ("ads:read", "ads:write")
ARTICLE_TOP = {"code": "top", "name": "Above the article", "position": "article_top"}

_numbers = count(1)


@dataclass
class Caller:
    """A person with one token: ``caller.post(SLOTS, {...})``."""

    user: Any
    secret: str

    def call(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        sent = {"Authorization": f"Bearer {self.secret}"} if self.secret else {}
        content = body if isinstance(body, (bytes, str)) else json.dumps(body)
        return Client().generic(
            method,
            path,
            b"" if body is None else content,
            content_type="application/json",
            headers={**sent, **{name.replace("_", "-"): value for name, value in headers.items()}},
        )

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.call("GET", path, **headers)

    def post(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("POST", path, body, **headers)

    def put(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("PUT", path, body, **headers)

    def patch(self, path: str, body: Any, **headers: str) -> HttpResponse:
        return self.call("PATCH", path, body, **headers)

    def delete(self, path: str, **headers: str) -> HttpResponse:
        return self.call("DELETE", path, **headers)


@pytest.fixture
def site(db: None) -> Site:
    """The default site: whoever is assigned to none works on this one."""
    return Site.objects.create(
        code="tribune", name="The Tribune", domain="tribune.example.org", is_default=True
    )


@pytest.fixture
def other_site(db: None) -> Site:
    """Another tenant."""
    return Site.objects.create(code="herald", name="The Herald", domain="herald.example.org")


@pytest.fixture
def caller(db: None) -> Callable[..., Caller]:
    """Somebody with a role, a token and perhaps assignments: ``caller("ad manager", sites=[site])``."""

    def make(
        role: str, *, scopes: tuple[str, ...] = EVERYTHING, sites: tuple[Site, ...] = (), **fields: Any
    ) -> Caller:
        user = get_user_model().objects.create(username=f"somebody-{next(_numbers)}", **fields)
        if role:
            user.groups.add(Group.objects.get(name=role))
        for assigned in sites:
            Assignment.objects.create(user=user, site=assigned)
        return Caller(user, issue_token(user=user, name="test", scopes=scopes)[1])

    return make


@pytest.fixture
def manager(site: Site, caller: Callable[..., Caller]) -> Caller:
    return caller("ad manager")


@pytest.fixture
def nobody() -> Caller:
    return Caller(None, "")


def new_slot(site: Site, **fields: Any) -> Slot:
    number = next(_numbers)
    given = {
        "code": f"slot-{number}",
        "name": f"Slot {number}",
        "position": "article_top",
        "sizes": ["fluid"],
    }
    return Slot.objects.create(site=site, **(given | fields))


def new_line_item(site: Site, *slots: Slot, **fields: Any) -> LineItem:
    number = next(_numbers)
    advertiser = Advertiser.objects.create(site=site, name=f"Advertiser {number}")
    campaign = Campaign.objects.create(advertiser=advertiser, name="Spring", starts_at=timezone.now())
    given = {"name": f"Item {number}", "status": "ready"}
    item = LineItem.objects.create(campaign=campaign, **(given | fields))
    item.slots.set(slots)
    return item


def new_creative(item: LineItem, **fields: Any) -> Creative:
    """An approved creative."""
    given = {"headline": "Fresh bread", "target_url": "https://bakery.example.com/"}
    creative = Creative(line_item=item, **(given | fields))
    creative.sha256 = creative.approved_sha256 = content_digest(creative)
    creative.save()
    return creative


def new_article(site: Site) -> Article:
    number = next(_numbers)
    section = Section.objects.create(site=site, name="Local", slug=f"local-{number}")
    return Article.objects.create(
        site=site,
        section=section,
        headline="Bridge stuck",
        slug=f"bridge-{number}",
        status=Article.Status.PUBLISHED,
        published_at=timezone.now(),
    )


def wait_for_older_transactions() -> None:
    """Until all that has a number now has ended: other tests run on other databases of the same server."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_snapshot_xmax(pg_current_snapshot())::text::bigint")
        (begun,) = cursor.fetchone()
        deadline = time.monotonic() + OLDER_END_IN_S
        while True:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            if cursor.fetchone()[0] >= begun:
                return
            assert time.monotonic() < deadline, "another test's transaction does not end"
            time.sleep(0.02)


def fold_all() -> Folded:
    """Fold everything that has happened until now."""
    wait_for_older_transactions()
    return fold()


def record_of(row: AdDecision) -> Record:
    """What the tokens of a decision carry, made again from its row."""
    names = {"line_item": row.line_item_id, "creative": row.creative_id, "snapshot": row.snapshot_id}
    ids = {"site": row.site_id, "article": row.article_id, "slot": row.slot_id}
    same = (
        "pk",
        "at",
        "view",
        "no_fill_reason",
        "price_model",
        "price_micros",
        "seed",
        "page",
        "held",
        "place",
    )
    return Record(
        **names, **ids, neighbours=tuple(row.neighbours), **{name: getattr(row, name) for name in same}
    )


def event_path(kind: str, record: Record) -> str:
    found: str = getattr(event_paths(record), kind)
    return found


def noted() -> QuerySet[AuditEntry]:
    """The audit of ads, oldest first."""
    kinds = ["slot", "advertiser", "campaign", "line_item", "creative"]
    return AuditEntry.objects.filter(object_type__in=kinds).order_by("id")


def field_codes(response: HttpResponse) -> dict[str, str]:
    """The code per field of a problem document with status 400."""
    assert response.status_code == 400, response.content
    assert response["Content-Type"] == "application/problem+json"
    return {error["field"]: error["code"] for error in response.json()["errors"]}


def filled_on(article: Article, *, at: datetime | None = None, seed: int | None = None) -> dict[str, Served]:
    """What a page view shows above and below: by position the first slot by code that has an ad."""
    codes = [slot.code for slot in choices_of(article.site).slots]
    shown: dict[str, Served] = {}
    for one in serve(article, codes, at=at or timezone.now(), seed=seed):
        if one.slot is not None and one.slot.position != Slot.Position.IN_THREAD:
            known = shown.get(one.slot.position)
            if known is None or known.creative is None:
                shown[one.slot.position] = one
    return shown


def sponsor_of(one: Served) -> str:
    return one.creative.line_item.campaign.advertiser.name if one.creative else ""
