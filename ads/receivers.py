"""News from below: an emergency takes the ads off a site, or ends."""

from __future__ import annotations

from typing import Any

from django.dispatch import receiver

from ads.models import PolicyOverride
from ads.services import save_object
from moderation.models import Emergency
from moderation.signals import emergency_began, emergency_ended


@receiver(emergency_began)
def switch_ads_off(*, emergency: Emergency, actor: Any, **kwargs: Any) -> None:
    """Set the editors' switch, under the emergency's own id."""
    if emergency.kind == Emergency.Kind.ADS_OFF:
        override = PolicyOverride(
            id=emergency.pk,
            site=emergency.site,
            action=PolicyOverride.Action.NONE,
            reason=emergency.reason,
            starts_at=emergency.started_at,
            expires_at=emergency.until,
        )
        save_object(override, actor=actor)


@receiver(emergency_ended)
def end_the_switch(*, emergency: Emergency, actor: Any, **kwargs: Any) -> None:
    """End it too, unless somebody did, or took it away."""
    override = PolicyOverride.objects.filter(pk=emergency.pk, expires_at__gt=emergency.until).first()
    if override is not None:
        override.expires_at = emergency.until
        save_object(override, actor=actor)
