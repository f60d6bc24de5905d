"""dev.py on copies of the checkout's few files that it needs: no network, nothing installed."""

import ast
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    for name in ("dev.py", "pyproject.toml"):
        shutil.copy(ROOT / name, tmp_path / name)
    shutil.copytree(ROOT / "requirements", tmp_path / "requirements")
    return tmp_path


def dev(
    checkout: Path, *arguments: str, python: str | Path = sys.executable, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, checkout / "dev.py", *arguments],
        capture_output=True,
        text=True,
        timeout=60,
        env=os.environ | variables,
        check=False,
    )


def call_in(checkout: Path, code: str) -> str:
    """What that code prints, with the checkout's dev.py imported."""
    command = [sys.executable, "-c", f"import dev, sys\n{code}"]
    return subprocess.run(command, cwd=checkout, capture_output=True, text=True, check=True).stdout.strip()


def test_the_committed_locks_match_pyproject() -> None:
    call_in(ROOT, "dev.refuse_stale_locks()")


@pytest.mark.parametrize("command", ["test", "check"])
def test_a_dependency_that_is_not_locked_fails_the_test_run_in_one_line(checkout: Path, command: str) -> None:
    project = (checkout / "pyproject.toml").read_text()
    (checkout / "pyproject.toml").write_text(project.replace('"rich>=14"', '"rich>=14", "leftpad"'))
    answer = dev(checkout, command)
    assert answer.returncode != 0
    assert (
        answer.stderr
        == "dev.py: requirements/base.txt does not match pyproject.toml. Run: python3 dev.py lock\n"
    )


def test_a_lock_that_was_edited_by_hand_fails_the_test_run(checkout: Path) -> None:
    lock = checkout / "requirements" / "test.txt"
    lock.write_text(lock.read_text().replace("--hash=sha256:0", "--hash=sha256:1", 1))
    assert "requirements/test.txt does not match" in dev(checkout, "test").stderr


def test_other_changes_in_pyproject_need_no_new_lock(checkout: Path) -> None:
    with (checkout / "pyproject.toml").open("a") as project:
        project.write('\n[tool.other]\nkey = "value"\n')
    assert call_in(checkout, "dev.refuse_stale_locks(); print('fresh')") == "fresh"


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.txt")), ids=lambda path: path.stem)
def test_no_lock_holds_an_address_and_every_pin_has_a_hash(lock: Path) -> None:
    text = lock.read_text()
    assert "//" not in text
    assert text.count("==") <= text.count("--hash=sha256:")


def test_an_old_python_gets_as_far_as_the_message() -> None:
    source = (ROOT / "dev.py").read_text()
    ast.parse(source, feature_version=(3, 8))
    check = source.index("sys.version_info < (3, 11)")
    assert check < source.index("import tomllib")


def test_a_machine_without_pip_is_told_what_to_do_in_one_line(checkout: Path, tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "bare"], check=True)
    answer = dev(checkout, "demo", python=tmp_path / "bare" / "bin" / "python")
    assert answer.returncode != 0
    assert answer.stderr.splitlines()[-1].startswith(
        "dev.py: pip is missing; on Debian or Ubuntu: apt-get install"
    )
    assert "Traceback" not in answer.stderr


def test_an_unknown_command_shows_the_commands(checkout: Path) -> None:
    answer = dev(checkout, "deom")
    assert answer.returncode == 2
    assert "dev.py demo" in answer.stdout


def installed(checkout: Path, group: str) -> None:
    """As if that group had been installed."""
    (checkout / ".venv" / "bin").mkdir(parents=True)
    (checkout / ".venv" / "bin" / "python").symlink_to(sys.executable)
    note = f"{{'group': {group!r}, 'digest': dev.digest_of({group!r})}}"
    call_in(checkout, f"import json; dev.STAMP.write_text(json.dumps({note}))")


ENSURE = "dev.install = lambda group: print('installs', group)\ndev.ensure({group!r})"


@pytest.mark.parametrize(
    ("have", "want", "does"),
    [
        ("demo", "demo", ""),
        ("test", "test", ""),
        ("test", "demo", ""),  # The test packages serve the demo too, and are not taken away.
        ("demo", "test", "installs test"),
    ],
)
def test_only_what_is_missing_is_installed(checkout: Path, have: str, want: str, does: str) -> None:
    installed(checkout, have)
    assert call_in(checkout, ENSURE.format(group=want)) == does


def test_a_changed_lock_is_installed_again_without_taking_the_test_packages_away(checkout: Path) -> None:
    installed(checkout, "test")
    with (checkout / "requirements" / "test.txt").open("a") as lock:
        lock.write("# changed\n")
    assert call_in(checkout, ENSURE.format(group="demo")) == "installs test"


def test_the_second_of_two_waits_for_the_first(checkout: Path) -> None:
    slow = "dev.install = lambda group: (print('in', flush=True), time.sleep(1.5))"
    code = f"import dev, time\n{slow}\ndev.ensure('demo')\nprint('out')"
    first = subprocess.Popen([sys.executable, "-c", code], cwd=checkout, stdout=subprocess.PIPE, text=True)
    assert first.stdout is not None
    assert first.stdout.readline() == "in\n"
    started = time.monotonic()
    quick = f"import dev\n{ENSURE.format(group='demo')}"
    second = subprocess.run(
        [sys.executable, "-c", quick], cwd=checkout, capture_output=True, text=True, check=True
    )
    assert first.communicate()[0] == "out\n"
    assert "waiting" in second.stderr
    assert time.monotonic() - started > 0.5


def test_a_failed_install_leaves_no_stamp_behind(checkout: Path) -> None:
    installed(checkout, "demo")
    code = "dev.install_uv = lambda: False\ndev.install_with_pip = lambda group: sys.exit('no network')\n"
    script = f"import dev, sys\n{code}dev.install('demo')"
    subprocess.run([sys.executable, "-c", script], cwd=checkout, capture_output=True, check=False)
    assert not (checkout / ".venv" / "newsroom.json").exists()


def test_pip_is_asked_where_uv_has_no_wheel(checkout: Path) -> None:
    installed(checkout, "demo")
    code = """
dev.install_uv = lambda: False
dev.output_of = lambda command: "pip 23.0.1 from somewhere"
dev.run = lambda command, *rest, **options: print(*command[1:])
dev.install("demo")
"""
    assert "pip --python" in call_in(checkout, code)
    assert "install --require-hashes -r" in call_in(checkout, code)
