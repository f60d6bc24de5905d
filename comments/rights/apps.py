from django.apps import AppConfig


class RightsConfig(AppConfig):
    name = "comments.rights"
    label = "rights"
    verbose_name = "Privacy and rights"

    def ready(self) -> None:
        from comments.rights import receivers  # noqa: F401
