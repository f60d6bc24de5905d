"""Every page is valid HTML without inline script or style, under a policy that forbids both."""

from __future__ import annotations

from pathlib import Path

import html5lib
import pytest
from django.contrib.staticfiles.finders import find
from django.db import OperationalError
from django.utils import timezone

from comments.rights.services import visit_token
from comments.tokens import status_token
from newsroom.pages import views


@pytest.fixture
def visits(client, paper, typed):
    """A response for every kind of page that there is."""
    paper.house_ads()
    article = paper.article(section="world")
    ana = paper.published(article, name="Ana", body="One\n\nhttps://example.org/a?b=1&c=2")
    reply = paper.published(article, name="Jon", parent=ana.pk)
    paper.published(article, parent=reply.pk)
    held = paper.decide(paper.comment(article), "held")
    refused = paper.decide(paper.comment(article), "rejected", reason="insult")
    visit = visit_token(ana.private.mailbox_id, at=timezone.now())
    paper.article(status="archived")
    path = article.get_absolute_url()
    return {
        "front": client.get("/"),
        "section": client.get("/sections/world/"),
        "empty section": client.get(f"/sections/{paper.section('empty').slug}/"),
        "article": client.get(path),
        "answering": client.get(f"{path}?reply_to={ana.pk}&sort=oldest"),
        "below one comment": client.get(f"{path}?replies_of={ana.pk}"),
        "just sent": client.get(f"{path}?sent={held.pk}&token={status_token(held.pk)}"),
        "refused": client.post(path, typed(article, name="", email="x", body="")),
        "closed": client.get(paper.article(comments_open=False).get_absolute_url()),
        "private": client.get(f"/comments/{held.pk}/?token={status_token(held.pk)}"),
        "about": client.get("/about/comments/"),
        "report": client.get(f"/comments/{ana.pk}/report/"),
        "notice": client.post(f"/comments/{ana.pk}/report/", {"reason": "illegal", "detail": "<b>"}),
        "reported": client.get(f"/comments/{ana.pk}/report/?thanks=1"),
        "refusal": client.get(f"/comments/{refused.pk}/?token={status_token(refused.pk)}"),
        "appeal": client.get(f"/comments/{refused.pk}/appeal/?token={status_token(refused.pk)}"),
        "my comments": client.get("/my/comments/"),
        "my comments, seen": client.post("/my/comments/act/", {"visit": visit, "action": "notices"}),
        "a link that is over": client.get("/my/verify/?token=x"),
        "terms": client.get("/terms/"),
        "privacy": client.get("/privacy/"),
        "not found": client.get("/nowhere/"),
        "from elsewhere": client.post(path, {}, headers={"Sec-Fetch-Site": "cross-site"}),
    }


def tree_of(response):
    parser = html5lib.HTMLParser(strict=True, namespaceHTMLElements=False)
    return parser.parse(response.content.decode())


def test_every_page_parses_without_a_single_error(visits):
    for name, response in visits.items():
        try:
            tree_of(response)
        except html5lib.html5parser.ParseError as error:
            pytest.fail(f"{name}: {error}")


def test_no_page_carries_script_style_or_handlers_of_its_own(visits):
    for name, response in visits.items():
        for element in tree_of(response).iter():
            if not isinstance(element.tag, str):
                continue
            assert element.tag != "style", name
            assert "style" not in element.attrib, (name, element.tag)
            assert not [key for key in element.attrib if key.startswith("on")], (name, element.attrib)
            if element.tag == "script":
                assert element.get("src", "").startswith("/static/"), name
                assert not (element.text or "").strip(), name


def test_the_policy_forbids_them_too(visits):
    for name, response in visits.items():
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy, name
        assert "script-src 'self';" in policy + ";", name
        assert "default-src 'self';" in policy + ";", name


def test_every_page_has_one_heading_a_title_a_language_and_unique_ids(visits):
    for name, response in visits.items():
        tree = tree_of(response)
        assert len(list(tree.iter("h1"))) == 1, name
        assert (tree.findtext("head/title") or "").strip(), name
        assert tree.get("lang") == "en", name
        ids = [element.get("id") for element in tree.iter() if element.get("id")]
        assert len(ids) == len(set(ids)), name


def test_what_an_element_points_to_is_on_the_page(visits):
    for name, response in visits.items():
        tree = tree_of(response)
        ids = {element.get("id") for element in tree.iter()}
        for element in tree.iter():
            for attribute in ("for", "aria-labelledby", "aria-describedby"):
                for target in element.get(attribute, "").split():
                    assert target in ids, (name, target)
            href = element.get("href", "")
            if element.tag == "a" and href.startswith("#"):
                assert href[1:] in ids, (name, href)


def test_every_file_that_a_page_asks_for_exists(visits):
    for name, response in visits.items():
        for element in tree_of(response).iter():
            if element.tag not in {"link", "script", "img"}:
                continue
            address = element.get("src") or element.get("href", "")
            counts_an_ad = "ad-count" in (element.get("class") or "")
            if element.get("rel") not in {"canonical", "alternate"} and not counts_an_ad:
                assert find(address.removeprefix("/static/")), (name, address)


def test_nothing_is_fetched_from_elsewhere():
    for path in (Path(views.__file__).parent / "static").rglob("*.*"):
        text = path.read_text().replace("http://www.w3.org/2000/svg", "")
        assert "http://" not in text, path.name
        assert "https://" not in text, path.name
        assert "@import" not in text, path.name


def test_error_pages_have_their_status(visits):
    assert visits["not found"].status_code == 404
    assert visits["from elsewhere"].status_code == 403
    assert "There is no such page" in visits["not found"].content.decode()


@pytest.mark.parametrize(("error", "status"), [(RuntimeError("boom"), 500), (OperationalError("away"), 503)])
def test_a_failure_shows_a_page_of_its_own_that_needs_no_database(client, paper, monkeypatch, error, status):
    def fail(request):
        raise error

    monkeypatch.setattr(views, "site_for", fail)
    client.raise_request_exception = False
    response = client.get("/")
    assert response.status_code == status
    assert "Something went wrong on our side" in response.content.decode()
    tree_of(response)
    assert response.get("Retry-After") == ("5" if status == 503 else None)
