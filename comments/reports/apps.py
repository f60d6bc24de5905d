from django.apps import AppConfig


class ReportsConfig(AppConfig):
    name = "comments.reports"
    label = "reports"
