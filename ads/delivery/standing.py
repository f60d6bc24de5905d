"""What stands on a page already: a page hands back what earlier calls of its view were given.

Nothing else that a page says of itself is believed, and this is signed: several calls of one view, such as
further parts of a conversation, know each other by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ads.decision import Standing
from ads.delivery.events import signed_decision
from ads.delivery.models import AdDecision, Kind
from articles.models import Article

MOST = 40  # Ads on one page, and as many as a body may name.
LONGEST = 1_000


def standing_on(article: Article, *, view: UUID, shown: Sequence[str]) -> list[Standing]:
    """The ads of this view of this article among those that ``shown`` names; one query.

    What was not signed here, or belongs to another view or article, is passed over: a page that is two
    versions old still gets its ads.

    Args:
        shown: each the ``viewable_url`` of an answer.
    """
    named = (signed_decision(Kind.VIEWABLE, path.rpartition("/")[2]) for path in shown)
    ids = [pk for pk in named if pk is not None]
    if not ids:
        return []
    rows = AdDecision.objects.filter(pk__in=ids, view=view, article=article, creative__isnull=False)
    found = rows.order_by("id").values_list(
        "slot__code",
        "creative_id",
        "line_item_id",
        "line_item__campaign__advertiser__name",
        "line_item__campaign__advertiser__competitor_group",
    )
    return [Standing(*row) for row in found if None not in row]
