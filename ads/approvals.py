"""Approving what advertisers show: by a second person, or alone with a reason where the site allows it."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from ads.creatives import content_digest
from ads.models import Approval, Creative
from ads.services import save_object
from articles.models import Site
from newsroom.audit.models import AuditEntry
from newsroom.errors import DomainError, FieldError

APPROVE = "ads.approve_creative"
CONTENT_CHANGES = ("creative.create", "creative.update")


class ContentChanged(DomainError):
    code = "content_changed"
    status = 409
    title = "It is not what you looked at"


class NeedsAnotherPerson(DomainError):
    code = "needs_another_person"
    status = 403
    title = "Somebody else approves this"


@transaction.atomic
def approve_creative(creative: Creative, *, sha256: str, actor: Any, reason: str = "") -> Creative:
    """Let exactly the content with this digest run. Approving it again changes nothing.

    Raises:
        ContentChanged: it shows something else by now.
        NeedsAnotherPerson: the actor made it and the site wants four eyes, or may not approve at all.
        FieldError: the actor made it and gives no reason.
    """
    locked: Creative = (
        Creative.objects.select_for_update(of=("self",))
        .select_related("line_item__campaign__advertiser__site", "image")
        .get(pk=creative.pk)
    )
    digest = content_digest(locked)
    if sha256 != digest:
        raise ContentChanged("The content was changed since. Look at it again, then approve what you see.")
    if locked.sha256 == locked.approved_sha256 == digest:
        return locked
    alone = _require_right(locked, actor=actor, reason=reason)
    Approval.objects.create(creative=locked, sha256=digest, by=actor, alone=alone, reason=reason)
    locked.approved_sha256 = digest
    return save_object(locked, actor=actor)


def is_own_work(creative: Creative, actor: Any) -> bool:
    """Whether this person made or last changed the content."""
    changes = AuditEntry.objects.filter(
        object_type="creative",
        object_id=creative.pk,
        action__in=CONTENT_CHANGES,
        data__after__has_key="sha256",
    )
    last = changes.order_by("-id").values_list("actor_id", flat=True).first()
    return last is not None and last == actor.pk


def _require_right(creative: Creative, *, actor: Any, reason: str) -> bool:
    """Whether the actor approves alone.

    Raises:
        NeedsAnotherPerson, FieldError.
    """
    site = creative.line_item.campaign.advertiser.site
    if actor.has_perm(APPROVE) and not is_own_work(creative, actor):
        return False
    if site.four_eyes == Site.FourEyes.REQUIRED:
        raise NeedsAnotherPerson("An editor who did not make this ad has to approve it.")
    if not reason:
        raise FieldError("reason", "You approve your own work: say why.", code="required")
    return True
