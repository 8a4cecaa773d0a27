"""The tables of what is deployed in docs/reference.md: made from the Bicep source, and compared.

`python -m tools.infra_tables` writes them, `--check` says whether they are stale. Needs the
compiler; the tables that need none are made by `tools.tables`.
"""

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from tools.bicep import ROOT, Bicep, find_compiler
from tools.deployment import Deployment, Given
from tools.tables import DOCS

ROLES: Final = ("infra/modules/access.bicep", "infra/modules/administrator.bicep")
_NAMED_ROLE: Final = re.compile(r"^  (\w+): '([0-9a-f-]{36})'", re.MULTILINE)
_GRANT: Final = re.compile(
    r"((?:^// [^\n]*\n)+)resource \w+ 'Microsoft\.Authorization/roleAssignments@.*?"
    r"^ +scope: (\S+)$.*?roles\.(\w+)",
    re.MULTILINE | re.DOTALL,
)
_SCOPES: Final = {
    "account": "the storage account",
    "account::queueService::queue[i]": "each queue",
    "account::tableService::table[i]": "each table",
    "configuration": "the configuration vault",
    "rotating": "the rotating vault",
    "insights": "Application Insights",
}


def resources_table(least: Deployment, most: Deployment) -> Iterator[str]:
    """Yield the rows of the table of resources.

    Args:
        least: what is deployed with nothing switched on.
        most: what is deployed with everything switched on.
    """
    yield "| resource | names | deployed |"
    yield "|---|---|---|"
    for kind in sorted({each.type for each in most.resources}):
        if kind == "Microsoft.Authorization/roleAssignments":
            continue
        names = dict.fromkeys(_nameless(most, each.name) for each in most.all(kind))
        when = "always" if least.all(kind) else "when switched on"
        if kind == "Microsoft.Web/sites/config":
            when = "appsettings always, authsettingsV2 with entraClientId"
        if kind == "Microsoft.KeyVault/vaults/secrets":
            when = "when it is carried in"
        yield f"| {kind} | {', '.join(f'`{name}`' for name in names)} | {when} |"


def grants_table(folder: Path) -> Iterator[str]:
    """Yield the rows of the table of roles, with the reasons that stand beside the assignments."""
    ids = dict(_NAMED_ROLE.findall((folder / "infra" / "roles.bicep").read_text()))
    yield "| who | role | id | where | why |"
    yield "|---|---|---|---|---|"
    for who, file in zip(("the app", "the administrator"), ROLES, strict=True):
        for comment, scope, role in _GRANT.findall((folder / file).read_text()):
            why = " ".join(line.removeprefix("// ") for line in comment.splitlines())
            yield f"| {who} | {_words(role)} | `{ids[role]}` | {_SCOPES[scope]} | {why} |"


def parameters_table(template: dict[str, Any]) -> Iterator[str]:
    """Yield the rows of the table of parameters."""
    yield "| parameter | values | default | meaning |"
    yield "|---|---|---|---|"
    for name, declared in template["parameters"].items():
        meaning = declared["metadata"]["description"]
        yield f"| `{name}` | {_values(declared)} | {_default(declared)} | {meaning} |"


def rendered(text: str, bicep: Bicep, folder: Path) -> str:
    """Return the docs with the tables of what is deployed made anew."""
    given = Given(bicep, folder)
    least, most = (Deployment.of(bicep, given.parameters(name)) for name in ("test", "everything"))
    template = bicep.compile(folder / "infra" / "main.bicep").template or {}
    tables = {
        "infra-resources": resources_table(least, most),
        "infra-roles": grants_table(folder),
        "infra-parameters": parameters_table(template),
    }
    for name, rows in tables.items():
        before, _, rest = text.partition(f"<!-- {name} -->")
        _, _, after = rest.partition(f"<!-- /{name} -->")
        block = "\n".join([f"<!-- {name} -->", *rows, f"<!-- /{name} -->"])
        text = before + block + after
    return text


def _nameless(deployment: Deployment, name: str) -> str:
    """Return a name with what follows from the environment's in angle brackets."""
    prefix = deployment.identity.name.removesuffix("-identity")
    group = deployment.one("Microsoft.Resources/resourceGroups").name.removeprefix("rg-")
    token = deployment.one("Microsoft.Web/sites").name.removeprefix("fbx-")
    salted = deployment.outputs["CONFIGURATION_VAULT_NAME"].removeprefix("kv-config-")
    name = name.replace(prefix, "fbx-<environment>").replace(group, "<environment>")
    name = name.replace(token, "<token>").replace(salted, "<token>")
    return re.sub(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$", "<guid>", name)


def _words(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name[0].upper() + name[1:])


def _values(declared: dict[str, Any]) -> str:
    if allowed := declared.get("allowedValues"):
        return ", ".join(f"`{each}`" for each in allowed)
    kind = str(declared.get("type") or declared["$ref"].rpartition("/")[2].rpartition(".")[2])
    if "minValue" in declared:
        return f"{declared['minValue']} to {declared.get('maxValue', 'any')}"
    return {"securestring": "secret", "array": "list"}.get(kind.lower(), kind)


def _default(declared: dict[str, Any]) -> str:
    if "defaultValue" not in declared:
        return "none" if declared.get("nullable") else "required"
    value = declared["defaultValue"]
    if value in ("", {}, []):
        return "none"
    return f"`{str(value).lower() if isinstance(value, bool) else value}`"


def main() -> int:
    """Write the tables, or with `--check` only compare."""
    text = DOCS.read_text()
    with Bicep(find_compiler()) as bicep:
        made = rendered(text, bicep, ROOT)
    if "--check" not in sys.argv:
        DOCS.write_text(made)
        return 0
    if made != text:
        print(f"{DOCS.relative_to(ROOT)} is stale: run 'python -m tools.infra_tables'.")
    return 1 if made != text else 0


if __name__ == "__main__":
    sys.exit(main())
