"""Before provisioning: everything that is missing is said at once, with what to write."""

import pytest

from infra.hooks.requirements import PROVIDERS, provider_hints, value_problems, version_problems

GOOD = {
    "DATAVERSE_URL": "https://org.crm.dynamics.com",
    "FRESHBOOKS_CLIENT_ID": "a" * 64,
    "ALERT_EMAIL": "who@firm.example",
}


def test_a_complete_environment_goes_on(project):
    project.plan(registered=list(PROVIDERS))

    assert project.run("preprovision") == (0, "")


@pytest.mark.parametrize("name", GOOD)
def test_a_missing_value_is_named_with_what_to_write(project, name):
    del project.values[name]

    code, said = project.run("preprovision")

    assert code == 1
    assert f"azd env set {name} " in said


def test_everything_that_is_missing_is_said_at_once(project):
    project.plan(az_signed_in=False, azd_signed_in=False)
    project.values.clear()

    code, said = project.run("preprovision")

    assert code == 1
    assert "azd auth login" in said
    assert all(f"azd env set {name} " in said for name in GOOD)


@pytest.mark.parametrize(
    ("name", "text", "wrong"),
    [
        ("DATAVERSE_URL", "org.crm.dynamics.com", "has to begin with https://"),
        ("DATAVERSE_URL", "http://org.crm.dynamics.com", "has to begin with https://"),
        ("DATAVERSE_URL", "https://org.crm.dynamics.com/main.aspx", "is more than"),
        ("DATAVERSE_URL", "https://org.crm.dynamics.com?appid=1", "is more than"),
        ("DATAVERSE_URL", "https://org.crm dynamics.com", "holds a blank"),
        ("DATAVERSE_URL", "https://[org", "is no address"),
        ("FRESHBOOKS_CLIENT_ID", "client-id-of-your-app", "is no client id"),
        ("ALERT_EMAIL", "operations", "is no e-mail address"),
        ("ALERT_EMAIL", "a@firm.example,b@firm.example", "is no e-mail address"),
    ],
)
def test_a_value_that_cannot_be_right_is_refused(name, text, wrong):
    (problem,) = value_problems({**GOOD, name: text})

    assert problem.startswith(f"{name} {wrong}")


def test_values_that_can_be_right_are_taken():
    assert value_problems({**GOOD, "DATAVERSE_URL": "https://org.crm4.dynamics.com/"}) == []


@pytest.mark.parametrize("version", [(3, 10), (3, 14)])
def test_another_python_is_refused(version):
    (problem,) = version_problems(version)

    assert "3.11 to 3.13" in problem


def test_the_pythons_that_work_are_taken():
    assert [version_problems((3, minor)) for minor in (11, 12, 13)] == [[], [], []]


@pytest.mark.parametrize("signed_in", ["az", "azd"])
def test_one_of_both_sign_ins_is_enough(project, signed_in):
    project.plan(az_signed_in=signed_in == "az", azd_signed_in=signed_in == "azd")

    code, _ = project.run("preprovision")

    assert code == 0


def test_azd_that_is_signed_out_is_seen_though_it_ends_with_0(project):
    project.plan(az_signed_in=False, azd_signed_in=False)

    code, said = project.run("preprovision")

    assert (code, "Nobody is signed in to Azure" in said) == (1, True)


def test_an_azure_cli_that_does_not_answer_is_not_waited_for(project):
    project.plan(slow={"az": 30})

    code, said = project.run("preprovision", HOOK_SECONDS="0.5")

    assert code == 0  # azd is signed in
    assert "have to be registered" in said


def test_without_az_the_providers_are_all_named(project):
    project.uninstall("az")

    code, said = project.run("preprovision")

    assert code == 0
    assert all(name in said for name in PROVIDERS)


def test_only_what_is_not_registered_is_named():
    registered = [name.lower() for name in PROVIDERS if name != "Microsoft.App"]

    assert provider_hints(registered) == ["az provider register --namespace Microsoft.App"]


def test_a_provider_that_is_not_registered_stops_nothing(project):
    code, said = project.run("preprovision")

    assert code == 0
    assert "az provider register --namespace Microsoft.Web" in said


def test_a_sign_in_before_the_pages_needs_the_azure_cli(project):
    project.uninstall("az")

    code, said = project.run("preprovision", EASY_AUTH="true")

    assert (code, "EASY_AUTH needs the Azure CLI" in said) == (1, True)


def test_the_application_is_there_before_the_app_that_asks_for_it(project):
    code, _ = project.run("preprovision", EASY_AUTH="true")

    (application,) = project.state["directory"]["applications"]
    assert code == 0
    assert project.state["environment"]["ENTRA_CLIENT_ID"] == application["appId"]
    assert application["web"]["redirectUris"] == []


def test_without_being_asked_for_no_application_is_registered(project):
    project.run("preprovision")

    assert project.state["directory"]["applications"] == []
