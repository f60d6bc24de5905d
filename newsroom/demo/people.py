"""The demo's people: one login per role, each with an API token."""

from __future__ import annotations

import json
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypedDict

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, check_password
from django.contrib.auth.models import Group, User
from django.db import transaction
from django.utils import timezone

from newsroom.access.models import ApiToken, Scope
from newsroom.access.services import issue_token, token_digest

TOKEN_NAME = "Demo"  # noqa: S105  (what the admin lists it as)
PASSWORD_BYTES = 15
# Stretching protects passwords that people choose; these are 120 random bits. Django stretches one
# again at its first login. Six at full cost would add two seconds to the demo's first start.
ITERATIONS = 1_000


class Login(TypedDict):
    username: str
    password: str
    token: str


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody of the demo: ``group`` is their role; ``is_staff`` lets them into the admin."""

    username: str
    name: tuple[str, str]
    group: str
    scopes: tuple[Scope, ...]
    is_staff: bool = True
    is_superuser: bool = False


PEOPLE = (
    Person("admin", ("Ada", "Trevose"), "", tuple(Scope), is_superuser=True),
    Person("editor", ("Kerensa", "Rowe"), "editor", (Scope.ADS_READ, Scope.ADS_WRITE)),
    Person("editor2", ("Davy", "Pascoe"), "editor", (Scope.ADS_READ, Scope.ADS_WRITE)),
    Person("ad_manager", ("Nell", "Quick"), "ad manager", (Scope.ADS_READ, Scope.ADS_WRITE)),
    Person("advertiser", ("Morwenna", "Hale"), "advertiser", (Scope.ADS_READ,), is_staff=False),
    Person("cms", ("Content", "system"), "cms", (Scope.ARTICLES_WRITE,), is_staff=False),
)


def logins_file() -> Path:
    return Path(settings.NEWSROOM_STATE) / "demo-logins.json"


def read_logins() -> dict[str, Login]:
    """What the file says; empty where there is none or it cannot be read."""
    try:
        found = json.loads(logins_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: login for name, login in found.items() if _is_login(login)}


def ensure_people() -> dict[str, Login]:
    """Make whoever is missing, keep logins that still work, and write the file. Safe to run twice."""
    known = read_logins()
    with transaction.atomic():
        logins = {person.username: _ensure(person, known.get(person.username)) for person in PEOPLE}
        if logins != known:
            _write(logins)  # Inside the transaction: where the file cannot be written, nothing is changed.
    return logins


def _is_login(value: Any) -> bool:
    return isinstance(value, dict) and set(value) == {"username", "password", "token"}


def _ensure(person: Person, known: Login | None) -> Login:
    user, _ = User.objects.get_or_create(username=person.username)
    _set_role(user, person)
    password = known["password"] if known else ""
    if not password or not check_password(password, user.password):
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        hasher = PBKDF2PasswordHasher()
        user.password = hasher.encode(password, hasher.salt(), iterations=ITERATIONS)
        user.save(update_fields=["password"])
    return {
        "username": person.username,
        "password": password,
        "token": _token(user, person, known["token"] if known else ""),
    }


def _set_role(user: User, person: Person) -> None:
    wanted = {
        "first_name": person.name[0],
        "last_name": person.name[1],
        "is_staff": person.is_staff,
        "is_superuser": person.is_superuser,
        "is_active": True,
    }
    changed = [field for field, value in wanted.items() if getattr(user, field) != value]
    for field in changed:
        setattr(user, field, wanted[field])
    if changed:
        user.save(update_fields=changed)
    if person.group:
        user.groups.add(Group.objects.get(name=person.group))


def _token(user: User, person: Person, secret: str) -> str:
    """The known token while it works, else a new one; those whose secret is lost are revoked."""
    now, scopes = timezone.now(), sorted(person.scopes)
    mine = ApiToken.objects.filter(user=user, name=TOKEN_NAME, revoked_at=None)
    known = mine.filter(digest=token_digest(secret)).first() if secret else None
    if known is not None and known.is_live(at=now) and known.scopes == scopes:
        return secret
    mine.update(revoked_at=now)
    return issue_token(user=user, name=TOKEN_NAME, scopes=scopes)[1]


def _write(logins: dict[str, Login]) -> None:
    """Replace the file in one step, readable by its owner only from the start."""
    path = logins_file()
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    temporary = path.with_suffix(".new")
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(logins, file, indent=2)
        file.write("\n")
    temporary.replace(path)
