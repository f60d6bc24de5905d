"""The command as it is run: without stores, settings or network, one file written, and clear refusals."""

from __future__ import annotations

import os
import re
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from moderation.trial.__main__ import main
from moderation.trial.pool import NotStarted, Pool
from moderation.trial.records import Record, Theirs
from moderation.trial.report import MARK
from tests.trial.exports import saved

ROOT = Path(__file__).resolve().parents[2]
ROWS = "".join(
    f"{number},2024-05-{number % 28 + 1:02},Reader {number % 9},Thank you for report {number} about the"
    " ferry.,ok\n"
    for number in range(600)
)
EXPORT = f"id,date,author,text,outcome\n{ROWS}torn\n"
# Notes every connection and every file opened for writing, in this process and those that it starts.
WATCH = """
import os, sys
log = os.environ["WATCHED"]
def watch(event, args):
    said = ""
    if event in {"socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request"}:
        said = f"{event} {args}"
    elif event == "open" and args[0] != log and (args[2] or 0) & (os.O_WRONLY | os.O_RDWR | os.O_CREAT):
        said = f"writes {args[0]}"
    elif event in {"os.mkdir", "sqlite3.connect"}:
        said = f"{event} {args[0]}"
    if said:
        handle = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
        os.write(handle, (said + "\\n").encode())
        os.close(handle)
sys.addaudithook(watch)
"""


@pytest.fixture(scope="module")
def ran(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, subprocess.CompletedProcess[str]]:
    folder = tmp_path_factory.mktemp("try")
    (folder / "watch").mkdir()
    (folder / "watch" / "sitecustomize.py").write_text(WATCH)
    (folder / "here").mkdir()
    (folder / "tmp").mkdir()
    saved(folder, EXPORT, "harbour.2024.csv")
    done = subprocess.run(
        [sys.executable, "-m", "moderation.trial", "../harbour.2024.csv", "--processes", "2"],
        cwd=folder / "here",
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": f"{folder / 'watch'}:{ROOT}",
            "PYTHONDONTWRITEBYTECODE": "1",
            "TMPDIR": str(folder / "tmp"),
            "WATCHED": str(folder / "watched"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    return folder, done


def test_it_runs_without_stores_and_settings(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    _, done = ran

    assert done.returncode == 0, done.stderr
    assert all("judged" in line for line in done.stderr.splitlines())  # how far it is, on a slow machine
    assert done.stdout.startswith("Of your last 600 comments we would publish 600, hold 0, reject 0;")
    assert "1 row could not be read" in done.stdout


def test_it_writes_one_file_that_only_its_owner_reads(
    ran: tuple[Path, subprocess.CompletedProcess[str]],
) -> None:
    folder, _ = ran

    (report,) = (folder / "here").iterdir()

    assert report.name == "harbour-trial.html"
    assert MARK in report.read_text()
    assert stat.S_IMODE(report.stat().st_mode) == 0o600


def test_it_stores_and_sends_nothing(ran: tuple[Path, subprocess.CompletedProcess[str]]) -> None:
    folder, _ = ran

    done = (folder / "watched").read_text().splitlines()

    assert any(".harbour-trial.html." in line for line in done)
    expected = re.compile(rf"writes (\S*\.harbour-trial\.html\.\S+|\d+|/dev/null|{folder / 'tmp'}/\w+)")
    assert [line for line in done if not expected.fullmatch(line)] == []
    assert list((folder / "tmp").iterdir()) == []  # Python tries whether it could write there.


def test_a_text_that_ends_the_process_costs_that_text_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    fault = (
        "import os; from moderation.trial import judging, worker; whole = judging.Judge.judge\n"
        "def judge(self, comments):\n"
        "    any('killer' in text for text, _ in comments) and os._exit(9)\n"
        "    return whole(self, comments)\n"
        "judging.Judge.judge = judge; worker.main()"
    )
    monkeypatch.setattr(Pool, "command", (sys.executable, "-c", fault))
    texts = ["One", "A killer text", "Two"]
    records = [Record("", text, Theirs.PUBLISHED) for text in texts]

    with Pool({}, size=1) as pool:
        found = [judged is not None for _, judged in pool.judged(records)]

    assert found == [True, False, True]


def test_a_classifier_that_does_not_load_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Pool, "command", (sys.executable, "-c", "raise SystemExit(3)"))

    with Pool({}, size=2) as pool, pytest.raises(NotStarted):
        list(pool.judged([Record("", "One", Theirs.PUBLISHED)]))


# --- refusals: one line, before any work ---------------------------------------------------------------
def refused(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> str:
    assert main([str(argument) for argument in arguments]) == 1
    said = capsys.readouterr()
    assert said.out == ""
    assert said.err.startswith("try: ")
    assert said.err.count("\n") == 1
    return said.err


def test_what_cannot_be_read(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert "No such file" in refused(capsys, tmp_path / "nothing.csv")
    assert "is a folder" in refused(capsys, tmp_path)
    assert "is no plain file" in refused(capsys, "/dev/null")
    locked = saved(tmp_path, EXPORT, "locked.csv")
    locked.chmod(0)
    if os.geteuid() != 0:
        assert "Permission denied" in refused(capsys, locked)


def test_a_report_that_cannot_be_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    export = saved(tmp_path, EXPORT, "export.csv")

    assert "no folder" in refused(capsys, export, "--report", tmp_path / "none" / "r.html")
    assert "is a folder" in refused(capsys, export, "--report", tmp_path)
    assert "no report of this command" in refused(capsys, export, "--report", export)
    letter = saved(tmp_path, "Dear Ada", "letter.html")
    assert "no report of this command" in refused(capsys, export, "--report", letter)
    assert letter.read_text() == "Dear Ada"


def test_a_file_without_comments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    only_heads = saved(tmp_path, "text,outcome\n", "a.csv")
    only_blanks = saved(tmp_path, "text,outcome\n ,ok\n", "b.csv")
    only_torn = saved(tmp_path, "text,outcome\ntorn\n", "c.csv")

    assert "holds no comments to judge." in refused(capsys, only_heads)
    assert "1 row left out, of which 1 as: no words in it" in refused(capsys, only_blanks)
    assert "the first, line 2: it has 1 fields" in refused(capsys, only_torn)
    assert not list(tmp_path.glob("*.html"))
