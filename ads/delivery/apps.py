from django.apps import AppConfig


class DeliveryConfig(AppConfig):
    name = "ads.delivery"
    label = "delivery"
    verbose_name = "Ads delivered"
