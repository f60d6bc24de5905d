import os
import shutil
import stat
from pathlib import Path

import psycopg
import pytest

from newsroom.embedded.restarter import Restarter, open_log
from newsroom.embedded.secrets import load_secrets
from newsroom.embedded.state import Refused, State
from newsroom.embedded.stores import PostgreSQL
from tests.embedded.helpers import hold_quickly, wait_until


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_nobody_else_can_read_the_state(tmp_path: Path) -> None:
    (tmp_path / "state").mkdir(mode=0o755)
    state = State.open(tmp_path / "state")
    assert mode(state.path) == mode(state.run) == 0o700


def test_a_folder_with_other_files_is_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / "thesis.txt").write_text("years of work")
    before = mode(tmp_path)
    with pytest.raises(Refused, match="holds other files"):
        State.open(tmp_path)
    assert mode(tmp_path) == before


def test_a_file_is_no_state(tmp_path: Path) -> None:
    (tmp_path / "state").write_text("")
    with pytest.raises(Refused, match="is not a folder"):
        State.open(tmp_path / "state")


def test_secrets_are_made_once_and_readable_by_the_owner_only(tmp_path: Path) -> None:
    first = load_secrets(tmp_path / "secrets.env")
    assert load_secrets(tmp_path / "secrets.env") == first
    assert mode(tmp_path / "secrets.env") == 0o600
    assert len(set(first.values())) == len(first) == 4


def test_a_secret_that_is_missing_is_added_and_the_others_stay(tmp_path: Path) -> None:
    first = load_secrets(tmp_path / "secrets.env")
    kept = f"NEWSROOM_EMAIL_KEYS={first['NEWSROOM_EMAIL_KEYS']}\n"
    (tmp_path / "secrets.env").write_text(kept)
    second = load_secrets(tmp_path / "secrets.env")
    assert second["NEWSROOM_EMAIL_KEYS"] == first["NEWSROOM_EMAIL_KEYS"]
    assert second["NEWSROOM_AUDIT_KEY"] != first["NEWSROOM_AUDIT_KEY"]


def test_the_sockets_lie_in_a_short_private_folder(tmp_path: Path) -> None:
    state = State.open(tmp_path / ("long" * 30) / ("path" * 30))
    sockets = state.make_sockets()
    assert mode(sockets) == 0o700
    assert len(str(sockets / ".s.PGSQL.5432")) < 107
    assert state.sockets() == sockets
    sockets.rmdir()


def test_a_folder_that_others_can_enter_is_never_used_for_sockets(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    expected = state.make_sockets()
    expected.chmod(0o777)  # As if somebody had guessed the name and made it first.
    assert state.sockets() is None
    other = state.make_sockets()
    assert other != expected
    assert mode(other) == 0o700
    for folder in (expected, other):
        folder.rmdir()


def test_a_link_is_never_used_for_sockets(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    expected = state.make_sockets()
    expected.rmdir()
    expected.symlink_to(tmp_path)
    other = state.make_sockets()
    assert other != expected
    other.rmdir()
    expected.unlink()


def test_stores_work_below_a_closed_folder_with_a_long_path(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    state = State.open(closed / ("a-long-name-" * 12) / "state")
    lease = hold_quickly(state)
    with psycopg.connect(lease.urls["DATABASE_URL"]) as runtime:
        assert runtime.execute("SELECT 1").fetchone() == (1,)
    lease.release()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has to become somebody else")
def test_root_without_user_namespaces_runs_postgresql_as_nobody(tmp_path: Path) -> None:
    state = State.open(tmp_path / "state")
    cluster = PostgreSQL(state, state.make_sockets(), durable=False, namespaces=False)
    restarter = Restarter(run=state.run, output=lambda name: open_log(state.log / name))
    cluster.prepare()
    restarter.start(cluster.part())
    try:
        assert wait_until(cluster.is_ready), (state.log / "postgresql").read_text()
        with psycopg.connect(cluster.urls()["DATABASE_URL"]) as runtime:
            assert runtime.execute("SELECT current_user::text").fetchone() == ("newsroom_app",)
        assert cluster.data.owner() == "nobody"
        assert not str(cluster.data).startswith(str(state.path))
    finally:
        restarter.stop("postgresql")
        cluster.sockets.rmdir()
    try:
        assert PostgreSQL(state, tmp_path, namespaces=False).data == cluster.data
    finally:
        shutil.rmtree(cluster.user.home)
