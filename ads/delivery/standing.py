"""What stands on a page already: a page hands back what earlier calls of its view were given.

Nothing else that a page says of itself is believed, and this is signed: several calls of one view, such as
further parts of a conversation, know each other by it.
"""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from ads.decision import Standing
from ads.delivery.events import written_decision
from ads.delivery.models import AdDecision, Kind
from ads.delivery.records import brought
from ads.models import LineItem, Slot
from articles.models import Article

MOST = 40  # Ads on one page, and as many as a body may name.
LONGEST = 1_000


def standing_on(article: Article, *, view: UUID, shown: Sequence[str]) -> list[Standing]:
    """The ads of this view of this article among those that ``shown`` names; two queries.

    What was not signed here, or belongs to another view or article, is passed over: a page that is two
    versions old still gets its ads.

    Args:
        shown: each the ``viewable_url`` of an answer.
    """
    tokens = [path.rpartition("/")[2] for path in shown]
    records = [found for token in tokens if (found := brought(Kind.VIEWABLE, token))]
    own = [one for one in records if (one.view, one.article) == (view, article.pk)]
    old = [pk for token in tokens if (pk := written_decision(Kind.VIEWABLE, token))]
    if not own and not old:
        return []
    rows = AdDecision.objects.filter(pk__in=old, view=view, article=article, creative__isnull=False)
    named = [(one.pk, one.slot, one.creative, one.line_item) for one in own]
    named += rows.values_list("pk", "slot_id", "creative_id", "line_item_id") if old else []
    return _stand(sorted(named))


def _stand(named: Sequence[tuple[UUID, UUID, UUID | None, UUID | None]]) -> list[Standing]:
    slots = dict(Slot.objects.filter(pk__in={slot for _, slot, *_ in named}).values_list("pk", "code"))
    sold = LineItem.objects.filter(pk__in={item for *_, item in named if item}).values_list(
        "pk", "campaign__advertiser__name", "campaign__advertiser__competitor_group"
    )
    owners = {pk: (name, group) for pk, name, group in sold}
    return [
        Standing(slots[slot], creative, item, *owners[item])
        for _, slot, creative, item in named
        if slot in slots and item is not None and item in owners and creative is not None
    ]
