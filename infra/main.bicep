// The connector in a firm's own subscription: a resource group with all that it needs.
// `azd up` deploys this; `az deployment sub create` with one of the .bicepparam files does too.

targetScope = 'subscription'

import { namesOf, secrets } from 'names.bicep'
import {
  dataverseSettings
  DataverseApplication
  Policies
  platformSettings
  policySettings
  secretReference
  signInSettings
  telemetrySettings
} from 'settings.bicep'

// --- What has to be said --------------------------------------------------------------------------

@description('Names the environment, such as production; part of the names of what is deployed.')
@minLength(1)
@maxLength(64)
param environmentName string

@description('The Azure region, such as westeurope; it has to offer Flex Consumption.')
@minLength(1)
param location string

@description('The Dataverse environment, such as https://org.crm.dynamics.com.')
@minLength(1)
param dataverseUrl string

@description('Client id of the FreshBooks app.')
@minLength(1)
param freshbooksClientId string

@description('Who is written to when somebody is needed, or the budget goes.')
@minLength(3)
param alertEmail string

// --- What may be said: people, secrets and sign-in --------------------------------------------------

@description('Client secret of the FreshBooks app, carried into the configuration vault. Left empty, whoever administers the connector puts it there as freshbooks-client-secret.')
@secure()
param freshbooksClientSecret string = ''

@description('Object id of whoever administers the connector with the terminal from a laptop; empty for nobody. Gets the queues, the tables and the secrets, and no right to change what is deployed.')
param administratorPrincipalId string = ''

@description('What administratorPrincipalId is.')
param administratorPrincipalType 'User' | 'Group' | 'ServicePrincipal' = 'User'

@description('Client id of the Entra application that people sign in to before the connector\'s pages. Empty: no sign-in, and the pages open by links from the terminal only.')
param entraClientId string = ''

@description('An app registration to sign in to Dataverse with, where the environment belongs to another Entra tenant. Left out, the app\'s managed identity signs in, and there is no secret.')
param dataverseApplication DataverseApplication?

// --- What may be said: how it behaves ---------------------------------------------------------------

@description('What the firm decides about clients, deleted records, price lists and polling.')
param policies Policies = {}

@description('Where FreshBooks and browsers reach the app when it has a domain of the firm, such as https://connector.example.com. Empty: the app\'s own address.')
param publicUrl string = ''

@description('How telemetry is sent: by the host from the log, or as OpenTelemetry with one trace from webhook to row.')
param telemetry 'logs' | 'opentelemetry' = 'logs'

// --- What may be said: what costs -------------------------------------------------------------------

@description('Memory of an instance. What runs is paid by gigabyte and second, so 4096 costs twice as much as 2048 for the same work.')
@allowed([512, 2048, 4096])
param instanceMemoryMB int = 2048

@description('Most instances at once; 40 is the least that Azure takes. A ceiling: only instances that work are paid.')
@minValue(40)
@maxValue(1000)
param maximumInstanceCount int = 40

@description('Instances that always wait for webhooks, so that none meets a cold start. With 2048 MB each costs about 21 USD a month, with 512 MB about 5 USD. With 0 the first webhook after a quiet time takes seconds.')
@minValue(0)
@maxValue(20)
param alwaysReadyInstances int = 1

@description('Spreads the app and its storage over the zones of the region. Azure then keeps two instances ready for each group of functions, which are five here: about 210 USD a month with 2048 MB. Choose before the first deployment.')
param zoneRedundant bool = false

@description('Puts storage and vaults behind private endpoints in a virtual network. Five endpoints and four zones cost about 40 USD a month. The provider Microsoft.App has to be registered in the subscription.')
param privateNetwork bool = false

@description('Addresses (IPv4, or ranges such as 203.0.113.0/28) from which storage and vaults are still reached with privateNetwork, such as the administrator\'s. None: only from within the network.')
@maxLength(100)
param administratorAddresses string[] = []

@description('Gigabytes of telemetry a day, about 2.50 USD each. Beyond them nothing is taken in until the next day, and alerts are blind.')
@minValue(1)
@maxValue(100)
param dailyCapGB int = 1

@description('A month, in the currency of the subscription; mails go out at 80 % spent and when the forecast exceeds it. 0: no budget. Costs nothing.')
@minValue(0)
param monthlyBudget int = 0

@description('First day of the month in which the budget is first deployed, such as 2026-12-01; to be kept afterwards, which azd does with the output BUDGET_START. Empty: this month.')
param budgetStart string = ''

// --- What nobody has to say -------------------------------------------------------------------------

@description('Changes the names of the two vaults, and of nothing else. A deleted vault keeps its name for 90 days, so that after `azd down` the next `azd up` needs another salt; the hook of `azd down` writes one.')
@maxLength(64)
param vaultSalt string = ''

@description('Not to be given: the first day of this month.')
param thisMonth string = utcNow('yyyy-MM-01')

// ----------------------------------------------------------------------------------------------------

