"""An editor at the desk, and held comments with findings as the machine leaves them."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db import transaction
from django.test import Client
from django.utils import timezone
from playwright.sync_api import Browser, BrowserContext, Page

from comments.models import Comment
from comments.services import Verdict, apply_decision, lock_comment
from moderation.models import Decision, ModelVersion
from tests.factories import ANYWHERE, CommentFactory

POLICY = {
    "thresholds": {"insult": {"hold": 0.4, "reject": 0.9}, "toxicity": {"hold": 0.3, "reject": 1.0}},
    "versions": {},
}


@pytest.fixture
def person(db: None) -> Callable[..., Any]:
    """Makes a member of staff in one of the groups that the migration made."""

    def make(role: str, username: str = "") -> Any:
        username = username or role.replace(" ", "_")
        user = get_user_model().objects.create_user(username, is_staff=True)
        user.groups.add(Group.objects.get(name=role))
        return user

    return make


@pytest.fixture
def editor(person: Callable[..., Any]) -> Any:
    return person("editor", "kerensa")


@pytest.fixture
def desk(editor: Any) -> Client:
    """A client signed in as the editor."""
    client = Client()
    client.force_login(editor)
    return client


@pytest.fixture
def hold() -> Callable[..., Comment]:
    """Makes a comment that the machine has held, with these findings and scores."""
    return held_comment


def held_comment(
    *,
    findings: list[dict[str, Any]] | None = None,
    scores: dict[str, float] | None = None,
    held_by: str = "detector",
    reason: str = "insult",
    model_version: ModelVersion | None = None,
    **given: Any,
) -> Comment:
    comment: Comment = CommentFactory(**given)
    with transaction.atomic():
        lock_comment(comment.pk)
        decision = Decision.objects.create(
            comment=comment,
            revision=comment.revision,
            round=comment.round,
            actor_kind=Decision.ActorKind.MACHINE,
            outcome=Decision.Outcome.HELD,
            held_by=held_by,
            reason_code=reason,
            findings=findings or [],
            scores={"insult": 0.7, "toxicity": 0.2} if scores is None else scores,
            policy=POLICY,
            model_version=model_version,
            language="en",
        )
        verdict = Verdict(decision.pk, "held", comment.revision, held_by=held_by, reason_code=reason)
        apply_decision(comment_id=comment.pk, verdict=verdict, allowed_from=ANYWHERE, at=timezone.now())
    comment.refresh_from_db()
    return comment


def seen(comment: Comment) -> str:
    """What the desk's form sends about a comment as it stands now."""
    return f"{comment.pk}:{comment.revision}:{comment.decision_id or ''}"


@pytest.fixture
def press(desk: Client) -> Callable[..., Any]:
    """Presses a button of the desk about a comment, as the page's form does."""

    def send(
        comment: Comment, action: str, *, as_seen: str = "", fragment: bool = False, **fields: str
    ) -> Any:
        data = {
            "seen": as_seen or seen(comment),
            "action": action,
            "reason": "",
            "next": "/admin/desk/",
        } | fields
        headers = {"X-Desk-Fragment": "1"} if fragment else {}
        return desk.post("/admin/desk/decide/", data, headers=headers)

    return send


# --- browser tests ---------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def browser(chromium_path: str) -> Iterator[Browser]:
    """Chromium without a window. Playwright runs a loop in this thread, which Django takes for async code."""
    from playwright.sync_api import sync_playwright

    with pytest.MonkeyPatch.context() as environment, sync_playwright() as playwright:
        environment.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")
        started = playwright.chromium.launch(
            executable_path=chromium_path,
            args=["--no-sandbox", "--disable-background-networking", "--disable-component-update"],
        )
        yield started
        started.close()


@pytest.fixture
def sign_in(browser: Browser, live_server: Any) -> Iterator[Callable[..., Page]]:
    """Opens a page as somebody; what the browser logs as an error (a CSP violation too) fails the test."""
    contexts: list[BrowserContext] = []
    said: list[str] = []

    def open_(username: str, path: str, **profile: Any) -> Page:
        context = browser.new_context(**({"viewport": {"width": 1280, "height": 900}} | profile))
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: said.append(f"{page.url}: {error}"))
        page.on(
            "console", lambda line: said.append(f"{page.url}: {line.text}") if line.type == "error" else None
        )
        page.on("dialog", lambda dialog: (said.append(f"a dialog said {dialog.message}"), dialog.dismiss()))
        client = Client()
        client.force_login(get_user_model().objects.get(username=username))
        cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": live_server.url}])
        page.goto(live_server.url + path)  # Waits for the script: keys pressed before it runs are nobody's.
        return page

    open_.said = said  # type: ignore[attr-defined]
    yield open_
    for context in contexts:
        context.close()
    assert not said
