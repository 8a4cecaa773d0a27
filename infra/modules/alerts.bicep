// Alerts: each reads the lines the connector writes, and goes to its owner by e-mail.
// Every query gives a row when there is something to say and none otherwise, so every rule counts rows.
// An absence is counted too: `summarize` without `by` makes a row of nothing.
// Windows are longer than what ingestion takes (two to five minutes); whoever was told is not told again while `mute` lasts.

import { Tags } from '../names.bicep'

@description('What the names of the resources begin with.')
param prefix string

@description('Where the rules are kept.')
param location string

@description('Tags of every resource.')
param tags Tags

@description('Resource id of the Application Insights the connector writes to.')
param applicationInsightsId string

@description('Who is told.')
param alertEmail string

type Rule = {
  @description('Last part of the name of the resource.')
  name: string

  @description('First words of the e-mail.')
  title: string

  @description('For its owner: who, what it means, the first step, the runbook.')
  text: string

  @description('1 data may come late or not at all; 2 somebody has to look today; 3 worth knowing.')
  severity: 1 | 2 | 3

  @description('How often it is looked.')
  every: 'PT5M' | 'PT10M' | 'PT15M'

  @description('How far back it is looked.')
  window: 'PT10M' | 'PT15M' | 'PT30M' | 'PT1H'

  @description('For how long nothing more is said after an e-mail.')
  mute: 'PT1H' | 'PT6H' | 'PT12H' | 'P1D'

  query: string
}

