"""Atom feeds: published comments only, each with the address that leads to it, and nothing private."""

from __future__ import annotations

from xml.etree import ElementTree

from newsroom.pages import feeds

ATOM = "{http://www.w3.org/2005/Atom}"


def entries(response):
    assert response["Content-Type"] == "application/atom+xml; charset=utf-8"
    return ElementTree.fromstring(response.content).findall(f"{ATOM}entry")  # noqa: S314  our own bytes


def test_an_articles_feed_has_its_published_comments_newest_first(client, paper):
    article = paper.article(headline='Bridge "stuck" & shut')
    first = paper.published(article, name="Ana", body="<b>Oil</b> it")
    paper.published(article, name="Jon")
    paper.comment(article, name="Waiting")
    paper.published(paper.article(), name="Elsewhere")
    found = entries(client.get(f"{article.get_absolute_url()}comments.atom"))
    assert [entry.findtext(f"{ATOM}author/{ATOM}name") for entry in found] == ["Jon", "Ana"]
    ana = found[1]
    assert ana.findtext(f"{ATOM}title") == 'Ana on “Bridge "stuck" & shut”'
    assert ana.findtext(f"{ATOM}summary") == '<p dir="auto">&lt;b&gt;Oil&lt;/b&gt; it</p>'
    assert ana.find(f"{ATOM}link").get("href").endswith(f"?comment={first.pk}#comment-{first.pk}")


def test_the_sites_feed_has_the_comments_of_all_readable_articles(client, paper):
    shown, draft = paper.published(paper.article(), name="Ana"), paper.published(paper.article(), name="Jon")
    draft.article.status = "draft"
    draft.article.save()
    response = client.get("/comments.atom")
    assert [entry.findtext(f"{ATOM}id") for entry in entries(response)] == [shown.pk.urn]
    assert b"reader-" not in response.content


def test_a_feed_that_has_not_changed_is_not_sent_again(client, paper):
    article = paper.article()
    paper.published(article)
    path = f"{article.get_absolute_url()}comments.atom"
    etag = client.get(path)["ETag"]
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 304
    paper.published(article)
    assert client.get(path, headers={"If-None-Match": etag}).status_code == 200


def test_a_feed_has_a_last_entry(client, paper, monkeypatch, django_assert_max_num_queries):
    monkeypatch.setattr(feeds, "MOST_ENTRIES", 2)
    article = paper.article()
    for _ in range(3):
        paper.published(article)
    with django_assert_max_num_queries(4):
        assert len(entries(client.get("/comments.atom"))) == 2


def test_pages_name_their_feeds(client, paper):
    article = paper.article()
    assert (
        f'href="{article.get_absolute_url()}comments.atom"'
        in client.get(article.get_absolute_url()).content.decode()
    )
    assert 'href="/comments.atom"' in client.get("/").content.decode()
    assert client.get("/articles/nowhere/comments.atom").status_code == 404
