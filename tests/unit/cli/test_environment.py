"""Which source the terminal's settings come from, and what goes over it."""

import json
from pathlib import Path

import pytest

from shared.cli.environment import Source, find_source, merge, resolve
from shared.errors import ConfigurationError, NotPossibleError


def write(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def local_settings(folder, **values):
    text = json.dumps({"IsEncrypted": False, "Values": values})
    return write(folder / "local.settings.json", text)


def azd(folder, name="prod", *, chosen=True, **values):
    lines = "".join(f'{key}="{value}"\n' for key, value in values.items())
    write(folder / ".azure" / name / ".env", lines)
    if chosen:
        text = json.dumps({"version": 1, "defaultEnvironment": name})
        write(folder / ".azure" / "config.json", text)


def found(folder, file=None, **process):
    return find_source(file, folder=folder, process=process)


def test_a_file_that_is_named_goes_before_all_others(tmp_path):
    local_settings(tmp_path, PUBLIC_URL="local")
    azd(tmp_path, PUBLIC_URL="azd")
    named = write(tmp_path / "other.env", "PUBLIC_URL=named\n")

    source = found(tmp_path, named)

    assert source.values == {"PUBLIC_URL": "named"}
    assert str(named) in source.name


def test_the_chosen_azd_environment_goes_before_local_settings(tmp_path):
    local_settings(tmp_path, PUBLIC_URL="local")
    azd(tmp_path, "prod", PUBLIC_URL="azd")

    source = found(tmp_path)

    assert source.values == {"PUBLIC_URL": "azd"}
    assert "azd environment prod" in source.name


def test_the_process_may_choose_another_azd_environment(tmp_path):
    azd(tmp_path, "prod", PUBLIC_URL="prod")
    azd(tmp_path, "test", chosen=False, PUBLIC_URL="test")

    assert found(tmp_path, AZURE_ENV_NAME="test").values == {"PUBLIC_URL": "test"}


def test_without_a_chosen_azd_environment_local_settings_count(tmp_path):
    local_settings(tmp_path, PUBLIC_URL="local")
    azd(tmp_path, "prod", chosen=False, PUBLIC_URL="azd")

    assert found(tmp_path).values == {"PUBLIC_URL": "local"}


def test_an_environment_name_without_azd_means_nothing(tmp_path):
    local_settings(tmp_path, PUBLIC_URL="local")

    assert found(tmp_path, AZURE_ENV_NAME="test").values == {"PUBLIC_URL": "local"}


def test_without_any_file_the_environment_is_all_there_is(tmp_path):
    source = found(tmp_path)

    assert source.values == {}
    assert "the environment alone" in source.name


def test_a_named_file_may_be_of_either_form(tmp_path):
    named = local_settings(tmp_path / "elsewhere", MAX_ATTEMPTS=5, PRICE_LISTS=None, OTHER=True)

    assert found(tmp_path, named).values == {
        "MAX_ATTEMPTS": "5",
        "PRICE_LISTS": "",
        "OTHER": "true",
    }


def test_a_mark_of_windows_before_the_text_does_not_matter(tmp_path):
    path = tmp_path / "local.settings.json"
    path.write_bytes(b"\xef\xbb\xbf" + json.dumps({"Values": {"A": "b"}}).encode())

    assert found(tmp_path).values == {"A": "b"}


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('{"Values": {', "is no JSON: it cannot be read in line 1"),
        ("[]", "holds JSON that is no object"),
        ('{"IsEncrypted": true, "Values": {}}', "func settings decrypt"),
        ('{"IsEncrypted": "true", "Values": {}}', "func settings decrypt"),
        ("{}", 'has no "Values"'),
        ('{"Values": {"A": {"B": "hush"}}}', "holds no text for A"),
    ],
)
def test_local_settings_that_cannot_be_read_say_why_in_a_sentence(tmp_path, content, said):
    path = write(tmp_path / "local.settings.json", content)

    with pytest.raises(NotPossibleError) as caught:
        found(tmp_path)

    assert str(caught.value).startswith(str(path))
    assert said in str(caught.value)
    assert "hush" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "said"),
    [(b"A=1\nno line\n", "line 2"), (b"\xff\xfe\x00", "not text in UTF-8")],
)
def test_a_named_file_that_cannot_be_read_says_why(tmp_path, content, said):
    path = tmp_path / "x.env"
    path.write_bytes(content)

    with pytest.raises(NotPossibleError, match=said):
        found(tmp_path, path)


def test_a_named_file_that_is_missing_or_a_folder_is_an_error(tmp_path):
    with pytest.raises(NotPossibleError, match="No such file"):
        found(tmp_path, tmp_path / "missing.json")
    with pytest.raises(NotPossibleError, match="cannot be read"):
        found(tmp_path, tmp_path)


def test_an_azd_environment_that_is_not_there_is_an_error(tmp_path):
    azd(tmp_path)

    with pytest.raises(NotPossibleError, match="`azd env select`"):
        found(tmp_path, AZURE_ENV_NAME="gone")


def merged(values, **process):
    return merge(Source("a test", values), process)


def test_names_count_in_any_case_and_only_ours_are_kept():
    values = {"AZUREWEBJOBSSTORAGE__QUEUESERVICEURI": "q", "public_url": "p", "AZURE_LOCATION": "x"}

    assert merged(values) == {"AzureWebJobsStorage__queueServiceUri": "q", "PUBLIC_URL": "p"}


def test_its_own_spelling_goes_before_others():
    assert merged({"public_url": "other", "PUBLIC_URL": "own"}) == {"PUBLIC_URL": "own"}


def test_what_stands_in_the_environment_goes_over_the_file():
    values = {"PUBLIC_URL": "file", "KEY_VAULT_URL": "file", "OPERATOR_ROLE": "file"}

    assert merged(values, PUBLIC_URL="process", OPERATOR_ROLE="") == {
        "PUBLIC_URL": "process",
        "KEY_VAULT_URL": "file",
    }


def test_what_only_the_platform_gives_is_not_taken_from_a_file():
    values = {"IDENTITY_ENDPOINT": "http://x", "WEBSITE_AUTH_ENABLED": "True"}

    assert merged(values) == {}
    assert merged({}, IDENTITY_ENDPOINT="http://x") == {"IDENTITY_ENDPOINT": "http://x"}


class NobodyAsks:
    def get_token(self, *_scopes, **_options):
        raise AssertionError("a token was asked for")


def test_settings_without_references_are_left_as_they_are():
    values = {"FRESHBOOKS_CLIENT_SECRET": "hush", "PUBLIC_URL": "https://app.example"}

    assert resolve(values, NobodyAsks()) == values


def test_a_reference_that_cannot_be_read_is_a_wrong_setting():
    with pytest.raises(ConfigurationError, match="FRESHBOOKS_CLIENT_SECRET"):
        resolve({"FRESHBOOKS_CLIENT_SECRET": "@Microsoft.KeyVault(oops)"}, NobodyAsks())


def test_the_shipped_example_can_be_read():
    example = Path(__file__).resolve().parents[3] / "local.settings.example.json"

    assert merge(find_source(example, folder=Path(), process={}), {})["UNMATCHED_CLIENTS"] == "hold"
