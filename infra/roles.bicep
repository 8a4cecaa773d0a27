// Every role that is assigned anywhere, beside the id Azure knows it by in all tenants.
// Who is given which, where and why: modules/access.bicep (the app) and modules/administrator.bicep.

@export()
var roles = {
  keyVaultSecretsOfficer: 'b86a8fe4-44ce-4948-aee5-eccb2c155cd7' // reads and writes secrets
  keyVaultSecretsUser: '4633458b-17de-408a-b874-0445c86b69e6' // reads the values of secrets
  monitoringMetricsPublisher: '3913510d-42f4-4e42-8a64-420c390055eb' // sends telemetry
  storageBlobDataOwner: 'b7e6dc6d-f1e8-4753-8033-0f276bb0955b' // containers, blobs and their leases
  storageQueueDataContributor: '974c5e8b-45b9-4653-ba55-5f855dd0fb88' // a queue and its messages
  storageTableDataContributor: '0a9a7e1f-b9d0-4cc4-a60d-0319b160aaa3' // a table and its rows
}

@export()
var roleType = 'Microsoft.Authorization/roleDefinitions'
