"""An article page: ads that say so, the text, the thread and the form."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from articles import sites
from comments.services import withdraw_comment


def page(client, article, query=""):
    response = client.get(article.get_absolute_url() + query)
    assert response.status_code == 200
    return response.content.decode()


def thread(html):
    return html.split('id="comment-list"')[1].split("</section>")[0]


def test_the_article_stands_between_two_marked_advertisements(client, paper):
    paper.house_ads()
    html = page(client, paper.article())
    above, story = html.split('<article class="story"')
    story, below = story.split("</article>", 1)
    for block in (above, below):
        assert "<strong>TT Ads</strong>" in block
        assert "Advertisement · The Test Tribune" in block
        assert "Subscribe &lt;now&gt;" in block
        assert 'rel="sponsored nofollow noopener"' in block
    assert "TT Ads" not in story


def test_a_page_without_ads_has_no_empty_box(client, paper):
    assert "TT Ads" not in page(client, paper.article())


def test_the_head_names_the_one_address_and_what_it_is_about(client, paper):
    article = paper.article(canonical_url="https://tribune.example.org/a?b=1&c=2", headline='"Quoted"')
    html = page(client, article)
    assert '<link rel="canonical" href="https://tribune.example.org/a?b=1&amp;c=2">' in html
    assert '<meta name="description" content="The bearing waits in customs.">' in html
    assert '<meta property="og:title" content="&quot;Quoted&quot;">' in html


def test_an_archived_article_says_so(client, paper):
    html = page(client, paper.article(status="archived", age=timedelta(days=1500)))
    assert "From the archive" in html
    assert "published 4 years ago" in html


@pytest.mark.parametrize("fields", [{"status": "draft"}, {"status": "scheduled", "age": -timedelta(hours=1)}])
def test_what_is_not_published_is_not_found(client, paper, fields):
    article = paper.article(**fields)
    assert client.get(article.get_absolute_url()).status_code == 404
    assert client.post(article.get_absolute_url(), {}).status_code == 404


def test_replies_are_nested_and_named(client, paper):
    article = paper.article()
    ana = paper.published(article, name="Ana", body="Is Alf still with us?")
    jon = paper.published(article, name="Jon", body="He is.", parent=ana.pk)
    paper.published(article, name="Zofia", body="Another matter.")
    html = thread(page(client, article, "?sort=oldest"))
    assert 'aria-label="Jon, reply to Ana, just now"' in html
    inside_ana = html.split(f'id="comment-{ana.pk}"')[1].split("Zofia")[0]
    assert f'id="comment-{jon.pk}"' in inside_ana
    assert html.count("<article") == html.count("</article>") == 3
    assert html.index("</article></details></article>") < html.index("Zofia")


def test_a_comment_is_text(client, paper):
    article = paper.article()
    paper.published(article, name="<i>Ana</i>", body="<script>alert(1)</script> https://example.org/x")
    html = thread(page(client, article))
    assert "<script" not in html
    assert "<i>" not in html
    assert 'href="https://example.org/x" rel="nofollow ugc noopener"' in html


def test_nothing_undecided_or_refused_is_shown(client, paper):
    article = paper.article()
    paper.comment(article, body="Waiting words")
    paper.decide(paper.comment(article, body="Refused words"), "rejected", reason="insult")
    paper.decide(paper.comment(article, body="Held words"), "held")
    html = page(client, article)
    assert "words" not in thread(html)
    assert "No comments yet" in html


def test_no_private_address_is_on_the_page(client, paper):
    article = paper.article()
    paper.published(article)
    assert "reader-" not in page(client, article)


def test_a_withdrawn_comment_with_replies_leaves_a_tombstone(client, paper):
    article = paper.article()
    ana = paper.published(article, name="Ana", body="Regretted words")
    paper.published(article, name="Jon", body="I quote nothing.", parent=ana.pk)
    withdraw_comment(comment_id=ana.pk)
    html = thread(page(client, article))
    assert "Regretted words" not in html
    assert "A comment that is no longer here" in html
    assert 'aria-label="Jon, reply to a removed comment, just now"' in html
    assert f"reply_to={ana.pk}" not in html


def test_the_thread_goes_on_page_by_page_in_the_order_asked_for(client, paper):
    article = paper.article()
    for number in range(32):
        paper.published(article, body=f"Remark {number:02}")
    first = page(client, article, "?sort=oldest")
    assert "Remark 29" in first
    assert "Remark 30" not in first
    assert "32 comments" in first
    more = re.search(r'href="(\?sort=oldest&amp;cursor=[^"#]+)#comments" rel="next', first)
    second = page(client, article, more[1].replace("&amp;", "&"))
    assert "Remark 31" in second
    assert "Remark 29" not in second
    assert "Back to the first comments" in second


@pytest.mark.parametrize(
    "query", ["?cursor=nonsense", "?sort=worst", "?reply_to=x", "?replies_of=1", "?sent=1&token=2", "?a=%00"]
)
def test_a_mistyped_address_shows_the_thread_from_its_start(client, paper, query):
    article = paper.article()
    paper.published(article, body="Remark")
    assert "Remark" in thread(page(client, article, query))


def test_replies_beyond_the_first_ten_are_one_link_away(client, paper):
    article = paper.article()
    root = paper.published(article, name="Root")
    for number in range(12):
        paper.published(article, body=f"Answer {number:02}", parent=root.pk)
    html = page(client, article)
    assert "2 more replies" in html
    assert "Answer 11" not in html
    below = page(client, article, f"?replies_of={root.pk}")
    assert "Answer 11" in below
    assert "Back to the first comments" in below
    assert below.count('reply to Root, just now"') == 12


def test_a_reply_link_says_whom_it_answers(client, paper):
    article = paper.article()
    ana = paper.published(article, name="Ana & Co", body="Is Alf still with us?")
    assert f"?reply_to={ana.pk}#reply" in page(client, article)
    form = page(client, article, f"?reply_to={ana.pk}").split('id="reply"')[1]
    assert "Replying to" in form
    assert "Ana &amp; Co" in form
    assert f'name="parent" value="{ana.pk}"' in form


def test_one_cannot_answer_a_comment_that_is_not_public(client, paper):
    article = paper.article()
    hidden = paper.comment(article, name="Hidden")
    form = page(client, article, f"?reply_to={hidden.pk}").split('id="reply"')[1]
    assert "Hidden" not in form
    assert 'name="parent" value=""' in form


def test_a_closed_article_shows_its_comments_and_no_form(client, paper):
    article = paper.article(comments_close_at=timezone.now())
    html = page(client, article)
    assert "Comments on this article are closed." in html
    assert "reply-form" not in html
    assert "comments.js" not in html


def test_a_longer_thread_costs_no_more_queries(client, paper, django_assert_max_num_queries):
    paper.house_ads()
    article = paper.article()
    paper.published(article, parent=paper.published(article).pk)
    page(client, article)  # The first view of a process reads what is sold.
    sites.forget()
    with django_assert_max_num_queries(14) as few:
        page(client, article)
    for _ in range(20):
        paper.published(article, parent=paper.published(article).pk)
    sites.forget()
    with django_assert_max_num_queries(len(few)):
        page(client, article)
