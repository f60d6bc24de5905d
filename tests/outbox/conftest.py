"""A mail server that speaks just enough SMTP, and refuses the addresses that it is told to."""

from __future__ import annotations

import socketserver
import threading
from collections.abc import Iterator
from typing import Any

import pytest


class MailServer(socketserver.ThreadingTCPServer):
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Session)
        self.mails: list[str] = []
        self.refuses: set[str] = set()
        self.sessions = 0


class _Session(socketserver.StreamRequestHandler):
    server: MailServer

    def handle(self) -> None:
        self.server.sessions += 1
        self._say("220 test")
        for raw in self.rfile:
            line = raw.decode().strip()
            verb = line[:4].upper()
            if verb == "DATA":
                self._say("354 go on")
                self.server.mails.append(self._data())
                self._say("250 kept")
            elif verb == "QUIT":
                self._say("221 bye")
                return
            elif verb == "RCPT" and any(address in line for address in self.server.refuses):
                self._say("550 no such mailbox")
            else:
                self._say("250 fine")

    def _data(self) -> str:
        lines = []
        for raw in self.rfile:
            if raw == b".\r\n":
                break
            lines.append(raw.decode())
        return "".join(lines)

    def _say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    """Running, and the one that Django's SMTP backend talks to."""
    with MailServer() as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT = server.server_address
        yield server
        server.shutdown()