var rules Rule[] = [
  {
    name: 'reconnect'
    title: 'FreshBooks wants a new login'
    text: 'For the administrator. FreshBooks does not accept the connector\'s tokens any more: nothing is read, messages wait and nothing is lost. First step: run `python -m shared connect` and log in as the same person as before. Runbook: docs/operations.md#alert-reconnect'
    severity: 1
    every: 'PT5M'
    window: 'PT15M'
    mute: 'PT12H'
    query: '''
traces
| where message startswith '{"event":"trouble"'
| extend line = parse_json(message)
| where tostring(line.what) == "reconnect"
| summarize found = count()
| where found > 0
'''
  }
  {
    name: 'person'
    title: 'The connector needs a person'
    text: 'For the administrator. A setting, a role, a column or an address is missing or wrong; what depends on it waits and nothing is lost. First step: run `python -m shared doctor`, which says who has to do what. Runbook: docs/operations.md#alert-person'
    severity: 1
    every: 'PT5M'
    window: 'PT15M'
    mute: 'PT12H'
    query: '''
traces
| where message startswith '{"event":"trouble"'
| extend line = parse_json(message)
| where tostring(line.what) in ("person", "settings")
| summarize found = count()
| where found > 0
'''
  }
  {
    name: 'queue'
    title: 'The queue is not served'
    text: 'For the administrator. Messages can be taken and for more than five minutes nobody has taken one: nothing new reaches Dynamics, and nothing is lost. First step: in the portal see whether the function `process` is enabled, then restart the Function App. Runbook: docs/operations.md#alert-queue'
    severity: 1
    every: 'PT5M'
    window: 'PT10M'
    mute: 'PT1H'
    query: '''
traces
| where message startswith '{"event":"watched"'
| extend line = parse_json(message)
| summarize unserved = max(toreal(line.unserved_s))
| where unserved > 300
'''
  }
  {
    name: 'poison'
    title: 'Messages are cut short again and again'
    text: 'For the administrator. The Functions host gave up on ten or more messages within half an hour, or messages lie on the poison queue and nobody takes them. Each is tried again by itself, alone and later; nothing is lost. First step: in the portal, under Diagnose and solve problems, see whether the app runs out of memory or is restarted. Runbook: docs/operations.md#alert-poison'
    severity: 1
    every: 'PT15M'
    window: 'PT30M'
    mute: 'PT1H'
    query: '''
traces
| where message startswith '{"event":"poisoned"' or message startswith '{"event":"watched"'
| extend line = parse_json(message)
| summarize given_up = countif(tostring(line.event) == "poisoned"), lying = countif(toreal(line.poison) > 0)
| where given_up >= 10 or lying >= 5
'''
  }
  {
    name: 'silence'
    title: 'The connector says nothing'
    text: 'For the administrator. Not one line has come for half an hour, though one is written every minute: the app does not run, or its telemetry does not arrive. First step: in the portal see whether the Function App runs, then run `python -m shared doctor`. Runbook: docs/operations.md#alert-silence'
    severity: 1
    every: 'PT10M'
    window: 'PT30M'
    mute: 'PT6H'
    query: '''
traces
| where message startswith '{"event":'
| summarize found = count()
| where found == 0
'''
  }
  {
    name: 'poll'
    title: 'FreshBooks is not polled'
    text: 'For the administrator. The timer `poll` has not ended for half an hour, or one of the businesses could not be polled for six hours: what webhooks miss is not found. First step: see in the portal whether the function `poll` runs, and what its last line says. Runbook: docs/operations.md#alert-poll'
    severity: 2
    every: 'PT10M'
    window: 'PT30M'
    mute: 'PT6H'
    query: '''
traces
| where message startswith '{"event":"polled"' or message startswith '{"event":"watched"'
| extend line = parse_json(message)
| summarize polls = countif(tostring(line.event) == "polled"), behind = max(toreal(line.polled_s))
| where polls == 0 or behind > 21600
'''
  }
  {
    name: 'upkeep'
    title: 'The connections are not looked after'
    text: 'For the administrator. The timer `upkeep` has not ended for half an hour: tokens are refreshed only when they are used, webhooks are not repaired, and the queue is not watched. First step: see in the portal whether the function `upkeep` runs, then restart the Function App. Runbook: docs/operations.md#alert-upkeep'
    severity: 2
    every: 'PT10M'
    window: 'PT30M'
    mute: 'PT6H'
    query: '''
traces
| where message startswith '{"event":"kept-up"'
| summarize found = count()
| where found == 0
'''
  }
  {
    name: 'callback'
    title: 'FreshBooks does not report changes'
    text: 'For the administrator. FreshBooks has disabled or lost a webhook, or one has been waiting for its verification for half an hour; the poll finds the changes meanwhile, minutes later. First step: run `python -m shared webhooks`, and see that PUBLIC_URL can be reached from outside. Runbook: docs/operations.md#alert-callback'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    mute: 'PT12H'
    query: '''
traces
| where message startswith '{"event":"callback"' or message startswith '{"event":"watched"'
| extend line = parse_json(message)
| summarize broken = countif(tostring(line.state) in ("disabled", "lost", "without a verifier")), down = countif(toreal(line.callbacks_down) > 0)
| where broken > 0 or down >= 25
'''
  }
  {
    name: 'dead-letters'
    title: 'Records could not be written'
    text: 'For the administrator. Dataverse or FreshBooks refuses a record as it is, or its attempts are used up; nothing more is done for it by itself. First step: run `python -m shared dead-letters`, mend what the reason says, then `retry`. Runbook: docs/operations.md#alert-dead-letters'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    mute: 'PT1H'
    query: '''
traces
| where message startswith '{"event":"processed"' or message startswith '{"event":"poisoned"'
| extend line = parse_json(message)
| where tostring(line.outcome) == "dead-lettered"
| summarize found = count()
| where found > 0
'''
  }
  {
    name: 'waiting'
    title: 'Records have been waiting for long'
    text: 'For the administrator. Something of FreshBooks is not in Dynamics after more than a day and nobody decided that, or a service, a login or a refusal has been stopping records for more than an hour; they follow by themselves when it is over. First step: run `python -m shared waiting`, which says of each record what it waits for and who can end it. Runbook: docs/operations.md#alert-waiting'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    mute: 'PT12H'
    query: '''
traces
| where message startswith '{"event":"waiting"'
| extend line = parse_json(message)
| summarize oldest = max(toreal(line.oldest_s)), stopped = max(toreal(line.stopped_s))
| where oldest > 86400 or stopped > 3600
'''
  }
  {
    name: 'history'
    title: 'A history stands still'
    text: 'For the administrator. What FreshBooks held before is carried over in bulk, and for more than an hour not one page of it came; or messages lie on the poison queue of histories. What happens now is carried over all the same, and nothing is lost. First step: run `python -m shared doctor`, whose line *histories* says what it waits for. Runbook: docs/operations.md#alert-history'
    severity: 2
    every: 'PT15M'
    window: 'PT30M'
    mute: 'PT12H'
    query: '''
traces
| where message startswith '{"event":"watched"'
| extend line = parse_json(message)
| summarize still = max(toreal(line.history_s)), lying = countif(toreal(line.backfill_poison) > 0)
| where still > 3600 or lying >= 25
'''
  }
  {
    name: 'comparison'
    title: 'Both sides are not compared, or stay different'
    text: 'For the administrator and finance. The timer `reconcile` has not compared FreshBooks with Sales for two days, or differences that nobody decided were found two nights in a row: month-end may not agree. First step: run `python -m shared reconcile`, which lists each difference with its cause and who can end it. Runbook: docs/operations.md#alert-comparison'
    severity: 3
    every: 'PT15M'
    window: 'PT30M'
    mute: 'P1D'
    query: '''
traces
| where message startswith '{"event":"watched"'
| extend line = parse_json(message)
| summarize since = max(toreal(line.compared_s)), stay = max(toreal(line.remained))
| where since > 172800 or stay > 0
'''
  }
  {
    name: 'signatures'
    title: 'Webhooks are signed wrongly'
    text: 'For the administrator. Requests reach the secret address of a webhook and their signature is wrong: Key Vault holds another verifier than FreshBooks uses, or somebody else knows the address. First step: run `python -m shared webhooks repair`. Runbook: docs/operations.md#alert-signatures'
    severity: 2
    every: 'PT15M'
    window: 'PT1H'
    mute: 'PT12H'
    query: '''
traces
| where message startswith '{"event":"refused"'
| extend line = parse_json(message)
| where tostring(line.why) == "signature"
| summarize refused = sum(toreal(line.times))
| where refused >= 20
'''
  }
  {
    name: 'throttling'
    title: 'A service throttles the connector'
    text: 'For the administrator. A service has answered twenty or more requests of half an hour with 429: records come late, nothing is lost, no attempt is burnt. First step: see in the workbook which service it is, and whether a first poll is under way. Runbook: docs/operations.md#alert-throttling'
    severity: 3
    every: 'PT15M'
    window: 'PT30M'
    mute: 'PT12H'
    query: '''
traces
| where message startswith '{"event":"requested"'
| extend line = parse_json(message)
| summarize throttled = sum(toreal(line.throttled)) by service = tostring(line.service)
| where throttled >= 20
'''
  }
]

