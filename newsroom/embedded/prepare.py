"""Fills a demo's database in one process: migrations, the demo's people, a small seed. Safe to run twice."""

from __future__ import annotations

import os
import time


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
    import django
    from django.core.management import call_command

    django.setup()
    for words in (
        ["migrate", "--verbosity=0", "--no-input"],
        ["demo_setup"],
        ["seed", "--size=small"],
        ["demo_port_key"],
    ):
        started = time.monotonic()
        call_command(*words)
        print(f"{words[0]} took {time.monotonic() - started:.1f} s", flush=True)


if __name__ == "__main__":
    main()
