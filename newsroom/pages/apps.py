"""The public pages."""

from __future__ import annotations

from django.apps import AppConfig


class PagesConfig(AppConfig):
    """Server-rendered pages for readers: front page, articles, the author's private page."""

    name = "newsroom.pages"
    label = "pages"
    verbose_name = "Pages"
