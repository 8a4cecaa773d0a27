// A place to try things out, as cheap as it gets.
using 'main.bicep'

param environmentName = 'connector-test'
param location = 'westeurope'
param dataverseUrl = 'https://your-org-test.crm.dynamics.com'
param freshbooksClientId = 'client-id-of-the-test-app'
param alertEmail = 'operations@example.com'
param instanceMemoryMB = 512
param alwaysReadyInstances = 0
