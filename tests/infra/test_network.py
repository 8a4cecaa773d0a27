"""The optional virtual network: storage and vaults at private addresses only."""

import pytest

ACCOUNT = "Microsoft.Storage/storageAccounts"
VAULT = "Microsoft.KeyVault/vaults"
ENDPOINT = "Microsoft.Network/privateEndpoints"
ZONE_GROUP = "Microsoft.Network/privateEndpoints/privateDnsZoneGroups"
ZONE = "Microsoft.Network/privateDnsZones"
LINK = "Microsoft.Network/privateDnsZones/virtualNetworkLinks"
NETWORK = "Microsoft.Network/virtualNetworks"
ZONES = {
    "blob": "privatelink.blob.core.windows.net",
    "queue": "privatelink.queue.core.windows.net",
    "table": "privatelink.table.core.windows.net",
    "vault": "privatelink.vaultcore.azure.net",
}


def guarded(deployment):
    return [deployment.one(ACCOUNT), *deployment.all(VAULT)]


def inbound(resource):
    rules = resource["networkAcls"]
    return (
        resource["publicNetworkAccess"],
        rules["defaultAction"],
        [each["value"] for each in rules["ipRules"]],
    )


def test_without_a_network_roles_alone_decide(deployments):
    found = deployments["production"]

    assert [inbound(each) for each in guarded(found)] == [("Enabled", "Allow", [])] * 3
    assert not [each for each in found.resources if each.type.startswith("Microsoft.Network/")]
    assert found.one("Microsoft.Web/sites")["virtualNetworkSubnetId"] is None
    assert found.outputs["AZURE_RESOURCE_PROVIDERS"] == ""


def test_with_one_nobody_comes_from_the_internet(deploy):
    found = deploy(privateNetwork=True)

    assert [inbound(each) for each in guarded(found)] == [("Disabled", "Deny", [])] * 3


def test_the_administrators_addresses_still_reach_storage_and_vaults(everything):
    addresses = ["203.0.113.7", "198.51.100.0/28"]

    assert [inbound(each) for each in guarded(everything)] == [("Enabled", "Deny", addresses)] * 3
    assert all(each["action"] == "Allow" for each in everything.one(ACCOUNT)["networkAcls.ipRules"])


def test_addresses_mean_nothing_without_a_network(deploy):
    found = deploy(privateNetwork=False, alwaysReadyInstances=0)

    assert [inbound(each) for each in guarded(found)] == [("Enabled", "Allow", [])] * 3


def test_every_service_has_a_private_address_in_the_zone_it_is_looked_up_in(everything):
    found = set()
    for endpoint in everything.all(ENDPOINT):
        (connection,) = endpoint["privateLinkServiceConnections"]
        (kind,) = connection["properties"]["groupIds"]
        (group,) = [
            each for each in everything.all(ZONE_GROUP) if each.id.startswith(f"{endpoint.id}/")
        ]
        (configured,) = group["privateDnsZoneConfigs"]
        assert configured["properties"]["privateDnsZoneId"].endswith(f"/{ZONES[kind]}")
        assert endpoint["subnet.id"].endswith("/subnets/endpoints")
        found.add((connection["properties"]["privateLinkServiceId"], kind))

    account, *vaults = guarded(everything)
    assert found == {
        *((account.id, kind) for kind in ("blob", "queue", "table")),
        *((vault.id, "vault") for vault in vaults),
    }


def test_every_zone_is_seen_from_the_network(everything):
    network = everything.one(NETWORK).id
    links = everything.all(LINK)

    assert set(everything.names(ZONE)) == set(ZONES.values())
    assert {each.id.split("/")[-3] for each in links} == set(ZONES.values())
    assert all(each["virtualNetwork.id"] == network for each in links)
    assert all(each["registrationEnabled"] is False for each in links)


@pytest.mark.parametrize("name", ["app", "endpoints"])
def test_the_network_has_a_subnet_for_the_app_and_one_for_the_endpoints(everything, name):
    subnets = {each["name"]: each["properties"] for each in everything.one(NETWORK)["subnets"]}
    delegated = [each["properties"]["serviceName"] for each in subnets["app"]["delegations"]]

    assert name in subnets
    assert delegated == ["Microsoft.App/environments"]
    assert "delegations" not in subnets["endpoints"]
    assert everything.one("Microsoft.Web/sites")["virtualNetworkSubnetId"].endswith("/subnets/app")
    assert everything.outputs["AZURE_RESOURCE_PROVIDERS"] == "Microsoft.App"
