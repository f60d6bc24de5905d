from django.apps import AppConfig, apps


class AccessConfig(AppConfig):
    name = "newsroom.access"
    label = "access"

    def ready(self) -> None:
        if apps.is_installed("django.contrib.sessions"):  # The ports' process signs nobody in.
            from newsroom.access import step_up  # noqa: F401  (a login is a proof of who one is: it listens)
