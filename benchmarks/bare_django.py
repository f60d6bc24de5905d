"""A bare Django view behind the product's own middleware. The path says how many bytes it answers.

For a process with the product's settings: ``benchmarks.bare_django:application``.
"""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")

from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpRequest, HttpResponse
from django.urls import path


def view(request: HttpRequest, size: int) -> HttpResponse:
    return HttpResponse(b"x" * size, content_type="text/plain")


urlpatterns = [path("api/<int:size>", view)]
settings.ROOT_URLCONF = __name__
application = get_wsgi_application()
