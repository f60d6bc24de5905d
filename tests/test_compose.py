"""docker-compose.yml against the compose schema, and against what the demo runs."""

import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

from newsroom.embedded import parts

ROOT = Path(__file__).resolve().parents[1]
FILE = ROOT / "docker-compose.yml"
OURS = {"web", "ports", "worker", "reconciler", "beat", "migrate"}


@pytest.fixture(scope="module")
def services() -> dict[str, Any]:
    return dict(yaml.safe_load(FILE.read_text())["services"])


def test_the_file_is_valid() -> None:
    command = [sys.executable, "-m", "check_jsonschema", "--builtin-schema", "vendor.compose-spec", str(FILE)]
    answer = subprocess.run(command, capture_output=True, text=True, check=False)
    assert answer.returncode == 0, answer.stdout


def test_every_part_is_there_and_has_a_health_check(services: dict[str, Any]) -> None:
    assert services.keys() == OURS | {"postgres", "redis"}
    assert [name for name, service in services.items() if "healthcheck" not in service] == ["migrate"]


def test_one_image_serves_every_part_of_ours(services: dict[str, Any]) -> None:
    assert {services[name]["image"] for name in OURS} == {"newsroom:latest"}
    assert "\nUSER newsroom\n" in (ROOT / "Dockerfile").read_text()


def test_only_migrate_knows_the_owner(services: dict[str, Any]) -> None:
    assert [name for name in OURS if "newsroom_owner" in str(services[name])] == ["migrate"]


def test_no_password_is_written_down(services: dict[str, Any]) -> None:
    secrets = {
        name: value for service in services.values() for name, value in service.get("environment", {}).items()
    }
    for name in ("POSTGRES_PASSWORD", "NEWSROOM_SECRET_KEY", "NEWSROOM_EMAIL_KEYS", "REDISCLI_AUTH"):
        assert secrets[name].startswith("${"), name
        assert ":?" in secrets[name], f"{name} may be forgotten"


def test_every_variable_it_asks_for_is_in_the_example(services: dict[str, Any]) -> None:
    asked = {text.split(":")[0].split("}")[0] for text in FILE.read_text().split("${")[1:]}
    given = {line.split("=")[0] for line in (ROOT / ".env.example").read_text().splitlines() if "=" in line}
    assert asked <= given


def test_every_setting_from_the_environment_is_in_the_example() -> None:
    settings = (ROOT / "newsroom" / "settings.py").read_text()
    read = set(re.findall(r'(?:\benv\w*|environ\.get)\(\s*"([A-Z_]+)"', settings))
    named = set(re.findall(r"^#? ?([A-Z_]+)=", (ROOT / ".env.example").read_text(), re.MULTILINE))
    assert {name for name in read if not name.startswith("NEWSROOM_TEST_")} <= named


def test_the_demo_runs_the_same_commands(services: dict[str, Any]) -> None:
    """But for what differs by nature: addresses, names, files."""
    demo = {
        "web": parts.web({}, host="0.0.0.0", port=8000),
        "ports": parts.ports({}, host="0.0.0.0", port=8100, processes=2),
        "worker": parts.worker({}, node="x"),
    }
    for name, part in demo.items():
        differs = {"-n", "x@%h", "--workers-kill-timeout", "5", "--log-level", "warning"}
        mine = [word for word in part.argv[3:] if word not in differs]
        theirs = [word for word in services[name]["command"] if word not in differs]
        assert [word for word in theirs if word not in {"python", "-m"}] == mine


def test_the_broker_never_evicts_and_keeps_its_queue(services: dict[str, Any]) -> None:
    command = " ".join(services["redis"]["command"])
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes" in command
