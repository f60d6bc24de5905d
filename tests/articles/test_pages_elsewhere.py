"""Embedding: which pages may, which article a page stands for, and what an unknown page gets."""

from __future__ import annotations

import gzip
import json

import pytest
from django.core.exceptions import ValidationError

from ads.selectors import surroundings
from articles.embedding import stub_article
from articles.models import Article
from articles.origins import canonical, validate_origins
from moderation.selectors import resolved_policy
from newsroom.errors import FieldError
from newsroom.pages.embedding import SCRIPT
from tests.factories import ArticleFactory, SectionFactory, SiteFactory, cms_token

pytestmark = pytest.mark.django_db
ORIGIN = "https://news.example.org"
PAGE = f"{ORIGIN}/2026/bridge-opens"


@pytest.fixture
def site():
    section = SectionFactory(site=SiteFactory(embed_origins=f"{ORIGIN}\nhttps://m.example.org:8443"))
    return section.site


def embed(client, url=PAGE, **headers):
    return client.post("/api/v1/embeds/", json.dumps({"url": url}), "application/json", headers=headers)


def test_an_article_is_found_by_slug_and_by_address(client, site):
    article = ArticleFactory(site=site, canonical_url=PAGE)
    by_slug = client.get("/api/v1/embeds/", {"article": article.slug}).json()
    by_url = client.get("/api/v1/embeds/", {"url": f"{PAGE}?utm_source=mail&fbclid=1#top"}).json()
    assert by_slug == by_url
    assert by_url["article"]["slug"] == article.slug
    assert by_url["article"]["is_open"] is True
    assert (by_url["language"], by_url["direction"]) == ("en", "ltr")
    assert by_url["words"]["reply"] == "Reply"


@pytest.mark.parametrize("query", [{}, {"article": "a", "url": PAGE}])
def test_exactly_one_of_address_and_slug_is_asked_for(client, site, query):
    response = client.get("/api/v1/embeds/", query)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "url"


def test_an_unknown_page_on_the_list_gets_a_stub_once(client, site):
    assert client.get("/api/v1/embeds/", {"url": PAGE}).status_code == 404
    first, second = embed(client), embed(client, f"{PAGE}#comments")
    assert (first.status_code, second.status_code) == (201, 200)
    assert first.json() == second.json()
    article = Article.objects.get()
    assert (article.is_stub, article.canonical_url) == (True, PAGE)
    assert article.headline == "news.example.org/2026/bridge-opens"


@pytest.mark.parametrize(
    "url",
    ["https://elsewhere.example/x", "http://news.example.org/x", "https://news.example.org.evil.example/"],
)
def test_a_page_of_another_origin_gets_none(client, site, url):
    response = embed(client, url)
    assert (response.status_code, response.json()["code"]) == (403, "origin_not_allowed")
    assert not Article.objects.exists()


@pytest.mark.parametrize(
    "url",
    ["", "x", "javascript:alert(1)", "https://", "https://a b/", "https://news.example.org/" + "x" * 500],
)
def test_what_is_no_address_names_its_field(client, site, url):
    response = embed(client, url)
    assert response.status_code == 400
    assert response.json()["errors"][0]["field"] == "url"


def test_a_stub_is_on_no_list_read_first_and_carries_house_ads_only(client, site, django_assert_num_queries):
    article, _ = stub_article(site, PAGE, at=ArticleFactory(site=site).published_at)
    assert article.headline not in client.get("/").content.decode()
    slugs = {entry["slug"] for entry in client.get("/api/v1/articles/").json()["results"]}
    assert article.slug not in slugs
    assert client.get(article.get_absolute_url()).status_code == 200
    assert resolved_policy(article, manifest=None).premoderate
    with django_assert_num_queries(1):
        assert surroundings(article, at=article.published_at).override == "house"


def test_the_cms_fills_the_stub_and_its_comments_stay(client, site):
    stub, _ = stub_article(site, PAGE, at=ArticleFactory(site=site).published_at)
    document = {"url": PAGE, "headline": "The bridge opens", "section": "local", "tags": []}
    response = client.put(
        "/api/v1/articles/by-source/cms-7/",
        json.dumps(document),
        "application/json",
        headers={"Authorization": f"Bearer {cms_token()}"},
    )
    assert response.status_code == 200
    stub.refresh_from_db()
    assert (stub.is_stub, stub.external_id, stub.headline) == (False, "cms-7", "The bridge opens")
    assert not resolved_policy(stub, manifest=None).premoderate
    assert surroundings(stub, at=stub.published_at).override == ""


