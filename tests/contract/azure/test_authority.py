import subprocess
import sys
from pathlib import Path

import certifi
import requests

from sandbox.authority import Authority, trusted_environment
from sandbox.node import environment, node
from sandbox.web import json_response, serve


def hello(environ, start_response):
    return json_response("hello")(environ, start_response)


def test_a_program_that_trusts_the_authority_reaches_its_servers_by_name_and_by_address(
    certificates, trusting
):
    with serve(hello, certificate=str(certificates.chain), key=str(certificates.key)) as url:
        by_name = requests.get(url, timeout=5)
        by_address = requests.get(url.replace("localhost", "127.0.0.1"), timeout=5)

    assert by_name.json() == by_address.json() == "hello"


def test_python_s_own_ssl_and_node_trust_the_same_bundle(certificates):
    trust = environment() | trusted_environment(certificates.ca)
    fetch = "import sys, urllib.request as u; print(u.urlopen(sys.argv[1]).status)"
    script = "fetch(process.argv[1]).then(r => console.log(r.status))"
    with serve(hello, certificate=str(certificates.chain), key=str(certificates.key)) as url:
        told = [
            subprocess.run(command, env=trust, capture_output=True, text=True, check=True).stdout
            for command in ([sys.executable, "-c", fetch, url], [node(), "-e", script, url])
        ]

    assert [each.strip() for each in told] == ["200", "200"]


def test_the_bundle_keeps_the_authorities_trusted_before(tmp_path, monkeypatch):
    already = Authority().write(tmp_path / "already")
    ours = Authority().write(tmp_path / "ours")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(already.ca))

    bundle = trusted_environment(ours.ca)["REQUESTS_CA_BUNDLE"]

    text = Path(bundle).read_text()
    assert already.ca.read_text().strip() in text
    assert ours.ca.read_text().strip() in text


def test_without_a_named_bundle_the_public_authorities_stay_trusted(tmp_path, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE", "NODE_EXTRA_CA_CERTS"):
        monkeypatch.delenv(name, raising=False)
    ours = Authority().write(tmp_path)

    bundle = Path(trusted_environment(ours.ca)["REQUESTS_CA_BUNDLE"])

    text = bundle.read_text()
    assert Path(certifi.where()).read_text().strip() in text
    assert ours.ca.read_text().strip() in text


def test_asking_twice_changes_nothing(tmp_path, monkeypatch):
    ours = Authority().write(tmp_path)
    once = trusted_environment(ours.ca)
    text = Path(once["REQUESTS_CA_BUNDLE"]).read_text()
    for name, value in once.items():
        monkeypatch.setenv(name, value)

    again = trusted_environment(ours.ca)

    assert again == once
    assert Path(again["REQUESTS_CA_BUNDLE"]).read_text() == text
