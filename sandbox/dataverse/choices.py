"""What an environment does where the documents leave it open, or where organizations differ.

Never does anything itself; each choice is read where it matters.
"""

from dataclasses import dataclass, fields
from typing import Any

from sandbox.dataverse import errors

REQUESTED, SCHEMA, WITH_TABLE = "requested", "schema", "with_table"
_NAMINGS = frozenset({REQUESTED, SCHEMA, WITH_TABLE})


@dataclass
class Choices:
    """Changed by name while the environment runs.

    Attributes:
        merge_fills_empty: custom columns nobody picked fill the master's empty ones when rows are
            merged, but those of alternate keys, which would always be doubled.
        merge_touches_children: rows that move in a merge are modified, now and by the caller.
        strict_merge_cascade: relationships whose parent can be merged must cascade merging, as is
            documented; Microsoft's own samples do not.
        assign_needs_privilege: another owner than the caller takes the privilege to assign.
        currency_can_change: invoices, and opportunities with lines, may change their currency.
        canceled_reopens: canceled invoices may be activated again, as is documented; transitions of
            status reasons, or a plug-in, may forbid it.
        navigation_names: what the navigation property of a new lookup is called: as `requested`,
            like the lookup by its `schema` name, or that name `with_table`'s own appended.
        expand_links: every expanded collection brings the address of all its rows, as is
            documented; whoever follows it meets the same rows once more.
        aggregate_limit: how many rows an aggregate may look at.
        bulk_changes_state: UpdateMultiple and UpsertMultiple take a state and its reason, as the
            plain update does; off: they refuse them.
        bulk_nests: CreateMultiple takes rows within rows, as the plain creation does.
    """

    merge_fills_empty: bool = False
    merge_touches_children: bool = True
    strict_merge_cascade: bool = False
    assign_needs_privilege: bool = True
    currency_can_change: bool = False
    canceled_reopens: bool = True
    navigation_names: str = REQUESTED
    expand_links: bool = True
    aggregate_limit: int = 50_000
    bulk_changes_state: bool = True
    bulk_nests: bool = False

    def change(self, given: dict[str, Any]) -> None:
        """Choose anew, by name.

        Raises:
            DataverseError: 400, there is no such choice or it has no such value.
        """
        known = {field.name for field in fields(self)}
        for name, value in given.items():
            if name not in known or type(value) is not type(getattr(self, name)):
                raise errors.request(f"There is no choice '{name}' of {value!r}.")
            if name == "navigation_names" and value not in _NAMINGS:
                raise errors.request(f"Navigation properties are not named by '{value}'.")
            setattr(self, name, value)
