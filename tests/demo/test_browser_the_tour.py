"""The tour in chromium, against the real server in demo mode, with a real worker."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, expect

from tests.ads.conftest import new_slot
from tests.conftest import WebServer
from tests.pages.conftest import Newspaper

pytestmark = [
    pytest.mark.long,
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("classifier_in_database"),
]

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
OUTCOMES = {"friendly": "published", "rude": "held", "disguised": "held", "spam": "held"}
DECIDED_MS = 60_000
expect.set_options(timeout=DECIDED_MS)


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("state")


@pytest.fixture(scope="module")
def server(start_server: Callable[..., WebServer], state: Path) -> Iterator[WebServer]:
    server = start_server(NEWSROOM_MODE="demo", NEWSROOM_STATE=str(state))
    yield server
    server.stop()


@pytest.fixture
def tour(server: WebServer, state: Path, settings: Any, committed_paper: Newspaper) -> str:
    """The tour's address; the paper has an article from the archive and a slot."""
    from newsroom.demo.people import ensure_people

    settings.NEWSROOM_STATE = state
    ensure_people()
    committed_paper.article(status="archived")
    new_slot(committed_paper.site, code="top")
    return f"{server.url}/demo/"


@pytest.mark.usefixtures("celery_worker")
def test_each_button_leads_to_the_decision_that_it_promises(
    tour: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(tour)
    for number, (key, outcome) in enumerate(OUTCOMES.items(), start=1):
        page.click(f"a[data-key={key}]")
        page.get_by_role("button", name="Post comment").click()
        expect(page.locator("#comment-list .comment")).to_have_count(number)
        line = page.locator("#comment-list .comment").first.locator(".journey")
        expect(line).to_have_attribute("data-status", outcome, timeout=DECIDED_MS)
        expect(line.locator(".journey-decision")).to_contain_text("ms, by machine")
        expect(line.locator(".journey-scores meter").first).to_be_visible()


def test_the_editors_door_leads_to_the_desk_without_a_password(
    tour: str, open_page: Callable[..., Page]
) -> None:
    page = open_page(tour)
    page.get_by_role("region", name="Work the queue").get_by_role(
        "button", name="Go in as the editor"
    ).click()
    expect(page).to_have_url(tour.replace("/demo/", "/admin/desk/"))


def test_a_link_that_was_opened_elsewhere_still_works_there(
    tour: str, open_page: Callable[..., Page]
) -> None:
    link = open_page(tour).locator("#slots .door a").get_attribute("href")
    page = open_page(tour.replace("/demo/", str(link)))
    page.reload()
    page.get_by_role("button", name="Go in").click()
    expect(page).to_have_url(tour.replace("/demo/", "/admin/ads/slot/"))


def test_the_panel_follows_the_parts(tour: str, open_page: Callable[..., Page]) -> None:
    from moderation.services import beat

    page = open_page(tour)
    expect(page.locator("#parts-status")).to_contain_text("Sick: worker, reconciler, model")
    for part in ("worker", "reconciler", "model"):
        beat(part, data={"ok": True})
    expect(page.locator("#parts-status")).to_have_text("All parts work")


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [390, 1280])
def test_everybody_can_use_it(tour: str, open_page: Callable[..., Page], width: int, scheme: str) -> None:
    page = open_page(tour, width=width, color_scheme=scheme)
    found = Axe().run(page, options=RULES)
    assert not found.response["violations"], found.generate_report()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
