// Every setting of the app: what the connector's code reads (docs/reference.md says what each means)
// and what the platform wants. The two addresses that follow from the app's own are added by app.bicep.
// None that Flex Consumption forbids: the worker, its version and the build are properties of the app.

@export()
type Settings = { *: string }

@description('What the firm decides. Left out, the connector\'s own defaults hold.')
@export()
@sealed()
type Policies = {
  @description('An invoice is a row of the Sales app and an entry, or its entry alone.')
  target: 'record' | 'activity'?

  @description('A client that fits no account: hold it for a decision, or create an account.')
  unmatchedClients: 'hold' | 'create'?

  @description('A client field and the account column it equals, such as vat_number:accountnumber.')
  matchClientField: string?

  @description('Rows of a record FreshBooks deleted.')
  deletedRecords: 'cancel' | 'delete' | 'keep'?

  @description('Invoices the customer has not got yet.')
  draftInvoices: 'skip' | 'show'?

  @description('Expenses that name a client, or none.')
  expenses: 'client' | 'all' | 'off'?

  @description('Who owns the rows the connector makes: whoever owns the account, or the connector.')
  rowOwner: 'account' | 'connector'?
  notices: 'off' | 'overdue' | 'both'?
  @description('An invoice that Sales has already, by account and number.')
  existingInvoices: 'adopt' | 'hold' | 'ignore'?

  @description('A column of the invoice table in which people keep FreshBooks\' invoice numbers.')
  matchInvoiceField: string?

  @description('Price list by currency, such as USD=Retail;CAD=Retail Canada.')
  priceLists: string?

  @description('Who owns each native column, and what else is mapped: a path, or the text. Left out, columns.toml.')
  columnChoices: string?

  @minValue(1)
  @maxValue(30)
  pollOverlapDays: int?

  @minValue(1)
  pollMaxBacklog: int?

  @description('How the history of a business that is connected comes into Sales.')
  backfill: 'automatic' | 'manual'?

  @description('What of the firm\'s own a backfill does not start.')
  backfillBypass: 'off' | 'flows' | 'all'?

  @minValue(0)
  @maxValue(300)
  balanceDelaySeconds: int?

  @description('What the nightly comparison of both sides does.')
  reconcile: 'off' | 'report' | 'fix'?

  @minValue(0)
  @maxValue(100)
  reconcileCancelShare: int?

  @minValue(1)
  @maxValue(100)
  maxAttempts: int?

  @minValue(30)
  @maxValue(3650)
  journalDays: int?

  @minValue(1)
  @maxValue(1000)
  historyPerRecord: int?
  @description('What all instances together send to Dataverse on average; 0 for no limit.')
  @minValue(0)
  @maxValue(1000)
  dataverseRequestsPerSecond: int?

  @minValue(1)
  @maxValue(1000)
  dataverseRequestsAtOnce: int?

  @description('Seconds of execution that Dataverse spends in a second on what all instances send; 0 for no limit.')
  @minValue(0)
  @maxValue(1000)
  dataverseSecondsPerSecond: int?

  @description('Web servers of the environment, each of which takes as much as that.')
  @minValue(1)
  @maxValue(100)
  dataverseWebServers: int?

  @description('Requests under way for each that Dataverse advises to have; 0 takes no advice.')
  @minValue(0)
  @maxValue(100)
  dataverseRequestsPerHint: int?

  @description('The same for FreshBooks, which names no limit.')
  @minValue(0)
  @maxValue(1000)
  freshbooksRequestsPerSecond: int?

  @minValue(1)
  @maxValue(1000)
  freshbooksRequestsAtOnce: int?
}

@export()
type DataverseApplication = {
  @description('The Entra tenant of the Dataverse environment.')
  tenantId: string

  @description('An app registration there; its secret is put into the configuration vault.')
  clientId: string
}

