"""Which line items have spent their money: their accounts have no room for one more event."""

from __future__ import annotations

from typing import Any

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.expressions import RawSQL

# What one event costs, and how much may be spent, as ``ads.delivery.prices.price_of`` has them.
_SPENT_OUT = """
SELECT item.id FROM ads_lineitem item
JOIN ads_campaign campaign ON campaign.id = item.campaign_id
CROSS JOIN LATERAL (
    SELECT CASE item.price_model WHEN 'cpm' THEN item.price_micros / 1000 WHEN 'cpc' THEN item.price_micros
        ELSE item.price_micros / nullif(item.goal, 0) END
) one (costs)
JOIN delivery_spend spend ON spend.key IN ('item:' || item.id, 'campaign:' || item.campaign_id)
WHERE one.costs > 0 AND spend.settled_micros + one.costs > CASE
    WHEN spend.key = 'campaign:' || item.campaign_id THEN campaign.budget_micros
    ELSE least(item.budget_micros, CASE WHEN item.price_model = 'flat' THEN item.price_micros END) END
"""


def spent_out() -> Q:
    """Line items whose budget, flat price or campaign's budget is spent, as far as events are folded."""
    return Q(pk__in=RawSQL(_SPENT_OUT, ()))  # noqa: S611  (a fixed text)


def is_spent_out() -> ExpressionWrapper[Any]:
    """The same as a column, for lists: ``annotate(is_spent=is_spent_out())``."""
    return ExpressionWrapper(spent_out(), output_field=BooleanField())
