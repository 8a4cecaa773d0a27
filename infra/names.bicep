// The names that the connector's code uses, and those that depend on the environment.
// A test compares the first kind with shared/adapters/azure/names.py and function_app.py.

@export()
var queues = [
  'sync-requests' // which record is to be brought up to date
  'sync-requests-poison' // what the host gave up on
  'backfill' // pages of a history, and records of it that are carried one by one
  'backfill-poison' // what the host gave up on of them
]

@export()
var tables = [
  'accounts' // the businesses that are synced
  'checkpoints' // how far polls have come
  'circuits' // what nothing is sent to now, and why
  'claims' // accounts that are about to be made
  'consents' // connections that are being made
  'deadletters' // what was given up
  'holds' // what waits for a person
  'journal' // what became of every record
  'leases' // who refreshes tokens now
  'registrations' // webhooks
  'runs' // backfills, and the pages that are done
  'shares' // which processes send to a service now
]

// Only the package: the Functions host makes its own containers, under names of its choice.
@export()
var packageContainer = 'app-package'

@export()
var secrets = {
  freshbooks: 'freshbooks-client-secret'
  dataverse: 'dataverse-client-secret'
}

@export()
type Tags = { *: string }

@export()
type Names = {
  group: string
  prefix: string
  identity: string
  storage: string
  configurationVault: string
  rotatingVault: string
  workspace: string
  insights: string
  plan: string
  app: string
  network: string
  budget: string
}

@description('What starts the names within the resource group, where none has to be unique in Azure: letters, digits and hyphens, at most 36.')
func prefixOf(environmentName string) string =>
  'fbx-${take(toLower(replace(replace(replace(replace(environmentName, '_', '-'), '.', '-'), '(', '-'), ')', '-')), 32)}'

@description('The names of one environment. The token makes those unique that all of Azure shares: the app\'s, the storage account\'s and the vaults\'. Only the vaults\' follow the salt: a deleted vault keeps its name for 90 days, everything else gives it back at once.')
@export()
func namesOf(environmentName string, token string, vaultToken string) Names => {
  group: 'rg-${environmentName}'
  prefix: prefixOf(environmentName)
  identity: '${prefixOf(environmentName)}-identity'
  storage: 'fbx${token}'
  configurationVault: 'kv-config-${vaultToken}'
  rotatingVault: 'kv-tokens-${vaultToken}'
  workspace: '${prefixOf(environmentName)}-logs'
  insights: '${prefixOf(environmentName)}-insights'
  plan: '${prefixOf(environmentName)}-plan'
  app: 'fbx-${token}' // the host's id is its first 32 characters; this has 17
  network: '${prefixOf(environmentName)}-network'
  budget: '${prefixOf(environmentName)}-budget'
}
