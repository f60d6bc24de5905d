"""Changing a policy: each change raises the version and leaves an audit row."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from moderation.models import Policy
from newsroom.audit.services import record

POLICY_FIELDS = ("thresholds", "premoderate", "auto_reject", "max_links", "flood_limit")


@transaction.atomic
def save_policy(policy: Policy, *, actor: Any, reason: str) -> bool:
    """Store a policy with who changed what, why; whether anything changed. A change raises the version."""
    before = Policy.objects.select_for_update().filter(pk=policy.pk).first()
    changes = {
        name: {"before": getattr(before, name, None), "after": getattr(policy, name)}
        for name in POLICY_FIELDS
        if before is None or getattr(before, name) != getattr(policy, name)
    }
    if before and not changes:
        return False
    policy.version = before.version + 1 if before else 1
    policy.save()
    record(
        action="policy.update" if before else "policy.create",
        object_type="policy",
        object_id=policy.pk,
        actor_kind="person",
        actor=actor,
        reason=reason,
        data={"version": policy.version, "changes": changes},
    )
    return True
