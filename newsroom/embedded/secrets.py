"""The demo's secrets: made once, kept in the state folder, never derived from each other."""

from __future__ import annotations

import base64
import os
import secrets
from pathlib import Path


def _key() -> str:
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode()


def make_secrets() -> dict[str, str]:
    """A fresh set, as environment variables."""
    return {
        "NEWSROOM_SECRET_KEY": secrets.token_urlsafe(48),
        "NEWSROOM_EMAIL_KEYS": f"k1:{_key()}",
        "NEWSROOM_TOKEN_KEYS": f"k1:{_key()}",
        "NEWSROOM_AUDIT_KEY": _key(),
    }


def load_secrets(path: Path) -> dict[str, str]:
    """The secrets in that file (mode 0600); what it lacks is made and added. Call under the state's lock.

    A key that is lost makes every stored address unreadable, so the file is replaced whole or not at all.
    """
    found: dict[str, str] = {}
    if path.exists():
        pairs = (line.partition("=") for line in path.read_text(encoding="utf-8").splitlines() if "=" in line)
        found = {name.strip(): value.strip() for name, _, value in pairs if not name.startswith("#")}
    missing = {name: value for name, value in make_secrets().items() if not found.get(name)}
    if missing:
        found |= missing
        temporary = path.with_suffix(".new")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.writelines(f"{name}={value}\n" for name, value in found.items())
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
    return found
