"""Issuing tokens, and answering a repeated creation with its first answer."""

from __future__ import annotations

import json
import secrets
from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Any

from django.db import connection, transaction

from newsroom.access.models import ApiToken, IdempotencyKey
from newsroom.audit.services import record
from newsroom.crypto import keyed_digest
from newsroom.errors import DomainError, FieldError

TOKEN_PREFIX = "nr_"  # noqa: S105  (a prefix that secret scanners can find, not a secret)
KEPT_FOR = timedelta(hours=24)
MAX_KEY_LENGTH = 200


class KeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    title = "This Idempotency-Key was used with another body"


@transaction.atomic
def issue_token(
    *, user: Any, name: str, scopes: Collection[str], expires_at: datetime | None = None, actor: Any = None
) -> tuple[ApiToken, str]:
    """A new token and its secret; the secret is not stored and cannot be shown again."""
    secret = TOKEN_PREFIX + secrets.token_urlsafe(32)
    token = ApiToken.objects.create(
        user=user, name=name, scopes=sorted(scopes), expires_at=expires_at, digest=token_digest(secret)
    )
    _record_token("issue", token, actor=actor)
    return token, secret


@transaction.atomic
def revoke_token(*, token: ApiToken, actor: Any, at: datetime) -> bool:
    """Let a token stop working for good; whether it still worked. Safe to run twice."""
    if not ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=at):
        return False
    _record_token("revoke", token, actor=actor)
    return True


def _record_token(what: str, token: ApiToken, *, actor: Any) -> None:
    record(
        action=f"token.{what}",
        object_type="apitoken",
        object_id=token.pk,
        actor_kind="person" if actor else "system",
        actor=actor,
        data={"user": token.user_id, "scopes": list(token.scopes)},
    )


def token_digest(secret: str) -> bytes:
    return keyed_digest("api-token", secret.encode())


def answer_once(
    *, scope: str, key: str | None, body: Any, answer: Callable[[], dict[str, Any]]
) -> tuple[dict[str, Any], bool]:
    """What ``answer()`` gave for this key, and whether it was given before.

    Runs inside the caller's transaction: the second of two concurrent calls waits at the unique
    index until the first commits; a refusal (exception) rolls the key back, so 4xx are not recorded.
    ``answer`` returns JSON without secrets: tokens are recomputed, never stored.

    Raises:
        KeyReused: the same key came with another body.
        FieldError: the key is longer than 200 characters.
    """
    if key is None:
        return answer(), False
    if not 1 <= len(key) <= MAX_KEY_LENGTH:
        raise FieldError("Idempotency-Key", f"Use 1 to {MAX_KEY_LENGTH} characters.")
    digest = keyed_digest("idempotency-key", key.encode())
    fingerprint = keyed_digest("idempotency-body", json.dumps(body, sort_keys=True).encode())
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO access_idempotencykey (scope, digest, fingerprint) VALUES (%s, %s, %s)"
            " ON CONFLICT (scope, digest) DO UPDATE SET fingerprint = EXCLUDED.fingerprint, answer = NULL,"
            " created_at = now() WHERE access_idempotencykey.created_at < now() - make_interval(secs => %s)",
            [scope, digest, fingerprint, KEPT_FOR.total_seconds()],
        )
        is_first = cursor.rowcount == 1
    if not is_first:
        row = IdempotencyKey.objects.get(scope=scope, digest=digest)
        if bytes(row.fingerprint) != fingerprint:
            raise KeyReused
        return row.answer or {}, True
    given = answer()
    IdempotencyKey.objects.filter(scope=scope, digest=digest).update(answer=given)
    return given, False


def purge_answers() -> int:
    """Delete answers older than 24 h; returns how many."""
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM access_idempotencykey WHERE created_at < now() - make_interval(secs => %s)",
            [KEPT_FOR.total_seconds()],
        )
        return int(cursor.rowcount)
