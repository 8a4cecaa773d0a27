"""What the guides say to type and to expect is what the code, the template and the hooks have."""

import re
from pathlib import Path

import pytest

from infra.hooks import postdeploy, postprovision, predown, preprovision, requirements
from shared.adapters.freshbooks.login import SCOPES
from shared.core.privileges import ROLE

ROOT = Path(__file__).resolve().parents[2]
GUIDES = ("install.md", "operations.md", "delivery.md")
INSTALL = (ROOT / "docs" / "install.md").read_text()
TEMPLATE = (ROOT / "infra" / "main.bicep").read_text()
PARAMETERS = (ROOT / "infra" / "main.parameters.json").read_text()
HOOKS = "".join(path.read_text() for path in (ROOT / "infra" / "hooks").glob("*.py"))


def named(pattern, text):
    return set(re.findall(pattern, text))


def guide(name):
    return (ROOT / "docs" / name).read_text()


@pytest.mark.parametrize("name", GUIDES)
def test_every_value_that_is_set_is_one_somebody_reads(name):
    values = named(r"azd env set ([A-Z_]+)", guide(name)) - {"NAME"}
    read = named(r"\$\{([A-Z_]+)", PARAMETERS) | named(r'"([A-Z][A-Z_]+)"', HOOKS)

    assert values <= read
    assert values


def test_every_value_that_is_asked_for_is_an_output():
    asked = named(r"azd env get-value ([A-Z_]+)", INSTALL) | {
        *named(r"likewise for `([A-Z_]+)`", INSTALL),
        *named(r"and `(AZURE_FUNCTION_APP_NAME)`", INSTALL),
    }

    assert asked <= named(r"\noutput (\w+) ", TEMPLATE)
    assert len(asked) >= 5


def test_everything_that_has_to_be_set_before_is_set_in_the_guide():
    assert {value.name for value in requirements.REQUIRED} <= named(
        r"azd env set ([A-Z_]+)", INSTALL
    )


def test_the_scopes_are_those_the_connector_asks_for():
    assert named(r"`(user:\w+:read)`", INSTALL) == set(SCOPES)


def test_the_secret_is_the_one_the_app_reads():
    names = named(r"--name ([a-z-]*secret)\b", INSTALL)

    assert names == {postprovision.SECRET}
    assert f"freshbooks: '{postprovision.SECRET}'" in (ROOT / "infra" / "names.bicep").read_text()


def test_the_role_is_the_one_that_schema_apply_makes():
    assert f"*{ROLE}*" in INSTALL
    assert any(ROLE in line for line in postprovision.next_steps())


@pytest.mark.parametrize(
    ("words", "where"),
    [
        ("Not ready to provision", preprovision),
        ("What is left to do by hand", postprovision),
    ],
)
def test_what_one_should_see_is_what_is_printed(words, where):
    assert words in INSTALL
    assert words in Path(where.__file__).read_text()


def test_every_hook_that_is_spoken_of_is_one_azd_runs():
    azd = (ROOT / "azure.yaml").read_text()

    for hook in (preprovision, postprovision, postdeploy, predown):
        assert f"-m {hook.__name__}" in azd
    for module in named(r"python3 -m (infra\.hooks\.\w+)", guide("delivery.md")):
        assert (ROOT / f"{module.replace('.', '/')}.py").exists()
