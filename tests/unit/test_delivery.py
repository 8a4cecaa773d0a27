"""azure.yaml, the parameters, the workflows and the template say the same."""

import json
import re
from pathlib import Path

import pytest

from infra.hooks import postprovision, requirements
from tools import sbom

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = ROOT / "infra" / "main.bicep"
PARAMETERS = json.loads((ROOT / "infra" / "main.parameters.json").read_text())["parameters"]
WORKFLOWS = sorted((ROOT / ".github" / "workflows").glob("*.yml"))
AZD = (ROOT / "azure.yaml").read_text()
NOT_GIVEN = {"thisMonth"}  # computed when it is deployed
FROM_AZD = {"AZURE_PRINCIPAL_ID", "AZURE_PRINCIPAL_TYPE"}  # whoever is signed in
SECRET = {"NEW_FRESHBOOKS_CLIENT_SECRET"}  # put into the vault, not into a pipeline

needs_template = pytest.mark.skipif(not TEMPLATE.exists(), reason="there is no template here")


def declared():
    """Return the template's parameters, and whether each has to be given."""
    lines = re.findall(r"^param (\w+) (.+)$", TEMPLATE.read_text(), re.MULTILINE)
    return {name: "=" not in kind and not kind.rstrip().endswith("?") for name, kind in lines}


def variables():
    """Return azd's values that the parameters are made from."""
    return set(re.findall(r"\$\{(\w+)", json.dumps(PARAMETERS)))


@needs_template
def test_every_parameter_that_is_given_is_one_of_the_template():
    assert set(PARAMETERS) <= set(declared())


@needs_template
def test_every_parameter_that_the_template_needs_is_given():
    needed = {name for name, is_needed in declared().items() if is_needed}

    assert needed <= set(PARAMETERS)


@needs_template
def test_every_parameter_can_be_set_by_azd():
    assert set(declared()) - set(PARAMETERS) == NOT_GIVEN


@needs_template
def test_the_hooks_ask_for_what_the_template_puts_out():
    put_out = set(re.findall(r"^output (\w+) ", TEMPLATE.read_text(), re.MULTILINE))

    assert set(postprovision.OUTPUTS) <= put_out


@needs_template
def test_every_resource_provider_of_the_template_is_named():
    bicep = "\n".join(file.read_text() for file in (ROOT / "infra").rglob("*.bicep"))
    used = set(re.findall(r"'(Microsoft\.\w+)/\w+[\w/]*@", bicep)) - {"Microsoft.Resources"}

    assert used <= set(requirements.PROVIDERS)


@needs_template
def test_the_bill_of_materials_is_of_the_python_that_runs_in_azure():
    app = (ROOT / "infra" / "modules" / "app.bicep").read_text()

    assert f"'{sbom.PYTHON}'" in app


def test_what_a_person_has_to_say_is_asked_for_before_provisioning():
    assert {value.name for value in requirements.REQUIRED} <= variables()


def test_a_text_with_a_default_is_never_given_empty():
    # azd takes an empty value for a value: the template would refuse it, or read no JSON in it.
    assert PARAMETERS["telemetry"]["value"] == "${TELEMETRY=logs}"
    assert PARAMETERS["dataverseApplication"]["value"] == "${DATAVERSE_APPLICATION=null}"
    assert PARAMETERS["administratorAddresses"]["value"] == "${ADMINISTRATOR_ADDRESSES=[]}"


def test_the_secret_of_the_terminal_is_not_stored_over_itself():
    # the output of that name is a reference to the vault, which azd keeps under it
    assert "FRESHBOOKS_CLIENT_SECRET" not in variables()


def test_the_pipeline_can_set_what_azd_can():
    text = (ROOT / ".github" / "workflows" / "azure.yml").read_text()
    given = set(re.findall(r"^      (\w+): \$\{\{ vars\.\1 \}\}$", text, re.MULTILINE))

    assert given == (variables() | {"AZURE_SUBSCRIPTION_ID"}) - FROM_AZD - SECRET


@pytest.mark.parametrize(
    "hook", ["preprovision", "postprovision", "postdeploy", "predown", "postdown"]
)
def test_every_hook_runs_one_program_on_both_kinds_of_systems(hook):
    (section,) = re.findall(rf"^  {hook}:\n(.+)\n(.+)$", AZD, re.MULTILINE)

    assert all(f"-m infra.hooks.{hook}" in line for line in section)
    assert all("interactive: true" in line for line in section)
    assert (ROOT / "infra" / "hooks" / f"{hook}.py").exists()


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_every_action_is_pinned_to_a_commit_with_its_version_beside_it(workflow):
    used = re.findall(r"uses: ([^.\s]\S+)(.*)$", workflow.read_text(), re.MULTILINE)

    assert used
    assert [
        action
        for action, comment in used
        if not re.fullmatch(r"[\w-]+/[\w-]+@[0-9a-f]{40}", action)
        or not re.fullmatch(r" # v\d+\.\d+\.\d+", comment)
    ] == []


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda file: file.name)
def test_nothing_that_a_stranger_writes_is_put_into_a_command(workflow):
    commands = re.findall(r"^\s+(?:- )?run: (.+)$", workflow.read_text(), re.MULTILINE)

    assert commands
    assert [command for command in commands if "${{" in command or command == "|"] == []
