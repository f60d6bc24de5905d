"""Views of the Akismet-compatible API: forms in, one plain word out."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable, Mapping
from http import HTTPStatus

from django.core.exceptions import RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse
from django.http.multipartparser import MultiPartParserError
from django.utils import timezone

from moderation.ports import akismet, akismet_services
from moderation.ports.akismet import Refused
from moderation.ports.akismet_services import Verdict
from moderation.ports.models import SeenText
from moderation.ports.selectors import KnownKey, known_keys
from moderation.ports.usage import usage
from moderation.ports.views import AWAY, KEY_IN_ENVIRON
from newsroom.limits import spend

logger = logging.getLogger("moderation")


def verify_key(request: HttpRequest) -> HttpResponse:
    def answer(form: Mapping[str, str]) -> HttpResponse:
        secret = _secret(request, form, first="key", then="api_key")
        if not secret:
            raise Refused("invalid", 'Empty "key" value')
        akismet.check_blog(form, body="invalid")
        if known_keys.find(secret) is None:
            raise Refused("invalid", "Unknown or revoked key")
        return _plain("valid")

    return _answered(request, answer)


def comment_check(request: HttpRequest) -> HttpResponse:
    def answer(form: Mapping[str, str], key: KnownKey) -> HttpResponse:
        verdict = _verdict(form, key)
        usage.scored(
            key.id,
            toxicity=[] if verdict.toxicity is None else [verdict.toxicity],
            held=int(verdict.is_unscorable),
        )
        headers = {"X-newsroom-outcome": verdict.outcome}
        if verdict.reason:
            headers["X-newsroom-reason"] = verdict.reason
        if verdict.is_discardable:
            headers["X-akismet-pro-tip"] = "discard"
        return _plain("true" if verdict.is_spam else "false", headers=headers)

    return _with_key(request, answer)


def _verdict(form: Mapping[str, str], key: KnownKey) -> Verdict:
    """
    Raises:
        Refused: a field is missing; or nothing can be said, and the key says that this is an error.
    """
    now = timezone.now()
    call = akismet.parse_call(form, now=now)
    verdict = Verdict("held", "unavailable", is_unscorable=True)
    try:
        if key.is_confirmed:
            verdict = akismet_services.check(call, key=key, now=now)
    except AWAY as error:
        logger.warning("the database is away: %s", type(error).__name__)
    except Exception as error:  # noqa: BLE001  (whatever it was, a text must not get through by it)
        _log(error)
    if verdict.is_unscorable and not key.holds:
        raise _unavailable(verdict.reason)
    return verdict


def _log(error: Exception) -> None:
    """Where it failed, not its message: that might quote the text."""
    frames = traceback.extract_tb(error.__traceback__)[-3:]
    where = ", ".join(f"{frame.filename}:{frame.lineno}" for frame in frames)
    logger.error("judging failed with %s at %s", type(error).__name__, where)


def _unavailable(reason: str) -> Refused:
    debug = "No classifier is available" if reason == "model_unavailable" else "Try again later"
    return Refused("error", debug, status=HTTPStatus.SERVICE_UNAVAILABLE)


def submit_spam(request: HttpRequest) -> HttpResponse:
    return _marked(request, SeenText.Mark.SPAM)


def submit_ham(request: HttpRequest) -> HttpResponse:
    return _marked(request, SeenText.Mark.HAM)


def _marked(request: HttpRequest, mark: str) -> HttpResponse:
    def answer(form: Mapping[str, str], key: KnownKey) -> HttpResponse:
        now = timezone.now()
        akismet_services.mark(akismet.parse_call(form, now=now), key=key, mark=mark, now=now)
        usage.scored(key.id, toxicity=[])
        return _plain(akismet.THANKS)

    return _with_key(request, answer)


def _with_key(
    request: HttpRequest, answer: Callable[[Mapping[str, str], KnownKey], HttpResponse]
) -> HttpResponse:
    def with_key(form: Mapping[str, str]) -> HttpResponse:
        secret = _secret(request, form)
        if not secret:
            raise Refused("Missing required field: api_key.", 'Empty "api_key" value')
        key = known_keys.find(secret)
        if key is None:
            raise Refused("invalid", "Unknown or revoked key")
        wait_s = spend("port", str(key.id), per_minute=key.quota_per_minute)
        if wait_s is not None:
            usage.refused(key.id)
            response = _plain("Too many requests", status=HTTPStatus.TOO_MANY_REQUESTS)
            response["Retry-After"] = str(wait_s)
            return response
        try:
            return answer(form, key)
        except (Refused, *AWAY):
            usage.failed(key.id)
            raise

    return _answered(request, with_key)


def _answered(request: HttpRequest, answer: Callable[[Mapping[str, str]], HttpResponse]) -> HttpResponse:
    try:
        if request.method != "POST":
            raise Refused("invalid", "Use POST", status=HTTPStatus.METHOD_NOT_ALLOWED)
        return answer(_form(request))
    except Refused as error:
        refused = error
    except AWAY as error:
        logger.warning("the database is away: %s", type(error).__name__)
        refused = _unavailable("")
    except Exception as error:  # noqa: BLE001  (Django would log its message, which might quote the text)
        _log(error)
        refused = _unavailable("")
    return _plain(refused.body, status=refused.status, headers={"X-akismet-debug-help": refused.debug})


def _form(request: HttpRequest) -> Mapping[str, str]:
    """
    Raises:
        Refused: it is too large, or no form.
    """
    too_large = Refused("error", "The request is too large", status=HTTPStatus.REQUEST_ENTITY_TOO_LARGE)
    try:
        length = int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        length = 0
    if length > akismet.MOST_BYTES:
        raise too_large
    try:
        if request.content_type == "multipart/form-data":
            return {name: str(value).replace("\0", "") for name, value in request.POST.items()}
        return akismet.parse_form(request.body, charset=(request.content_params or {}).get("charset", ""))
    except RequestDataTooBig as error:
        raise too_large from error
    except (MultiPartParserError, TooManyFieldsSent, UnicodeError, LookupError) as error:
        raise Refused("invalid", "We were unable to parse the form", status=HTTPStatus.BAD_REQUEST) from error


def _secret(
    request: HttpRequest, form: Mapping[str, str], *, first: str = "api_key", then: str = "key"
) -> str:
    host = str(request.META.get("HTTP_HOST", "")).partition(":")[0]
    return akismet.key_of(form, host, first=first, then=then) or str(request.META.get(KEY_IN_ENVIRON, ""))


def _plain(
    body: str, *, status: int = HTTPStatus.OK, headers: Mapping[str, str] | None = None
) -> HttpResponse:
    return HttpResponse(
        body,
        status=status,
        content_type="text/plain; charset=utf-8",
        headers={"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff", **(headers or {})},
    )
