from django.apps import AppConfig


class AppealsConfig(AppConfig):
    name = "moderation.appeals"
    label = "appeals"

    def ready(self) -> None:
        from moderation.appeals import receivers  # noqa: F401
