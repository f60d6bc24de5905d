"""Texts that kill or hang whoever judges them: for proofs, in test mode only (NEWSROOM_TEST_FAULTS)."""

from __future__ import annotations

import os
import signal
import time

from django.conf import settings

HANGS_FOR_S = 3600.0


def provoke(text: str) -> None:
    """Do what the settings say about this text: ``{"words in it": "kill" or "hang"}``."""
    for words, fault in settings.NEWSROOM_TEST_FAULTS.items():
        if words in text:
            if fault == "kill":
                os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(HANGS_FOR_S)
