// The workbook: how the connector does, on one page, read from the lines it writes.

import { Tags } from '../names.bicep'

@description('What the names of the resources begin with.')
param prefix string

@description('Where the workbook is kept.')
param location string

@description('Tags of the workbook.')
param tags Tags

@description('Resource id of the Application Insights the connector writes to.')
param applicationInsightsId string

resource workbook 'Microsoft.Insights/workbooks@2023-06-01' = {
  name: guid(applicationInsightsId, 'workbook')
  location: location
  tags: tags
  kind: 'shared'
  properties: {
    displayName: '${prefix}: FreshBooks to Dynamics 365'
    category: 'workbook'
    version: 'Notebook/1.0'
    sourceId: applicationInsightsId
    serializedData: replace(loadTextContent('../workbook.json'), '{{applicationInsights}}', applicationInsightsId)
  }
}
