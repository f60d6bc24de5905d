"""What the demo says when it is ready: where to look, and as whom."""

from __future__ import annotations

import json

from newsroom.embedded.state import State

PLACES = {"Front page": "/", "Tour": "/demo/", "Desk": "/admin/", "API docs": "/api/docs/"}


def welcome(state: State, address: str, ports_address: str, took_s: float) -> str:
    """The lines to print: addresses, then the generated logins."""
    lines = ["", f"Newsroom is ready after {took_s:.1f} s.", ""]
    lines += [f"  {name:<12}{address}{path}" for name, path in PLACES.items()]
    lines += [f"  {'Ports':<12}{ports_address}/  (Perspective's API; its key is in {state.port_key_file})"]
    if logins := _logins(state):
        width = max(len(login["username"]) for login in logins) + 2
        lines += ["", f"  {'User':<{width}}Password"]
        lines += [f"  {login['username']:<{width}}{login['password']}" for login in logins]
        lines += ["", f"  API tokens too are in {state.logins_file}"]
    return "\n".join([*lines, "", "Ctrl-C stops everything.", ""])


def _logins(state: State) -> list[dict[str, str]]:
    try:
        found: dict[str, dict[str, str]] = json.loads(state.logins_file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return []
    return [login for login in found.values() if login.get("password")]
