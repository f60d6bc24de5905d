"""A link lets its role in once, within 15 minutes, in demo mode; looking at it uses nothing up."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import ImproperlyConfigured
from django.db import connections
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from articles.models import Site
from newsroom.demo.doors import DoorClosed, make_token, open_door, read_token

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("site", "people")]


def link(door: str = "queue") -> str:
    return f"/demo/enter/{make_token(door, at=timezone.now())}/"


def user_of(client: Client) -> str:
    key = client.session.get("_auth_user_id")
    return User.objects.get(pk=key).username if key else ""


@pytest.mark.parametrize(
    ("door", "username", "leads_to"),
    [("queue", "editor", "/admin/desk/"), ("slots", "ad_manager", "/admin/ads/slot/")],
)
def test_the_button_signs_in_and_leads_to_the_work(
    client: Client, door: str, username: str, leads_to: str
) -> None:
    response = client.post(link(door))
    assert (response.status_code, response["Location"]) == (303, leads_to)
    assert user_of(client) == username
    assert client.get(leads_to).status_code == 200


def test_where_a_second_factor_is_required_the_link_stands_for_the_password_alone(
    client: Client, settings: Any
) -> None:
    settings.STAFF_SECOND_FACTOR = "required"
    path = link()
    assert b"an authenticator app" in client.get(path).content
    assert b"an authenticator app comes next" in client.get("/demo/").content
    response = client.post(path)
    assert response["Location"] == "/admin/login/set-up/"
    assert user_of(client) == ""
    assert b"Set up a second factor" in client.get(response["Location"]).content


def test_a_link_works_once(client: Client) -> None:
    path = link()
    assert client.post(path).status_code == 303
    again: HttpResponse = Client().post(path)
    assert again.status_code == 410
    assert b"used already" in again.content


def test_looking_at_a_link_does_not_use_it_up(client: Client) -> None:
    path = link()
    for _ in range(3):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert user_of(client) == ""
    assert client.post(path).status_code == 303


@pytest.mark.django_db(transaction=True)
def test_of_eight_who_try_one_link_at_once_one_gets_in(demo: Path) -> None:
    token = make_token("queue", at=timezone.now())

    def try_it(_: int) -> bool:
        try:
            open_door(token, at=timezone.now())
        except DoorClosed:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(try_it, range(8))) == [False] * 7 + [True]


def test_a_link_is_good_for_fifteen_minutes() -> None:
    made = timezone.now().replace(microsecond=0)
    token = make_token("queue", at=made)
    assert read_token(token, at=made + timedelta(minutes=14, seconds=59)).username == "editor"
    with pytest.raises(DoorClosed, match="15 minutes"):
        read_token(token, at=made + timedelta(minutes=15))


def test_an_expired_link_does_not_open(client: Client) -> None:
    old = make_token("queue", at=timezone.now() - timedelta(minutes=15))
    assert client.post(f"/demo/enter/{old}/").status_code == 410
    assert user_of(client) == ""


@pytest.mark.parametrize(
    "tamper",
    [
        lambda token: token.replace("queue", "slots"),
        lambda token: token.replace("queue", "admin"),
        lambda token: token[:-1] + ("A" if token[-1] != "A" else "B"),
        lambda token: ".".join(["queue", "99999999999", *token.split(".")[2:]]),
        lambda token: token.rpartition(".")[0],
        lambda token: "queue",
        lambda token: "....",
        lambda token: "\N{SNOWMAN}",
    ],
)
def test_a_forged_link_does_not_open(client: Client, tamper: Callable[[str], str]) -> None:
    forged = tamper(make_token("queue", at=timezone.now()))
    assert client.post(f"/demo/enter/{forged}/").status_code == 410
    assert user_of(client) == ""


def test_another_sites_page_cannot_press_the_button(client: Client) -> None:
    path = link()
    assert client.post(path, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert client.post(path, headers={"Sec-Fetch-Site": "same-origin"}).status_code == 303


def test_a_link_never_lets_a_superuser_in(client: Client) -> None:
    User.objects.filter(username="editor").update(is_superuser=True)
    assert client.post(link()).status_code == 410


@pytest.mark.parametrize("change", [{"is_active": False}, {"is_staff": False}, {"username": "gone"}])
def test_without_its_person_a_link_says_what_is_missing(client: Client, change: dict[str, Any]) -> None:
    User.objects.filter(username="editor").update(**change)
    response = client.post(link())
    assert response.status_code == 410
    assert b"demo_setup" in response.content


def test_outside_demo_mode_no_link_opens(client: Client, no_demo: Callable[[], None]) -> None:
    path, token = link(), make_token("queue", at=timezone.now())
    no_demo()
    assert client.get(path).status_code == 404
    assert client.post(path).status_code == 404
    with pytest.raises(ImproperlyConfigured):
        open_door(token, at=timezone.now())


def test_the_page_of_a_link_is_kept_by_nobody(client: Client) -> None:
    response = client.get(link())
    assert "no-store" in response["Cache-Control"]
    assert response["Referrer-Policy"] == "no-referrer"


def test_signing_in_changes_the_session_key(client: Client, site: Site) -> None:
    client.post(link("slots"))
    before = client.session.session_key
    client.post(link("queue"))
    assert user_of(client) == "editor"
    assert client.session.session_key != before
