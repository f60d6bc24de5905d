"""Guessing is stopped by network and account together; nobody else is locked out by it."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.test import Client

pytestmark = pytest.mark.django_db
GUESSER, OWNER = "203.0.113.7", "198.51.100.9"


@pytest.fixture
def account(settings):
    """An account of its own for each test: the counts outlive it."""
    settings.NEWSROOM_LIMITS = "default"
    user = get_user_model().objects.create_user(f"kerensa-{uuid4().hex}", is_staff=True)
    user.set_password("correct horse")
    user.save()
    return user


def sign_in(username, password, *, network):
    client = Client(REMOTE_ADDR=network)
    answer = client.post("/admin/login/", {"username": username, "password": password})
    return answer.status_code, answer.content.decode()


def guess(account, *, network=GUESSER, times=5):
    for number in range(times):
        sign_in(account.username, f"guess {number}", network=network)


def test_after_five_guesses_even_the_right_password_waits(account):
    guess(account)
    status, page = sign_in(account.username, "correct horse", network=GUESSER)
    assert status == 200
    assert "Too many tries from your network." in page


def test_its_owner_signs_in_from_elsewhere_meanwhile(account):
    guess(account, times=8)
    assert sign_in(account.username, "correct horse", network=OWNER)[0] == 302


def test_another_spelling_of_the_name_is_the_same_account(account):
    guess(account)
    _, page = sign_in(account.username.upper(), "correct horse", network=GUESSER)
    assert "Too many tries from your network." in page


def test_an_unknown_account_is_answered_alike(account):
    name = f"nobody-{uuid4().hex}"
    for _ in range(5):
        sign_in(name, "guess", network=OWNER)
    assert "Too many tries from your network." in sign_in(name, "guess", network=OWNER)[1]
