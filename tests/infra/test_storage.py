"""Every queue, poison queue, table and container there has to be, and none besides."""

from shared.adapters.azure.names import QUEUES, TableName
from tools import tables

QUEUE = "Microsoft.Storage/storageAccounts/queueServices/queues"
TABLE = "Microsoft.Storage/storageAccounts/tableServices/tables"
CONTAINER = "Microsoft.Storage/storageAccounts/blobServices/containers"


def listened_to():
    triggers = (trigger for trigger, _ in tables.triggers().values())
    return {each["queueName"] for each in triggers if each["type"] == "queueTrigger"}


def test_every_queue_the_code_names_is_there(deployment):
    assert set(deployment.names(QUEUE)) == set(QUEUES)


def test_every_queue_a_function_listens_to_is_there_with_its_poison_queue(deployment):
    live = {name for name in listened_to() if not name.endswith("-poison")}

    assert listened_to() | {f"{name}-poison" for name in live} == set(deployment.names(QUEUE))


def test_every_table_the_code_names_is_there(deployment):
    assert set(deployment.names(TABLE)) == set(TableName)


def test_the_container_the_app_is_run_from_is_there_and_private(deployment):
    account = deployment.one("Microsoft.Storage/storageAccounts").name
    container = deployment.one(CONTAINER)
    source = deployment.one("Microsoft.Web/sites")["functionAppConfig.deployment.storage"]

    assert source == {
        "type": "blobContainer",
        "value": f"https://{account}.blob.core.windows.net/{container.name}",
        "authentication": {
            "type": "UserAssignedIdentity",
            "userAssignedIdentityResourceId": deployment.identity.id,
        },
    }
    assert container["publicAccess"] == "None"


def test_deleted_blobs_and_containers_can_be_brought_back_for_a_week(deployment):
    blobs = deployment.one("Microsoft.Storage/storageAccounts/blobServices")

    assert blobs["deleteRetentionPolicy"] == {"enabled": True, "days": 7}
    assert blobs["containerDeleteRetentionPolicy"] == {"enabled": True, "days": 7}


def test_storage_stands_in_as_many_zones_as_the_app(deployments):
    kinds = {
        name: each.one("Microsoft.Storage/storageAccounts").given["sku"]["name"]
        for name, each in deployments.items()
    }

    assert kinds == {
        "test": "Standard_LRS",
        "production": "Standard_LRS",
        "everything": "Standard_ZRS",
    }
