"""How the organisation's forms stand: what is on them, what would change, which one is meant.

Never reads a form, and never changes one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Final
from uuid import UUID

from shared.core import schema
from shared.errors import NotPossibleError

# https://learn.microsoft.com/power-apps/maker/model-driven-apps/faqs-timeline-control
MANY_TYPES: Final = 10
TOO_MANY_TYPES: Final = 15


class TabStanding(StrEnum):
    """How the connector's tab stands on a form."""

    ABSENT = "absent"
    CURRENT = "current"
    OTHER = "other"
    UNPUBLISHED = "unpublished"
    TAKEN_OFF = "taken off, unpublished"
    UNREADABLE = "unreadable"


@dataclass(frozen=True)
class TimelineReport:
    """A timeline on a form.

    Attributes:
        name: of its control.
        types: the activity types it shows, None for all there are.
    """

    name: str
    types: tuple[str, ...] | None

    @property
    def shows_entries(self) -> bool:
        """Whether it shows the connector's entries."""
        return self.types is None or schema.ACTIVITY_TABLE in self.types

    @property
    def is_trouble(self) -> bool:
        """Whether it fails to load, as Microsoft says, by the number of its types."""
        return self.types is not None and len(self.types) > TOO_MANY_TYPES

    def __str__(self) -> str:
        if self.types is None:
            return f"timeline {self.name}: shows every type of activity, financial ones too"
        told = f"timeline {self.name}: shows a fixed list of {len(self.types)} types, "
        told += (
            "financial activities among them"
            if self.shows_entries
            else "without financial activities: tick them in its settings"
        )
        if self.is_trouble:
            return f"{told}; with more than {TOO_MANY_TYPES} it does not load: untick some"
        count = len(self.types) + (not self.shows_entries)
        if count > MANY_TYPES:
            return f"{told}; Microsoft advises against more than {MANY_TYPES} ({count} with them)"
        return told


@dataclass(frozen=True)
class FormReport:
    """A main form of the organisation.

    Attributes:
        active: people can choose it.
        managed: a managed solution brought it.
        customizable: its owner lets it be changed.
        roles: names of those who see it, None for everybody.
        layers: the solutions it comes of, the lowest first; None when they cannot be told.
        tab: how the connector's tab stands.
        problem: why the form cannot have or lose the tab, "" when it can.
        drafts: somebody's own changes of it are not published.
    """

    id: UUID
    table: str
    name: str
    active: bool
    managed: bool
    customizable: bool
    tab: TabStanding
    roles: tuple[str, ...] | None = None
    layers: tuple[str, ...] | None = None
    timelines: tuple[TimelineReport, ...] = ()
    problem: str = ""
    drafts: bool = False

    @property
    def title(self) -> str:
        """What it is called in commands and in what is said of it."""
        return f"{self.table}/{self.name}"

    @property
    def lacks(self) -> bool:
        """Whether somebody should do something about it."""
        return self.tab not in {TabStanding.ABSENT, TabStanding.CURRENT}


def chosen_forms(typed: Iterable[str], forms: Sequence[FormReport]) -> list[FormReport]:
    """Return the forms that somebody named, each once.

    Args:
        typed: names, names behind their table (`account/Account`), or ids.
        forms: all there are.

    Raises:
        NotPossibleError: a name is no form's, or is that of several.
    """
    chosen: list[FormReport] = []
    for each in typed:
        found = [form for form in forms if _is_named(form, each.strip())]
        if not found:
            there = "; ".join(form.title for form in forms) or "none"
            raise NotPossibleError(f"There is no main form {each}; there are: {there}.")
        if len(found) > 1:
            there = "; ".join(f"{form.title} ({form.id})" for form in found)
            raise NotPossibleError(
                f"{each} is the name of several forms: {there}. Name the table too, as in "
                "account/Account, or give the id."
            )
        chosen += [form for form in found if form not in chosen]
    return chosen


def _is_named(form: FormReport, typed: str) -> bool:
    said = typed.casefold()
    known = {form.name.casefold(), form.title.casefold(), str(form.id)}
    return said in known or said.strip("{}") == str(form.id)
