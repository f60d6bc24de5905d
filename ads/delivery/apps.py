from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "ads.delivery"
    label = "delivery"
    verbose_name = "Ads delivered"

    def ready(self) -> None:
        from ads.delivery import receivers  # noqa: F401  (connects them)
