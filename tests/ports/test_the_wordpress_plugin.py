"""The plugin stays small and is PHP. ``contrib/wordpress/try_it.py`` tries it in a real WordPress."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

PLUGIN = Path(__file__).parents[2] / "contrib" / "wordpress" / "newsroom.php"


def test_it_has_at_most_150_lines() -> None:
    assert len(PLUGIN.read_text().splitlines()) <= 150


def test_it_names_no_host() -> None:
    assert "://" not in PLUGIN.read_text()


@pytest.mark.skipif(not shutil.which("php"), reason="PHP is not installed")
def test_php_reads_it() -> None:
    done = subprocess.run(["php", "-l", str(PLUGIN)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
