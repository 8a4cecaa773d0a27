"""The schema's version: raised, never lowered, with old and new releases at once."""

import pytest

from shared.core import schema_version
from tests.functional.dataverse_world import AdministeredEnvironment


@pytest.fixture
def environment():
    return AdministeredEnvironment.with_schema()


def version(environment):
    (row,) = environment.rows(
        "solutions?$select=version&$filter=uniquename eq 'FreshBooksConnector'"
    )
    return row["version"]


def set_version(environment, text):
    (row,) = environment.rows("solutions?$filter=uniquename eq 'FreshBooksConnector'")
    environment.sandbox.update("solution", row["solutionid"], version=text)


def test_the_solution_carries_the_schemas_version(environment):
    assert version(environment) == schema_version.VERSION


def test_an_older_environment_is_named_and_raised(environment):
    set_version(environment, "1.0.0.0")

    (line,) = environment.admin().check()
    done = environment.admin().apply(wait=10)

    assert "of version 1.0.0.0 instead of" in line
    assert done == [f"version {schema_version.VERSION} of the solution FreshBooksConnector"]
    assert environment.admin().check() == []


def test_a_newer_environment_is_never_lowered_and_what_it_added_is_left_alone(environment):
    set_version(environment, "9.0.0.0")
    label = {"LocalizedLabels": [{"Label": "New", "LanguageCode": 1033}]}
    environment.post(
        "EntityDefinitions(LogicalName='account')/Attributes",
        {
            "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
            "SchemaName": "fbx_newer",
            "DisplayName": label,
        },
    )

    assert environment.admin().apply(wait=10) == []

    assert version(environment) == "9.0.0.0"
    assert environment.admin().check() == []
    assert "newer than this connector" in environment.admin().notes()[0]
    assert "fbx_newer" in environment.everything()["columns"]["account"]


def test_two_releases_at_once_end_with_the_newer_version(environment):
    set_version(environment, "1.0.0.0")

    class Overtaken:
        """The newer release raises the version right before the older one does."""

        def __call__(self, environ, start_response):
            if environ["REQUEST_METHOD"] == "PATCH" and "/solutions(" in environ["PATH_INFO"]:
                set_version(environment, "9.0.0.0")
            return environment.sandbox(environ, start_response)

    environment.admin(app=Overtaken()).apply(wait=10)

    assert version(environment) == "9.0.0.0"
