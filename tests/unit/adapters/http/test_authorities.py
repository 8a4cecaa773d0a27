"""Whom the machine trusts: a folder read when needed, unless its operator named something else."""

import hashlib
from pathlib import Path

import pytest
import requests
from cryptography import x509

from sandbox.authority import Authority
from sandbox.web import serve
from shared.adapters.http.authorities import authorities
from shared.adapters.http.round_trip import RoundTrip
from shared.adapters.http.session import new_session

HASHED = "5ad8a5d6.0"  # as `openssl rehash` names one


@pytest.fixture
def folder(tmp_path, monkeypatch):
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SSL_CERT_DIR", str(tmp_path))
    return tmp_path


def test_the_machines_folder_is_taken_where_authorities_can_be_found_in_it(folder):
    (folder / HASHED).touch()

    assert authorities() == str(folder)


def test_without_such_a_folder_those_installed_with_requests_are(folder, monkeypatch):
    (folder / "ca-certificates.crt").touch()
    unhashed = authorities()
    monkeypatch.setenv("SSL_CERT_DIR", str(folder / "nowhere"))

    assert unhashed is authorities() is True


@pytest.mark.parametrize("name", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_what_the_operator_names_is_taken_before_it(folder, monkeypatch, name):
    (folder / HASHED).touch()
    monkeypatch.setenv(name, "/etc/firm/authorities.pem")

    assert authorities() == "/etc/firm/authorities.pem"


@pytest.fixture
def service(tmp_path_factory):
    """Serve over TLS; the address, and the file of the authority that signed."""
    files = Authority().write(tmp_path_factory.mktemp("authority"))
    with serve(_nothing, certificate=str(files.chain), key=str(files.key)) as url:
        yield url, files.ca


def test_a_service_is_called_whose_authority_is_in_the_folder(folder, service):
    url, authority = service
    text = authority.read_text()
    (folder / f"{subject_hash(text)}.0").write_text(text)
    with new_session(RoundTrip()) as session:
        answer = session.get(url, timeout=5)

    assert answer.status_code == 204


def test_a_service_is_not_called_whose_authority_is_not_in_the_folder(folder, service):
    url, authority = service
    (folder / HASHED).write_text(Path(authority).read_text())
    with new_session(RoundTrip()) as session, pytest.raises(requests.exceptions.SSLError):
        session.get(url, timeout=5)


def _nothing(_environ, start_response):
    start_response("204 No Content", [])
    return []


def subject_hash(certificate):
    """Return what `openssl x509 -subject_hash` prints of a subject of short texts."""
    subject = x509.load_pem_x509_certificate(certificate.encode()).subject
    canonical = b""
    for each in subject:
        top, *arcs = map(int, each.oid.dotted_string.split("."))
        name = bytes([40 * top + arcs[0], *arcs[1:]])
        text = " ".join(str(each.value).lower().split()).encode()
        pair = bytes([6, len(name), *name, 12, len(text), *text])
        canonical += bytes([0x31, len(pair) + 2, 0x30, len(pair), *pair])
    return f"{int.from_bytes(hashlib.sha1(canonical).digest()[:4], 'little'):08x}"
