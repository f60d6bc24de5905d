"""Changing slots and what is sold on them. Every change is written to the audit in its own transaction."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.http import Http404
from django.utils import timezone

from ads.creatives import check_creative, content_digest
from ads.delivery.limits import check_spent
from ads.line_items import check_line_item, check_move
from ads.models import AdImage, AdObject, Advertiser, Campaign, Creative, LineItem, PolicyOverride, Slot
from ads.preconditions import ANY, require_current
from articles.models import Site
from newsroom.audit.services import record
from newsroom.errors import DomainError, FieldError

Kind = TypeVar("Kind", bound=AdObject)

MOST_NAMED = 3
LONGEST_OVERRIDE = timedelta(days=366)
# What a unique constraint means to somebody who fills in a form: the field, and what to say there.
TAKEN = {
    "slot_code_per_site": ("code", "This site already has a slot with this code."),
    "advertiser_name_per_site": ("name", "This site already has an advertiser with this name."),
}


class InUse(DomainError):
    code = "in_use"
    status = 409
    title = "Something else still uses it"


@transaction.atomic
def change_object(
    kind: type[Kind], *, site: Site, pk: UUID, wanted: Collection[str], fields: Mapping[str, Any], actor: Any
) -> Kind:
    """Change an object that still has one of the ``wanted`` versions.

    Raises:
        Http404: this site has no such object.
        Stale: somebody changed it since.
        FieldError: the new values do not fit.
    """
    found = _locked(kind, site=site, pk=pk)
    require_current(found, wanted)
    own, related = apart(kind, fields)
    for name, value in own.items():
        setattr(found, name, value)
    return save_object(found, actor=actor, wanted=wanted, related=related)


@transaction.atomic
def delete_object(kind: type[Kind], *, site: Site, pk: UUID, wanted: Collection[str], actor: Any) -> None:
    """Delete an object that nothing else uses.

    Raises:
        Http404, Stale, InUse.
    """
    found = _locked(kind, site=site, pk=pk)
    require_current(found, wanted)
    remove_object(found, actor=actor)


@transaction.atomic
def save_object(
    changed: Kind,
    *,
    actor: Any,
    wanted: Collection[str] = (ANY,),
    related: Mapping[str, Iterable[Any]] | None = None,
) -> Kind:
    """Store a new or changed object under its next version; where nothing changed, nothing is written.

    Args:
        wanted: the versions that the change was made on.
        related: by the name of a many-to-many field, all that it shall hold.

    Raises:
        Stale: somebody changed it since.
        FieldError: a value is taken, or the values do not fit each other.
    """
    if isinstance(changed, Slot):
        _check_spacing(changed)
    if isinstance(changed, Campaign):
        _check_dates(changed)
    if isinstance(changed, LineItem):
        check_line_item(changed)
    if isinstance(changed, Creative):
        check_creative(changed)
        changed.sha256 = content_digest(changed)
    if isinstance(changed, PolicyOverride):
        _check_override(changed)
    _hold_what_it_points_to(changed, related or {})
    kind = type(changed)
    stored = kind._default_manager.select_for_update().filter(pk=changed.pk).first()
    if isinstance(changed, LineItem) and stored is not None:
        check_move(stored.state(at=timezone.now()), changed.status, unmoved=stored.status)
    before = _values(stored)
    after = _values(changed) | {name: _names(objects) for name, objects in (related or {}).items()}
    if stored is not None:
        require_current(stored, wanted)
        before |= {name: _names(getattr(stored, name).all()) for name in related or {}}
    differing = [name for name in after if stored is None or before[name] != after[name]]
    if not differing:
        return changed
    changed.version = stored.version + 1 if stored else 1
    _write(changed)
    check_spent(changed, stored)
    for name, objects in (related or {}).items():
        getattr(changed, name).set(objects)
    _note(
        "update" if stored else "create",
        changed,
        actor=actor,
        before={name: before[name] for name in differing if stored},
        after={name: after[name] for name in differing},
    )
    return changed


@transaction.atomic
def remove_object(found: AdObject, *, actor: Any) -> None:
    """Delete an object that nothing else uses.

    Raises:
        InUse: something does. What would join at this moment waits for the lock, then finds nothing.
    """
    locked = type(found)._default_manager.select_for_update().get(pk=found.pk)
    if in_words := use_in_words(locked):
        raise InUse(in_words)
    _note("delete", locked, actor=actor, before=_values(locked), after={})
    try:
        locked.delete()
    except models.ProtectedError as error:
        raise InUse(f"“{locked}” stands on a statement: it stays.") from error


def apart(kind: type[AdObject], fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[Any]]]:
    """The values of an object's own columns, and those of its many-to-many fields."""
    many = {field.name for field in kind._meta.many_to_many}
    own = {name: value for name, value in fields.items() if name not in many}
    return own, {name: list(value) for name, value in fields.items() if name in many}


