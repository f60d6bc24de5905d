"""The web process: ``granian --interface wsgi newsroom.wsgi:application``."""

import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "newsroom.settings")
os.environ.setdefault("NEWSROOM_PROCESS", "web")

_django = get_wsgi_application()

from ads.delivery.ahead import reserve_for  # noqa: E402  (needs the apps)
from ads.delivery.front import AdFront  # noqa: E402
from ads.delivery.writing import writer  # noqa: E402
from comments.front import ThreadFront  # noqa: E402
from newsroom.bodies import ChunkedBodies  # noqa: E402

writer.start(then=reserve_for)
application = ThreadFront(AdFront(ChunkedBodies(_django)))
