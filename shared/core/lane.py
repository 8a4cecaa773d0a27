"""The message of a lane: one of several that carry the pages of a backfill side by side.

Never names a page: which ones are left, the run's own rows say.
"""

from typing import Annotated, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError
from pydantic_core import from_json

from shared.core.events import BusinessId, read_version
from shared.errors import InvalidMessageError, LaterReleaseError

VERSION: Final = 1
_RUN: Final = r"^[0-9A-Za-z.-]{1,64}$"


class Lane(BaseModel):
    """Carry the pages of a run that are this lane's.

    Attributes:
        business: the FreshBooks business; on the wire it is called `account`.
        run: the run's id.
        number: which of the run's lanes, from 1; the first one begins each step.
        step: index of the step it was sent for.
        watch: it only looks whether the others are done.
        attempt: how often it was postponed in a row.
        singly: its next page was cut short again and again: its records are carried one by one.
    """

    model_config = ConfigDict(
        frozen=True,
        extra="ignore",
        validate_by_alias=True,
        validate_by_name=True,
        serialize_by_alias=True,
    )

    v: Literal[1] = VERSION
    business: Annotated[BusinessId, Field(alias="account")]
    run: Annotated[str, Field(pattern=_RUN)]
    number: Annotated[int, Field(gt=0, le=100)] = 1
    step: Annotated[int, Field(ge=0)] = 0
    watch: bool = False
    attempt: Annotated[int, Field(ge=0)] = 0
    singly: bool = False

    @classmethod
    def parse(cls, body: bytes) -> "Lane":
        """Read the JSON of a lane's message.

        Raises:
            LaterReleaseError: it is of a version that only a later release reads.
            InvalidMessageError: it is none; the text names fields, not values.
        """
        if (version := read_version(body)) > VERSION:
            raise LaterReleaseError(
                f"The message is of version {version}, which only a later release reads."
            )
        try:
            return cls.model_validate_json(body)
        except ValidationError as error:
            named = ", ".join(
                ".".join(map(str, problem["loc"])) or "message"
                for problem in error.errors(include_url=False, include_input=False)
            )
            raise InvalidMessageError(f"The message is no lane's: wrong {named}.") from None

    def encode(self) -> str:
        """Return the message as JSON."""
        return self.model_dump_json(exclude_defaults=False)


def is_lane(body: bytes) -> bool:
    """Say whether a message of the queue `backfill` is a lane's; else it names a record."""
    try:
        found = from_json(body)
    except ValueError:
        return False
    return isinstance(found, dict) and "run" in found
