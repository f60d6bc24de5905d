"""Statements: what one campaign booked and got in a closed period, numbered, and never changed again."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Sequence
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Max

from ads.delivery.models import Credit, Statement
from ads.delivery.reports import Numbers, report
from ads.models import Campaign, LineItem
from ads.money import format_money
from articles.models import Site
from newsroom.audit.services import record
from newsroom.crypto import is_signed, sign
from newsroom.errors import DomainError, FieldError

PROOF = "ad-statement"
DAY = timedelta(days=1)
TAKEN_BACK = "credit of an earlier statement taken back: the comment was published again"
FORMULA = ("=", "+", "-", "@", "\t", "\r")
COLUMNS = (
    "statement", "order_number", "billing_contact", "first_day", "last_day", "currency", "line",
    "price_model", "price", "booked", "goal", "impressions", "viewable", "clicks", "amount",
)  # fmt: skip


class PeriodIsOpen(DomainError):
    code = "period_is_open"
    status = 409
    title = "This period is not over yet"


@transaction.atomic
def make_statement(campaign: Campaign, *, first: date, last: date, actor: Any, at: datetime) -> Statement:
    """The statement of these days of the site's zone, both included; the one there is, if it was made before.

    Raises:
        PeriodIsOpen: its last day is not over.
        FieldError: it ends before it starts, or crosses another statement of this campaign.
    """
    site = Site.objects.select_for_update().get(pk=campaign.advertiser.site_id)  # numbers without gaps
    if last < first:
        raise FieldError("last_day", "It ends before it starts.", code="before_start")
    if last >= at.astimezone(ZoneInfo(site.time_zone)).date():
        raise PeriodIsOpen("A statement covers days that are over, in the site's zone.")
    known = Statement.objects.filter(campaign=campaign)
    same = known.filter(first_on=first, last_on=last).first()
    if same is not None:
        return same
    if known.filter(first_on__lte=last, last_on__gte=first).exists():
        raise FieldError("first_day", "Another statement covers some of these days.", code="overlaps")
    newest = Statement.objects.filter(site=site).aggregate(newest=Max("number"))["newest"] or 0
    # Locked: what is summed is exactly what gets this statement's number.
    locked = Credit.objects.select_for_update().filter(campaign=campaign)
    notes = list(locked.filter(statement=None, taken_back_at=None))
    again = list(locked.filter(statement__isnull=False, taken_back_at__isnull=False, taken_back_on=None))
    statement = Statement.objects.create(
        site=site,
        number=newest + 1,
        campaign=campaign,
        first_on=first,
        last_on=last,
        content=_content(campaign, site, first, last, notes, again),
        made_by=actor,
        made_at=at,
    )
    Credit.objects.filter(pk__in=[credit.pk for credit in notes]).update(statement=statement)
    Credit.objects.filter(pk__in=[credit.pk for credit in again]).update(taken_back_on=statement)
    record(
        action="statement.create",
        object_type="statement",
        object_id=statement.pk,
        actor_kind="person",
        actor=actor,
        data={"number": statement.number, "campaign": str(campaign.pk)},
    )
    return statement


def next_period(campaign: Campaign, *, at: datetime) -> tuple[date, date] | None:
    """The days that no statement covers yet, from the campaign's start or the last statement to yesterday or
    its end; None where there are none."""
    zone = ZoneInfo(campaign.advertiser.site.time_zone)
    newest = Statement.objects.filter(campaign=campaign).aggregate(newest=Max("last_on"))["newest"]
    first = newest + DAY if newest else campaign.starts_at.astimezone(zone).date()
    last = at.astimezone(zone).date() - DAY
    if campaign.ends_at is not None:
        last = min(last, (campaign.ends_at - timedelta(microseconds=1)).astimezone(zone).date())
    return (first, last) if first <= last else None


def _content(
    campaign: Campaign,
    site: Site,
    first: date,
    last: date,
    notes: Sequence[Credit],
    again: Sequence[Credit],
) -> dict[str, Any]:
    """What a statement says.

    Args:
        notes: credits that no statement had yet.
        again: credits of earlier statements that were taken back since.
    """
    found = report(site, first=first, last=last, group_by="line_item", campaign=campaign.pk)
    numbers = {row.key: row for row in found}
    rows = [
        _row(item, numbers.get(str(item.pk), Numbers()))
        for item in LineItem.objects.filter(campaign=campaign).order_by("name", "id")
    ]
    delivered = sum(row["net_micros"] for row in rows)
    credited = sum(credit.amount_micros for credit in notes)
    taken_back = sum(credit.amount_micros for credit in again)
    return {
        "site": site.name,
        "currency": site.currency,
        "time_zone": site.time_zone,
        "advertiser": campaign.advertiser.name,
        "campaign": campaign.name,
        "order_number": campaign.order_number,
        "billing_contact": campaign.billing_contact,
        "rows": rows,
        "delivered_micros": delivered,
        "credited_micros": credited,
        "credits": sorted({credit.reason for credit in notes}),
        "credited_impressions": len(notes),
        "taken_back_micros": taken_back,
        "taken_back_impressions": len(again),
        "net_micros": delivered - credited + taken_back,
    }


def _row(item: LineItem, numbers: Numbers) -> dict[str, Any]:
    return {
        "line_item": item.name,
        "price_model": item.price_model,
        "price_micros": item.price_micros,
        "booked_micros": item.booked_micros,
        "goal": item.goal,
        "impressions": numbers.impressions,
        "viewable": numbers.viewable,
        "clicks": numbers.clicks,
        "net_micros": numbers.revenue_micros,
    }


def as_csv(statement: Statement) -> str:
    """A table that no spreadsheet takes for formulas; amounts in the currency, exactly. Its last line is the
    net amount, the sum of those above it."""
    content = statement.content
    told = {
        "statement": statement.number,
        "order_number": content["order_number"],
        "billing_contact": content["billing_contact"],
        "first_day": statement.first_on.isoformat(),
        "last_day": statement.last_on.isoformat(),
        "currency": content["currency"],
    }
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for line in _lines(content):
        writer.writerow([_safe((told | line).get(column)) for column in COLUMNS])
    return text.getvalue()


def _lines(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The line items, then what was given back or charged again, then the net amount."""
    for row in content["rows"]:
        booked = row["booked_micros"]
        yield row | {
            "line": row["line_item"],
            "price": _plain(row["price_micros"]),
            "booked": None if booked is None else _plain(booked),
            "amount": _plain(row["net_micros"]),
        }
    if content["credited_impressions"]:
        reasons = "; ".join(content["credits"])
        yield {
            "line": f"credit note: {reasons}",
            "impressions": content["credited_impressions"],
            "amount": _plain(-content["credited_micros"]),
        }
    if content.get("taken_back_impressions"):  # Older statements do not know it.
        yield {
            "line": TAKEN_BACK,
            "impressions": content["taken_back_impressions"],
            "amount": _plain(content["taken_back_micros"]),
        }
    yield {"line": "net, before tax", "amount": _plain(content["net_micros"])}


def _plain(micros: int) -> Decimal:
    """A number, so that a negative one is not taken for a formula."""
    return Decimal(format_money(micros).replace(",", ""))


def _safe(value: Any) -> Any:
    if value is None:
        return ""
    return f"'{value}" if isinstance(value, str) and value.startswith(FORMULA) else value


def proof_token(statement: Statement) -> str:
    """What opens this one statement, read-only, for whoever holds it: the advertiser."""
    return f"{statement.pk.hex}.{sign(PROOF, statement.pk.hex)}"


def proven(token: str) -> Statement | None:
    """The statement that a token opens, or None."""
    name, _, signature = token.partition(".")
    if not is_signed(PROOF, name, signature):
        return None
    return Statement.objects.filter(pk=UUID(hex=name)).first()
