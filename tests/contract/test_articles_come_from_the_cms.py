"""PUT /articles/by-source/{external_id}/: the site's CMS creates and updates; twice is once."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.db import connection
from django.test import Client
from django.utils import timezone

from articles.models import Article, Sensitivity
from newsroom.access.models import ApiToken, Scope
from newsroom.audit.models import AuditEntry
from tests.contract.helpers import bearer, fields, problem
from tests.factories import ArticleFactory, SectionFactory, SiteFactory, UserFactory, cms_token, token_for

pytestmark = pytest.mark.django_db
WRITES = Scope.ARTICLES_WRITE


def article_fields(**changes: Any) -> dict[str, Any]:
    return {
        "url": "https://news.example.org/2026/bridge-opens",
        "headline": "The bridge opens",
        "section": "local",
        "tags": ["Harbour", "Bridge"],
    } | changes


def put(
    client: Client, *, external_id: str = "cms-1", token: str | None = None, query: str = "", **changes: Any
) -> Any:
    secret = cms_token() if token is None else token
    path = f"/api/v1/articles/by-source/{external_id}/{query}"
    return client.put(path, article_fields(**changes), "application/json", headers=bearer(secret))


@pytest.fixture(autouse=True)
def _section() -> None:
    SectionFactory()


def test_a_new_article_is_made_and_published(client: Client) -> None:
    response = put(client, body="First.", sensitivity=[{"topic": "war", "risk": "high"}])

    assert response.status_code == 201
    assert response["Location"] == "/api/v1/articles/bridge-opens/"
    assert response.json()["slug"] == "bridge-opens"
    assert sorted(response.json()["tags"]) == ["bridge", "harbour"]
    assert client.get(response["Location"]).json()["body"] == "First."
    assert Sensitivity.objects.get().risk == "high"


def test_the_same_again_changes_nothing(client: Client) -> None:
    token = cms_token()
    sent = {"sensitivity": [{"topic": "war", "risk": "high"}], "body": "First."}
    put(client, token=token, **sent)
    before = list(Article.objects.values())
    audited = AuditEntry.objects.count()

    again = put(client, token=token, **sent)

    assert again.status_code == 200
    assert "Location" not in again
    assert list(Article.objects.values()) == before
    assert Sensitivity.objects.count() == 1
    assert AuditEntry.objects.count() == audited


def test_what_is_sent_changes_and_what_is_not_stays(client: Client) -> None:
    put(client, body="First.", byline="Imogen Salter")

    response = put(client, headline="The bridge closes", tags=["Harbour"])

    document = response.json()
    assert response.status_code == 200
    assert (document["headline"], document["tags"]) == ("The bridge closes", ["harbour"])
    assert (document["body"], document["byline"], document["slug"]) == (
        "First.",
        "Imogen Salter",
        "bridge-opens",
    )


def test_new_tags_alone_are_news_to_readers(client: Client) -> None:
    first = put(client).json()

    second = put(client, tags=["Harbour"]).json()

    assert second["updated_at"] > first["updated_at"]


def test_a_future_publication_waits(client: Client) -> None:
    put(client, published_at=(timezone.now() + timedelta(hours=1)).isoformat())

    problem(client.get("/api/v1/articles/bridge-opens/"), 404)


def test_slugs_stay_apart_and_off_the_paths_of_the_api(client: Client) -> None:
    token = cms_token()

    def made(external_id: str, url: str) -> str:
        return str(
            put(client, external_id=external_id, token=token, url=f"https://news.example.org/{url}").json()[
                "slug"
            ]
        )

    assert made("a", "bridge") == "bridge"
    assert made("b", "bridge") == "bridge-2"
    assert made("c", "bridge/") == "bridge-3"
    assert made("d", "by-source/") == "by-source-2"
    assert made("e", "") == "the-bridge-opens"
    assert made("f", "%E2%9D%A4/") == "e29da4"


def test_each_site_has_its_own_ids(client: Client) -> None:
    other = SiteFactory(code="other")
    SectionFactory(site=other)
    token = cms_token()

    assert put(client, token=token).status_code == 201
    assert put(client, token=token, query="?site=other").status_code == 201
    problem(put(client, token=token, query="?site=nowhere"), 404)


# --- who ---------------------------------------------------------------------------------------------------
def test_without_a_good_token_nobody_writes(client: Client) -> None:
    for headers in ({}, bearer("nr_wrong"), bearer(""), {"Authorization": "Basic abc"}):
        response = client.put(
            "/api/v1/articles/by-source/x/", article_fields(), "application/json", headers=headers
        )
        problem(response, 401)
        assert "Bearer" in response["WWW-Authenticate"]
    assert not Article.objects.exists()


def test_scope_and_role_are_both_needed(client: Client) -> None:
    right = ("articles.change_article",)

    problem(put(client, token=token_for(Scope.ADS_WRITE, permissions=right)[1]), 403, "permission_denied")
    problem(put(client, token=token_for(WRITES)[1]), 403, "permission_denied")
    assert put(client, token=token_for(WRITES, permissions=right)[1]).status_code == 201


@pytest.mark.parametrize("how", ["revoked", "expired", "inactive user"])
def test_a_token_that_ended_is_no_token(client: Client, how: str) -> None:
    token, secret = token_for(WRITES, permissions=("articles.change_article",))
    if how == "inactive user":
        UserFactory._meta.model.objects.update(is_active=False)
    else:
        column = "revoked_at" if how == "revoked" else "expires_at"
        ApiToken.objects.filter(pk=token.pk).update(**{column: timezone.now() - timedelta(seconds=1)})

    problem(put(client, token=secret), 401)


def test_the_roles_of_the_house_allow_what_they_say(client: Client) -> None:
    for group, status in (("cms", 201), ("editor", 200), ("ad manager", 403)):
        user = UserFactory()
        user.groups.add(Group.objects.get(name=group))
        assert put(client, token=token_for(WRITES, user=user)[1]).status_code == status


def test_using_a_token_is_noted(client: Client) -> None:
    token, secret = token_for(WRITES, permissions=("articles.change_article",))

    put(client, token=secret)

    token.refresh_from_db()
    assert token.last_used_at is not None
    assert secret not in repr(token.__dict__)


# --- fields ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("field", ["url", "headline", "section", "tags"])
def test_a_missing_field_is_named(client: Client, field: str) -> None:
    sent = article_fields()
    del sent[field]

    response = client.put(
        "/api/v1/articles/by-source/x/", sent, "application/json", headers=bearer(cms_token())
    )

    assert fields(response) == {field: "required"}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("url", "javascript:alert(1)"),
        ("url", "/relative"),
        ("url", 5),
        ("url", "https://example.org/" + "x" * 500),
        ("headline", ""),
        ("headline", "h" * 201),
        ("headline", 5),
        ("headline", None),
        ("section", "nowhere"),
        ("section", "not a slug"),
        ("section", 5),
        ("tags", "harbour"),
        ("tags", {"a": 1}),
        ("tags", ["t"] * 31),
        ("tags", ["t" * 81]),
        ("tags", [5]),
        ("body", 5),
        ("body", "b" * 60_001),
        ("byline", ["Ada"]),
        ("published_at", "soon"),
        ("published_at", 5),
        ("published_at", "9999-12-31T23:59:59-14:00"),
        ("published_at", None),
        ("sensitivity", "war"),
        ("sensitivity", [{"topic": "weather", "risk": "high"}]),
        ("sensitivity", [{"topic": "war", "risk": "huge"}]),
        ("sensitivity", [{"topic": "war"}]),
        ("sensitivity", [{"topic": "war", "risk": "high", "note": "x"}]),
        ("sensitivity", [5]),
        ("slug", "mine"),
        ("status", "draft"),
    ],
)
def test_a_wrong_value_is_refused_by_its_field(client: Client, field: str, value: Any) -> None:
    named = fields(put(client, **{field: value}))

    assert all(name.startswith(field) for name in named)
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    ("external_id", "status"), [("x" * 120, 201), ("x" * 121, 400), ("%00", 400), ("%E2%9D%A4", 201)]
)
def test_an_id_has_up_to_120_characters(client: Client, external_id: str, status: int) -> None:
    assert put(client, external_id=external_id).status_code == status


def test_other_methods_are_not_allowed(client: Client) -> None:
    response = client.get("/api/v1/articles/by-source/x/", headers=bearer(cms_token()))

    problem(response, 405, "method_not_allowed")
    assert "PUT" in response["Allow"]


# --- at once ------------------------------------------------------------------------------------------
@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_makes_the_article_and_the_others_find_it() -> None:
    SectionFactory()
    token = cms_token()
    barrier = threading.Barrier(4)

    def one(_: int) -> int:
        try:
            barrier.wait()
            return int(put(Client(), token=token).status_code)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        answers = sorted(pool.map(one, range(4)))

    assert answers == [200, 200, 200, 201]
    assert Article.objects.count() == 1


def test_an_article_made_by_hand_is_not_taken_over(client: Client) -> None:
    by_hand = ArticleFactory(slug="bridge-opens", external_id="")

    assert put(client).json()["slug"] == "bridge-opens-2"
    by_hand.refresh_from_db()
    assert by_hand.headline != "The bridge opens"