@pytest.mark.parametrize(
    ("origin", "is_named"), [(ORIGIN, True), ("https://elsewhere.example", False), ("null", False)]
)
def test_answers_name_the_origin_only_if_it_is_on_the_list(client, site, origin, is_named):
    article = ArticleFactory(site=site)
    path = f"/api/v1/articles/{article.slug}/comments/"
    for response in (
        client.get(path, headers={"Origin": origin}),
        client.post(path, {}, "application/json", headers={"Origin": origin}),
        client.get("/api/v1/comment-counts/?article=x", headers={"Origin": origin}),
    ):
        assert response.get("Access-Control-Allow-Origin") == (origin if is_named else None)
        assert "Origin" in response["Vary"]
        assert "Access-Control-Allow-Credentials" not in response


def test_a_preflight_is_answered_for_the_list_and_for_comments_only(client, site):
    asked = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}
    allowed = client.options("/api/v1/articles/any/comments/", headers=asked)
    assert allowed.status_code == 204
    assert "POST" in allowed["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in allowed["Access-Control-Allow-Headers"]
    for path in ("/api/v1/ads/slots/", "/api/v1/articles/by-source/x/", "/admin/"):
        assert "Access-Control-Allow-Origin" not in client.options(path, headers=asked)
    assert "Access-Control-Allow-Origin" not in client.options(
        "/api/v1/articles/any/comments/", headers=asked | {"Origin": "https://elsewhere.example"}
    )


def test_a_host_that_is_not_served_is_a_problem_document_for_a_page_elsewhere_too(client, site, settings):
    settings.ALLOWED_HOSTS = ["testserver"]
    headers = {"Origin": ORIGIN, "Host": "evil.example"}
    response = client.get("/api/v1/comment-counts/?article=x", headers=headers)
    assert (response.status_code, response["Content-Type"]) == (400, "application/problem+json")


def test_another_sites_list_does_not_open_this_site(client, site):
    other = SiteFactory(code="herald", embed_origins="https://herald.example.net")
    asked = {"Origin": "https://herald.example.net"}
    assert "Access-Control-Allow-Origin" not in client.get("/api/v1/comment-counts/?article=x", headers=asked)
    named = client.get(f"/api/v1/comment-counts/?article=x&site={other.code}", headers=asked)
    assert named["Access-Control-Allow-Origin"] == "https://herald.example.net"


def test_the_script_is_small_and_stands_alone(client):
    response = client.get("/embed.js", headers={"Accept-Encoding": "gzip"})
    assert response["Content-Encoding"] == "gzip"
    assert len(response.content) <= 12_000
    assert gzip.decompress(response.content) == SCRIPT.read_bytes()
    plain = client.get("/embed.js")
    assert plain["Cache-Control"] == "public, max-age=3600"
    assert client.get("/embed.js", headers={"If-None-Match": plain["ETag"]}).status_code == 304
    for forbidden in (b"document.cookie", b"innerHTML", b"eval(", b".style.", b"import "):
        assert forbidden not in plain.content


def test_the_link_leads_to_the_comments(client, site):
    article = ArticleFactory(site=site, canonical_url=PAGE)
    response = client.get("/embed/", {"url": PAGE})
    assert response["Location"] == f"{article.get_absolute_url()}#comments"
    assert client.get("/embed/", {"url": f"{ORIGIN}/unknown"}).status_code == 404
    assert client.get("/embed/", {"url": "no address"}).status_code == 404


@pytest.mark.parametrize(
    "line", ["news.example.org", "https://news.example.org/", "https://a@b.example", "*"]
)
def test_an_origin_is_scheme_and_host(line):
    with pytest.raises(ValidationError):
        validate_origins(f"https://good.example\n{line}")


def test_an_address_is_told_apart_by_what_names_the_page():
    assert canonical("HTTPS://News.Example.org:443/A?b=1&utm_medium=x#y") == "https://news.example.org/A?b=1"
    assert canonical("https://news.example.org") == "https://news.example.org/"
    with pytest.raises(FieldError):
        canonical("https://news.example.org:x/")
