"""A small newspaper for the pages' tests."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any
from uuid import UUID

import pytest
from django.contrib.auth import get_user_model
from django.utils import timezone

from ads.creatives import content_digest
from ads.models import Advertiser, Campaign, Creative, LineItem, Slot
from articles.models import Article, Section, Site
from comments.models import Comment
from comments.services import Submission, submit_comment
from moderation.classifier import load, shipped_artifact
from moderation.models import Decision, ModelVersion
from moderation.services import decide_by_person

if TYPE_CHECKING:
    from playwright.sync_api import Browser, BrowserContext, Page

_numbers = count(1)


@dataclass
class Newspaper:
    """A site with sections, and short ways to fill it."""

    site: Site
    sections: dict[str, Section] = field(default_factory=dict)

    def section(self, slug: str = "local") -> Section:
        if slug not in self.sections:
            self.sections[slug] = Section.objects.create(
                site=self.site, slug=slug, name=slug.title(), position=len(self.sections)
            )
        return self.sections[slug]

    def article(
        self, *, section: str = "local", age: timedelta = timedelta(hours=1), **fields: Any
    ) -> Article:
        number = next(_numbers)
        given = {
            "headline": f"Bridge stuck for day {number}",
            "slug": f"bridge-{number}",
            "standfirst": "The bearing waits in customs.",
            "byline": "Imogen Salter",
            "body": "First paragraph.\n\nSecond paragraph.",
            "status": Article.Status.PUBLISHED,
            "published_at": timezone.now() - age,
        }
        return Article.objects.create(site=self.site, section=self.section(section), **(given | fields))

    def comment(
        self,
        article: Article,
        *,
        name: str = "Ana",
        body: str = "",
        parent: UUID | None = None,
        age: timedelta = timedelta(),
    ) -> Comment:
        """A pending comment by a commenter of its own."""
        number = next(_numbers)
        submission = Submission(
            name=name,
            email=f"reader-{number}@example.org",
            body=body or f"I crossed it {number} times.",
            parent_id=parent,
        )
        at = timezone.now() - age
        return Comment.objects.get(pk=submit_comment(article=article, submission=submission, at=at))

    def published(self, article: Article, **fields: Any) -> Comment:
        return self.decide(self.comment(article, **fields), Decision.Outcome.PUBLISHED)

    def decide(self, comment: Comment, outcome: str, *, reason: str = "") -> Comment:
        editor, _ = get_user_model().objects.get_or_create(username="editor")
        decide_by_person(
            comment_id=comment.pk,
            actor=editor,
            outcome=outcome,
            seen_revision=comment.revision,
            reason_code=reason,
        )
        comment.refresh_from_db()
        return comment

    def house_ads(self) -> None:
        """A slot above and one below the article, and a house ad for each."""
        now = timezone.now()
        advertiser = Advertiser.objects.create(site=self.site, name="The Test Tribune")
        campaign = Campaign.objects.create(
            advertiser=advertiser, name="House", starts_at=now - timedelta(days=1)
        )
        item = LineItem.objects.create(campaign=campaign, name="House", type="house", status="ready")
        for position in (Slot.Position.ARTICLE_TOP, Slot.Position.ARTICLE_BOTTOM):
            code = position.replace("_", "-")
            item.slots.add(
                Slot.objects.create(site=self.site, code=code, name=code, position=position, sizes=["fluid"])
            )
        for number in (1, 2):
            creative = Creative(
                line_item=item,
                headline=f"Subscribe <now> {number}",
                text="Three months for the price of one.",
                call_to_action="See the offers",
                target_url=f"https://ternhaven.example.org/offers/{number}?a=1&b=2",
            )
            creative.sha256 = creative.approved_sha256 = content_digest(creative)
            creative.save()


def make_newspaper(**fields: Any) -> Newspaper:
    given = {
        "code": "tribune",
        "name": "The Test Tribune",
        "tagline": "From the harbour",
        "domain": "tribune.example.org",
        "time_zone": "Europe/London",
        "language": "en",
        "ad_label": "TT Ads",
        "is_default": True,
    }
    return Newspaper(Site.objects.create(**(given | fields)))


@pytest.fixture
def paper(db: None) -> Newspaper:
    return make_newspaper()


@pytest.fixture
def committed_paper(transactional_db: None) -> Newspaper:
    """The same, in committed rows that other threads and processes see."""
    return make_newspaper()


@pytest.fixture
def typed() -> Callable[..., dict[str, str]]:
    """The form's fields as a browser sends them, with a fresh token from ``article``."""
    from newsroom.pages.forms import Typed

    def fill(article: Article, **changes: str) -> dict[str, str]:
        fresh = Typed.empty(article, at=timezone.now() - timedelta(seconds=10))
        fields = {
            "name": "Ada",
            "email": "ada@example.org",
            "body": "Oil the bearing.",
            "parent": "",
            "website": "",
            "form_token": fresh.token,
            "key": fresh.key,
        }
        return fields | changes

    return fill


# --- browser tests ---------------------------------------------------------------------------------
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
MODEL_ID = UUID("01890000-0000-7000-8000-00000000aaaa")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Chromium without a window. Playwright runs a loop in this thread, which Django takes for async code."""
    if CHROMIUM is None:
        pytest.skip("there is no chromium: apt-get install chromium")
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        chromium = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield chromium
        chromium.close()


@pytest.fixture
def open_page(browser: Browser) -> Iterator[Callable[..., Page]]:
    """Opens a page of its own browser profile; whatever the page logs as an error fails the test."""
    contexts: list[BrowserContext] = []
    errors: list[str] = []

    def open_(url: str, *, width: int = 1280, expect_errors: bool = False, **profile: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": 900}, **profile)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        if not expect_errors:
            page.on("pageerror", lambda error: errors.append(str(error)))
            page.on("console", lambda said: errors.append(said.text) if said.type == "error" else None)
        page.goto(url)
        return page

    yield open_
    for context in contexts:
        context.close()
    assert not errors


@pytest.fixture
def classifier_in_database(transactional_db: None) -> None:
    """The shipped classifier, active, always under one id: a worker outlives the rows of a single test."""
    data = shipped_artifact().read_bytes()
    ModelVersion.objects.create(
        id=MODEL_ID,
        digest=hashlib.sha256(data).hexdigest(),
        name="shipped",
        manifest=load(data).manifest,
        artifact=data,
        is_active=True,
        activated_at=timezone.now(),
    )
