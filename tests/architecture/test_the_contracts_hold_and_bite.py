"""Who may import whom: the contracts hold, name every package there is, and notice a violation."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("newsroom", "articles", "comments", "moderation", "ads", "seeds")
LINT = "from importlinter.cli import lint_imports_command as main; main()"
PURE = [
    "moderation.classifier",
    "moderation.policy",
    "moderation.detector",
    "moderation.near_copies",
    "moderation.text_rules",
    "moderation.trial.__main__",
    "ads.decision",
]
# Where Django, DRF and Celery may not even be loaded.
FRAMEWORKS = ("django", "rest_framework", "celery")


def settings() -> dict[str, Any]:
    document: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    return document


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", LINT, "--no-cache"]
    return subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The packages' Python files and the contracts, to be broken one at a time."""
    folder = tmp_path_factory.mktemp("copy")
    for package in PACKAGES:
        only_python = shutil.ignore_patterns(
            "__pycache__", "artifacts", "static", "templates", "content", "*.toml"
        )
        shutil.copytree(ROOT / package, folder / package, ignore=only_python)
    shutil.copy(ROOT / "pyproject.toml", folder)
    return folder


def test_the_contracts_hold() -> None:
    done = lint(ROOT)

    assert done.returncode == 0, done.stdout
    assert "0 broken" in done.stdout


def test_every_package_of_the_product_is_looked_at() -> None:
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "benchmarks"}

    assert packages == set(PACKAGES) == set(settings()["root_packages"])


def test_every_part_of_the_product_has_its_storey() -> None:
    """A new package below ``newsroom`` has to be placed; a small one may stand beside them all."""
    [layers] = [c["layers"] for c in settings()["contracts"] if c["name"] == "apps point one way"]
    placed = {name.strip(" ()") for layer in layers for name in layer.split(":")}
    outside = {"newsroom.embedded", "newsroom.management", "newsroom.migrations"}  # Before Django; commands.

    packages = {f"newsroom.{path.parent.name}" for path in (ROOT / "newsroom").glob("*/__init__.py")}

    assert packages - outside <= placed, "name them in the contract 'apps point one way' of pyproject.toml"


@pytest.mark.parametrize(
    ("module", "statement"),
    [
        ("articles/models.py", "import comments.models"),
        ("articles/selectors.py", "import moderation.models"),
        ("comments/services.py", "import moderation.services"),
        ("comments/services.py", "import ads.models"),
        ("moderation/services.py", "import ads.selectors"),
        ("moderation/services.py", "import moderation.tasks"),
        ("comments/models.py", "import comments.services"),
        ("comments/services.py", "import comments.views"),
        ("newsroom/crypto.py", "import newsroom.access.services"),
        ("newsroom/audit/services.py", "import articles.models"),
        ("comments/views.py", "import newsroom.pages.views"),
        ("moderation/classifier/text.py", "import django"),
        ("moderation/policy.py", "from django.db import models"),
        ("ads/decision.py", "import rest_framework"),
        ("newsroom/embedded/stores.py", "from django.conf import settings"),
    ],
)
def test_a_violation_is_noticed(copy: Path, module: str, statement: str) -> None:
    path = copy / module
    whole = path.read_text()
    try:
        path.write_text(f"{whole}\n{statement}\n")
        done = lint(copy)
    finally:
        path.write_text(whole)

    assert done.returncode != 0, f"{statement} in {module} went unnoticed"


@pytest.mark.parametrize("module", PURE)
def test_what_is_pure_loads_no_framework(module: str) -> None:
    code = f"import sys, {module}; sys.exit(', '.join(m for m in {FRAMEWORKS} if m in sys.modules) or 0)"

    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr


def test_models_and_migrations_agree(live_env: dict[str, str]) -> None:
    command = [
        sys.executable,
        "-m",
        "newsroom.embedded.django_command",
        "makemigrations",
        "--check",
        "--dry-run",
    ]
    done = subprocess.run(command, cwd=ROOT, env=live_env, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout


def test_nothing_unpickles() -> None:
    """Neither broker nor cache nor a model file may run code: no pickle, nowhere."""
    words = (
        "import pickle",
        "import joblib",
        "from joblib",
        "allow_pickle=True",
        "pickle.load",
        "yaml.load(",
    )
    found = [
        f"{path.relative_to(ROOT)}: {word}"
        for package in PACKAGES
        for path in (ROOT / package).rglob("*.py")
        for word in words
        if word in path.read_text()
    ]

    assert found == []


def test_readers_texts_are_never_marked_safe() -> None:
    found = [
        str(path.relative_to(ROOT))
        for package in ("comments", "articles")
        for path in (ROOT / package).rglob("*.py")
        if "mark_safe" in path.read_text()
    ]

    assert found == []
