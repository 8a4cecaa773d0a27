// What the app's identity may do: every role the code needs, each at its narrowest scope with its reason.
// The ids of the roles are in ../roles.bicep; a person's roles are in administrator.bicep.

import { queues, tables } from '../names.bicep'
import { roles, roleType } from '../roles.bicep'

param identityName string
param storageName string
param configurationVaultName string
param rotatingVaultName string
param insightsName string

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' existing = { name: identityName }

resource configuration 'Microsoft.KeyVault/vaults@2025-05-01' existing = { name: configurationVaultName }

resource rotating 'Microsoft.KeyVault/vaults@2025-05-01' existing = { name: rotatingVaultName }

resource insights 'Microsoft.Insights/components@2020-02-02' existing = { name: insightsName }

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName

  resource queueService 'queueServices' existing = {
    name: 'default'

    resource queue 'queues' existing = [
      for name in queues: {
        name: name
      }
    ]
  }

  resource tableService 'tableServices' existing = {
    name: 'default'

    resource table 'tables' existing = [
      for name in tables: {
        name: name
      }
    ]
  }
}

// The host keeps locks, timer schedules and keys in containers of its own names, lists the account's
// containers to see whether storage is there, and the platform puts the package into one: so the account.
resource appOnBlobs 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, identity.id, roles.storageBlobDataOwner)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId(roleType, roles.storageBlobDataOwner)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

// Receives, sends, counts; and the host puts a message off after a failure and moves it to the poison
// queue, which a message processor's and a sender's role together do not allow.
resource appOnQueue 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in queues: {
    name: guid(account::queueService::queue[i].id, identity.id, roles.storageQueueDataContributor)
    scope: account::queueService::queue[i]
    properties: {
      roleDefinitionId: subscriptionResourceId(roleType, roles.storageQueueDataContributor)
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// The connector's memory: it reads, writes and deletes rows in each of its tables.
resource appOnTable 'Microsoft.Authorization/roleAssignments@2022-04-01' = [
  for (name, i) in tables: {
    name: guid(account::tableService::table[i].id, identity.id, roles.storageTableDataContributor)
    scope: account::tableService::table[i]
    properties: {
      roleDefinitionId: subscriptionResourceId(roleType, roles.storageTableDataContributor)
      principalId: identity.properties.principalId
      principalType: 'ServicePrincipal'
    }
  }
]

// The platform reads the client secrets there for the app's settings; nothing of the app writes there.
resource appOnConfiguration 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(configuration.id, identity.id, roles.keyVaultSecretsUser)
  scope: configuration
  properties: {
    roleDefinitionId: subscriptionResourceId(roleType, roles.keyVaultSecretsUser)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

// FreshBooks' tokens are replaced at every refresh, verifiers whenever a webhook is registered; their
// names are only known then, so the whole vault, in which there is nothing else.
resource appOnRotating 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(rotating.id, identity.id, roles.keyVaultSecretsOfficer)
  scope: rotating
  properties: {
    roleDefinitionId: subscriptionResourceId(roleType, roles.keyVaultSecretsOfficer)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}

// Application Insights takes telemetry from nobody else.
resource appOnInsights 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(insights.id, identity.id, roles.monitoringMetricsPublisher)
  scope: insights
  properties: {
    roleDefinitionId: subscriptionResourceId(roleType, roles.monitoringMetricsPublisher)
    principalId: identity.properties.principalId
    principalType: 'ServicePrincipal'
  }
}
