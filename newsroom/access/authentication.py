"""API tokens as bearer tokens, and the permissions that read their scopes."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone
from drf_spectacular.extensions import OpenApiAuthenticationExtension
from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.permissions import SAFE_METHODS, BasePermission
from rest_framework.request import Request

from newsroom.access.models import ApiToken, Scope
from newsroom.access.services import token_digest

USE_RECORDED_EVERY = timedelta(minutes=1)


class ApiTokenAuthentication(BaseAuthentication):
    """``Authorization: Bearer nr_…``. Comment paths do not use it: a Bearer there is an author token."""

    def authenticate(self, request: Request) -> tuple[Any, ApiToken] | None:
        header = request.META.get("HTTP_AUTHORIZATION", "")
        scheme, _, secret = header.partition(" ")
        if scheme.lower() != "bearer":
            return None
        token = ApiToken.objects.select_related("user").filter(digest=token_digest(secret.strip())).first()
        now = timezone.now()
        if token is None or not token.is_live(at=now) or not token.user.is_active:
            raise exceptions.AuthenticationFailed("This API token is unknown, expired or revoked.")
        if token.last_used_at is None or now - token.last_used_at > USE_RECORDED_EVERY:
            ApiToken.objects.filter(pk=token.pk).update(last_used_at=now)
        return token.user, token

    def authenticate_header(self, request: Request) -> str:
        return 'Bearer realm="newsroom"'


class ApiTokenScheme(OpenApiAuthenticationExtension):  # type: ignore[no-untyped-call]  # Registers itself.
    target_class = ApiTokenAuthentication
    name = "apiToken"

    def get_security_definition(self, auto_schema: Any) -> dict[str, str]:
        return {"type": "http", "scheme": "bearer", "description": "An API token made in the admin."}


class HasScope(BasePermission):
    """Base: the token must carry the scope *and* its user the Django permission."""

    read_scope: Scope | None = None
    write_scope: Scope
    permission = ""

    def has_permission(self, request: Request, view: Any) -> bool:
        token = request.auth
        if not isinstance(token, ApiToken):
            return False  # 401 for nobody, because the authenticator names its scheme.
        scopes = {self.write_scope}
        if request.method in SAFE_METHODS and self.read_scope:
            scopes.add(self.read_scope)
        return bool(scopes & set(token.scopes)) and token.user.has_perm(self.permission)


class ArticlesWriter(HasScope):
    write_scope = Scope.ARTICLES_WRITE
    permission = "articles.change_article"
