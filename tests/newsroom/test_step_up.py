"""A session left open carries no data away: exports and changes of the model ask for a password or code."""

from __future__ import annotations

from uuid import uuid4

import pytest
from django.contrib.auth import get_user_model
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone
from pytest_django.asserts import assertContains

from moderation.models import Policy
from newsroom.access.step_up import PROVED
from tests.factories import SiteFactory, UserFactory

pytestmark = pytest.mark.django_db
REPORT = "/admin/desk/transparency/?format=csv"
WORD = "correct horse battery"


@pytest.fixture
def client(settings):
    settings.NEWSROOM_LIMITS = "default"
    user = UserFactory(username=f"ada-{uuid4().hex}", is_superuser=True)
    user.set_password(WORD)
    user.save()
    client = Client(REMOTE_ADDR=f"10.{uuid4().bytes[0]}.{uuid4().bytes[1]}.{uuid4().bytes[2]}")
    client.force_login(user)
    return client


def proved_minutes_ago(client, minutes):
    session = client.session
    session[PROVED] = timezone.now().timestamp() - 60 * minutes
    session.save()


@pytest.mark.parametrize(("minutes", "status"), [(0, 200), (9.9, 200), (10.1, 302), (-5, 302)])
def test_an_export_needs_a_proof_of_the_last_minutes(client, minutes, status):
    proved_minutes_ago(client, minutes)
    assert client.get(REPORT).status_code == status


def test_after_the_password_one_is_back_and_it_works(client):
    proved_minutes_ago(client, 60)
    asked = client.get(REPORT)["Location"]
    assert asked.startswith("/admin/prove/?next=")
    assert "Is it still you?" in client.get(asked).content.decode()
    wrong = client.post("/admin/prove/", {"proof": "guess", "next": REPORT})
    assert "neither your password nor a code" in wrong.content.decode()
    assert client.get(REPORT).status_code == 302
    assert client.post("/admin/prove/", {"proof": WORD, "next": REPORT})["Location"] == REPORT
    assert client.get(REPORT).status_code == 200


def test_a_change_of_the_model_waits_for_the_proof_and_keeps_what_was_typed(client):
    proved_minutes_ago(client, 60)
    step, back = "/admin/classifier/step/", {"Referer": "http://testserver/admin/classifier/"}
    typed = {"step": "roll_back", "reason": 'Too strict "since" <Monday>'}
    for proof in ({}, {"proof": "guess"}):
        asked = client.post(step, typed | proof, headers=back)
        assert asked.status_code == 403
        assertContains(asked, f'action="{step}"', status_code=403)
        kept = '<input type="hidden" name="reason" value="Too strict &quot;since&quot; &lt;Monday&gt;">'
        assertContains(asked, kept, status_code=403)
        assertContains(asked, 'href="/admin/classifier/">Cancel', status_code=403)
    assert "neither your password nor a code" in asked.content.decode()
    assert client.post(step, typed | {"proof": WORD})["Location"] == "/admin/classifier/"


def test_a_file_is_not_kept_but_chosen_again(client):
    proved_minutes_ago(client, 60)
    answer = client.post(
        "/admin/classifier/step/",
        {"file": SimpleUploadedFile("words.txt", b"x")},
        headers={"Referer": "http://testserver/admin/classifier/"},
    )
    assert answer["Location"] == "/admin/prove/?next=%2Fadmin%2Fclassifier%2F"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:alert(1)", ""])
def test_it_leads_nowhere_else(client, elsewhere):
    assert client.post("/admin/prove/", {"proof": WORD, "next": elsewhere})["Location"] == "/admin/"


def test_guessing_is_stopped(client):
    proved_minutes_ago(client, 60)
    for _ in range(5):
        client.post("/admin/prove/", {"proof": "guess"})
    answer = client.post("/admin/prove/", {"proof": WORD})
    assert "Too many tries from your network." in answer.content.decode()


def test_nobody_is_asked_who_is_not_signed_in():
    assert Client().get("/admin/prove/")["Location"].startswith("/admin/login/")
    assert Client().get(REPORT)["Location"].startswith("/admin/login/")


def test_a_policy_is_saved_with_a_proof_in_the_same_form_and_nothing_typed_is_lost(client):
    site = SiteFactory()
    path = f"/admin/desk/policies/site/{site.pk}/"
    proved_minutes_ago(client, 60)
    typed = {"do": "save", "seen_version": "0", "reason": "A calm week", "premoderate": "true"}
    for proof in ({}, {"proof": "guess"}):
        answer = client.post(path, typed | proof)
        assert answer.status_code == 400
        assert 'value="A calm week"' in answer.content.decode()
        assert 'name="proof"' in answer.content.decode()
        assert not Policy.objects.exists()
    assert client.post(path, typed | {"proof": WORD}).status_code == 302
    assert Policy.objects.get().premoderate
    assert 'name="proof"' not in client.get(path).content.decode()


def test_a_threshold_is_applied_with_a_proof_and_what_was_typed_is_kept(client):
    site = SiteFactory()
    proved_minutes_ago(client, 60)
    typed = {"site": site.pk, "label": "insult", "hold": "0.4", "reject": "0.9", "seen_version": "0"}
    typed |= {"reason": "A calm week"}
    answer = client.post("/admin/classifier/apply/", typed)
    assertContains(answer, 'name="reason" value="A calm week"', status_code=403)
    assert not Policy.objects.exists()
    client.post("/admin/classifier/apply/", typed | {"proof": WORD})
    assert Policy.objects.get().thresholds == {"insult": {"hold": 0.4, "reject": 0.9}}


def test_who_has_nothing_to_prove_it_with_is_not_asked_for_ever(client):
    proved_minutes_ago(client, 60)
    user = get_user_model().objects.get(pk=client.session["_auth_user_id"])
    user.set_unusable_password()
    user.save()
    client.force_login(user)
    proved_minutes_ago(client, 60)
    assert client.get(REPORT).status_code == 200
