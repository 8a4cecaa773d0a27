// The optional virtual network: the app goes out through one subnet, and reaches storage and the vaults
// at private addresses in the other. FreshBooks and Dataverse are still reached over the internet.
//
// The subnet of the app belongs to Microsoft.App/environments, whose provider has to be registered in the
// subscription first: az provider register --namespace Microsoft.App

import { Tags } from '../names.bicep'

param name string
param location string
param tags Tags
param storageName string
param configurationVaultName string
param rotatingVaultName string

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = { name: storageName }

resource configuration 'Microsoft.KeyVault/vaults@2025-05-01' existing = { name: configurationVaultName }

resource rotating 'Microsoft.KeyVault/vaults@2025-05-01' existing = { name: rotatingVaultName }

// The zone each service's private addresses are found in.
var zones = [
  'privatelink.blob.${environment().suffixes.storage}'
  'privatelink.queue.${environment().suffixes.storage}'
  'privatelink.table.${environment().suffixes.storage}'
  'privatelink.vaultcore.azure.net'
]

type Endpoint = { name: string, serviceId: string, groupId: string, zone: int }

var endpoints Endpoint[] = [
  { name: 'blob', serviceId: account.id, groupId: 'blob', zone: 0 }
  { name: 'queue', serviceId: account.id, groupId: 'queue', zone: 1 }
  { name: 'table', serviceId: account.id, groupId: 'table', zone: 2 }
  { name: 'configuration', serviceId: configuration.id, groupId: 'vault', zone: 3 }
  { name: 'rotating', serviceId: rotating.id, groupId: 'vault', zone: 3 }
]

// Its subnets are written here and not as resources of their own: a network that is deployed again
// without them would lose them.
resource network 'Microsoft.Network/virtualNetworks@2025-05-01' = {
  name: name
  location: location
  tags: tags
  properties: {
    addressSpace: { addressPrefixes: ['10.0.0.0/24'] }
    subnets: [
      {
        name: 'app'
        properties: {
          addressPrefix: '10.0.0.0/25'
          delegations: [{ name: 'flex', properties: { serviceName: 'Microsoft.App/environments' } }]
        }
      }
      { name: 'endpoints', properties: { addressPrefix: '10.0.0.128/27', privateEndpointNetworkPolicies: 'Disabled' } }
    ]
  }

  resource endpointSubnet 'subnets' existing = { name: 'endpoints' }
}

resource zone 'Microsoft.Network/privateDnsZones@2024-06-01' = [
  for zoneName in zones: {
    name: zoneName
    location: 'global'
    tags: tags
  }
]

resource link 'Microsoft.Network/privateDnsZones/virtualNetworkLinks@2024-06-01' = [
  for (zoneName, index) in zones: {
    parent: zone[index]
    name: 'network'
    location: 'global'
    tags: tags
    properties: { registrationEnabled: false, virtualNetwork: { id: network.id } }
  }
]

resource endpoint 'Microsoft.Network/privateEndpoints@2025-05-01' = [
  for each in endpoints: {
    name: '${name}-${each.name}'
    location: location
    tags: tags
    properties: {
      subnet: { id: network::endpointSubnet.id }
      privateLinkServiceConnections: [
        {
          name: each.name
          properties: {
            #disable-next-line use-resource-id-functions // it is one: of an endpoint in the list above
            privateLinkServiceId: each.serviceId
            groupIds: [each.groupId]
          }
        }
      ]
    }
  }
]

resource record 'Microsoft.Network/privateEndpoints/privateDnsZoneGroups@2025-05-01' = [
  for (each, index) in endpoints: {
    parent: endpoint[index]
    name: 'default'
    properties: {
      privateDnsZoneConfigs: [
        { name: each.name, properties: { privateDnsZoneId: zone[each.zone].id } }
      ]
    }
  }
]
