"""Times as readers see them: in the site's zone, and as a distance from now."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from django.utils.timesince import timesince
from django.utils.translation import gettext

from newsroom.pages.context import Moment

JUST_NOW = timedelta(minutes=1)
RECENT = timedelta(days=7)


def moment(at: datetime, *, now: datetime, zone: ZoneInfo) -> Moment:
    """``at`` in ``zone`` with words such as "3 hours ago"; a time to come counts as now (clocks differ)."""
    if now - at < JUST_NOW:
        return Moment(at=at.astimezone(zone), ago=gettext("just now"), is_recent=True)
    since = timesince(at, now, depth=1).replace("\xa0", " ")
    return Moment(
        at=at.astimezone(zone), ago=gettext("%(time)s ago") % {"time": since}, is_recent=now - at < RECENT
    )