@export()
func policySettings(policies Policies) Settings => {
  TARGET: policies.?target ?? 'record'
  UNMATCHED_CLIENTS: policies.?unmatchedClients ?? 'hold'
  MATCH_CLIENT_FIELD: policies.?matchClientField ?? ''
  DELETED_RECORDS: policies.?deletedRecords ?? 'cancel'
  DRAFT_INVOICES: policies.?draftInvoices ?? 'skip'
  EXPENSES: policies.?expenses ?? 'client'
  ROW_OWNER: policies.?rowOwner ?? 'account'
  NOTICES: policies.?notices ?? 'off'
  EXISTING_INVOICES: policies.?existingInvoices ?? 'adopt'
  MATCH_INVOICE_FIELD: policies.?matchInvoiceField ?? ''
  PRICE_LISTS: policies.?priceLists ?? ''
  COLUMN_CHOICES: policies.?columnChoices ?? ''
  POLL_OVERLAP_DAYS: string(policies.?pollOverlapDays ?? 2)
  POLL_MAX_BACKLOG: string(policies.?pollMaxBacklog ?? 1000)
  BACKFILL: policies.?backfill ?? 'automatic'
  BACKFILL_BYPASS: policies.?backfillBypass ?? 'off'
  BALANCE_DELAY_SECONDS: string(policies.?balanceDelaySeconds ?? 5)
  RECONCILE: policies.?reconcile ?? 'fix'
  RECONCILE_CANCEL_SHARE: string(policies.?reconcileCancelShare ?? 20)
  MAX_ATTEMPTS: string(policies.?maxAttempts ?? 8)
  JOURNAL_DAYS: string(policies.?journalDays ?? 400)
  HISTORY_PER_RECORD: string(policies.?historyPerRecord ?? 50)
  DATAVERSE_REQUESTS_PER_SECOND: string(policies.?dataverseRequestsPerSecond ?? 20)
  DATAVERSE_REQUESTS_AT_ONCE: string(policies.?dataverseRequestsAtOnce ?? 52)
  DATAVERSE_SECONDS_PER_SECOND: string(policies.?dataverseSecondsPerSecond ?? 4)
  DATAVERSE_WEB_SERVERS: string(policies.?dataverseWebServers ?? 1)
  DATAVERSE_REQUESTS_PER_HINT: string(policies.?dataverseRequestsPerHint ?? 2)
  FRESHBOOKS_REQUESTS_PER_SECOND: string(policies.?freshbooksRequestsPerSecond ?? 8)
  FRESHBOOKS_REQUESTS_AT_ONCE: string(policies.?freshbooksRequestsAtOnce ?? 20)
}

@description('A setting that the platform fills with the secret\'s newest version.')
@export()
func secretReference(vaultUrl string, secret string) string =>
  '@Microsoft.KeyVault(SecretUri=${vaultUrl}/secrets/${secret})'

func storageAddress(storageName string, service string, suffix string) string =>
  'https://${storageName}.${service}.${suffix}'

@export()
func platformSettings(storageName string, storageSuffix string) Settings => {
  AzureWebJobsStorage__blobServiceUri: storageAddress(storageName, 'blob', storageSuffix)
  AzureWebJobsStorage__queueServiceUri: storageAddress(storageName, 'queue', storageSuffix)
  AzureWebJobsStorage__tableServiceUri: storageAddress(storageName, 'table', storageSuffix)
  // Webhooks and 24 messages share the worker's threads; without it there are four more than cores.
  PYTHON_THREADPOOL_THREAD_COUNT: '32'
  // The host's second log, in a table it would make for itself; it says nothing that telemetry does not.
  AzureWebJobsFeatureFlags: 'DisableDiagnosticEventLogging'
}

@description('The app signs in everywhere with its user-assigned identity, which has to be named each time.')
@export()
func identitySettings(clientId string, easyAuth bool) Settings =>
  union(
    {
      AZURE_CLIENT_ID: clientId
      AzureWebJobsStorage__credential: 'managedidentity'
      AzureWebJobsStorage__clientId: clientId
      APPLICATIONINSIGHTS_AUTHENTICATION_STRING: 'ClientId=${clientId};Authorization=AAD'
    },
    easyAuth
      ? {
          OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID: clientId
        }
      : {}
  )

@export()
func dataverseSettings(url string, application DataverseApplication?, reference string) Settings =>
  union(
    {
      DATAVERSE_URL: url
      DATAVERSE_SIGN_IN: application == null ? 'managed-identity' : 'client-secret'
    },
    application == null
      ? {}
      : {
          DATAVERSE_TENANT_ID: application!.tenantId
          DATAVERSE_CLIENT_ID: application!.clientId
          DATAVERSE_CLIENT_SECRET: reference
        }
  )

@description('Whose identity headers are believed. Without an Entra application nobody\'s: pages open by links only.')
@export()
func signInSettings(entraClientId string, tenantId string) Settings =>
  empty(entraClientId)
    ? {}
    : {
        OPERATOR_TENANT_ID: tenantId
        OPERATOR_ROLE: 'Operator'
      }

// The host stays in its own mode with either (docs/decisions/0011-telemetry.md).
@export()
func telemetrySettings(telemetry string) Settings => {
  TELEMETRY: telemetry
  // The exporter would report its own use to Microsoft.
  APPLICATIONINSIGHTS_STATSBEAT_DISABLED_ALL: 'true'
  APPLICATIONINSIGHTS_SDKSTATS_DISABLED: 'true'
}