var tags = { 'azd-env-name': environmentName }
var token = uniqueString(subscription().subscriptionId, environmentName, location)
var vaultToken = empty(vaultSalt) ? token : uniqueString(token, vaultSalt)
var names = namesOf(environmentName, token, vaultToken)
var configurationVaultUrl = 'https://${names.configurationVault}${environment().suffixes.keyvaultDns}'
var rotatingVaultUrl = 'https://${names.rotatingVault}${environment().suffixes.keyvaultDns}'
var startOfBudget = empty(budgetStart) ? thisMonth : budgetStart

// With a private network nobody comes from the internet, or only those addresses. Without one the app
// itself comes from addresses that change, so that roles alone decide.
var inbound = {
  publicNetworkAccess: privateNetwork && empty(administratorAddresses) ? 'Disabled' : 'Enabled'
  defaultAction: privateNetwork ? 'Deny' : 'Allow'
  addresses: privateNetwork ? administratorAddresses : []
}

// What the app reads; app.bicep adds its own address, and what only Azure knows is added where it is known.
var settings = union(
  platformSettings(names.storage, environment().suffixes.storage),
  {
    FRESHBOOKS_CLIENT_ID: freshbooksClientId
    FRESHBOOKS_CLIENT_SECRET: secretReference(configurationVaultUrl, secrets.freshbooks)
    KEY_VAULT_URL: rotatingVaultUrl
  },
  dataverseSettings(dataverseUrl, dataverseApplication, secretReference(configurationVaultUrl, secrets.dataverse)),
  policySettings(policies),
  signInSettings(entraClientId, tenant().tenantId),
  telemetrySettings(telemetry)
)

resource group 'Microsoft.Resources/resourceGroups@2025-04-01' = {
  name: names.group
  location: location
  tags: tags
}

module identity 'modules/identity.bicep' = {
  scope: group
  params: { name: names.identity, location: location, tags: tags }
}

module storage 'modules/storage.bicep' = {
  scope: group
  params: {
    name: names.storage
    location: location
    tags: tags
    zoneRedundant: zoneRedundant
    inbound: inbound
  }
}

module vaults 'modules/vaults.bicep' = {
  scope: group
  params: {
    configurationName: names.configurationVault
    rotatingName: names.rotatingVault
    location: location
    tags: tags
    freshbooksClientSecret: startsWith(freshbooksClientSecret, '@Microsoft.KeyVault(') ? '' : freshbooksClientSecret
    inbound: inbound
  }
}

module monitoring 'modules/monitoring.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    insightsName: names.insights
    location: location
    tags: tags
    dailyCapGB: dailyCapGB
  }
}

var insightsId = resourceId(subscription().subscriptionId, names.group, 'Microsoft.Insights/components', names.insights)

module alerts 'modules/alerts.bicep' = {
  scope: group
  params: {
    prefix: names.prefix
    location: location
    tags: tags
    applicationInsightsId: insightsId
    alertEmail: alertEmail
  }
  dependsOn: [monitoring]
}

module workbook 'modules/workbook.bicep' = {
  scope: group
  params: { prefix: names.prefix, location: location, tags: tags, applicationInsightsId: insightsId }
  dependsOn: [monitoring]
}

module diagnostics 'modules/diagnostics.bicep' = {
  scope: group
  params: {
    workspaceName: names.workspace
    storageName: names.storage
    configurationVaultName: names.configurationVault
    rotatingVaultName: names.rotatingVault
  }
  dependsOn: [monitoring, storage, vaults]
}

module access 'modules/access.bicep' = {
  scope: group
  params: {
    identityName: names.identity
    storageName: names.storage
    configurationVaultName: names.configurationVault
    rotatingVaultName: names.rotatingVault
    insightsName: names.insights
  }
  dependsOn: [identity, storage, vaults, monitoring]
}

module administrator 'modules/administrator.bicep' = if (!empty(administratorPrincipalId)) {
  scope: group
  params: {
    principalId: administratorPrincipalId
    principalType: administratorPrincipalType
    storageName: names.storage
    configurationVaultName: names.configurationVault
    rotatingVaultName: names.rotatingVault
  }
  dependsOn: [storage, vaults]
}

module network 'modules/network.bicep' = if (privateNetwork) {
  scope: group
  params: {
    name: names.network
    location: location
    tags: tags
    storageName: names.storage
    configurationVaultName: names.configurationVault
    rotatingVaultName: names.rotatingVault
  }
  dependsOn: [storage, vaults]
}

// After its roles: an app that starts without them fails, and is not looked at again for minutes.
module app 'modules/app.bicep' = {
  scope: group
  params: {
    planName: names.plan
    appName: names.app
    location: location
    tags: tags
    identityName: names.identity
    insightsName: names.insights
    storageName: names.storage
    networkName: privateNetwork ? names.network : ''
    zoneRedundant: zoneRedundant
    instanceMemoryMB: instanceMemoryMB
    maximumInstanceCount: maximumInstanceCount
    alwaysReadyInstances: alwaysReadyInstances
    publicUrl: publicUrl
    settings: settings
    easyAuth: !empty(entraClientId)
  }
  dependsOn: [access, network]
}

module easyAuth 'modules/easyauth.bicep' = if (!empty(entraClientId)) {
  scope: group
  params: { appName: names.app, entraClientId: entraClientId }
  dependsOn: [app]
}

