"""Outside demo mode there is no tour: no path, no app, no command, and nobody who imports it."""

from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from articles.models import Site

PATHS = ("/demo/", "/demo/mail/", "/demo/parts/", "/demo/enter/x/")
ASK = """
import sys, django
django.setup()
from django.apps import apps
from django.core.management import get_commands
from django.urls import Resolver404, resolve
import newsroom.urls
missing = 0
for path in sys.argv[1:]:
    try:
        match = resolve(path)
    except Resolver404:
        missing += 1
assert missing == len(sys.argv) - 1, "a path of the demo resolves"
assert not apps.is_installed("newsroom.demo")
assert "demo_setup" not in get_commands()
assert not [name for name in sys.modules if name.startswith("newsroom.demo")]
"""


@pytest.mark.django_db
@pytest.mark.parametrize("path", PATHS)
def test_the_tour_is_not_there(client: Client, path: str) -> None:
    Site.objects.create(code="tribune", name="The Tribune", domain="tribune.example.org", is_default=True)
    assert client.get(path).status_code == 404


@pytest.mark.parametrize("mode", ["test", "production"])
def test_a_process_in_another_mode_knows_nothing_of_it(mode: str) -> None:
    env = {
        **os.environ,
        "NEWSROOM_MODE": mode,
        "NEWSROOM_ALLOWED_HOSTS": "news.example.org",
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
    }
    done = subprocess.run(
        [sys.executable, "-c", ASK, *PATHS], env=env, capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.usefixtures("demo")
@pytest.mark.parametrize("path", PATHS)
def test_a_path_that_was_included_by_mistake_is_still_404(
    client: Client, site: Site, no_demo: Callable[[], None], path: str
) -> None:
    assert client.get(path).status_code in {200, 410}
    no_demo()
    assert client.get(path).status_code == 404


def test_nothing_outside_imports_it() -> None:
    root = Path(settings.BASE_DIR)
    importers = {
        str(file.relative_to(root))
        for package in ("newsroom", "articles", "comments", "moderation", "ads", "seeds")
        for file in (root / package).rglob("*.py")
        if "newsroom.demo" in imported_modules(ast.parse(file.read_text(encoding="utf-8")))
    }
    assert {name for name in importers if not name.startswith("newsroom/demo/")} == set()


def imported_modules(tree: ast.AST) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(tree):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        found |= {".".join(name.split(".")[:2]) for name in names}
    return found


def test_the_search_for_importers_finds_them() -> None:
    samples: dict[str, Any] = {
        "import newsroom.demo.views": True,
        "from newsroom.demo import views": True,
        "from newsroom import demo": True,
        "from newsroom.demo.people import PEOPLE": True,
        "import newsroom.pages": False,
    }
    assert {source: "newsroom.demo" in imported_modules(ast.parse(source)) for source in samples} == samples
