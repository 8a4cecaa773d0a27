"""What would be deployed, evaluated by the compiler once for all tests here."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tools.bicep import Bicep, NoCompilerError, find_compiler
from tools.deployment import Deployment, Given

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
ENVIRONMENTS = ("test", "production", "everything")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.xdist_group("infra"))  # one compiler, started once
    # Those that evaluate parameters of their own take longest, and come last.
    items.sort(key=lambda item: "deploy" in getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def given(pytestconfig: pytest.Config) -> Iterator[Given]:
    """The compiler and the folder with the source: this one, or one with something removed."""
    plugins = pytestconfig.pluginmanager.get_plugins()
    if handed := next((each for each in plugins if isinstance(each, Given)), None):
        yield handed
        return
    try:
        program = find_compiler()
    except NoCompilerError as missing:
        pytest.skip(str(missing))
    with Bicep(program) as bicep:
        yield Given(bicep, ROOT)


@pytest.fixture(scope="session")
def bicep(given: Given) -> Bicep:
    return given.bicep


@pytest.fixture(scope="session")
def deployments(given: Given) -> dict[str, Deployment]:
    """What each set of parameters deploys: test, production, and everything that can be on."""
    return {name: Deployment.of(given.bicep, given.parameters(name)) for name in ENVIRONMENTS}


@pytest.fixture(scope="session", params=ENVIRONMENTS)
def deployment(request: pytest.FixtureRequest, deployments: dict[str, Deployment]) -> Deployment:
    return deployments[request.param]


@pytest.fixture(scope="session")
def everything(deployments: dict[str, Deployment]) -> Deployment:
    return deployments["everything"]


@pytest.fixture(scope="session")
def deploy(given: Given, tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Deployment]:
    """Deploy with the least parameters, and those that are said."""
    folder = tmp_path_factory.mktemp("parameters")

    def deployed(**parameters: str | int | bool) -> Deployment:
        least = {
            "environmentName": "dev",
            "location": "westeurope",
            "dataverseUrl": "https://org.crm.dynamics.com",
            "freshbooksClientId": "the-app",
            "alertEmail": "operations@example.com",
        }
        file = folder / "changed.bicepparam"
        lines = [f"using '{os.path.relpath(given.folder / 'infra' / 'main.bicep', folder)}'"]
        lines += [
            f"param {name} = {spelt(value)}" for name, value in {**least, **parameters}.items()
        ]
        file.write_text("\n".join(lines) + "\n")
        return Deployment.of(given.bicep, file)

    return deployed


def spelt(value: str | int | bool) -> str:
    return f"'{value}'" if isinstance(value, str) else str(value).lower()
