"""``manage.py reconcile``: repairs what dead parts left undone, for as long as it runs."""

from __future__ import annotations

import logging
import signal
import threading
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from moderation.reconciler import Reconciler


class Command(BaseCommand):
    help = (
        "Publish what is due again, judge what waited too long, seal the audit, watch the parts. "
        "Any number of copies; one leads. Stops on SIGTERM or SIGINT."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        stop = threading.Event()
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, lambda *_: stop.set())
        if settings.NEWSROOM_RECONCILER == "off":
            logging.getLogger("moderation").warning(
                "NEWSROOM_RECONCILER is off: nothing is repaired (for proofs only)"
            )
            while not stop.wait(0.5):
                pass
            return
        Reconciler(should_stop=stop.is_set).run()
