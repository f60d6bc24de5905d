"""Expected refusals. One handler (newsroom.api) turns each into a problem document."""

from __future__ import annotations

from typing import ClassVar


class DomainError(Exception):
    """A refusal that the caller can understand and act on.

    Subclasses stand beside the service that raises them and name their stable ``code``,
    HTTP ``status`` and ``title``.
    """

    code: ClassVar[str] = "refused"
    status: ClassVar[int] = 409
    title: ClassVar[str] = "The request was refused"

    def __init__(self, detail: str = "", *, retry_after_s: int | None = None) -> None:
        super().__init__(detail or self.title)
        self.detail = detail or self.title
        self.retry_after_s = retry_after_s


class FieldError(DomainError):
    """Bad input in one named field."""

    code = "invalid"
    status = 400
    title = "Some fields are not valid"

    def __init__(self, field: str, detail: str, *, code: str = "invalid") -> None:
        super().__init__(detail)
        self.field = field
        self.field_code = code
