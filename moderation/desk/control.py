"""Changing a policy: each change raises the version and leaves an audit row."""

from __future__ import annotations

from typing import Any

from django.db import IntegrityError, transaction

from articles.models import Article, Section, Site
from moderation.models import Policy
from moderation.policy import SETTINGS, validate_thresholds
from newsroom.audit.services import record
from newsroom.errors import DomainError

POLICY_FIELDS = ("thresholds", *SETTINGS)
AGE = "close_after_days"


class PolicyStale(DomainError):
    code = "policy_stale"
    status = 409
    title = "Somebody else has changed this policy meanwhile"


def scope_of(policy: Policy) -> Site | Section | Article:
    """What a policy is about; it also keeps after how many days comments close."""
    return policy.article or policy.section or policy.site


@transaction.atomic
def save_policy(
    policy: Policy,
    *,
    actor: Any,
    reason: str,
    seen_version: int | None = None,
    close_after_days: int | str | None = "",
) -> bool:
    """Store a policy with who changed what, why; whether anything changed. A change raises the version.

    Args:
        seen_version: of the policy when it was shown; 0 for a new one. Without it the last one wins.
        close_after_days: None inherits, 0 is never; a string leaves it as it is.

    Raises:
        PolicyStale: it has another version by now.
    """
    validate_thresholds(policy.thresholds)
    before = Policy.objects.select_for_update().filter(pk=policy.pk).first()
    if seen_version is not None and (before.version if before else 0) != seen_version:
        raise PolicyStale
    changes: dict[str, Any] = {
        name: {"before": getattr(before, name, None), "after": getattr(policy, name)}
        for name in POLICY_FIELDS
        if before is None or getattr(before, name) != getattr(policy, name)
    }
    scope = scope_of(policy)
    is_age_said = not isinstance(close_after_days, str)
    if is_age_said and scope.close_after_days != close_after_days:
        changes[AGE] = {"before": scope.close_after_days, "after": close_after_days}
    if before and not changes:
        return False
    policy.version = before.version + 1 if before else 1
    try:
        with transaction.atomic():
            policy.save()
    except IntegrityError as error:
        raise PolicyStale from error
    if AGE in changes and not isinstance(close_after_days, str):
        scope.close_after_days = close_after_days
        scope.save(update_fields=[AGE])
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
