"""The ports' own process: what it serves and counts, and that it writes down no key."""

from __future__ import annotations

import json
import urllib.error
import urllib.request
from io import StringIO
from typing import Any

import pytest
from django.core.management import call_command

from moderation.engine import register_shipped_model
from moderation.models import Heartbeat
from moderation.ports.models import PortUsage
from tests.factories import SiteFactory
from tests.ports.conftest import PortsServer


def post(url: str, body: Any) -> tuple[int, dict[str, Any]]:
    headers = {"Content-Type": "application/json"}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:  # noqa: S310
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, json.load(error)


@pytest.mark.django_db(transaction=True)
def test_the_process_scores_counts_and_writes_down_no_key(ports_server: PortsServer) -> None:
    register_shipped_model()
    printed = StringIO()
    call_command("port_key", "Coral", "--site", SiteFactory().code, stdout=printed)
    secret = printed.getvalue().strip()
    path = f"{ports_server.url}/v1alpha1/comments:analyze?key="
    body = {"comment": {"text": "Thank you."}, "requestedAttributes": {"TOXICITY": {}}}
    status, answer = post(path + secret, body)
    assert (status, list(answer["attributeScores"])) == (200, ["TOXICITY"])
    assert post(path + secret, {"comment": 1})[0] == 400
    assert post(path + "nonsense-key", body)[0] == 400
    ports_server.stop()  # It writes its last counts.
    written = ports_server.log.read_text()
    assert "comments:analyze" in written
    assert secret not in written
    assert "nonsense-key" not in written
    assert list(PortUsage.objects.values_list("requests", "texts", "errors")) == [(2, 1, 1)]
    assert Heartbeat.objects.filter(part="ports").exists()
