import pytest
import requests

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]


def test_the_function_app_answers_over_tls_as_in_azure(sandbox):
    address = f"{sandbox.front}/api/health"

    answer = requests.get(address, verify=str(sandbox.folder / "certificates" / "ca.pem"))

    assert sandbox.front.startswith("https://")
    assert answer.ok
    assert answer.content == requests.get(f"{sandbox.functions}/api/health").content
