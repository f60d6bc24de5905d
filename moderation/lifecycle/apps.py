from django.apps import AppConfig


class LifecycleConfig(AppConfig):
    name = "moderation.lifecycle"
    label = "lifecycle"
    verbose_name = "Classifier"

    def ready(self) -> None:
        from moderation.lifecycle import receivers  # noqa: F401
