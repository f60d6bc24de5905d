"""Making and revoking keys."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from articles.models import Site
from moderation.ports.models import PortKey
from moderation.ports.selectors import key_digest
from newsroom.audit.services import record

KEY_BYTES = 20
DEFAULT_THRESHOLD = Decimal("0.80")
CHANGEABLE = ("name", "quota_per_minute", "on_unscorable", "threshold")


@transaction.atomic
def issue_key(
    *,
    site: Site,
    name: str,
    quota_per_minute: int | None = None,
    on_unscorable: str = PortKey.OnUnscorable.ERROR,
    threshold: Decimal = DEFAULT_THRESHOLD,
    actor: Any = None,
) -> tuple[PortKey, str]:
    """A new key and its secret, which is not stored and cannot be shown again.

    Hexadecimal, since clients strip other characters or use it as a label of a host name.
    """
    secret = secrets.token_hex(KEY_BYTES)
    key = PortKey.objects.create(
        site=site,
        name=name,
        quota_per_minute=quota_per_minute,
        on_unscorable=on_unscorable,
        threshold=threshold,
        digest=key_digest(secret),
    )
    _record("issue", key, actor=actor)
    return key, secret


@transaction.atomic
def change_key(*, key: PortKey, values: Mapping[str, Any], actor: Any) -> list[str]:
    """Set what may be changed of a key; the names of what did change. In force within two seconds."""
    stored = PortKey.objects.select_for_update().get(pk=key.pk)
    changed = [name for name in CHANGEABLE if name in values and getattr(stored, name) != values[name]]
    if changed:
        PortKey.objects.filter(pk=key.pk).update(**{name: values[name] for name in changed})
        _record("change", key, actor=actor, changed=changed)
    return changed


@transaction.atomic
def revoke_key(*, key: PortKey, actor: Any, at: datetime) -> bool:
    """Let a key stop working for good; whether it still worked. Safe to run twice."""
    if not PortKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at):
        return False
    _record("revoke", key, actor=actor)
    return True


def _record(what: str, key: PortKey, *, actor: Any, **data: Any) -> None:
    record(
        action=f"port_key.{what}",
        object_type="portkey",
        object_id=key.pk,
        actor_kind="person" if actor else "system",
        actor=actor,
        data={"site": str(key.site_id), **data},
    )
