"""Signing in with an authenticator app: set up, asked each time, recovered, reset; nobody is locked out."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from html.parser import HTMLParser
from uuid import uuid4

import pytest
from cryptography.hazmat.primitives.hashes import SHA1
from cryptography.hazmat.primitives.twofactor.totp import TOTP
from django.contrib.auth import get_user_model
from django.contrib.sessions.models import Session
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from newsroom.access import second_factor
from newsroom.access.models import RecoveryCode, SecondFactor
from newsroom.access.sessions import purge_sessions
from newsroom.audit.models import AuditEntry
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
HERE, ELSEWHERE = "203.0.113.7", "198.51.100.9"
WORD = "correct horse battery"


@pytest.fixture
def account(settings):
    """An account of its own for each test: the counts outlive it."""
    settings.NEWSROOM_LIMITS = "default"
    user = get_user_model().objects.create_user(f"kerensa-{uuid4().hex}", is_staff=True, is_superuser=True)
    user.set_password(WORD)
    user.save()
    return user


def code_of(secret, *, at=None, steps=0):
    moment = (at or timezone.now()) + timedelta(seconds=30 * steps)
    return TOTP(base64.b32decode(secret), 6, SHA1(), 30).generate(int(moment.timestamp())).decode()  # noqa: S303


def with_factor(user, *, minutes_ago=10):
    """The secret and the recovery codes of a factor that was set up a while ago."""
    secret, at = second_factor.new_secret(), timezone.now() - timedelta(minutes=minutes_ago)
    return secret, second_factor.set_up(user=user, secret=secret, code=code_of(secret, at=at), at=at)


def browser(user, *, network=None, then=""):
    """A browser in which this user's password was typed."""
    client = Client(REMOTE_ADDR=network or f"10.{uuid4().bytes[0]}.{uuid4().bytes[1]}.{uuid4().bytes[2]}")
    answer = client.post("/admin/login/", {"username": user.username, "password": WORD, "next": then})
    return client, answer


def is_in(client):
    return client.get("/admin/password_change/").status_code == 200


def send_code(client, code):
    return client.post("/admin/login/code/", {"code": code})


def test_where_it_is_optional_and_not_set_up_the_password_signs_in(account):
    client, answer = browser(account, then="/admin/desk/")
    assert answer["Location"] == "/admin/desk/"
    assert is_in(client)


def test_the_password_alone_signs_nobody_in(account):
    secret, _ = with_factor(account)
    client, answer = browser(account, then="/admin/desk/")
    assert answer["Location"] == "/admin/login/code/"
    assert not is_in(client)
    assert send_code(client, code_of(secret))["Location"] == "/admin/desk/"
    assert is_in(client)


def test_a_code_works_once(account):
    secret, _ = with_factor(account)
    now = timezone.now()
    assert second_factor.is_code_of(account, code_of(secret, at=now), at=now)
    assert not second_factor.is_code_of(account, code_of(secret, at=now), at=now)
    assert not second_factor.is_code_of(account, code_of(secret, at=now, steps=-1), at=now)
    assert second_factor.is_code_of(account, code_of(secret, at=now, steps=1), at=now)


@pytest.mark.parametrize("steps", [-2, 2])
def test_a_code_of_another_minute_is_wrong(account, steps):
    secret, _ = with_factor(account)
    now = timezone.now()
    assert not second_factor.is_code_of(account, code_of(secret, at=now, steps=steps), at=now)


@pytest.mark.parametrize(
    "typed", ["", " ", "12345", "1234567", "abcdef", "²²²²²²", "١٢٣٤٥٦", "9" * 5000, "\0" * 6]
)
def test_what_is_no_code_is_refused(account, typed):
    with_factor(account)
    client, _ = browser(account)
    assert send_code(client, typed).status_code == 200
    assert not is_in(client)


def test_a_code_may_be_typed_with_a_space(account):
    secret, _ = with_factor(account)
    client, _ = browser(account)
    code = code_of(secret)
    assert send_code(client, f" {code[:3]} {code[3:]} ").status_code == 302


def test_a_recovery_code_works_once_and_is_not_stored(account):
    _, codes = with_factor(account)
    client, _ = browser(account)
    assert send_code(client, codes[0].upper().replace("-", " ")).status_code == 302
    assert is_in(client)
    again, _ = browser(account)
    assert send_code(again, codes[0]).status_code == 200
    assert not is_in(again)
    assert second_factor.recovery_codes_left(account) == second_factor.RECOVERY_CODES - 1
    stored = {bytes(row.digest) for row in RecoveryCode.objects.all()}
    assert all(code.replace("-", "").encode() not in digest for code in codes for digest in stored)


def test_the_code_page_without_a_password_leads_to_the_login(account):
    with_factor(account)
    assert Client().get("/admin/login/code/")["Location"] == "/admin/login/"
    assert Client().post("/admin/login/code/", {"code": "123456"})["Location"] == "/admin/login/"


def test_a_changed_password_ends_what_was_begun(account):
    secret, _ = with_factor(account)
    client, _ = browser(account)
    account.set_password("another one now")
    account.save()
    assert send_code(client, code_of(secret))["Location"] == "/admin/login/"


def test_guessing_codes_is_stopped_and_the_owner_signs_in_from_elsewhere(account):
    secret, _ = with_factor(account)
    guesser, _ = browser(account, network=HERE)
    for _ in range(5):
        send_code(guesser, "000000")
    assert "Too many tries from your network." in send_code(guesser, code_of(secret)).content.decode()
    owner, _ = browser(account, network=ELSEWHERE)
    assert send_code(owner, code_of(secret)).status_code == 302


