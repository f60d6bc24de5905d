"""Keys in the admin: shown once, changed and revoked with an audit, and what they are used for."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from moderation.ports.models import PortKey, PortUsage
from moderation.ports.reports import use_of
from moderation.ports.selectors import key_digest, live_key
from moderation.ports.services import issue_key
from newsroom.audit.models import AuditEntry
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db
NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)


@pytest.fixture
def visit() -> Callable[[str], Client]:
    """A signed-in client: ``admin``, or somebody in a group."""

    def sign_in(role: str) -> Client:
        users = get_user_model().objects
        if role == "admin":
            user = users.create_superuser("admin")
        else:
            user = users.create_user(role.replace(" ", "_"), is_staff=True)
            user.groups.add(Group.objects.get(name=role))
        client = Client()
        client.force_login(user)
        return client

    return sign_in


def page(key: PortKey) -> str:
    return reverse("admin:ports_portkey_change", args=[key.pk])


def used(key: PortKey, **scores: int) -> PortUsage:
    """One row of today: ``s80=3`` for three texts in bin 80."""
    counts = [0] * PortUsage.BINS
    for name, count in scores.items():
        counts[int(name[1:])] = count
    total = sum(counts)
    return PortUsage.objects.create(
        key=key, on=datetime.now(UTC).date(), requests=total + 2, texts=total + 2, held=2, scores=counts
    )


def test_a_key_is_shown_once_and_stored_as_a_digest(visit: Any) -> None:
    admin, site = visit("admin"), SiteFactory()
    form = {
        "site": site.pk,
        "name": "Coral",
        "quota_per_minute": "",
        "on_unscorable": "hold_score",
        "threshold": "0.7",
    }
    answer = admin.post(reverse("admin:ports_portkey_add"), form)
    secret = answer.context["secret"]
    assert secret in answer.content.decode()
    assert "no-store" in answer["Cache-Control"]
    known = live_key(key_digest(secret))
    assert known is not None
    assert known.holds
    key = PortKey.objects.get()
    assert key.threshold == Decimal("0.70")
    for path in (page(key), reverse("admin:ports_portkey_changelist")):
        assert secret not in admin.get(path).content.decode()
    assert AuditEntry.objects.filter(action="port_key.issue", object_id=str(key.pk)).exists()


def test_the_page_counts_what_the_clients_threshold_stops(visit: Any) -> None:
    key = issue_key(site=SiteFactory(), name="Coral")[0]
    used(key, s10=90, s79=4, s80=3, s99=1)
    editor = visit("editor")
    text = editor.get(page(key)).content.decode()
    assert "At your client’s threshold 0.80: <b>6</b> of your last 100 texts." in text
    assert "2 of them were answered 1.0" in text
    form = {"name": "Coral", "quota_per_minute": "", "on_unscorable": "error", "threshold": "0.75"}
    assert editor.post(page(key), form).status_code == 302
    assert "threshold 0.75: <b>10</b> of your last 100" in editor.get(page(key)).content.decode()
    assert AuditEntry.objects.get(action="port_key.change").data["changed"] == ["threshold"]


def test_the_report_is_of_four_weeks_and_adds_up() -> None:
    key = issue_key(site=SiteFactory(), name="Coral")[0]
    for day, count in ((27, 5), (26, 7), (23, 1)):
        scores = [0] * PortUsage.BINS
        scores[90] = count
        on = datetime(2026, 10, day, tzinfo=UTC).date() if day > 23 else NOON.date()
        PortUsage.objects.create(key=key, on=on, texts=count, scores=scores)
    report = use_of(key, today=NOON.date())
    assert (len(report.days), report.texts, report.stopped) == (28, 6, 6)
    assert [stopped for _, stopped, _ in report.by_threshold] == [6] * 9 + [0]
    assert len(report.bars) == 2
    assert use_of(issue_key(site=key.site, name="x")[0], today=NOON.date()).most == 10


@pytest.mark.parametrize("way", ["button", "action"])
def test_revoking_is_for_administrators(visit: Any, way: str) -> None:
    key = issue_key(site=SiteFactory(), name="Coral")[0]
    path, form = {
        "button": (page(key), {"_revoke": "1"}),
        "action": (
            reverse("admin:ports_portkey_changelist"),
            {"action": "revoke", "_selected_action": [str(key.pk)]},
        ),
    }[way]
    visit("editor").post(path, form)
    assert PortKey.objects.get().revoked_at is None
    admin = visit("admin")
    admin.post(path, form)
    assert PortKey.objects.get().revoked_at is not None
    assert "_revoke" not in admin.get(page(key)).content.decode()
    assert admin.post(page(key), {"name": "changed"}).status_code == 403


@pytest.mark.parametrize(("role", "status"), [("editor", 200), ("ad manager", 403)])
def test_who_sees_keys(visit: Any, role: str, status: int) -> None:
    key = issue_key(site=SiteFactory(), name="Coral")[0]
    client = visit(role)
    assert client.get(page(key)).status_code == status
    assert client.get(reverse("admin:ports_portkey_add")).status_code == 403
    assert client.post(page(key).replace("change", "delete")).status_code == 403


@pytest.mark.parametrize("threshold", ["1.01", "-0.1", "much"])
def test_a_threshold_is_a_share(visit: Any, threshold: str) -> None:
    key = issue_key(site=SiteFactory(), name="Coral")[0]
    form = {"name": "Coral", "quota_per_minute": "", "on_unscorable": "error", "threshold": threshold}
    assert visit("admin").post(page(key), form).status_code == 200
    assert PortKey.objects.get().threshold == Decimal("0.80")
