"""Pages speak their site's language; one that is written from right to left turns the page around."""

from __future__ import annotations

import ast
import gettext
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.utils.translation import override
from django.utils.translation.template import templatize

from comments.embed_words import EMBED_WORDS
from comments.tokens import author_token
from newsroom.pages.words import BADGES, FIELD_PROBLEMS, PROBLEMS, REASONS

CATALOG = Path(settings.LOCALE_PATHS[0]) / "he" / "LC_MESSAGES" / "django.po"
PLACE = re.compile(r"%\(\w+\)s|\{\w+\}")


@pytest.fixture
def hebrew(paper):
    paper.site.language = "he"
    paper.site.save()
    return paper


def entries():
    """Pairs of an English text and all its translations, from the catalog's source."""
    for block in CATALOG.read_text().split("\n\n")[1:]:
        texts = dict(re.findall(r'^(msgid|msgid_plural|msgstr(?:\[\d\])?) (".*")$', block, re.MULTILINE))
        found = {name: ast.literal_eval(text) for name, text in texts.items()}
        yield found.pop("msgid"), found.pop("msgid_plural", ""), list(found.values())


def test_the_page_is_hebrew_and_runs_from_right_to_left(client, hebrew):
    article = hebrew.article()
    ana = hebrew.published(article, name="Ana")
    hebrew.published(article, name="Jon", parent=ana.pk)
    html = client.get(article.get_absolute_url()).content.decode()
    assert '<html lang="he" dir="rtl">' in html
    assert "2 תגובות" in html
    assert 'aria-label="Jon, בתשובה אל Ana, ממש עכשיו"' in html
    assert "Leave a reply" not in html
    private = client.get(f"/comments/{ana.pk}/?token={author_token(ana.pk)}").content.decode()
    assert "תגובתכם פורסמה" in private
    assert "Skip to the content" not in private
    assert client.get("/nowhere/").content.decode().count('dir="rtl"') == 1


def test_the_form_names_its_problems_in_hebrew(client, hebrew, typed):
    article = hebrew.article()
    page = client.post(article.get_absolute_url(), typed(article, email="no")).content.decode()
    assert "תנו כתובת דוא״ל כגון ana@example.org." in page


def test_a_page_elsewhere_is_told_the_direction_and_the_words(client, hebrew):
    document = client.get("/api/v1/embeds/", {"article": hebrew.article().slug}).json()
    assert (document["language"], document["direction"]) == ("he", "rtl")
    assert document["words"]["reply"] == "תשובה"


def test_english_stays_english_beside_it(client, paper):
    html = client.get(paper.article().get_absolute_url(), headers={"Accept-Language": "he"}).content.decode()
    assert '<html lang="en">' in html
    assert "Leave a reply" in html


@pytest.mark.parametrize("language", ["xx", "zz-unknown"])
def test_a_language_without_a_catalog_is_english(client, paper, language):
    paper.site.language = language
    paper.site.save()
    assert "Leave a reply" in client.get(paper.article().get_absolute_url()).content.decode()


def test_all_that_a_writing_reader_is_told_is_translated():
    with override("he"):
        for words in (EMBED_WORDS, PROBLEMS, FIELD_PROBLEMS, REASONS, BADGES):
            for code, text in words.items():
                if PLACE.sub("", str(text)).strip(" ,"):
                    assert re.search(r"[א-ת]", str(text)), code


def test_a_translation_keeps_every_place_that_is_filled_in():
    for english, plural, translations in entries():
        for translation in translations:
            asked = set(PLACE.findall(plural or english))
            assert set(PLACE.findall(translation)) <= asked, english
        assert set(PLACE.findall(translations[-1])) == set(PLACE.findall(plural or english)), english


def test_the_compiled_catalog_is_that_of_the_source():
    """A fresh clone has no gettext tools: the compiled file is in the repository, and must not lag behind."""
    with CATALOG.with_suffix(".mo").open("rb") as file:
        compiled = gettext.GNUTranslations(file)
    count = 0
    for english, plural, translations in entries():
        found = (
            [compiled.ngettext(english, plural, n) for n in (1, 5)] if plural else [compiled.gettext(english)]
        )
        assert found == translations
        count += len(translations)
    assert len(compiled._catalog) - 1 == count


READERS_TEMPLATES = sorted(
    path
    for folder in (
        "newsroom/pages/templates",
        "comments/rights/templates/mail",
        "moderation/templates/mail",
    )
    for path in (Path(settings.BASE_DIR) / folder).rglob("*.*")
    if path.suffix in {".html", ".txt"} and not path.name.startswith("desk_")  # The desk's are English.
)
ASKED = re.compile(r"""\b(n?)gettext\(u?('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*")""")


def test_every_page_and_letter_for_readers_is_translated():
    translated = {english for english, _, _ in entries()}
    asked = {
        (ast.literal_eval(text), path.name)
        for path in READERS_TEMPLATES
        for _, text in ASKED.findall(templatize(path.read_text(), origin=str(path)))
    }
    assert len(asked) > 200
    assert not {(text, name) for text, name in asked if text not in translated}


@pytest.mark.parametrize(
    ("path", "words"),
    [
        ("/terms/", "מה אינו מתפרסם"),
        ("/privacy/", "קוד שנעשה מכתובת הרשת"),
        ("/my/comments/", "אנו שולחים לכם קישור בדואר"),
        ("/my/verify/?token=no", "הקישור אינו תקף עוד"),
    ],
)
def test_rules_privacy_and_rights_are_hebrew(client, hebrew, path, words):
    html = client.get(path).content.decode()
    assert 'dir="rtl"' in html
    assert words in html


def test_reports_reasons_and_appeals_are_hebrew(client, hebrew):
    shown = hebrew.published(hebrew.article(), name="Ana")
    refused = hebrew.decide(hebrew.comment(shown.article), "rejected", reason="insult")
    assert "מה לא בסדר?" in client.get(f"/comments/{shown.pk}/report/").content.decode()
    assert "תום לב" in client.get(f"/comments/{shown.pk}/report/?reason=illegal").content.decode()
    private = client.get(f"/comments/{refused.pk}/?token={author_token(refused.pk)}").content.decode()
    assert "כללי התגובות באתר זה" in private
    assert "מדוע ההחלטה שגויה" in private
