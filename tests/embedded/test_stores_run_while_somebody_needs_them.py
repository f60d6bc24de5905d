import os
import signal
import subprocess
import sys

import psycopg
import pytest
import redis

from newsroom.embedded.environment import demo_environment
from newsroom.embedded.keeper import hold
from newsroom.embedded.state import Refused, State
from tests.embedded.helpers import all_gone, hold_quickly, running, wait_until


def test_the_runtime_role_may_not_change_the_schema_and_the_owner_may(state: State) -> None:
    lease = hold_quickly(state, "postgresql")
    with psycopg.connect(lease.urls["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE kept (words text)")
        owner.execute("GRANT SELECT ON kept TO newsroom_app")
        owner.execute("SET ROLE newsroom_app")
    with psycopg.connect(lease.urls["DATABASE_URL"]) as runtime:
        assert runtime.execute("SELECT count(*) FROM kept").fetchone() == (0,)
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            runtime.execute("CREATE TABLE mine (words text)")
    lease.release()


def test_a_command_on_a_database_without_tables_says_how_to_make_them(state: State) -> None:
    lease = hold_quickly(state)
    done = subprocess.run(
        [sys.executable, "-m", "newsroom.embedded.django_command", "verify_audit"],
        env=demo_environment(state, lease.urls),
        capture_output=True,
        text=True,
        check=False,
    )
    lease.release()
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "dev.py manage migrate" in done.stderr


def test_rows_and_queued_tasks_survive_a_restart(state: State) -> None:
    lease = hold(state)
    with psycopg.connect(lease.urls["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 7 AS number")
    redis.from_url(lease.urls["REDIS_URL"]).rpush("queue", "task")
    assert lease.release()
    again = hold(state)
    with psycopg.connect(again.urls["DATABASE_URL"].replace("newsroom_app", "newsroom_owner")) as owner:
        assert owner.execute("SELECT number FROM kept").fetchone() == (7,)
    assert redis.from_url(again.urls["REDIS_URL"]).lrange("queue", 0, -1) == [b"task"]
    again.release()


def test_the_last_one_to_leave_stops_them(state: State, holder: subprocess.Popen[str]) -> None:
    pids = running(state)
    mine = hold_quickly(state)
    assert running(state) == pids
    holder.kill()
    holder.wait()
    assert mine.release()
    assert set(pids) == {"keeper", "postgresql", "valkey"}
    assert wait_until(lambda: all_gone(pids))


def test_letting_go_leaves_them_to_the_others(state: State, holder: subprocess.Popen[str]) -> None:
    mine = hold_quickly(state)
    assert mine.release() is False
    assert set(running(state)) == {"keeper", "postgresql", "valkey"}


def test_a_killed_holder_leaves_nothing_running(state: State, holder: subprocess.Popen[str]) -> None:
    pids = running(state)
    os.kill(holder.pid, signal.SIGKILL)
    assert wait_until(lambda: all_gone(pids))


def test_a_killed_keeper_takes_the_stores_along_and_they_start_again(state: State) -> None:
    lease = hold_quickly(state)
    pids = running(state)
    os.kill(pids["keeper"], signal.SIGKILL)
    assert wait_until(lambda: all_gone(pids))
    lease.close()
    again = hold_quickly(state)
    with psycopg.connect(again.urls["DATABASE_URL"]) as runtime:
        assert runtime.execute("SELECT 1").fetchone() == (1,)
    again.release()


def test_committed_rows_survive_a_kill_of_everything_at_once(state: State) -> None:
    lease = hold(state, ["postgresql"])
    with psycopg.connect(lease.urls["DATABASE_OWNER_URL"]) as owner:
        owner.execute("CREATE TABLE kept AS SELECT 7 AS number")
    pids = running(state)
    for pid in pids.values():
        os.kill(pid, signal.SIGSTOP)  # So that none reacts to the others' end.
    for pid in pids.values():
        os.kill(pid, signal.SIGKILL)
    assert wait_until(lambda: all_gone(pids))
    lease.close()
    again = hold(state, ["postgresql"])
    with psycopg.connect(again.urls["DATABASE_OWNER_URL"]) as owner:
        assert owner.execute("SELECT number FROM kept").fetchone() == (7,)
    again.release()


def test_a_killed_store_is_started_again(state: State) -> None:
    lease = hold_quickly(state, "postgresql")
    os.kill(running(state)["postgresql"], signal.SIGKILL)

    def answers() -> bool:
        try:
            with psycopg.connect(lease.urls["DATABASE_URL"]) as runtime:
                return runtime.execute("SELECT 1").fetchone() == (1,)
        except psycopg.OperationalError:
            return False

    assert wait_until(lambda: running(state).get("postgresql") is not None and answers())
    lease.release()


def test_a_store_that_another_keeper_left_behind_is_stopped_first(state: State) -> None:
    lease = hold_quickly(state)
    pids = running(state)
    os.kill(pids["valkey"], signal.SIGSTOP)  # Frozen, it does not hear that its keeper dies.
    os.kill(pids["keeper"], signal.SIGKILL)
    lease.close()
    again = hold_quickly(state)
    assert redis.from_url(again.urls["REDIS_URL"]).ping()
    assert running(state)["valkey"] != pids["valkey"]
    again.release()


def test_a_store_that_cannot_start_says_why(empty_state: State) -> None:
    (empty_state.path / "postgresql").mkdir()
    (empty_state.path / "postgresql" / "PG_VERSION").write_text("9")
    with pytest.raises(Refused, match="was made by PostgreSQL 9"):
        hold_quickly(empty_state, "postgresql")


def test_an_interrupted_first_start_is_done_over(empty_state: State) -> None:
    (empty_state.path / "postgresql.new").mkdir()
    (empty_state.path / "postgresql.new" / "half").write_text("")
    lease = hold_quickly(empty_state, "postgresql")
    with psycopg.connect(lease.urls["DATABASE_URL"]) as runtime:
        assert runtime.execute("SHOW server_encoding").fetchone() == ("UTF8",)
    lease.release()


def test_one_store_is_not_started_when_only_the_other_is_needed(state: State) -> None:
    lease = hold_quickly(state, "valkey")
    assert set(running(state)) == {"keeper", "valkey"}
    assert set(lease.urls) == {"REDIS_URL"}
    lease.release()
