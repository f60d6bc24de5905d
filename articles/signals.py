"""News of titles and articles, for the apps above."""

from __future__ import annotations

from django.dispatch import Signal

# Sent while a site is checked before it is stored, with ``site``. A receiver raises ValidationError for what
# would contradict what it has counted so far.
site_checked = Signal()
