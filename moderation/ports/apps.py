from django.apps import AppConfig


class PortsConfig(AppConfig):
    name = "moderation.ports"
    label = "ports"
    verbose_name = "Ports for other systems"
