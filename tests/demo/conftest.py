"""Demo mode inside the test process: app installed, paths included, state in a folder of the test."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.test import modify_settings

from articles.models import Site
from tests.pages.conftest import (  # noqa: F401  (fixtures)
    browser,
    classifier_in_database,
    committed_paper,
    open_page,
    paper,
)


@pytest.fixture
def demo(db: None, settings: Any, tmp_path: Path) -> Iterator[Path]:
    """The demo's state folder."""
    settings.MODE, settings.DEMO = "demo", True
    settings.NEWSROOM_STATE = tmp_path
    settings.EMAIL_FILE_PATH = tmp_path / "mail"
    settings.ROOT_URLCONF = "tests.demo.urls"
    with modify_settings(INSTALLED_APPS={"append": "newsroom.demo"}):
        yield tmp_path


@pytest.fixture
def site(db: None) -> Site:
    return Site.objects.create(
        code="tribune", name="The Tribune", domain="tribune.example.org", is_default=True
    )


@pytest.fixture
def people(demo: Path) -> dict[str, Any]:
    """The demo's five logins, made."""
    from newsroom.demo.people import ensure_people

    return dict(ensure_people())


@pytest.fixture
def no_demo(settings: Any) -> Callable[[], None]:
    """Leaves demo mode while the paths stay included: as if somebody had included them by mistake."""

    def leave() -> None:
        settings.MODE, settings.DEMO = "production", False

    return leave
