"""The desk is for editors: an outsider is sent to the login, an ad manager is refused."""

from __future__ import annotations

import pytest
from django.test import Client

from comments.models import Comment
from tests.desk.conftest import seen

PAGES = ["/admin/desk/", "/admin/desk/queues/all/", "/admin/desk/queues/published/"]


@pytest.mark.django_db
@pytest.mark.parametrize("path", PAGES)
def test_nobody_gets_the_login_page(path):
    answer = Client().get(path)
    assert answer.status_code == 302
    assert answer["Location"].startswith("/admin/login/")


@pytest.mark.parametrize("path", PAGES)
def test_an_editor_sees_the_desk(desk, path):
    assert desk.get(path).status_code == 200


@pytest.mark.parametrize("path", PAGES)
def test_an_ad_manager_does_not(person, path):
    client = Client()
    client.force_login(person("ad manager"))
    assert client.get(path).status_code == 403


def test_an_ad_manager_cannot_decide_by_posting(person, hold):
    comment = hold()
    client = Client()
    client.force_login(person("ad manager"))
    answer = client.post("/admin/desk/decide/", {"seen": seen(comment), "action": "approve"})
    assert answer.status_code == 403
    assert Comment.objects.get(pk=comment.pk).status == "held"


@pytest.mark.django_db
def test_nobody_cannot_decide_by_posting(hold):
    comment = hold()
    answer = Client().post("/admin/desk/decide/", {"seen": seen(comment), "action": "approve"})
    assert answer.status_code == 302
    assert Comment.objects.get(pk=comment.pk).status == "held"


def test_a_form_from_elsewhere_decides_nothing(editor, hold):
    comment = hold()
    client = Client(enforce_csrf_checks=True)
    client.force_login(editor)
    answer = client.post("/admin/desk/decide/", {"seen": seen(comment), "action": "approve"})
    assert answer.status_code == 403
    assert Comment.objects.get(pk=comment.pk).status == "held"


def test_the_desk_is_never_cached(desk):
    assert "no-store" in desk.get("/admin/desk/queues/all/")["Cache-Control"]
