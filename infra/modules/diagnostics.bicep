// What the services write down themselves, and for how much.
//
// Vaults: every access to a secret. Storage: who changed or deleted blobs and rows, and who deleted
// queues and messages. Not what reads and polls: the host looks at its queues every few seconds, which
// would be gigabytes a month that nobody reads. The app itself is covered by Application Insights.

param workspaceName string
param storageName string
param configurationVaultName string
param rotatingVaultName string

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' existing = { name: workspaceName }

resource configuration 'Microsoft.KeyVault/vaults@2025-05-01' existing = { name: configurationVaultName }

resource rotating 'Microsoft.KeyVault/vaults@2025-05-01' existing = { name: rotatingVaultName }

resource account 'Microsoft.Storage/storageAccounts@2025-06-01' existing = {
  name: storageName

  resource blobs 'blobServices' existing = { name: 'default' }
  resource queues 'queueServices' existing = { name: 'default' }
  resource tables 'tableServices' existing = { name: 'default' }
}

var audit = [{ categoryGroup: 'audit', enabled: true }]
var changes = [
  { category: 'StorageWrite', enabled: true }
  { category: 'StorageDelete', enabled: true }
]

#disable-next-line use-recent-api-versions // there is no stable version of this type
resource ofConfiguration 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: configuration
  properties: { workspaceId: workspace.id, logs: audit }
}

#disable-next-line use-recent-api-versions // there is no stable version of this type
resource ofRotating 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: rotating
  properties: { workspaceId: workspace.id, logs: audit }
}

#disable-next-line use-recent-api-versions // there is no stable version of this type
resource ofBlobs 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::blobs
  properties: { workspaceId: workspace.id, logs: changes }
}

#disable-next-line use-recent-api-versions // there is no stable version of this type
resource ofTables 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::tables
  properties: { workspaceId: workspace.id, logs: changes }
}

#disable-next-line use-recent-api-versions // there is no stable version of this type
resource ofQueues 'Microsoft.Insights/diagnosticSettings@2021-05-01-preview' = {
  name: 'to-workspace'
  scope: account::queues
  properties: { workspaceId: workspace.id, logs: [{ category: 'StorageDelete', enabled: true }] }
}
