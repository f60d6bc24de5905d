"""What every other test rests on: the role, the stores, the worker of this run."""

import os

import psycopg
import pytest
from django.db import connection
from django.db.utils import ProgrammingError

from newsroom.embedded.pytest_fixtures import Worker
from newsroom.embedded.pytest_plugin import prepare_environment, runtime_role

GIVEN = {
    "DATABASE_URL": "postgres://reader:secret@db.example/news",
    "DATABASE_OWNER_URL": "postgres://boss:secret@db.example/news",
    "REDIS_URL": "redis://redis.example",
}


def current_user() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_user")
        return str(cursor.fetchone()[0])


@pytest.mark.django_db
def test_a_test_in_a_transaction_is_the_runtime_role() -> None:
    assert current_user() == runtime_role(os.environ) != ""


@pytest.mark.django_db(transaction=True)
def test_a_test_that_commits_is_the_runtime_role() -> None:
    assert current_user() == runtime_role(os.environ)
    connection.close()
    assert current_user() == runtime_role(os.environ)


@pytest.mark.django_db(transaction=True)
def test_a_test_may_do_no_ddl_until_it_takes_the_owners_role() -> None:
    with connection.cursor() as cursor:
        with pytest.raises(ProgrammingError, match="permission denied"):
            cursor.execute("CREATE TABLE mine (words text)")
        cursor.execute("RESET ROLE")
        cursor.execute("CREATE TEMPORARY TABLE mine (words text)")
    connection.close()


@pytest.mark.django_db(transaction=True)
def test_a_process_beside_the_tests_sees_their_rows_as_the_runtime_role(live_env: dict[str, str]) -> None:
    from django.contrib.contenttypes.models import ContentType

    ContentType.objects.create(app_label="seen", model="from_outside")
    with psycopg.connect(live_env["DATABASE_URL"]) as beside:
        assert beside.execute("SELECT current_user::text").fetchone() == (runtime_role(os.environ),)
        count = beside.execute("SELECT count(*) FROM django_content_type WHERE app_label = 'seen'").fetchone()
    assert count == (1,)


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_runs_beside_the_tests(celery_worker: Worker) -> None:
    assert len(celery_worker.pids()) == 2, "one parent and one child"
    celery_worker.kill()
    assert celery_worker.pids() == []


def test_given_servers_are_used_and_none_is_started() -> None:
    environment = dict(GIVEN)
    assert prepare_environment(environment, with_stores=True) == []
    assert environment["REDIS_URL"] == GIVEN["REDIS_URL"]
    assert environment["DATABASE_URL"] == GIVEN["DATABASE_OWNER_URL"], "the owner makes the test database"
    assert runtime_role(environment) == "reader"


def test_side_by_side_each_process_has_a_given_server_of_its_own() -> None:
    environment = dict(GIVEN)
    prepare_environment(environment, with_stores=True)
    child = environment | {"NEWSROOM_TEST_REDIS_URLS": "unix:///a,unix:///b,", "PYTEST_XDIST_WORKER": "gw1"}
    assert prepare_environment(child, with_stores=True) == []
    assert child["REDIS_URL"] == "unix:///b"


def test_one_url_for_both_roles_assumes_none() -> None:
    environment = {"DATABASE_URL": GIVEN["DATABASE_URL"], "REDIS_URL": GIVEN["REDIS_URL"]}
    prepare_environment(environment, with_stores=True)
    assert runtime_role(environment) == ""


def test_collecting_starts_no_server_but_sets_what_settings_need() -> None:
    environment: dict[str, str] = {}
    assert prepare_environment(environment, with_stores=False) == []
    assert environment.keys() >= {"DATABASE_URL", "REDIS_URL", "NEWSROOM_SECRET_KEY", "NEWSROOM_MODE"}
