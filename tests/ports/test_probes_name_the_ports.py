"""``/readyz`` counts the ports as a part while somebody has a key, since somebody then waits for answers."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from moderation.models import Heartbeat
from moderation.ports.services import issue_key, revoke_key
from tests.factories import SiteFactory

pytestmark = pytest.mark.django_db


def ports(client: Client) -> dict[str, Any] | None:
    part: dict[str, Any] | None = client.get("/readyz").json()["parts"].get("ports")
    return part


def test_without_a_key_nobody_need_run_them(client: Client) -> None:
    assert ports(client) is None


def test_with_a_key_they_are_missed_until_they_beat(client: Client) -> None:
    key = issue_key(site=SiteFactory(), name="Coral")[0]
    missed = ports(client)
    assert missed is not None
    assert not missed["ok"]
    Heartbeat.objects.create(part="ports")
    assert (ports(client) or {})["ok"]
    Heartbeat.objects.update(at=timezone.now() - timedelta(seconds=60))
    assert "last seen 60 s ago" in (ports(client) or {})["detail"]
    revoke_key(key=key, actor=None, at=timezone.now())
    assert ports(client) is None
