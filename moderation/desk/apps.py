from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "moderation.desk"
    label = "desk"

    def ready(self) -> None:
        from moderation.desk import receivers  # noqa: F401  (connects them)
