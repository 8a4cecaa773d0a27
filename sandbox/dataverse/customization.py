"""What an environment remembers of its customizing: publishes, locks, languages, layers above.

Never holds a component; these are rows.
"""

from dataclasses import dataclass, field
from typing import Any

from sandbox.dataverse import errors

BASE_LANGUAGE = 1033
ALWAYS = -1

ComponentRef = tuple[str, str]


@dataclass(frozen=True)
class Publish:
    """One publish that was carried out.

    Attributes:
        everything: whether it was `PublishAllXml`.
        named: what the request named: element's name, text.
        changed: the components whose draft became what people see: table, id.
    """

    everything: bool
    named: tuple[tuple[str, str], ...]
    changed: tuple[ComponentRef, ...]


@dataclass
class Customizing:
    """Changed by publishes, and by name through the settings of the sandbox.

    Attributes:
        publishes: what was published, oldest first.
        refused: how many publishes were refused because something else was running.
        busy: how many publishes and exports are refused next; `ALWAYS` refuses all.
        running: the solution operation that is running now ("Import", "Export", ...), if any.
        languages: codes of the provisioned languages, the base language first.
        layers: component's id -> the managed solution that lies above the unmanaged layer.
        created_is_published: what is created is seen at once, as is documented; False shows it by
            `RetrieveUnpublished` only, until it is published.
        already_in_is_a_fault: adding any component to a solution that holds it already is answered
            with the documented fault; tables, columns and roles are accepted in silence otherwise.
    """

    publishes: list[Publish] = field(default_factory=list)
    refused: int = 0
    busy: int = 0
    running: str = ""
    languages: list[int] = field(default_factory=lambda: [BASE_LANGUAGE])
    layers: dict[str, str] = field(default_factory=dict)
    created_is_published: bool = True
    already_in_is_a_fault: bool = False

    def shown(self) -> dict[str, Any]:
        """Return the settings, and what was published, as JSON."""
        return {
            **{name: getattr(self, name) for name in _SETTINGS},
            "refused": self.refused,
            "publishes": [
                {
                    "everything": each.everything,
                    "named": [list(pair) for pair in each.named],
                    "changed": [list(pair) for pair in each.changed],
                }
                for each in self.publishes
            ],
        }

    def change(self, given: dict[str, Any]) -> None:
        """Set by name.

        Raises:
            DataverseError: 400, there is no such setting or it takes no such value.
        """
        for name, value in given.items():
            expected = _SETTINGS.get(name)
            if expected is None or type(value) is not expected:
                raise errors.request(f"Of customizing, {', '.join(_SETTINGS)} can be set.")
            if isinstance(value, list) and not value:
                raise errors.request("An environment has a base language, which comes first.")
        for name, value in given.items():
            setattr(self, name, value)

    def check_free(self, operation: str) -> None:
        """Refuse what has to wait for something else that is running.

        Raises:
            DataverseError: 400, it is.
        """
        if not self.busy and not self.running:
            return
        self.busy = max(self.busy - 1, 0) if self.busy > 0 else self.busy
        self.refused += 1
        raise errors.DataverseError(
            400,
            errors.CUSTOMIZATION_LOCKED,
            f"Cannot start the requested operation [{operation}] because there is another "
            f"[{self.running or 'Publish'}] running at this moment. Use Solution History for more "
            "details.",
        )


_SETTINGS: dict[str, type] = {
    "busy": int,
    "running": str,
    "languages": list,
    "layers": dict,
    "created_is_published": bool,
    "already_in_is_a_fault": bool,
}