resource actions 'Microsoft.Insights/actionGroups@2023-01-01' = {
  name: '${prefix}-alerts'
  location: 'global'
  tags: tags
  properties: {
    groupShortName: take(prefix, 12)
    enabled: true
    emailReceivers: [
      {
        name: 'owner'
        emailAddress: alertEmail
        useCommonAlertSchema: true
      }
    ]
  }
}

resource alerts 'Microsoft.Insights/scheduledQueryRules@2026-03-01' = [
  for rule in rules: {
    name: '${prefix}-${rule.name}'
    location: location
    tags: tags
    kind: 'LogAlert'
    properties: {
      displayName: '${prefix}: ${rule.title}'
      description: rule.text
      severity: rule.severity
      enabled: true
      scopes: [applicationInsightsId]
      evaluationFrequency: rule.every
      windowSize: rule.window
      criteria: {
        allOf: [
          {
            query: rule.query
            timeAggregation: 'Count'
            operator: 'GreaterThan'
            threshold: 0
            failingPeriods: {
              numberOfEvaluationPeriods: 1
              minFailingPeriodsToAlert: 1
            }
          }
        ]
      }
      // Told again after `mute` while it lasts; a rule that ends by itself would be told once, for ever.
      autoMitigate: false
      muteActionsDuration: rule.mute
      // A new Application Insights may not know its tables yet.
      skipQueryValidation: true
      actions: {
        actionGroups: [actions.id]
      }
    }
  }
]
