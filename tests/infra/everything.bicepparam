// Everything that can be switched on, so that the tests see it; nobody deploys this.
using '../../infra/main.bicep'

param environmentName = 'Everything_1'
param location = 'westeurope'
param dataverseUrl = 'https://org.crm.dynamics.com'
param freshbooksClientId = 'the-app'
param freshbooksClientSecret = 'carried-in-once'
param alertEmail = 'operations@example.com'
param administratorPrincipalId = '44444444-4444-4444-4444-444444444444'
param administratorPrincipalType = 'Group'
param entraClientId = '33333333-3333-3333-3333-333333333333'
param dataverseApplication = {
  tenantId: '55555555-5555-5555-5555-555555555555'
  clientId: '66666666-6666-6666-6666-666666666666'
}
param policies = {
  target: 'activity'
  unmatchedClients: 'create'
  matchClientField: 'vat_number:accountnumber'
  deletedRecords: 'keep'
  draftInvoices: 'show'
  expenses: 'off'
  rowOwner: 'connector'
  notices: 'both'
  existingInvoices: 'hold'
  matchInvoiceField: 'new_freshbooksnumber'
  priceLists: 'USD=Retail'
  columnChoices: '{"ownership": {"invoice": {"duedate": "never"}}}'
  pollOverlapDays: 3
  pollMaxBacklog: 500
  backfill: 'manual'
  backfillBypass: 'flows'
  balanceDelaySeconds: 0
  maxAttempts: 5
  journalDays: 90
  historyPerRecord: 20
  dataverseRequestsPerSecond: 10
  dataverseRequestsAtOnce: 60
  dataverseRequestsPerHint: 3
  dataverseWebServers: 2
  dataverseSecondsPerSecond: 5
  freshbooksRequestsPerSecond: 0
  freshbooksRequestsAtOnce: 9
}
param publicUrl = 'https://connector.example.com'
param telemetry = 'opentelemetry'
param instanceMemoryMB = 4096
param maximumInstanceCount = 100
param alwaysReadyInstances = 2
param zoneRedundant = true
param privateNetwork = true
param administratorAddresses = ['203.0.113.7', '198.51.100.0/28']
param dailyCapGB = 5
param monthlyBudget = 1000
param budgetStart = '2026-11-01'
param vaultSalt = 'second-time'
