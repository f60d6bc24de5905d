"""Word lists on the desk: seen before saved, of a site or a section, as written or undisguised, as files."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from articles.models import Section
from comments.models import Comment
from moderation.desk.impact import Impact, impact_of
from moderation.desk.wordlists import words_of_file
from moderation.models import WordList
from moderation.policy import ResolvedPolicy
from moderation.rules import rule_findings
from newsroom.audit.models import AuditEntry
from newsroom.errors import FieldError
from tests.factories import ArticleFactory, CommentFactory, SectionFactory, SiteFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def banned() -> WordList:
    return WordList.objects.create(site=SiteFactory(), kind="banned", words=["grockle"])


def path_of(word_list: WordList) -> str:
    return f"/admin/desk/words/{word_list.pk}/"


def look(client: Client, word_list: WordList, words: str) -> Any:
    return client.post(path_of(word_list), {"words": words, "do": "look", "seen_version": word_list.version})


def save(client: Client, word_list: WordList, words: str, **fields: Any) -> Any:
    data = {"words": words, "do": "save", "reason": "Asked for", "seen_version": word_list.version}
    answer = client.post(path_of(word_list), data | fields)
    word_list.refresh_from_db()
    return answer


def caught(words: list[str], *, section: Section | None = None, **fields: Any) -> Impact:
    word_list = WordList(**{"site": SiteFactory(), "section": section, "kind": "banned"} | fields)
    return impact_of(word_list, words=words, stored=(), now=timezone.now())


def codes(comment: Comment) -> list[tuple[str, str]]:
    found = rule_findings(comment, comment.private, ResolvedPolicy(thresholds={}))
    return [
        (one.code, one.where) for one in found if one.code.endswith("_word") or one.code == "blocked_domain"
    ]


# --- what would it have caught? -------------------------------------------------------------------------
def test_the_preview_counts_marks_and_saves_nothing(desk: Client, banned: WordList) -> None:
    CommentFactory(status="published", body="Every 3mmet knows that.")
    CommentFactory(status="rejected", body="You grockle!")
    CommentFactory(body="Nothing of the kind here.")
    answer = look(desk, banned, "grockle\nemmet")
    impact = answer.context["impact"]
    assert (impact.read, impact.caught, impact.published, impact.newly) == (3, 2, 1, 1)
    page = answer.content.decode()
    assert '<mark class="by-rule strength-3" title="emmet; reads as “emmet”">3mmet</mark>' in page
    banned.refresh_from_db()
    assert banned.words == ["grockle"]


def test_old_comments_other_titles_and_other_sections_do_not_count() -> None:
    CommentFactory(body="You grockle!", at=timezone.now() - timedelta(days=31))
    elsewhere = SiteFactory(code="gazette")
    CommentFactory(body="You grockle!", article=ArticleFactory(site=elsewhere))
    assert caught(["grockle"]).read == 0
    CommentFactory(body="You grockle!")
    assert caught(["grockle"]).caught == 1
    assert caught(["grockle"], section=SectionFactory(slug="sport")).caught == 0


def test_names_are_read_too_and_domains_are_found_in_links() -> None:
    CommentFactory(name="Grockle 3000", body="Nothing of the kind.")
    assert caught(["grockle"]).caught == 1
    CommentFactory(body="See https://www.kent-invest.example.com/start at once")
    assert caught(["example.com"], kind="blocked_domain").by_word == [("example.com", 1)]


# --- what is refused ------------------------------------------------------------------------------------
@pytest.mark.parametrize("word", ["a", "!", "\u200b\u200b", "é", "…", "._-", "4"])
def test_a_word_that_matches_everything_or_nothing_is_refused(
    desk: Client, banned: WordList, word: str
) -> None:
    assert save(desk, banned, f"grockle\n{word}x\n{word}").status_code == 400
    assert banned.words == ["grockle"]


def test_a_word_in_every_second_comment_is_refused_and_said_so(desk: Client, banned: WordList) -> None:
    for number in range(20):
        CommentFactory(
            body=f"The bearing came in crate {number}." if number % 2 else f"Nothing of it, {number}."
        )
    assert (
        "In at least half of what is written here: bearing."
        in look(desk, banned, "grockle\nbearing").content.decode()
    )
    answer = save(desk, banned, "grockle\nbearing")
    assert "so it says nothing: bearing." in answer.content.decode()
    assert banned.words == ["grockle"]


def test_a_young_title_is_asked_by_its_own_articles(desk: Client, banned: WordList) -> None:
    long = "and the council said on Monday that the bridge would open again before the summer, or so it hoped"
    ArticleFactory(body="\n\n".join(f"In {number}, {long}." for number in range(25)))
    assert "says nothing: the." in save(desk, banned, "grockle\nthe").content.decode()
    assert save(desk, banned, "grockle\nemmet").status_code == 302


@pytest.mark.parametrize("word", ["nonsense", "news.example.com", "com", "not a domain.com"])
def test_what_is_no_whole_domain_is_refused(desk: Client, word: str) -> None:
    blocked = WordList.objects.create(site=SiteFactory(), kind="blocked_domain", words=[])
    assert save(desk, blocked, word).status_code == 400
    save(desk, blocked, "https://www.Example.com/offers?x=1\nexample.com")
    assert blocked.words == ["example.com"]


def test_a_list_of_trusted_domains_is_begun_and_holds_domains(desk: Client) -> None:
    where = SiteFactory().pk
    path = f"/admin/desk/words/new/?kind=trusted_domain&where={where}&literal=on"
    assert "Who links there?" in desk.get(path).content.decode()
    typed = {"words": "https://www.Example.com/a", "do": "save", "reason": "Our own", "seen_version": "0"}
    assert desk.post(path, typed).status_code == 302
    saved = WordList.objects.get(kind="trusted_domain")
    assert (saved.words, saved.is_literal) == (["example.com"], False)


# --- saving ---------------------------------------------------------------------------------------------
def test_a_changed_list_has_a_new_version_and_says_who_and_why(
    desk: Client, editor: Any, banned: WordList
) -> None:
    assert save(desk, banned, "grockle\n emmet \n\nemmet\ngr0ckle").status_code == 302
    assert (banned.words, banned.version) == (["emmet", "grockle"], 2)
    entry = AuditEntry.objects.get(action="wordlist.update")
    assert (entry.actor, entry.reason) == (editor, "Asked for")
    assert entry.data == {"kind": "banned", "version": 2, "added": 1, "removed": 0, "words": 2}
    assert "Asked for" in desk.get(path_of(banned)).content.decode()
    save(desk, banned, "grockle\nemmet")
    assert banned.version == 2


def test_without_a_reason_or_on_an_older_version_nothing_is_saved(desk: Client, banned: WordList) -> None:
    assert "Write why" in save(desk, banned, "emmet", reason=" ").content.decode()
    answer = save(desk, banned, "emmet", seen_version=0)
    assert answer.status_code == 409
    assert "Somebody else has changed this list" in answer.content.decode()
    assert "emmet" in answer.content.decode()  # What was typed is not lost.
    assert banned.words == ["grockle"]


def test_a_list_of_a_section_holds_there_alone(desk: Client) -> None:
    sport = SectionFactory(slug="sport")
    new = f"/admin/desk/words/new/?kind=suspect&where={sport.pk}"
    assert not WordList.objects.exists()
    desk.post(new, {"words": "offside", "do": "save", "reason": "Derby", "seen_version": 0})
    assert desk.get(new)["Location"] == path_of(WordList.objects.get())
    there = CommentFactory(article=ArticleFactory(section=sport), body="Clearly offside, that.")
    assert codes(there) == [("suspect_word", "body")]
    assert codes(CommentFactory(body="Clearly offside, that.")) == []


def test_a_literal_list_finds_what_is_written_and_nothing_else() -> None:
    WordList.objects.create(
        site=SiteFactory(), kind="banned", is_literal=True, words=["Emmet", "#OutNow", "🖕"]
    )
    assert codes(CommentFactory(body="EMMET go home")) == [("banned_word", "body")]
    assert codes(CommentFactory(body="join #outnow today")) == [("banned_word", "body")]
    assert codes(CommentFactory(body="you🖕there")) == [("banned_word", "body")]
    assert codes(CommentFactory(body="3mmet, e m m e t and emmets go home")) == []
    istanbul = CommentFactory(body="İİ emmet")
    finding = rule_findings(istanbul, istanbul.private, ResolvedPolicy(thresholds={}))[0]
    assert [istanbul.body[start:end] for start, end in finding.spans] == ["emmet"]


# --- files ----------------------------------------------------------------------------------------------
def test_what_is_exported_is_imported_again(desk: Client, banned: WordList) -> None:
    save(desk, banned, 'grockle\nin, or out\n=1+1\nsay "no"')
    for kind in ("txt", "csv"):
        answer = desk.get(f"{path_of(banned)}words.{kind}")
        assert "attachment" in answer["Content-Disposition"]
        assert words_of_file(answer.content, name=f"x.{kind}") == banned.words


def test_a_file_is_taken_in_and_looked_at_before_it_is_saved(desk: Client, banned: WordList) -> None:
    CommentFactory(body="You emmet!")
    file = SimpleUploadedFile("words.csv", "\ufeffnote;word\r\nx;emmet\r\ny;dinlo\r\n".encode())
    data = {"words": "grockle", "do": "take_in", "seen_version": 1, "file": file}
    answer = desk.post(path_of(banned), data)
    assert answer.context["text"] == "dinlo\nemmet\ngrockle"
    assert answer.context["impact"].caught == 1
    banned.refresh_from_db()
    assert banned.words == ["grockle"]
    file.seek(0)
    assert desk.post(path_of(banned), data | {"replace": "on"}).context["text"] == "dinlo\nemmet"


@pytest.mark.parametrize("data", [b"\xff\xfe\x00", b"x" * 600_000])
def test_a_file_that_is_no_list_is_refused_in_words(desk: Client, banned: WordList, data: bytes) -> None:
    file = SimpleUploadedFile("words.txt", data)
    sent = {"words": "", "do": "take_in", "seen_version": 1, "file": file}
    assert "problem" in desk.post(path_of(banned), sent).context
    with pytest.raises(FieldError):
        words_of_file(data, name="words.csv")


# --- who ------------------------------------------------------------------------------------------------
def test_lists_are_for_editors_and_of_their_own_sections(
    desk: Client, editor: Any, person: Any, banned: WordList
) -> None:
    outsider = Client()
    outsider.force_login(person("ad manager"))
    assert look(outsider, banned, "grockle").status_code == 403
    assert look(Client(), banned, "grockle").status_code == 302
    sport = SectionFactory(slug="sport")
    own = WordList.objects.create(site=sport.site, section=sport, kind="banned", words=[])
    desk.get("/admin/desk/")
    editor.moderator.sections.add(sport)
    assert desk.get(path_of(banned)).status_code == 200
    assert save(desk, banned, "emmet").status_code == 403
    assert desk.get(f"/admin/desk/words/new/?kind=suspect&where={sport.site_id}").status_code == 403
    assert save(desk, own, "emmet").status_code == 302
