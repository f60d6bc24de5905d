"""The front page shows the newest articles and nothing that is not public."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import time_machine


def test_the_newest_article_leads(client, paper):
    paper.article(headline="Older", age=timedelta(hours=5))
    paper.article(headline="Newest", age=timedelta(minutes=5))
    html = client.get("/").content.decode()
    lead = html.split('class="card lead"')[1].split("</article>")[0]
    assert "Newest" in lead
    assert "Older" not in lead


def test_drafts_and_articles_of_tomorrow_are_not_shown(client, paper):
    paper.article(headline="Written", status="draft")
    paper.article(headline="Tomorrow", status="scheduled", age=-timedelta(hours=1))
    paper.article(headline="Due", status="scheduled", age=timedelta(seconds=1))
    html = client.get("/").content.decode()
    assert "Due" in html
    assert "Written" not in html
    assert "Tomorrow" not in html


def test_an_article_from_the_archive_is_marked_and_never_leads(client, paper):
    paper.article(headline="Archived", status="archived", age=timedelta(minutes=1))
    paper.article(headline="News", age=timedelta(hours=9))
    html = client.get("/").content.decode()
    assert "Archived" not in html.split('class="archive"')[0]
    assert "From the archive" in html.split('class="archive"')[1]


def test_a_card_tells_section_standfirst_byline_and_comments(client, paper):
    article = paper.article(section="sport", byline="Owen Treece")
    paper.published(article)
    paper.published(article)
    html = client.get("/").content.decode()
    for text in ('href="/sections/sport/"', "The bearing waits in customs.", "Owen Treece", "2 comments"):
        assert text in html


def test_undecided_comments_are_not_counted(client, paper):
    paper.comment(paper.article())
    assert "1 comment" not in client.get("/").content.decode()


def test_a_headline_is_text(client, paper):
    paper.article(headline="<script>alert(1)</script>")
    html = client.get("/").content.decode()
    assert "<script>alert" not in html
    assert "&lt;script&gt;alert(1)" in html


def test_the_masthead_has_the_date_of_the_sites_own_day(client, paper):
    with time_machine.travel(datetime(2026, 7, 1, 23, 30, tzinfo=UTC), tick=False):
        assert "Thursday, 2 July 2026" in client.get("/").content.decode()


def test_times_are_told_on_the_sites_own_clock(client, paper):
    written = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    article = paper.article(published_at=written)
    with time_machine.travel(written + timedelta(minutes=5), tick=False):
        assert "2 July 2026, 00:30 BST" in client.get(article.get_absolute_url()).content.decode()


def test_a_new_site_says_that_nothing_is_published_yet(client, paper):
    assert "Nothing has been published yet." in client.get("/").content.decode()


def test_reading_sets_no_cookie(client, paper):
    article = paper.article()
    for path in ("/", article.get_absolute_url(), "/about/comments/", "/sections/local/"):
        response = client.get(path)
        assert response.status_code == 200
        assert not response.cookies
        assert "Cookie" not in response.get("Vary", "")


def test_more_articles_cost_no_more_queries(client, paper, django_assert_max_num_queries):
    for _ in range(2):
        paper.article()
    with django_assert_max_num_queries(4):  # site (kept for a moment), sections, articles, counts
        client.get("/")
    for section in ("world", "sport", "culture"):
        for _ in range(5):
            paper.published(paper.article(section=section))
    with django_assert_max_num_queries(4):
        client.get("/")


def test_a_section_lists_its_own_articles_a_page_at_a_time(client, paper):
    paper.article(section="sport", headline="Four goals")
    for number in range(21):
        paper.article(headline=f"Local news {number:02}", age=timedelta(hours=number))
    first = client.get("/sections/local/").content.decode()
    assert "Local news 19" in first
    assert "Local news 20" not in first
    assert "Four goals" not in first
    second = client.get("/sections/local/?page=2").content.decode()
    assert "Local news 20" in second
    assert "Older articles" not in second


def test_a_section_or_page_that_does_not_exist_is_not_found(client, paper):
    paper.article()
    for path in (
        "/sections/nowhere/",
        "/sections/local/?page=2",
        "/sections/local/?page=0",
        "/sections/local/?page=x",
    ):
        assert client.get(path).status_code == 404


def test_one_sites_articles_do_not_show_on_another(client, paper):
    from articles.models import Section, Site

    paper.article(headline="Ours")
    other = Site.objects.create(code="other", name="Other", domain="other.example.org")
    Section.objects.create(site=other, name="Theirs", slug="theirs")
    html = client.get("/?site=other").content.decode()
    assert "Ours" not in html
    assert "Theirs" in html
