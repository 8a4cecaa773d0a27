"""What must stay secret is looked for wherever somebody without access to the vault could look."""

import base64
import json
import re

import pytest
import requests
from azure.data.tables import TableServiceClient
from azure.storage.queue import QueueServiceClient

pytestmark = [pytest.mark.e2e, pytest.mark.xdist_group("e2e")]

API = {"api-version": "7.4"}
# What is shorter, or has blanks or colons in it, is a name, a date or a scope.
SECRET = re.compile(r"[\w.+/=-]{20,}")


@pytest.fixture
def vault(sandbox):
    """Every value that was ever in the vault, read as its owner would."""
    where = sandbox.addresses
    token = requests.get(
        f"{where.identity}/msi/token",
        params={"api-version": "2019-08-01", "resource": "https://vault.azure.net"},
        headers={"X-IDENTITY-HEADER": sandbox.environment["IDENTITY_HEADER"]},
        timeout=10,
    ).json()["access_token"]
    with requests.Session() as session:
        session.headers["Authorization"] = f"Bearer {token}"
        session.verify = str(sandbox.folder / "certificates" / "ca.pem")
        session.trust_env = False

        def read(path):
            answer = session.get(f"{where.vault}{path}", params=API, timeout=10)
            answer.raise_for_status()
            return answer.json()

        names = [one["id"].rpartition("/")[2] for one in read("/secrets")["value"]]
        versions = [
            one["id"].partition("/secrets")[2]
            for name in names
            for one in read(f"/secrets/{name}/versions")["value"]
        ]
        yield [read(f"/secrets{path}")["value"] for path in versions]


@pytest.fixture
def secrets(sandbox, vault):
    """Tokens, verifiers and client secrets that existed since the start."""
    found = {sandbox.settings["FRESHBOOKS_CLIENT_SECRET"], *sandbox.books.verifiers()}
    for value in vault:
        found |= {each for each in leaves(value) if SECRET.fullmatch(each)}
    return found


def leaves(text):
    """A secret may be JSON with several secrets in it."""
    try:
        value = json.loads(text)
    except ValueError:
        return {text}
    if not isinstance(value, dict):
        return {text}
    return {str(each) for each in value.values() if isinstance(each, str)}


def stored(sandbox):
    """All text in all tables and queues."""
    connection = sandbox.storage.connection_string
    texts = []
    with TableServiceClient.from_connection_string(connection) as tables:
        for table in tables.list_tables():
            texts += [
                str(dict(entity)) for entity in tables.get_table_client(table.name).list_entities()
            ]
    with QueueServiceClient.from_connection_string(connection) as queues:
        for queue in queues.list_queues():
            for message in queues.get_queue_client(queue.name).peek_messages(max_messages=32):
                texts.append(base64.b64decode(message.content).decode())
    return texts


def test_tokens_verifiers_and_secrets_are_in_no_log_table_or_queue(
    sandbox, start_host, synced, bookkeeper, secrets
):
    someone = bookkeeper(5)
    for _ in range(5):
        someone.edit()
    synced()
    sandbox.stop_host()
    # Nobody works them off: they are seen as they lie on the queue.
    start_host(disabled=("process",))
    someone.edit()
    sandbox.books.post("/_sandbox/deliveries/settle", {"timeout": 10})
    texts = stored(sandbox)
    sandbox.stop_host()
    start_host()
    texts.append(sandbox.log.read_text())
    texts.append((sandbox.folder / "connect.log").read_text())

    assert len(secrets) >= 4 + 2 + 1
    assert any('"kind"' in text for text in texts)
    assert {secret[:4] for secret in secrets for text in texts if secret in text} == set()
    assert not [text for text in texts if "eyJ" in text]
