"""How to sign in to Azure: the settings that are needed before any other one can be read.

Never reads the environment, and never signs in.
"""

from collections.abc import Mapping
from enum import Enum
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from shared.core.sign_in import AzureSignIn
from shared.errors import ConfigurationError
from shared.notation import texts, together
from shared.notation.problems import read_problems, variable_of

ClientId = Annotated[str, AfterValidator(texts.client_id)]


class AzureAccess(BaseModel):
    """How to sign in to Azure; the terminal needs it before it can read all other settings."""

    # Built when one is first validated: the app itself only ever needs all of its settings.
    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)

    azure_sign_in: AzureSignIn = Field(
        default=AzureSignIn.AUTO,
        description="Who signs in to Key Vault, storage and Dataverse: managed-identity, "
        "azure-cli, azure-developer-cli, or auto: on Azure the managed identity, elsewhere "
        "Azure CLI, then Azure Developer CLI.",
    )
    azure_tenant_id: Annotated[str, AfterValidator(texts.tenant)] | None = Field(
        default=None,
        description="Entra tenant a person signs in to, if it is not the one the person is in.",
    )
    azure_client_id: ClientId | None = Field(
        default=None,
        description="Client id of the user-assigned managed identity, if there is one.",
    )
    app_identity_client_id: ClientId | None = Field(
        default=None,
        description="Client id of the app's managed identity, for a terminal: whose privileges in "
        "Dataverse the doctor looks at.",
    )
    identity_endpoint: str | None = Field(
        default=None,
        description="Set by the platform: where the managed identity answers; it tells Azure "
        "from elsewhere.",
    )

    @field_validator("*", mode="before")
    @classmethod
    def _whole(cls, value: Any, info: ValidationInfo) -> Any:
        if not isinstance(value, str):
            return value
        kind = cls.model_fields[str(info.field_name)].annotation
        if not (isinstance(kind, type) and issubclass(kind, Enum)):
            return texts.check_whole(value)
        try:
            return texts.word(value, [str(each.value) for each in kind])
        except ValueError:
            if "@" in value:
                texts.check_whole(value)  # a reference that was not resolved
            raise


def load_access(environment: Mapping[str, str]) -> AzureAccess:
    """Read how to sign in to Azure, whatever the other settings are.

    Raises:
        ConfigurationError: names every wrong setting, never its value.
    """
    given = {
        name: text
        for name, field in AzureAccess.model_fields.items()
        if (text := texts.trimmed(environment.get(variable_of(name, field), "")))
    }
    try:
        return AzureAccess.model_validate(given)
    except ValidationError as error:
        problems = read_problems(AzureAccess.model_fields, error)
        raise ConfigurationError(together.explain(*problems, {})) from None
