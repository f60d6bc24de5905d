"""The settings of the ports' process: other paths, fewer apps, and no middleware but for the probes."""

from newsroom.settings import *  # noqa: F403

ROOT_URLCONF = "newsroom.ports_urls"
WSGI_APPLICATION = "newsroom.ports_wsgi.application"
MIDDLEWARE = ["newsroom.health.ProbeMiddleware"]
API_MAX_BODY_BYTES = 1_048_576  # A hundred texts.
# What the models of these need, and no more: the process starts in half the time.
INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "newsroom.audit",
    "newsroom.access",
    "newsroom.outbox",
    "articles",
    "comments",
    "moderation",
    "moderation.ports",
]
