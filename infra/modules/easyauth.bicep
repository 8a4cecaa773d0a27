// Easy Auth: the platform signs people in before the app's pages, and answers 401 to strangers.
// No secret: the Entra application trusts the app's managed identity (a federated credential).

param appName string

@description('Client id of the Entra application that people sign in to.')
param entraClientId string

resource app 'Microsoft.Web/sites@2025-03-01' existing = { name: appName }

resource auth 'Microsoft.Web/sites/config@2025-03-01' = {
  parent: app
  name: 'authsettingsV2'
  properties: {
    platform: { enabled: true, runtimeVersion: '~1' }
    globalValidation: {
      requireAuthentication: true
      unauthenticatedClientAction: 'Return401'
      redirectToProvider: 'azureactivedirectory'
      excludedPaths: [
        // FreshBooks calls these and cannot sign in; every call is verified by its signature. Below a
        // folder a path needs its '/*': without it all webhooks would be shut out.
        '/api/webhooks/freshbooks/*'
        '/api/health' // monitors ask it; it says ok or not ok and nothing else
      ]
    }
    identityProviders: {
      azureActiveDirectory: {
        enabled: true
        registration: {
          clientId: entraClientId
          clientSecretSettingName: 'OVERRIDE_USE_MI_FIC_ASSERTION_CLIENTID'
          // This tenant's people only.
          openIdIssuer: '${environment().authentication.loginEndpoint}${tenant().tenantId}/v2.0'
        }
        validation: { allowedAudiences: [entraClientId, 'api://${entraClientId}'] }
      }
    }
    login: { tokenStore: { enabled: false }, preserveUrlFragmentsForLogins: false }
    httpSettings: { requireHttps: true, routes: { apiPrefix: '/.auth' } }
  }
}
