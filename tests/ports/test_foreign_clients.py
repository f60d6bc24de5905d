"""Clients that nobody here wrote, unchanged but for the address, against a running ports' process.

The packages are fetched once, by hash, into ``.venv/foreign``: nothing else needs them.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from newsroom.embedded.parts import ROOT
from tests.ports.conftest import PortsServer

CLIENTS = Path(__file__).parent / "clients"
REQUIREMENTS = CLIENTS / "requirements.txt"
RUDE = 0.8
CORAL = json.loads((CLIENTS / "coral.json").read_text())

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.timeout(300)]


def fetched(name: str, pins: Path, fetch: Callable[[Path], list[list[str]]]) -> Path:
    """The folder with what ``pins`` names; filled, if need be, by the first of ``fetch`` that works."""
    digest = hashlib.sha256(pins.read_bytes() + sys.version.encode()).hexdigest()[:12]
    folder = ROOT / ".venv" / "foreign" / f"{name}-{digest}"
    if not folder.is_dir():
        fresh = folder.with_name(f"{folder.name}.{os.getpid()}")
        fresh.mkdir(parents=True)
        for command in fetch(fresh):
            done = subprocess.run(command, cwd=fresh, capture_output=True, text=True, check=False)
            if done.returncode == 0:
                break
        assert done.returncode == 0, f"the {name} clients could not be fetched:\n{done.stderr[-2000:]}"
        try:
            fresh.rename(folder)
        except OSError:  # Another test process was first.
            shutil.rmtree(fresh)
    return folder


@pytest.fixture(scope="session")
def python_clients() -> Path:
    def install(folder: Path) -> list[list[str]]:
        uv = str(ROOT / ".venv" / "bin" / "uv")
        options = ["--require-hashes", "--only-binary", ":all:", "--python", sys.executable]
        command = [uv, "pip", "install", "-q", *options, "--target", str(folder), "-r", str(REQUIREMENTS)]
        return [[*command, "--system-certs"], command]  # As dev.py does.

    return fetched("python", REQUIREMENTS, install)


@pytest.fixture(scope="session")
def npm_client() -> Path:
    if shutil.which("npm") is None:
        pytest.skip("no npm here; on Debian: apt-get install -y nodejs npm")

    def install(folder: Path) -> list[list[str]]:
        for name in ("package.json", "package-lock.json"):
            shutil.copy(CLIENTS / name, folder)
        options = ["--omit-lockfile-registry-resolved", "--ignore-scripts", "--no-audit", "--no-fund"]
        return [["npm", "ci", *options]]

    return fetched("npm", CLIENTS / "package-lock.json", install)


def says(command: list[str], **extra: str) -> Any:
    """What a client's script prints, as JSON."""
    env = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    done = subprocess.run(command, env=env | extra, capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def python(script: str, packages: Path, secret: str, server: PortsServer) -> Any:
    return says([sys.executable, str(CLIENTS / script), secret, server.url], PYTHONPATH=str(packages))


def test_google_api_python_client(python_clients: Path, made: Any, ports_server: PortsServer) -> None:
    said = python("google_client.py", python_clients, made()[1], ports_server)
    toxicity = said["rude"]["attributeScores"]["TOXICITY"]
    assert toxicity["summaryScore"]["value"] > RUDE
    assert [(span["begin"], span["end"]) for span in toxicity["spanScores"]] == [(0, 10), (11, 24)]
    assert said["rude"]["clientToken"] == "t"
    assert said["empty"]["status"] == 400
    assert said["empty"]["details"][0]["errorType"] == "COMMENT_EMPTY"
    assert said["suggested"]["clientToken"] == "s"


def test_pyperspective(python_clients: Path, made: Any, ports_server: PortsServer) -> None:
    said = python("pyperspective_client.py", python_clients, made()[1], ports_server)
    assert said["toxicity"] > RUDE
    assert said["insult"] > RUDE
    assert said["span"] == "You idiot."
    assert said["bad_key"]


def test_the_package_perspective(python_clients: Path, made: Any, ports_server: PortsServer) -> None:
    said = python("perspective_client.py", python_clients, made()[1], ports_server)
    assert said["full"]["attributeScores"]["TOXICITY"]["summaryScore"]["value"] > RUDE
    assert said["suggested"]["clientToken"] == "x"


def test_perspective_api_client_from_npm(npm_client: Path, made: Any, ports_server: PortsServer) -> None:
    command = ["node", str(CLIENTS / "npm_client.js"), made()[1], ports_server.url]
    said = says(command, NODE_PATH=str(npm_client / "node_modules"))
    assert said["rude"]["attributeScores"]["INSULT"]["summaryScore"]["value"] > RUDE
    assert said["refused"] == {
        "name": "ResponseError",
        "message": "Unknown requested attribute: NONSENSE",
        "status": 400,
    }


def test_what_coral_sends(made: Any, ports_server: PortsServer) -> None:
    """Endpoint, body and reading as in Coral's source; with the key that the guide recommends for it."""
    secret = made(on_unscorable="hold_score")[1]
    for recorded in CORAL["requests"]:
        url = f"{ports_server.url}/v1alpha1/{recorded['operation']}?key={secret}"
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(url, json.dumps(recorded["body"]).encode(), headers)  # noqa: S310
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            data = json.load(answer)
        if recorded["operation"] == "comments:analyze":
            score = data["attributeScores"][recorded["model"]]["summaryScore"]["value"]
            assert (score > CORAL["threshold"]) is recorded["withheld"], (recorded["name"], score)
        else:
            assert data["clientToken"] == recorded["body"]["clientToken"]
