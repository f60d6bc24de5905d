"""The settings of the ports' process: other paths, and no middleware that its clients have no use for."""

from newsroom.settings import *  # noqa: F403

ROOT_URLCONF = "newsroom.ports_urls"
WSGI_APPLICATION = "newsroom.ports_wsgi.application"
MIDDLEWARE = ["newsroom.health.ProbeMiddleware"]
