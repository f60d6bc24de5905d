from django.apps import AppConfig


class AccessConfig(AppConfig):
    name = "newsroom.access"
    label = "access"

    def ready(self) -> None:
        from newsroom.access import step_up  # noqa: F401  (a login is a proof of who one is: it listens)
