"""The ports' process: ``granian --interface wsgi newsroom.ports_wsgi:application``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any
from urllib.parse import parse_qsl, urlencode

os.environ["DJANGO_SETTINGS_MODULE"] = "newsroom.ports_settings"
os.environ.setdefault("NEWSROOM_PROCESS", "ports")

from django.core.wsgi import get_wsgi_application

_django = get_wsgi_application()

from moderation.ports import attendant  # noqa: E402  (needs the apps)
from moderation.ports.views import KEY_IN_ENVIRON  # noqa: E402
from newsroom.bodies import ChunkedBodies  # noqa: E402

KEY_PARAMETERS = {"key", "api_key"}


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Takes the key out of the query before anything sees the request that might write its address down."""
    parameters = parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True)
    keys = [value for name, value in parameters if name in KEY_PARAMETERS]
    if keys:
        environ[KEY_IN_ENVIRON] = keys[-1]
        others = [(name, value) for name, value in parameters if name not in KEY_PARAMETERS]
        environ["QUERY_STRING"] = urlencode(others)
        for name in ("RAW_URI", "REQUEST_URI"):
            environ.pop(name, None)
    return _bodies(environ, start_response)


_bodies = ChunkedBodies(_django)
attendant.start()