class Page(HTMLParser):
    def __init__(self, answer):
        super().__init__()
        self.tags = []
        self.feed(answer.content.decode())

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))


def test_where_it_is_required_the_first_login_sets_it_up(account, settings):
    settings.STAFF_SECOND_FACTOR = "required"
    client, answer = browser(account, then="/admin/desk/")
    assert answer["Location"] == "/admin/login/set-up/"
    assert not is_in(client)
    page = client.get("/admin/login/set-up/")
    assert "no-store" in page["Cache-Control"]
    tags = Page(page).tags
    assert "svg" in [tag for tag, _ in tags]
    assert not [
        attrs for _, attrs in tags if "style" in attrs or any(name.startswith("on") for name in attrs)
    ]
    key = re.search(r'class="key">([A-Z2-7 ]+)<', page.content.decode())[1].replace(" ", "")
    assert key in client.get("/admin/login/set-up/").content.decode().replace(
        " ", ""
    )  # Loaded again: the same.
    assert client.post("/admin/login/set-up/", {"code": "000000"}).status_code == 200
    assert not is_in(client)
    done = client.post("/admin/login/set-up/", {"code": code_of(key)})
    assert len(set(re.findall(r"<code>([a-z0-9-]{19})</code>", done.content.decode()))) == 10
    assert 'href="/admin/desk/"' in done.content.decode()
    assert "no-store" in done["Cache-Control"]
    assert is_in(client)
    assert key.encode() not in bytes(SecondFactor.objects.get(user=account).secret)


def test_a_session_of_before_ends_where_it_becomes_required(account, settings):
    client, _ = browser(account)
    assert is_in(client)
    settings.STAFF_SECOND_FACTOR = "required"
    assert not is_in(client)


def test_one_switches_it_on_and_off_oneself(account, settings):
    client, _ = browser(account)
    page = client.get("/admin/second-factor/set-up/").content.decode()
    key = re.search(r'class="key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    assert client.post("/admin/second-factor/set-up/", {"code": code_of(key)}).status_code == 200
    assert second_factor.has_second_factor(account)
    settings.STAFF_SECOND_FACTOR = "required"
    assert client.post("/admin/second-factor/off/").status_code == 403
    settings.STAFF_SECOND_FACTOR = "optional"
    client.post("/admin/second-factor/off/")
    assert not second_factor.has_second_factor(account)


def test_new_recovery_codes_replace_the_old_ones(account):
    _, old = with_factor(account)
    new = second_factor.renew_recovery_codes(user=account)
    now = timezone.now()
    assert not second_factor.use_recovery_code(account, old[0], at=now)
    assert second_factor.use_recovery_code(account, new[0], at=now)


def test_an_administrator_resets_it_and_that_is_recorded(account):
    with_factor(account)
    chief = Client()
    chief.force_login(UserFactory(is_superuser=True))
    chief.post(
        "/admin/access/secondfactor/", {"action": "reset", "_selected_action": [str(account.pk)]}, follow=True
    )
    assert not second_factor.has_second_factor(account)
    assert second_factor.recovery_codes_left(account) == 0
    entry = AuditEntry.objects.get(action="second_factor.reset")
    assert (entry.object_id, entry.actor.is_superuser) == (str(account.pk), True)


def test_a_reset_ends_every_session_of_that_person_and_of_nobody_else(account):
    secret, _ = with_factor(account)
    inside, _ = browser(account)
    send_code(inside, code_of(secret))
    between, _ = browser(account)
    chief = Client()
    chief.force_login(UserFactory(is_superuser=True))
    assert is_in(inside)
    second_factor.reset(user_id=account.pk, actor=None)
    assert not is_in(inside)
    assert send_code(between, "000000")["Location"] == "/admin/login/"
    assert is_in(chief)


def test_another_phone_ends_the_sessions_elsewhere_and_switching_off_keeps_ones_own(account):
    client, _ = browser(account)
    elsewhere, _ = browser(account)
    page = client.get("/admin/second-factor/set-up/").content.decode()
    key = re.search(r'class="key">([A-Z2-7 ]+)<', page)[1].replace(" ", "")
    client.post("/admin/second-factor/set-up/", {"code": code_of(key)})
    assert is_in(client)
    assert not is_in(elsewhere)
    client.post("/admin/second-factor/off/")
    assert is_in(client)


def test_rows_of_sessions_that_are_over_go(account):
    client, _ = browser(account)
    Session.objects.filter(pk=client.session.session_key).update(expire_date=timezone.now())
    assert purge_sessions() == 1


def test_who_may_only_look_resets_nothing(account):
    with_factor(account)
    editor = Client()
    editor.force_login(UserFactory(permissions=["access.view_secondfactor"]))
    page = editor.get("/admin/access/secondfactor/")
    assert page.status_code == 200
    editor.post("/admin/access/secondfactor/", {"action": "reset", "_selected_action": [str(account.pk)]})
    assert second_factor.has_second_factor(account)


def test_the_command_line_resets_it_for_the_last_administrator(account, capsys):
    with_factor(account)
    call_command("reset_second_factor", account.username, "--reason", "phone lost")
    assert not second_factor.has_second_factor(account)
    assert AuditEntry.objects.get(action="second_factor.reset").reason == "phone lost"
