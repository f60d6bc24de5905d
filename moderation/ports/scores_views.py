"""``POST /api/v1/scores/``: answered by the ports' process, which has the classifier; others say so."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication, get_authorization_header
from rest_framework.request import Request
from rest_framework.response import Response

from moderation.classifier.artifact import LABELS
from moderation.engine import ModelUnavailable
from moderation.ports.scores import Scored, score_texts
from moderation.ports.selectors import KnownKey, known_keys
from moderation.ports.serializers import ScoresRequestSerializer, ScoresSerializer
from moderation.ports.usage import usage
from newsroom.api import StrictView
from newsroom.errors import DomainError
from newsroom.limits import RateLimited, spend


class ScoredElsewhere(DomainError):
    code = "scored_elsewhere"
    status = 421
    title = "Another process scores texts"


class NotScored(DomainError):
    code = "model_unavailable"
    status = 503
    title = "Nothing can be scored now"


class NeedsKey(exceptions.NotAuthenticated):
    default_detail = "Send a key for the ports: Authorization: Bearer …"


class PortKeyAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[AnonymousUser, KnownKey]:
        words = get_authorization_header(request).split()
        is_bearer = len(words) == 2 and words[0].lower() == b"bearer"
        key = known_keys.find(words[1].decode(errors="replace")) if is_bearer else None
        if key is None:
            raise NeedsKey
        return AnonymousUser(), key

    def authenticate_header(self, request: Request) -> str:
        return "Bearer"


class ScoresElsewhere(StrictView):
    """What the public web process says: it has no classifier, and is not to get one."""

    authentication_classes: Sequence[type[BaseAuthentication]] = ()
    problem_statuses = {
        "POST": {
            "401": "No live key",
            "413": "The body is larger than 1 MiB (64 KiB where it is not scored)",
            "421": "This process does not score; the ports' process does",
            "429": "The key's quota of texts a minute is used up",
        }
    }

    @extend_schema(
        operation_id="scores_create",
        auth=[{"portKey": []}],  # type: ignore[list-item]
        request=ScoresRequestSerializer,
        responses={200: ScoresSerializer},
    )
    def post(self, request: Request) -> Response:
        """Score up to 100 texts; nothing of them is stored.

        Answered by the ports' process, at its own address, with one of its keys; the public site's processes
        answer 421. Where the key says that what cannot be scored is held, such a text's scores are all 1.
        """
        return self.answer(request)

    def answer(self, request: Request) -> Response:
        raise ScoredElsewhere(f"Ask the ports' process: {settings.NEWSROOM_PORTS_URL}{request.path}")


class Scores(ScoresElsewhere):
    """The same in the ports' process."""

    authentication_classes = (PortKeyAuthentication,)

    def answer(self, request: Request) -> Response:
        key = request.auth
        assert isinstance(key, KnownKey)  # noqa: S101  (the only authenticator gives one)
        try:
            document = self._document(request, key)
        except RateLimited:
            usage.refused(key.id)
            raise
        except (exceptions.APIException, DomainError):
            usage.failed(key.id)
            raise
        return Response(document, headers={"Cache-Control": "no-store"})

    def _document(self, request: Request, key: KnownKey) -> dict[str, Any]:
        serializer = ScoresRequestSerializer(data=request.data)
        serializer.is_valid(raise_exception=True)
        texts = serializer.validated_data["texts"]
        wait_s = spend("port", str(key.id), per_minute=key.quota_per_minute, cost=len(texts))
        if wait_s is not None:
            raise RateLimited("This key's quota of texts a minute is used up.", retry_after_s=wait_s)
        try:
            if not key.is_confirmed:
                raise NotScored("The database does not answer.", retry_after_s=5)
            version, results = score_texts(texts, with_reasons=serializer.validated_data["reasons"])
        except ModelUnavailable as error:
            raise NotScored("No classifier is available.", retry_after_s=15) from error
        scored = [each.scores["toxicity"] for each in results if each.scores]
        usage.scored(key.id, toxicity=scored, held=len(results) - len(scored) if key.holds else 0)
        return {"model": version, "results": [_as_json(each, holds=key.holds) for each in results]}


def _as_json(scored: Scored, *, holds: bool) -> dict[str, Any]:
    scores = scored.scores
    if scores is None and holds:
        scores = dict.fromkeys(LABELS, 1.0)
    return {
        "language": scored.language,
        "scores": scores,
        "unscorable": scored.unscorable,
        "reasons_of": scored.label,
        "reasons": None
        if scored.reasons is None
        else [{"start": each.start, "end": each.end, "weight": each.weight} for each in scored.reasons],
    }
