"""The tour's stop for other people's clients: a live call over HTTP, and the demo's key with its use."""

from __future__ import annotations

import json
import stat
from pathlib import Path
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from articles.models import Site
from moderation.ports.models import PortKey, PortUsage
from newsroom.demo.ports import ensure_key, key_file, read_key
from tests.pages.conftest import Newspaper
from tests.ports.conftest import PortsServer, made, ports_server  # noqa: F401  (fixtures)


@pytest.mark.django_db(transaction=True)
def test_it_asks_and_shows_the_answer(
    client: Client,
    made: Any,  # noqa: F811
    paper: Newspaper,
    demo: Path,
    ports_server: PortsServer,  # noqa: F811
    settings: Any,
) -> None:
    settings.NEWSROOM_PORTS_URL = ports_server.url
    secret = ensure_key(site=paper.site, now=timezone.now())
    page = client.get("/demo/", {"say": "You are a stupid idiot, <b>."}).content.decode()
    shown = page.partition("<pre tabindex")[2].partition("<code>")[2].partition("</code>")[0]
    answer = json.loads(shown.replace("&quot;", '"'))
    assert answer["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > 0.8
    assert "idiot, <b>" not in page
    assert f"/v1alpha1/comments:analyze?key={secret}" in page
    ports_server.stop()
    assert "does not answer" in client.get("/demo/?say=Hello").content.decode()


@pytest.mark.django_db
def test_without_a_key_the_stop_stands(client: Client, paper: Newspaper, demo: Path) -> None:
    page = client.get("/demo/").content.decode()
    assert "Bring your old clients" in page
    assert "comments:analyze?key=" not in page


def test_the_key_is_made_once_and_again_where_it_no_longer_works(demo: Path, site: Site) -> None:
    now = timezone.now()
    first = ensure_key(site=site, now=now)
    assert ensure_key(site=site, now=now) == first == read_key()
    assert stat.S_IMODE(key_file().stat().st_mode) == 0o600
    assert PortUsage.objects.count() == 28
    PortKey.objects.update(revoked_at=now)
    second = ensure_key(site=site, now=now)
    assert second == read_key() != first
    assert PortKey.objects.filter(revoked_at=None).count() == 1
