"""A small HTTP client: one keep-alive connection, JSON in and out."""

from __future__ import annotations

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from urllib.parse import urlsplit

FAILURES = (OSError, http.client.HTTPException, ValueError)


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    document: Any
    retry_after: str | None = None


class Client:
    """For one thread. A broken connection is replaced at the next request."""

    def __init__(self, address: str, *, timeout_s: float = 10.0) -> None:
        parts = urlsplit(address)
        self._connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=timeout_s)

    def request(
        self, method: str, path: str, document: Any = None, headers: Mapping[str, str] | None = None
    ) -> Answer:
        """Send one request and read its answer.

        Raises:
            OSError, HTTPException: no answer; whether the request arrived is unknown.
        """
        body = None if document is None else json.dumps(document).encode()
        sent = {"Content-Type": "application/json"} if body is not None else {}
        try:
            self._connection.request(method, path, body, sent | dict(headers or {}))
            response = self._connection.getresponse()
            data = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        retry_after = response.getheader("Retry-After")
        return Answer(response.status, json.loads(data) if data else None, retry_after)

    def close(self) -> None:
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def get(self, path: str) -> Answer:
        return self.request("GET", path)
