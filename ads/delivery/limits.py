"""What cannot change any more once money was spent: a limit goes no lower, a line item stays where it is."""

from __future__ import annotations

from ads.delivery.models import AdDecision, Rollup
from ads.delivery.rollups import PAST_MARK, rows_at_mark
from ads.models import AdObject, Campaign, LineItem
from ads.money import format_money
from articles.models import Site
from newsroom.errors import FieldError

_SPENT = f"""
SELECT coalesce(sum(micros), 0)::bigint FROM (
    SELECT line_item_id, micros FROM delivery_rollup
    UNION ALL SELECT line_item_id, micros FROM ({PAST_MARK}) past
) one WHERE line_item_id IN (SELECT id FROM ads_lineitem WHERE {{which}})
"""  # noqa: S608  (fixed texts)


def check_spent(changed: AdObject, stored: AdObject | None) -> None:
    """Refuse what the events so far contradict. After the change is written, in its transaction: writing it
    ends the leases there are, so that nothing more is spent meanwhile.

    Raises:
        FieldError: a limit below what was spent, or another campaign for what has run.
    """
    if isinstance(changed, LineItem) and isinstance(stored, LineItem):
        if changed.campaign_id != stored.campaign_id and _has_run(changed):
            words = "It has run: its events belong to that campaign's account and statements."
            raise FieldError("campaign", words, code="has_events")
        _check_limit(changed, "budget_micros", changed.budget_micros, stored.budget_micros)
        if changed.price_model == LineItem.PriceModel.FLAT:
            before = stored.price_micros if stored.price_model == changed.price_model else None
            _check_limit(changed, "price_micros", changed.price_micros, before)
    elif isinstance(changed, Campaign) and isinstance(stored, Campaign):
        _check_limit(changed, "budget_micros", changed.budget_micros, stored.budget_micros)


def has_decisions(site: Site) -> bool:
    """Whether days and hours of this site were counted in its zone."""
    counted = Rollup.objects.filter(site_id=site.pk)
    return counted.exists() or AdDecision.objects.filter(site=site).exists()


def _check_limit(changed: LineItem | Campaign, field: str, most: int | None, before: int | None) -> None:
    if most is None or (before is not None and most >= before):
        return
    which = "id = %(pk)s" if isinstance(changed, LineItem) else "campaign_id = %(pk)s"
    ((spent,),) = rows_at_mark(_SPENT.format(which=which), {"pk": changed.pk})
    if spent > most:
        words = f"{format_money(spent)} was spent already; pause it to spend no more."
        raise FieldError(field, words, code="below_spent")


def _has_run(item: LineItem) -> bool:
    rolled = Rollup.objects.filter(line_item_id=item.pk)
    return rolled.exists() or AdDecision.objects.filter(line_item=item).exists()