def use_in_words(found: AdObject) -> str:
    """Why this object cannot be deleted, as sentences; empty if it can."""
    users: models.Manager[Any]
    if isinstance(found, Slot):
        users, advice = found.line_items, "Take it out of them first, or switch it off (active: false)."
    elif isinstance(found, Advertiser):
        users, advice = found.campaigns, "Its campaigns are its history: it stays."
    elif isinstance(found, Campaign):
        users, advice = found.line_items, "Delete them first, or let the campaign end."
    elif isinstance(found, AdImage):
        users, advice = found.creatives, "Give them another picture first."
    elif isinstance(found, LineItem):
        users, advice = found.creatives, "Delete them first, or pause the line item."
    else:
        return ""
    names = [str(user) for user in users.order_by("id")[: MOST_NAMED + 1]]
    if not names:
        return ""
    shown = ", ".join(f"“{name}”" for name in names[:MOST_NAMED])
    more = " and others" if len(names) > MOST_NAMED else ""
    return f"“{found}” is used by {shown}{more}. {advice}"


def _locked(kind: type[Kind], *, site: Site, pk: UUID) -> Kind:
    found: Kind | None = kind.objects.of_site(site).select_for_update(of=("self",)).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _check_spacing(slot: Slot) -> None:
    in_thread = slot.position == Slot.Position.IN_THREAD
    for name in ("after_n", "every_m"):
        given = getattr(slot, name) is not None
        if in_thread and not given:
            raise FieldError(name, f"A slot in a thread needs {name}.", code="required")
        if given and not in_thread:
            raise FieldError(name, f"Only a slot in a thread has {name}; send null.", code="not_in_thread")


def _check_dates(campaign: Campaign) -> None:
    if campaign.ends_at is not None and campaign.ends_at <= campaign.starts_at:
        raise FieldError("ends_at", "A campaign ends after it starts.", code="before_start")


def _check_override(override: PolicyOverride) -> None:
    scopes = [name for name in ("section", "tag", "article") if getattr(override, name) is not None]
    if len(scopes) > 1:
        raise FieldError(scopes[1], "Choose a section, a tag or an article; none: the whole site.")
    for name in scopes:
        if getattr(override, name).site_id != override.site_id:
            raise FieldError(name, "This site has nothing with this id.", code="does_not_exist")
    if override.expires_at <= override.starts_at:
        raise FieldError("expires_at", "It ends after it starts.", code="before_start")
    if override.expires_at - override.starts_at > LONGEST_OVERRIDE:
        raise FieldError("expires_at", "At most a year; then look again.", code="too_long")


def _hold_what_it_points_to(changed: AdObject, related: Mapping[str, Iterable[Any]]) -> None:
    """Lock what this object belongs to or names, so that nobody deletes it before the transaction ends.

    PostgreSQL would notice too, but only at the commit, when nobody can be told which field it was.
    """
    wanted: list[tuple[str, Any, set[UUID]]] = [
        (field.name, field.related_model, {getattr(changed, field.attname)})
        for field in changed._meta.concrete_fields
        if isinstance(field.related_model, type)
        and issubclass(field.related_model, AdObject)
        and getattr(changed, field.attname) is not None
    ]
    wanted += [
        (name, changed._meta.get_field(name).related_model, {found.pk for found in objects})
        for name, objects in related.items()
    ]
    for name, kind, keys in wanted:
        there = kind.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk")
        if len(there.values_list("pk")) < len(keys):
            raise FieldError(name, "This is no longer there.", code="does_not_exist")


def _write(changed: AdObject) -> None:
    try:
        with transaction.atomic():
            changed.save()
    except IntegrityError as error:
        for constraint, (field, words) in TAKEN.items():
            if constraint in str(error):
                raise FieldError(field, words, code="unique") from error
        raise


def _values(found: AdObject | None) -> dict[str, Any]:
    return {name: _plain(getattr(found, name)) for name in found.audited} if found is not None else {}


def _names(objects: Iterable[Any]) -> list[str]:
    return sorted(str(found) for found in objects)


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID) else value


def audited_as(kind: type[AdObject]) -> str:
    """What the audit calls objects of this kind: ``line_item``."""
    return str(kind._meta.verbose_name).replace(" ", "_")


def _note(action: str, found: AdObject, *, actor: Any, before: dict[str, Any], after: dict[str, Any]) -> None:
    name = audited_as(type(found))
    record(
        action=f"{name}.{action}",
        object_type=name,
        object_id=found.pk,
        actor_kind="person",
        actor=actor,
        data={"version": found.version, "before": before, "after": after},
    )
