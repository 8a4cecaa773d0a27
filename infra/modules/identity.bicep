// The one identity of the app. It signs in to storage, both vaults, Application Insights and Dataverse;
// there is no secret of it anywhere. User-assigned, so that it and its rights stand before the app starts.

import { Tags } from '../names.bicep'

param name string
param location string
param tags Tags

resource identity 'Microsoft.ManagedIdentity/userAssignedIdentities@2024-11-30' = {
  name: name
  location: location
  tags: tags
}

output clientId string = identity.properties.clientId
output principalId string = identity.properties.principalId
