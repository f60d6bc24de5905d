"""From filled slots to the blocks on the page. Ads may fail; the page does not fail with them."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from uuid import UUID

from django.utils.translation import gettext

from ads.delivery.references import reference_of
from ads.delivery.serving import Served, serve
from ads.delivery.showing import event_paths
from ads.delivery.snapshots import choices_of
from ads.models import Creative, Slot
from ads.selectors import FilledSlot, Reader
from ads.thread_places import Roots, unfit
from articles.models import Article
from comments.selectors import roots_before
from newsroom.pages.context import Ad, Picture, Thread

ABOVE, BELOW = Slot.Position.ARTICLE_TOP, Slot.Position.ARTICLE_BOTTOM
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class PageAds:
    """The ads of one page view; ``between``: by the comment that follows."""

    above: Ad | None = None
    below: Ad | None = None
    between: Mapping[str, Ad] = field(default_factory=dict)

    @property
    def are_any(self) -> bool:
        """Whether the page needs the script that counts and fills them."""
        return bool(self.above or self.below or self.between)


NO_ADS = PageAds()


def page_ads(article: Article, thread: Thread, *, at: datetime, reader: Reader) -> PageAds:
    """The ads of one page view, written down so that they can be counted and explained.

    Of several slots in one position the first by code that has an ad is shown; a slot without one leaves
    no empty box. Where ads fail, the slots outside the thread keep their room, with the house's own words.
    """
    slots: list[Slot] = []
    try:
        slots += choices_of(article.site).slots
        if not slots:
            return NO_ADS
        roots = _roots(article, thread) if any(slot.every_m for slot in slots) else Roots(())
        codes = [slot.code for slot in slots]
        served = serve(article, codes, at=at, reader=reader, roots=roots)
    except Exception:  # Whatever it was: readers came for the article.
        log.exception("The ads of %s failed; its page is shown without them.", article.slug)
        return _house_words(article, slots)
    return _placed(article, served)


def _roots(article: Article, thread: Thread) -> Roots:
    shown = {UUID(row.id): row.is_hidden for row in thread.rows if row.depth == 0}
    return Roots(
        ids=tuple(shown),
        before=roots_before(article.pk, sort=thread.sort, cursor=thread.cursor),
        unfit=unfit(shown.keys(), removed={pk for pk, is_hidden in shown.items() if is_hidden}),
    )


def _placed(article: Article, served: list[Served]) -> PageAds:
    outside: dict[str, Ad] = {}
    between: dict[str, Ad] = {}
    for one in served:
        ad = _counted(article, one)
        if ad is None or one.slot is None:
            continue
        if one.gap is not None:
            between.setdefault(str(one.gap.below), ad)
        else:
            outside.setdefault(one.slot.position, ad)
    return PageAds(outside.get(ABOVE), outside.get(BELOW), between)


def _counted(article: Article, one: Served) -> Ad | None:
    """The block of a filled place, with the signed paths that count what happens to it."""
    if one.slot is None or one.decision is None or one.creative is None:
        return None
    filled = FilledSlot(
        code=one.code,
        position=one.slot.position,
        size=one.creative.size,
        creative=one.creative,
        sponsor=one.creative.line_item.campaign.advertiser.name,
        disclosure=article.site.disclosure,
        label=article.site.ad_label,
    )
    paths = event_paths(one.decision)
    return replace(
        block(filled, one.creative),
        url=paths.click,
        impression_url=paths.impression,
        viewable_url=paths.viewable,
        reference=reference_of(one.decision.pk),
        article=article.slug,
        view=str(one.decision.view),
    )


def _house_words(article: Article, slots: list[Slot]) -> PageAds:
    """Blocks that the page's script may fill once ads are back; until then they say who pays for news."""
    site = article.site
    words = gettext("Advertisements and readers pay for the reporting on this page.")
    kept = {
        slot.position: Ad(
            slot=slot.code, label=site.ad_label, article=article.slug, site=site.code, words=words
        )
        for slot in reversed(slots)
    }
    return PageAds(kept.get(ABOVE), kept.get(BELOW))


def block(filled: FilledSlot, creative: Creative) -> Ad:
    """A creative as it stands in a slot: who pays is said beside the sponsor, never instead of them."""
    is_picture = creative.kind == Creative.Kind.IMAGE
    disclosure = f"{filled.disclosure} · {filled.sponsor}"
    if creative.paid_by:
        disclosure += gettext(", paid by %(payer)s") % {"payer": creative.paid_by}
    return Ad(
        slot=filled.code,
        label=filled.label,
        disclosure=disclosure,
        headline="" if is_picture else creative.headline,
        text=creative.text,
        call_to_action=creative.call_to_action or creative.headline,
        url=creative.target_url,
        picture=_picture(creative),
        is_picture=is_picture,
        notice=creative.line_item.campaign.advertiser.site.political_notice if creative.political else "",
    )


def _picture(creative: Creative) -> Picture | None:
    image = creative.image
    if image is None:
        return None
    width, height = image.width, image.height
    if creative.kind == Creative.Kind.IMAGE:  # A picture with twice the pixels takes no more room.
        width, height = (int(side) for side in creative.size.split("x"))
    return Picture(url=image.url, alt=creative.image_alt, width=width, height=height)
