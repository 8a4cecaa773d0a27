// Two Key Vaults. The configuration vault holds what a person puts there and the app only reads; the
// rotating vault holds what the app itself writes (FreshBooks' tokens, webhook verifiers) and nothing else.
// So an app that is taken over cannot change its own configuration.

import { secrets, Tags } from '../names.bicep'

param configurationName string
param rotatingName string
param location string
param tags Tags

@secure()
param freshbooksClientSecret string

@description('Who may come from the internet: everybody with a role, or only these addresses, or nobody.')
param inbound { publicNetworkAccess: 'Enabled' | 'Disabled', defaultAction: 'Allow' | 'Deny', addresses: string[] }

var properties = {
  tenantId: tenant().tenantId
  sku: { family: 'A', name: 'standard' }
  enableRbacAuthorization: true // roles only, no access policies
  enableSoftDelete: true
  softDeleteRetentionInDays: 90
  enablePurgeProtection: true // cannot be taken back; see the salt of the names
  enabledForDeployment: false
  enabledForDiskEncryption: false
  enabledForTemplateDeployment: false
  publicNetworkAccess: inbound.publicNetworkAccess
  networkAcls: {
    bypass: 'AzureServices'
    defaultAction: inbound.defaultAction
    ipRules: map(inbound.addresses, address => { value: address })
    virtualNetworkRules: []
  }
}

resource configuration 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: configurationName
  location: location
  tags: tags
  properties: properties
}

resource rotating 'Microsoft.KeyVault/vaults@2025-05-01' = {
  name: rotatingName
  location: location
  tags: tags
  properties: properties
}

// Carried in once, where the parameter is given; else a person sets it with `az keyvault secret set`.
resource freshbooks 'Microsoft.KeyVault/vaults/secrets@2025-05-01' = if (!empty(freshbooksClientSecret)) {
  parent: configuration
  name: secrets.freshbooks
  properties: { value: freshbooksClientSecret, contentType: 'client secret of the FreshBooks app' }
}
