"""Articles without a photograph borrow a drawing of their section; a wrong one would be worse than none."""

from __future__ import annotations

from django.contrib.staticfiles.finders import find

from newsroom.pages.pictures import DRAWN, VARIANTS, drawing


def test_an_article_always_gets_the_same_drawing():
    first = drawing(section_slug="sport", article_slug="derby")
    assert first == drawing(section_slug="sport", article_slug="derby")
    assert first.alt == ""


def test_a_section_without_drawings_stays_text():
    assert drawing(section_slug="obituaries", article_slug="derby") is None


def test_every_drawing_that_can_be_chosen_exists():
    for kind in set(DRAWN.values()):
        for variant in range(1, VARIANTS + 1):
            assert find(f"pages/art/{kind}-{variant}.svg")


def test_an_articles_own_photograph_stands_in_it_with_its_description(client, paper):
    article = paper.article(image="articles/bridge.jpg", image_alt="The bridge, pointing at the sea")
    page = client.get(article.get_absolute_url()).content.decode()
    assert '<img src="/media/articles/bridge.jpg" alt="The bridge, pointing at the sea" width="1200"' in page


def test_a_drawing_is_not_put_into_the_article_itself(client, paper):
    page = client.get(paper.article(section="sport").get_absolute_url()).content.decode()
    assert "story-picture" not in page
