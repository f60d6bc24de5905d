from django.apps import AppConfig


class DeskConfig(AppConfig):
    name = "moderation.desk"
    label = "desk"
