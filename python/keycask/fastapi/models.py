"""What the routes of an owner's keys answer with, for OpenAPI and for clients."""

# Pydantic reads the annotations when the classes are made.
from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

__all__ = ["IssuedKey", "OwnKey", "OwnKeys", "Problem"]

KEY_ID = "^key_[0-7][0-9a-hjkmnp-tv-z]{25}$"


class OwnKey(BaseModel):
    """A key as its owner is shown it: without its secret."""

    model_config = ConfigDict(extra="forbid")

    id: str = Field(pattern=KEY_ID)
    prefix: str
    start: str = Field(description="How the secret begins, to tell keys apart.")
    name: str | None
    scopes: list[str]
    state: Literal["active", "superseded", "not_yet_valid", "disabled", "expired", "rotated_out", "revoked"]
    created_at: datetime
    not_before: datetime | None
    expires_at: datetime | None
    rotate_after: int | None = Field(description="Seconds after its creation, when it should be rotated.")
    grace_until: datetime | None = Field(description="Until when a superseded key works.")
    replaces: str | None = Field(description="The id of the key whose successor this one is.")
    replaced_by: str | None = Field(description="The id of its successor.")
    revoked_at: datetime | None
    revoked_reason: str | None
    last_used_at: datetime | None = Field(description="At most some seconds behind.")
    uses: int


class IssuedKey(OwnKey):
    """A new key, with its secret: now and never again."""

    secret: str | None = Field(description="The secret. Store it now; null where the answer is a repeat.")
    replayed: bool = Field(description="Whether an earlier request with this `Idempotency-Key` made the key.")


class OwnKeys(BaseModel):
    """The keys of an owner, in the order of their creation."""

    model_config = ConfigDict(extra="forbid")

    keys: list[OwnKey]
    next: str | None = Field(description="`after` for the next page; null on the last one.")
    allowed_scopes: list[str] = Field(description="The scopes that a new key may have.")


class Problem(BaseModel):
    """What is wrong, as RFC 9457 has it."""

    type: str
    title: str
    status: int
    code: str = Field(description="What is wrong, for programs.")
    detail: str = Field(description="What is wrong and what to do, for people.")
    field: str | None = Field(default=None, description="The field of the body that it is about.")
