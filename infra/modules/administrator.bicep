// What the administrator's own sign-in may do, so that the terminal works from a laptop.
// The ids of the roles are in ../roles.bicep.

import { roles, roleType } from '../roles.bicep'

param principalId string
param principalType 'User' | 'Group' | 'ServicePrincipal'
param storageName string
param configurationVaultName string
param rotatingVaultName string

resource configuration 'Microsoft.KeyVault/vaults@2025-05-01' existing = { name: configurationVaultName }

resource rotating 'Microsoft.KeyVault/vaults@2025-05-01' existing = { name: rotatingVaultName }

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = { name: storageName }

// `connect`, `held`, `dead-letters retry KEY` send messages; `doctor` counts them.
resource onQueues 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, roles.storageQueueDataContributor)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId(roleType, roles.storageQueueDataContributor)
    principalId: principalId
    principalType: principalType
  }
}

// Every command reads the connector's memory; what is exported before it is taken down is brought back.
resource onTables 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(account.id, principalId, roles.storageTableDataContributor)
  scope: account
  properties: {
    roleDefinitionId: subscriptionResourceId(roleType, roles.storageTableDataContributor)
    principalId: principalId
    principalType: principalType
  }
}

// Puts FreshBooks' client secret there, and replaces it when it is rotated.
resource onConfiguration 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(configuration.id, principalId, roles.keyVaultSecretsOfficer)
  scope: configuration
  properties: {
    roleDefinitionId: subscriptionResourceId(roleType, roles.keyVaultSecretsOfficer)
    principalId: principalId
    principalType: principalType
  }
}

// `connect --paste` keeps the tokens it gets; `webhooks repair` reads them and keeps verifiers.
resource onRotating 'Microsoft.Authorization/roleAssignments@2022-04-01' = {
  name: guid(rotating.id, principalId, roles.keyVaultSecretsOfficer)
  scope: rotating
  properties: {
    roleDefinitionId: subscriptionResourceId(roleType, roles.keyVaultSecretsOfficer)
    principalId: principalId
    principalType: principalType
  }
}
