"""What a set of parameters would deploy: the compiler's snapshot, read by what one asks of it.

Never reads the source: a test that asks here sees what Azure would be given.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

from tools.bicep import Bicep
from tools.expressions import spelled

TESTS: Final = "tests/infra"


@dataclass(frozen=True)
class Resource:
    """A resource: its type, its name without those of its parents, and what it is given."""

    id: str
    type: str
    given: dict[str, Any]

    @property
    def name(self) -> str:
        """The last part of its name."""
        return self.id.rpartition("/")[2]

    @property
    def scope(self) -> str:
        """The id of what it is an extension of, such as a role assignment."""
        return self.id.rpartition("/providers/")[0]

    @property
    def properties(self) -> dict[str, Any]:
        """Its properties, none when it has none."""
        found: dict[str, Any] = self.given.get("properties", {})
        return found

    def __getitem__(self, path: str) -> Any:
        """Return a property by its path, such as `networkAcls.defaultAction`, None when unset."""
        found: Any = self.properties
        for step in path.split("."):
            found = found.get(step) if isinstance(found, dict) else None
        return found


@dataclass(frozen=True, order=True)
class Grant:
    """A role somebody is given; `scope` is the end of the resource's id."""

    principal: str
    role: str
    scope: str


@dataclass(frozen=True)
class Deployment:
    """Everything one set of parameters deploys."""

    resources: tuple[Resource, ...]
    outputs: dict[str, Any]

    @classmethod
    def of(cls, bicep: Bicep, file: Path) -> Self:
        """Evaluate a .bicepparam file.

        Raises:
            BicepError: it cannot be evaluated.
        """
        found = bicep.snapshot(file)
        given = [spelled(each) for each in found["predictedResources"]]
        return cls(
            tuple(Resource(each["id"], each["type"], each) for each in given),
            spelled(found.get("outputs", {})),
        )

    def all(self, kind: str) -> list[Resource]:
        """Return the resources of a type, in the order of their ids."""
        return sorted((each for each in self.resources if each.type == kind), key=lambda r: r.id)

    def one(self, kind: str, name: str = "") -> Resource:
        """Return the only resource of a type whose name holds `name`.

        Raises:
            LookupError: there is none, or more than one.
        """
        found = [each for each in self.all(kind) if name in each.name]
        if len(found) != 1:
            raise LookupError(f"{len(found)} of {kind} '{name}': {[each.id for each in found]}")
        return found[0]

    def names(self, kind: str) -> list[str]:
        """Return the names of the resources of a type."""
        return [each.name for each in self.all(kind)]

    @cached_property
    def settings(self) -> dict[str, str]:
        """The settings the app is given."""
        return dict(self.one("Microsoft.Web/sites/config", "appsettings").properties)

    @cached_property
    def identity(self) -> Resource:
        """The app's identity."""
        return self.one("Microsoft.ManagedIdentity/userAssignedIdentities")

    def grants(self) -> Iterator[tuple[Grant, Resource]]:
        """Yield who is given which role where, with the resource that says so."""
        for each in self.all("Microsoft.Authorization/roleAssignments"):
            principal = str(each["principalId"])
            of_app = principal == f"<principalId of {self.identity.name}>"
            role = str(each["roleDefinitionId"]).rpartition("/")[2]
            scope = re.sub(r"^/subscriptions/[^/]+(/resourceGroups/[^/]+)?", "", each.scope)
            yield Grant("app" if of_app else principal, role, scope), each


class Given:
    """The compiler and the source that the tests look at; a plugin of pytest."""

    def __init__(self, bicep: Bicep, folder: Path) -> None:
        self.bicep = bicep
        self.folder = folder

    def parameters(self, name: str) -> Path:
        """Return the .bicepparam file of a name."""
        deployed = self.folder / "infra" / f"{name}.bicepparam"
        return deployed if deployed.exists() else self.folder / TESTS / f"{name}.bicepparam"
