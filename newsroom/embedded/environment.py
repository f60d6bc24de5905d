"""The environment of every process of a demo: its stores, its secrets, its mode."""

from __future__ import annotations

import os
from collections.abc import Mapping

from newsroom.embedded.keeper import Lease, hold
from newsroom.embedded.parts import ROOT
from newsroom.embedded.secrets import load_secrets
from newsroom.embedded.state import State

STORES = {"postgresql": "DATABASE_URL", "valkey": "REDIS_URL"}


def hold_stores(state: State) -> Lease | None:
    """Have those stores running that the environment does not name; None if it names both."""
    needed = [store for store, variable in STORES.items() if not os.environ.get(variable)]
    return hold(state, needed) if needed else None


def demo_environment(state: State, urls: Mapping[str, str], **extra: str) -> dict[str, str]:
    """What the demo's processes see. Values that the caller has set stay, but for the demo's own mode."""
    ours = {
        **load_secrets(state.secrets_file),
        "NEWSROOM_LIMITS": "default",
        "NEWSROOM_MODERATION_RATE": "30.00",
        "DJANGO_SETTINGS_MODULE": "newsroom.settings",
        "OPENBLAS_NUM_THREADS": "1",  # Two cores are shared by every process here.
        "OMP_NUM_THREADS": "1",
        "PYTHONUNBUFFERED": "1",
    }
    given = {name: value for name, value in os.environ.items() if value}
    fixed = {
        "NEWSROOM_MODE": "demo",
        "NEWSROOM_STATE": str(state.path),
        "PYTHONPATH": os.pathsep.join(filter(None, (str(ROOT), os.environ.get("PYTHONPATH", "")))),
    }
    return {**ours, **given, **urls, **fixed, **extra}
