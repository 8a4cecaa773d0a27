// Where telemetry goes: Application Insights over a Log Analytics workspace.

import { Tags } from '../names.bicep'

param workspaceName string
param insightsName string
param location string
param tags Tags

@description('Gigabytes a day; beyond them nothing is taken in until the next day, alerts included.')
param dailyCapGB int

resource workspace 'Microsoft.OperationalInsights/workspaces@2025-02-01' = {
  name: workspaceName
  location: location
  tags: tags
  properties: {
    sku: { name: 'PerGB2018' }
    retentionInDays: 30 // what costs nothing beyond the gigabytes
    workspaceCapping: { dailyQuotaGb: dailyCapGB }
    features: { disableLocalAuth: true, enableLogAccessUsingOnlyResourcePermissions: true }
  }
}

resource insights 'Microsoft.Insights/components@2020-02-02' = {
  name: insightsName
  location: location
  tags: tags
  kind: 'web'
  properties: {
    Application_Type: 'web'
    WorkspaceResourceId: workspace.id
    DisableLocalAuth: true // telemetry is taken from identities with the role only
    DisableIpMasking: false
  }
}
