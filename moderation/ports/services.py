"""Making and revoking keys."""

from __future__ import annotations

import secrets
from datetime import datetime
from typing import Any

from django.db import transaction

from articles.models import Site
from moderation.ports.models import PortKey
from moderation.ports.selectors import key_digest
from newsroom.audit.services import record

KEY_BYTES = 20


@transaction.atomic
def issue_key(
    *,
    site: Site,
    name: str,
    quota_per_minute: int | None = None,
    on_unscorable: str = PortKey.OnUnscorable.ERROR,
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
        digest=key_digest(secret),
    )
    _record("issue", key, actor=actor)
    return key, secret


@transaction.atomic
def revoke_key(*, key: PortKey, actor: Any, at: datetime) -> bool:
    """Let a key stop working for good; whether it still worked. Safe to run twice."""
    if not PortKey.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=at):
        return False
    _record("revoke", key, actor=actor)
    return True


def _record(what: str, key: PortKey, *, actor: Any) -> None:
    record(
        action=f"port_key.{what}",
        object_type="portkey",
        object_id=key.pk,
        actor_kind="person" if actor else "system",
        actor=actor,
        data={"site": str(key.site_id)},
    )
