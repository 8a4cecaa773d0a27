// The function app on its plan (Flex Consumption): how it runs, who it is, and its settings.

import { packageContainer, Tags } from '../names.bicep'
import { identitySettings, Settings } from '../settings.bicep'

param planName string
param appName string
param location string
param tags Tags
param identityName string
param insightsName string
param storageName string
param networkName string // empty: none
param zoneRedundant bool
param instanceMemoryMB int
param maximumInstanceCount int
param alwaysReadyInstances int

@description('What the app reads, as far as it is known beforehand.')
param settings Settings

@description('Whether people sign in before the app.')
param easyAuth bool

@description('Where FreshBooks and browsers reach the app, if not at its own address.')
param publicUrl string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = { name: identityName }

resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: insightsName }

resource network 'Microsoft.Network/virtualNetworks@2025-05-01' existing = if (!empty(networkName)) {
  name: networkName

  resource subnet 'subnets' existing = { name: 'app' }
}

resource plan 'Microsoft.Web/serverfarms@2025-03-01' = {
  name: planName
  location: location
  tags: tags
  kind: 'functionapp'
  sku: { name: 'FC1', tier: 'FlexConsumption' }
  properties: { reserved: true, zoneRedundant: zoneRedundant }
}

// A deployment, and every change of a setting, ends what runs by force ('Recreate', the default, which
// stays: the other strategy is a preview). Messages survive that; see docs/token-chain.md for tokens.
resource app 'Microsoft.Web/sites@2025-03-01' = {
  name: appName
  location: location
  tags: union(tags, { 'azd-service-name': 'api' })
  kind: 'functionapp,linux'
  identity: { type: 'UserAssigned', userAssignedIdentities: { '${identity.id}': {} } }
  properties: {
    serverFarmId: plan.id
    httpsOnly: true
    clientAffinityEnabled: false
    publicNetworkAccess: 'Enabled' // FreshBooks calls it from the internet
    keyVaultReferenceIdentity: identity.id
    virtualNetworkSubnetId: empty(networkName) ? null : network::subnet.id
    functionAppConfig: {
      deployment: {
        storage: {
          type: 'blobContainer'
          value: 'https://${storageName}.blob.${environment().suffixes.storage}/${packageContainer}'
          authentication: { type: 'UserAssignedIdentity', userAssignedIdentityResourceId: identity.id }
        }
      }
      runtime: { name: 'python', version: '3.13' }
      scaleAndConcurrency: {
        instanceMemoryMB: instanceMemoryMB
        maximumInstanceCount: maximumInstanceCount
        alwaysReady: alwaysReadyInstances == 0 ? [] : [{ name: 'http', instanceCount: alwaysReadyInstances }]
        // A webhook waits for storage, not for the processor: half of the 32 threads may.
        triggers: { http: { perInstanceConcurrency: 16 } }
      }
    }
    siteConfig: {
      minTlsVersion: '1.2'
      scmMinTlsVersion: '1.2'
      ftpsState: 'Disabled'
      http20Enabled: true
      remoteDebuggingEnabled: false
    }
  }
}

// The app's own address, unless the firm has given it one.
var reachedAt = empty(publicUrl) ? 'https://${app.properties.defaultHostName}' : publicUrl
var redirectUri = '${reachedAt}/api/connect/freshbooks/callback'

resource appSettings 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'appsettings'
  properties: union(settings, identitySettings(identity.properties.clientId, easyAuth), {
    APPLICATIONINSIGHTS_CONNECTION_STRING: insights.properties.ConnectionString
    PUBLIC_URL: reachedAt
    FRESHBOOKS_REDIRECT_URI: redirectUri
  })
}

// Nobody deploys with a password: neither by FTP nor through the deployment site.
resource ftp 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'ftp'
  properties: { allow: false }
}

resource scm 'Microsoft.Web/sites/basicPublishingCredentialsPolicies@2025-03-01' = {
  parent: app
  name: 'scm'
  properties: { allow: false }
}

output publicUrl string = reachedAt
output redirectUri string = redirectUri
