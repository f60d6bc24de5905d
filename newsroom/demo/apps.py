from django.apps import AppConfig


class DemoConfig(AppConfig):
    """Installed in demo mode only (``newsroom.settings``). Has no tables of its own."""

    name = "newsroom.demo"
