"""What is set wrong stops the start, in words; and the queue can only ever carry JSON."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest
from django.conf import settings

from newsroom.checks import check_limits, check_proxies, check_secrets
from newsroom.embedded.parts import ROOT
from newsroom.redis_urls import celery_broker_url, with_database

GOOD = {
    "NEWSROOM_MODE": "production",
    "NEWSROOM_SECRET_KEY": "0123456789abcdefghijklmnopqrstuvwxyz" * 2,
    "NEWSROOM_EMAIL_KEYS": "k1:" + "A" * 43,
    "NEWSROOM_TOKEN_KEYS": "k1:" + "B" * 43,
    "NEWSROOM_AUDIT_KEY": "C" * 43,
    "NEWSROOM_ALLOWED_HOSTS": "news.example.org",
    "DATABASE_URL": "postgres://nobody@%2Fnonexistent/none",
    "REDIS_URL": "unix:///nonexistent/valkey.sock",
}


def start(**changes: str | None) -> subprocess.CompletedProcess[str]:
    """Django's own checks in a process of its own, as before every start."""
    environment = {name: value for name, value in (GOOD | changes).items() if value is not None}
    command = [sys.executable, "-m", "newsroom.embedded.django_command", "check", "--deploy"]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_whole_configuration_starts_and_is_fit_for_production() -> None:
    done = start()

    assert done.returncode == 0, done.stderr
    assert "WARNINGS" not in done.stderr, done.stderr


@pytest.mark.parametrize("name", ["NEWSROOM_SECRET_KEY", "NEWSROOM_EMAIL_KEYS", "DATABASE_URL"])
def test_a_missing_secret_or_store_is_named(name: str) -> None:
    done = start(**{name: None})

    assert done.returncode != 0
    assert f"{name} is not set" in done.stderr


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"NEWSROOM_SECRET_KEY": "change-me"}, "NEWSROOM_SECRET_KEY is a default"),
        ({"NEWSROOM_EMAIL_KEYS": "k1:short"}, "NEWSROOM_EMAIL_KEYS needs entries"),
        ({"NEWSROOM_MODE": "staging"}, "NEWSROOM_MODE is 'staging'"),
    ],
)
def test_a_weak_secret_or_wrong_mode_is_refused(changes: dict[str, str], words: str) -> None:
    done = start(**changes)

    assert done.returncode != 0
    assert words in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "check"),
    [
        ("NEWSROOM_TOKEN_KEYS", "k1:!!", check_secrets),
        ("NEWSROOM_AUDIT_KEY", "dG9vIHNob3J0", check_secrets),
        ("NEWSROOM_AUDIT_KEY", "ü", check_secrets),
        ("NEWSROOM_LIMITS", "sometimes", check_limits),
        ("NEWSROOM_LIMIT_RATES", "adress=3/minute", check_limits),
        ("NEWSROOM_LIMIT_RATES", "address=0/minute", check_limits),
        ("NEWSROOM_LIMIT_RATES", "address", check_limits),
        ("NEWSROOM_TRUSTED_PROXIES", ["10.0.0.0/8", "the proxy"], check_proxies),
    ],
)
def test_each_check_notices_its_fault(settings: Any, name: str, value: Any, check: Any) -> None:
    assert check(None) == []
    setattr(settings, name, value)

    [problem] = check(None)

    assert name in problem.msg
    assert problem.hint


@pytest.mark.parametrize(
    ("url", "cache", "broker"),
    [
        ("redis://host:6379/0", "redis://host:6379/1", "redis://host:6379/0"),
        ("rediss://u:p@host/5?x=1", "rediss://u:p@host/1?x=1", "rediss://u:p@host/0?x=1"),
        (
            "unix:///run/valkey.sock",
            "unix:///run/valkey.sock?db=1",
            "redis+socket:///run/valkey.sock?virtual_host=0",
        ),
        (
            "unix://u:p@/run/v.sock?db=3",
            "unix://u:p@/run/v.sock?db=1",
            "redis+socket://u:p@/run/v.sock?virtual_host=0",
        ),
    ],
)
def test_one_address_of_redis_is_spelled_for_each_reader(url: str, cache: str, broker: str) -> None:
    assert with_database(url, 1) == cache
    assert celery_broker_url(url, database=0) == broker


def test_time_limits_leases_and_redelivery_stand_in_order() -> None:
    visibility = settings.CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"]
    limits = (settings.CELERY_TASK_SOFT_TIME_LIMIT, settings.CELERY_TASK_TIME_LIMIT)

    assert limits[0] < limits[1] < settings.NEWSROOM_LEASE_S < visibility


def test_tasks_results_and_caches_hold_json_only_or_nothing() -> None:
    assert settings.CELERY_ACCEPT_CONTENT == ["json"]
    assert settings.CELERY_TASK_SERIALIZER == "json"
    assert settings.CELERY_RESULT_BACKEND is None
    assert "redis" not in settings.CACHES["default"]["BACKEND"].lower()
