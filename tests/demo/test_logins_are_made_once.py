"""``manage.py demo_setup``: five logins that work, in a file that only its owner reads; twice is once."""

from __future__ import annotations

import json
import stat
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.models import User
from django.core.management import call_command
from django.test import Client

from articles.models import Site
from moderation.models import ModelVersion
from newsroom.access.models import ApiToken

pytestmark = pytest.mark.django_db

NAMES = ("admin", "editor", "editor2", "ad_manager", "advertiser", "cms")


@pytest.fixture
def set_up(demo: Path) -> Any:
    """Runs the command; returns what the file then says."""

    def run() -> dict[str, dict[str, str]]:
        call_command("demo_setup", stdout=StringIO())
        found: dict[str, dict[str, str]] = json.loads((demo / "demo-logins.json").read_text())
        return found

    return run


def test_every_login_opens_and_has_its_role(set_up: Any) -> None:
    logins = set_up()
    assert tuple(logins) == NAMES
    for name, login in logins.items():
        assert set(login) == {"username", "password", "token"}
        assert authenticate(username=login["username"], password=login["password"]).username == name
    users = {user.username: user for user in User.objects.filter(username__in=NAMES)}
    assert users["admin"].is_superuser
    assert [name for name in NAMES if users[name].is_staff] == ["admin", "editor", "editor2", "ad_manager"]
    assert users["editor2"].has_perm("moderation.add_decision")
    assert users["ad_manager"].has_perm("ads.add_slot")
    assert not users["ad_manager"].has_perm("moderation.add_decision")


def test_tokens_carry_the_scopes_of_their_role(set_up: Any) -> None:
    set_up()
    scopes = {token.user.username: token.scopes for token in ApiToken.objects.select_related("user")}
    assert scopes == {
        "admin": ["ads:read", "ads:write", "articles:write"],
        "editor": ["ads:read", "ads:write"],
        "editor2": ["ads:read", "ads:write"],
        "ad_manager": ["ads:read", "ads:write"],
        "advertiser": ["ads:read"],
        "cms": ["articles:write"],
    }


def test_the_ad_managers_token_works_over_the_api(set_up: Any, site: Site, client: Client) -> None:
    logins = set_up()

    def status(name: str) -> int:
        headers = {"Authorization": f"Bearer {logins[name]['token']}"}
        return client.get("/api/v1/ads/slots/", headers=headers).status_code

    assert [status(name) for name in NAMES] == [200, 200, 200, 200, 403, 403]


def test_only_its_owner_reads_the_file(set_up: Any, demo: Path) -> None:
    set_up()
    assert stat.S_IMODE((demo / "demo-logins.json").stat().st_mode) == 0o600


def test_a_second_run_changes_nothing_and_loads_no_classifier(
    set_up: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = set_up()
    rows = list(User.objects.order_by("pk").values()), list(ApiToken.objects.order_by("pk").values())
    monkeypatch.setattr("moderation.engine.load", lambda data: pytest.fail("loaded again"))
    assert set_up() == first
    assert rows == (
        list(User.objects.order_by("pk").values()),
        list(ApiToken.objects.order_by("pk").values()),
    )


def test_the_shipped_classifier_is_active_afterwards(set_up: Any) -> None:
    set_up()
    assert ModelVersion.objects.get().is_active


def test_only_what_no_longer_works_is_made_anew(set_up: Any) -> None:
    first = set_up()
    ApiToken.objects.filter(user__username="cms").update(revoked_at="2026-01-01T00:00:00Z")
    User.objects.filter(username="editor").update(password="!")
    second = set_up()
    assert second["cms"]["token"] != first["cms"]["token"]
    assert second["cms"]["password"] == first["cms"]["password"]
    assert second["editor"]["password"] != first["editor"]["password"]
    assert second["editor"]["token"] == first["editor"]["token"]
    assert second["admin"] == first["admin"]


@pytest.mark.parametrize("content", ["", "nonsense", "[]", '{"admin": 7}', '{"admin": {"password": "x"}}'])
def test_a_lost_or_broken_file_is_written_again_and_old_tokens_end(
    set_up: Any, demo: Path, content: str
) -> None:
    first = set_up()
    (demo / "demo-logins.json").write_text(content)
    second = set_up()
    assert second["admin"]["token"] != first["admin"]["token"]
    assert ApiToken.objects.filter(revoked_at=None).count() == len(NAMES)


def test_where_the_file_cannot_be_written_nothing_is_changed(demo: Path, people: Any) -> None:
    from newsroom.demo.people import ensure_people

    before = set(ApiToken.objects.values_list("pk", "revoked_at"))
    (demo / "demo-logins.json").unlink()
    (demo / "demo-logins.json").mkdir()
    with pytest.raises(OSError, match=r"demo-logins"):
        ensure_people()
    assert set(ApiToken.objects.values_list("pk", "revoked_at")) == before
