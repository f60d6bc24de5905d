"""A session of staff ends after an hour away, and twelve hours after it began."""

from __future__ import annotations

import pytest
from django.test import Client
from django.utils import timezone

from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
HOUR = 3600


def status(*, began_h, seen_h):
    """Of an admin page whose session began, and was last used, so many hours ago."""
    client, now = Client(), timezone.now().timestamp()
    client.force_login(UserFactory())
    session = client.session
    session["began_at"], session["seen_at"] = now - began_h * HOUR, now - seen_h * HOUR
    session.save()
    first = client.get("/admin/password_change/").status_code
    return first, client.get("/admin/password_change/").status_code


@pytest.mark.parametrize(
    ("began_h", "seen_h", "answers"),
    [(0.5, 0.5, 200), (11.9, 0.9, 200), (2, 1.01, 302), (12.01, 0.1, 302)],
)
def test_it_ends_in_time(began_h, seen_h, answers):
    assert status(began_h=began_h, seen_h=seen_h) == (answers, answers)


def test_a_new_session_begins_with_its_first_page():
    client = Client()
    client.force_login(UserFactory())
    assert client.get("/admin/password_change/").status_code == 200
    assert client.session["began_at"] == client.session["seen_at"]


def test_a_form_without_a_session_leads_by_the_login_to_its_own_page_and_says_that_nothing_was_done():
    client, page = Client(), "/admin/desk/queues/rule/?sort=oldest"
    sent = client.post("/admin/desk/decide/", {}, headers={"Referer": f"http://testserver{page}"})
    assert sent["Location"] == "/admin/login/?next=/admin/desk/queues/rule/%3Fsort%3Doldest"
    assert "Nothing was done: you are not signed in." in client.get(sent["Location"]).content.decode()


@pytest.mark.parametrize("referer", ["", "https://evil.example/admin/"])
def test_a_form_from_nowhere_leads_to_the_first_page(referer):
    sent = Client().post("/admin/desk/decide/", {}, headers={"Referer": referer})
    assert sent["Location"] == "/admin/login/?next=/admin/"
