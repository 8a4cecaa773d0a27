// What a firm works with every day: no cold start before a webhook, and a budget.
using 'main.bicep'

param environmentName = 'connector-production'
param location = 'westeurope'
param dataverseUrl = 'https://your-org.crm.dynamics.com'
param freshbooksClientId = 'client-id-of-your-app'
param alertEmail = 'operations@example.com'
param instanceMemoryMB = 2048
param alwaysReadyInstances = 1
param monthlyBudget = 100
param budgetStart = '2026-12-01' // the month of the first deployment, and left so
