"""How fast the environment answers, what of it is limited, and which privileges the caller holds.

Never changes what a request means.
"""

import threading
from dataclasses import asdict, replace
from typing import Any

from sandbox.dataverse import errors, privileges, writing
from sandbox.dataverse.environment import Environment
from sandbox.dataverse.limits import Limits, Throttle

# What an organization settles about prices.
ORGANIZATION = (
    "discountcalculationmethod",
    "ispricelistmandatory",
    "oobpricecalculationenabled",
    "pricingdecimalprecision",
)


class Switches:
    """What can be changed while the environment runs.

    Attributes:
        latency: seconds every request takes.
        latency_per_read: seconds every operation takes that reads, batch parts included.
        latency_per_write: the same for every row that is written.
        throttle: the service protection limits and what was used of them.
    """

    def __init__(
        self,
        env: Environment,
        *,
        limits: Limits | None,
        latency: float,
        latency_per_read: float,
        latency_per_write: float,
    ) -> None:
        self.latency = latency
        self.latency_per_read = latency_per_read
        self.latency_per_write = latency_per_write
        self.throttle = Throttle(limits)
        self._env = env
        self._changing = threading.Lock()

    def set(self, settings: dict[str, Any]) -> dict[str, Any]:
        """Change settings by name and return all that are in force.

        Raises:
            DataverseError: 400, a setting does not exist.
        """
        with self._changing:
            for name, value in settings.items():
                self._set(name, value)
            limits = self.throttle.limits
            return {
                "latency": self.latency,
                "latency_per_read": self.latency_per_read,
                "latency_per_write": self.latency_per_write,
                "key_delay": self._env.key_delay,
                "limits": None if limits is None else asdict(limits),
                "privileges": self._env.privileges,
                "choices": asdict(self._env.choices),
                "customizing": self._env.customizing.shown(),
                "organization": self._organization(),
            }

    def _set(self, name: str, value: Any) -> None:
        if name == "limits":
            self.throttle.limits = _limits(self.throttle.limits, value)
        elif name in {"latency", "latency_per_read", "latency_per_write"}:
            setattr(self, name, float(value))
        elif name == "key_delay":
            self._env.key_delay = float(value)
        elif name == "privileges":
            privileges.change(self._env, value)
        elif name == "choices":
            self._env.choices.change(value)
        elif name == "customizing":
            self._env.customizing.change(value)
            self._follow_language()
        elif name == "organization":
            self._change_organization(value)
        else:
            raise errors.request(f"There is no setting '{name}'.")

    def _follow_language(self) -> None:
        """Say in the organization's row what its base language is."""
        row = self._env.settings()
        base = self._env.customizing.languages[0]
        changed = {**row, "languagecode": base}
        self._env.store.put("organization", row["organizationid"], changed)

    def _organization(self) -> dict[str, Any]:
        row = self._env.settings()
        return {name: row[name] for name in ORGANIZATION}

    def _change_organization(self, given: dict[str, Any]) -> None:
        if not given.keys() <= set(ORGANIZATION):
            raise errors.request(f"Of the organization {', '.join(ORGANIZATION)} can be set.")
        env = self._env
        table = env.schema.tables["organization"]
        with env.lock, env.transaction():
            writing.update(env, table, env.organization, given)


def _limits(now: Limits | None, given: dict[str, Any] | None) -> Limits | None:
    if given is None:
        return None
    # JSON has one kind of number; a window in fractions of a second is no amount of money.
    numbers: dict[str, Any] = {
        name: float(each) if "." in str(each) else each for name, each in given.items()
    }
    try:
        return replace(now or Limits(), **numbers)
    except TypeError as error:
        raise errors.request(f"There is no such limit: {error}") from None