module budget 'modules/budget.bicep' = if (monthlyBudget > 0) {
  scope: group
  params: { name: names.budget, amount: monthlyBudget, startDate: startOfBudget, email: alertEmail }
}

// --- Outputs: azd keeps them in its environment, and the terminal on a laptop reads its settings there.
// No secret is among them. AZURE_CLIENT_ID is not: azure-identity on a laptop would take it for its own.

output AZURE_LOCATION string = location
output AZURE_TENANT_ID string = tenant().tenantId
output AZURE_RESOURCE_GROUP string = group.name
output AZURE_FUNCTION_APP_NAME string = names.app
output AZURE_RESOURCE_PROVIDERS string = privateNetwork ? 'Microsoft.App' : '' // to be registered beforehand
output AZURE_APPLICATION_ID string = identity.outputs.clientId // of Dataverse's application user
output APP_IDENTITY_CLIENT_ID string = identity.outputs.clientId
output APP_IDENTITY_PRINCIPAL_ID string = identity.outputs.principalId // whom the Entra application trusts
output CONFIGURATION_VAULT_NAME string = names.configurationVault
output BUDGET_START string = monthlyBudget > 0 ? startOfBudget : ''

output PUBLIC_URL string = app.outputs.publicUrl
output FRESHBOOKS_REDIRECT_URI string = app.outputs.redirectUri
output FRESHBOOKS_CLIENT_ID string = freshbooksClientId
// The text of the reference, never the secret: the terminal looks it up with the administrator's sign-in.
output FRESHBOOKS_CLIENT_SECRET string = settings.FRESHBOOKS_CLIENT_SECRET
output KEY_VAULT_URL string = rotatingVaultUrl
output AzureWebJobsStorage__queueServiceUri string = settings.AzureWebJobsStorage__queueServiceUri
output AzureWebJobsStorage__tableServiceUri string = settings.AzureWebJobsStorage__tableServiceUri
output OPERATOR_TENANT_ID string = settings.?OPERATOR_TENANT_ID ?? '' // the links that the terminal prints lead through its sign-in
output DATAVERSE_URL string = dataverseUrl
output DATAVERSE_SIGN_IN string = settings.DATAVERSE_SIGN_IN
output DATAVERSE_TENANT_ID string = settings.?DATAVERSE_TENANT_ID ?? ''
output DATAVERSE_CLIENT_ID string = settings.?DATAVERSE_CLIENT_ID ?? ''
output DATAVERSE_CLIENT_SECRET string = settings.?DATAVERSE_CLIENT_SECRET ?? '' // the reference again

output TARGET string = settings.TARGET
output UNMATCHED_CLIENTS string = settings.UNMATCHED_CLIENTS
output MATCH_CLIENT_FIELD string = settings.MATCH_CLIENT_FIELD
output DELETED_RECORDS string = settings.DELETED_RECORDS
output DRAFT_INVOICES string = settings.DRAFT_INVOICES
output EXPENSES string = settings.EXPENSES
output ROW_OWNER string = settings.ROW_OWNER
output NOTICES string = settings.NOTICES
output EXISTING_INVOICES string = settings.EXISTING_INVOICES
output MATCH_INVOICE_FIELD string = settings.MATCH_INVOICE_FIELD
output PRICE_LISTS string = settings.PRICE_LISTS
output COLUMN_CHOICES string = settings.COLUMN_CHOICES
output POLL_OVERLAP_DAYS string = settings.POLL_OVERLAP_DAYS
output POLL_MAX_BACKLOG string = settings.POLL_MAX_BACKLOG
output BACKFILL string = settings.BACKFILL
output BACKFILL_BYPASS string = settings.BACKFILL_BYPASS
output BALANCE_DELAY_SECONDS string = settings.BALANCE_DELAY_SECONDS
output RECONCILE string = settings.RECONCILE
output RECONCILE_CANCEL_SHARE string = settings.RECONCILE_CANCEL_SHARE
output MAX_ATTEMPTS string = settings.MAX_ATTEMPTS
output JOURNAL_DAYS string = settings.JOURNAL_DAYS
output HISTORY_PER_RECORD string = settings.HISTORY_PER_RECORD
output DATAVERSE_REQUESTS_PER_SECOND string = settings.DATAVERSE_REQUESTS_PER_SECOND
output DATAVERSE_REQUESTS_AT_ONCE string = settings.DATAVERSE_REQUESTS_AT_ONCE
output DATAVERSE_SECONDS_PER_SECOND string = settings.DATAVERSE_SECONDS_PER_SECOND
output DATAVERSE_WEB_SERVERS string = settings.DATAVERSE_WEB_SERVERS
output DATAVERSE_REQUESTS_PER_HINT string = settings.DATAVERSE_REQUESTS_PER_HINT
output FRESHBOOKS_REQUESTS_PER_SECOND string = settings.FRESHBOOKS_REQUESTS_PER_SECOND
output FRESHBOOKS_REQUESTS_AT_ONCE string = settings.FRESHBOOKS_REQUESTS_AT_ONCE
