from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Installed in demo mode only (``newsroom.settings``). Has no tables: a demo's database is like any other."""

    name = "newsroom.demo"
