"""What the terminal and the doctor do to Dataverse's definitions, imported when first asked for.

Never needed to carry a record, so that no webhook waits for it after a cold start.
"""

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from shared.adapters.dataverse.api import DataverseApi
from shared.core.policies import Target
from shared.core.privileges import Privilege, TableNeed
from shared.translations import load_translations

if TYPE_CHECKING:
    from shared.adapters.dataverse.forms import FormsAdmin
    from shared.adapters.dataverse.schema import SchemaAdmin
    from shared.adapters.dataverse.schema_removal import SchemaRemoval
    from shared.adapters.dataverse.solution_export import SolutionExport


class Customizing:
    """The customizations of one environment.

    Args:
        api: the environment's Web API.
        address: the environment's address.
        needs: what the connector does, for its security role.
        target: what stands for an invoice.
        extra: privileges of no table that its role should have where they are known.
    """

    def __init__(
        self,
        api: DataverseApi,
        address: str,
        *,
        needs: Sequence[TableNeed],
        target: Target,
        extra: Sequence[Privilege] = (),
    ) -> None:
        self._extra = tuple(extra)
        self._api = api
        self._address = address
        self._needs = tuple(needs)
        self._target = target

    @cached_property
    def schema(self) -> "SchemaAdmin":
        """What makes and checks the schema."""
        from shared.adapters.dataverse.schema import SchemaAdmin

        return SchemaAdmin(
            self._api,
            needs=self._needs,
            extra=self._extra,
            target=self._target,
            translations=load_translations,
        )

    @cached_property
    def removal(self) -> "SchemaRemoval":
        """What takes the schema out again."""
        from shared.adapters.dataverse.schema_removal import SchemaRemoval

        return SchemaRemoval(self._api, self._address)

    @cached_property
    def export(self) -> "SolutionExport":
        """What writes the solution into a file."""
        from shared.adapters.dataverse.solution_export import SolutionExport

        return SolutionExport(self._api)

    @cached_property
    def forms(self) -> "FormsAdmin":
        """What puts the connector's tab on forms of the firm's."""
        from shared.adapters.dataverse.form_tabs import TabTexts
        from shared.adapters.dataverse.forms import FormsAdmin
        from shared.core.screens.tabs import tabs

        shown = tabs(sales=self._target is not Target.ACTIVITY)
        texts = TabTexts(self._api, shown, translations=load_translations)
        return FormsAdmin(self._api, self._address, tabs=shown, render=texts)
