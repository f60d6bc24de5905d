"""The ports' own process: what it serves, and that it writes down no key."""

from __future__ import annotations

import json
import subprocess
import sys
import time
import urllib.error
import urllib.request
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from moderation.engine import register_shipped_model
from tests.conftest import free_port
from tests.factories import SiteFactory


def post(url: str, body: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.django_db(transaction=True)
def test_the_process_scores_and_writes_down_no_key(live_env: dict[str, str], tmp_path: Path) -> None:
    register_shipped_model()
    printed = StringIO()
    call_command("port_key", "Coral", "--site", SiteFactory().code, stdout=printed)
    secret, port, log = printed.getvalue().strip(), free_port(), tmp_path / "log"
    command = [sys.executable, "-m", "granian", "--interface", "wsgi", "--port", str(port), "--access-log"]
    with log.open("wb") as file:
        server = subprocess.Popen(
            [*command, "newsroom.ports_wsgi:application"], env=live_env, stdout=file, stderr=file
        )
    try:
        while b"Started worker-1" not in log.read_bytes() and server.poll() is None:
            time.sleep(0.1)
        path = f"http://127.0.0.1:{port}/v1alpha1/comments:analyze?key="
        body = {"comment": {"text": "Thank you."}, "requestedAttributes": {"TOXICITY": {}}}
        status, answer = post(path + secret, body)
        assert (status, list(answer["attributeScores"])) == (200, ["TOXICITY"])
        assert post(path + secret, {"comment": 1})[0] == 400
        assert post(path + "nonsense-key", body)[0] == 400
    finally:
        server.terminate()
        server.wait(timeout=20)
    written = log.read_text()
    assert "comments:analyze" in written
    assert secret not in written
    assert "nonsense-key" not in written
