"""The web server, Django loaded before it forks: ``python -m newsroom.serve … newsroom.wsgi:application``.

Takes granian's arguments. Its processes then share what is loaded, which is most of their memory.
"""

from __future__ import annotations

import gc
import os

import django
from django.urls import get_resolver
from granian.cli import entrypoint


def load() -> None:
    """Everything that requests need and that starts no thread and opens no connection."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    django.setup()
    get_resolver().url_patterns  # noqa: B018  (imports the views)
    gc.collect()
    gc.freeze()  # A collection in a child would write to every object, and so copy its page.


if __name__ == "__main__":
    load()
    entrypoint()  # type: ignore[no-untyped-call]
