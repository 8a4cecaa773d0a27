// Drives npm's dynamics-web-api through one environment and prints what it saw as JSON.
"use strict";

const { DynamicsWebApi } = require("dynamics-web-api");

const told = JSON.parse(process.argv[2]);
const api = new DynamicsWebApi({
  serverUrl: told.address,
  dataApi: { version: "9.2" },
  onTokenRefresh: async () => "token",
});
const seen = {};

async function refusal(promise) {
  try {
    await promise;
    return null;
  } catch (error) {
    return { status: error.status, code: error.code };
  }
}

async function rows() {
  const collection = "accounts";
  const key = await api.create({ collection, data: { name: "A", revenue: 12.5 } });
  const read = await api.retrieve({ collection, key, select: ["name", "revenue"] });
  seen.read = { name: read.name, revenue: read.revenue, etag: read["@odata.etag"] };
  await api.update({ collection, key, data: { name: "B" } });
  seen.stale = await api.update({
    collection, key, data: { name: "C" }, ifmatch: read["@odata.etag"],
  });
  const shown = await api.update({
    collection, key, data: { name: "D" }, select: ["name"], returnRepresentation: true,
  });
  seen.shown = shown.name;
  const child = await api.create({
    collection, data: { name: "Child", "parentaccountid@odata.bind": `accounts(${key})` },
  });
  await api.disassociateSingleValued({
    collection, primaryKey: child, navigationProperty: "parentaccountid",
  });
  const annotated = await api.retrieve({
    collection, key, select: ["revenue"], expand: [{ property: "transactioncurrencyid", select: ["isocurrencycode"] }],
    includeAnnotations: "*",
  });
  seen.annotated = {
    revenue: annotated["revenue@OData.Community.Display.V1.FormattedValue"],
    currency: annotated.transactioncurrencyid.isocurrencycode,
  };
  await api.deleteRecord({ collection, key: child });
  seen.missing = await refusal(api.retrieve({ collection, key: child }));
  seen.wrong = await refusal(api.create({ collection, data: { nosuch: 1 } }));
  seen.count = await api.count({ collection });
  seen.who = Boolean((await api.callFunction("WhoAmI")).UserId);
}

async function definitions() {
  const label = (text) => ({
    "@odata.type": "Microsoft.Dynamics.CRM.Label",
    LocalizedLabels: [
      { "@odata.type": "Microsoft.Dynamics.CRM.LocalizedLabel", Label: text, LanguageCode: 1033 },
    ],
  });
  const name = {
    "@odata.type": "Microsoft.Dynamics.CRM.StringAttributeMetadata",
    AttributeType: "String",
    AttributeTypeName: { Value: "StringType" },
    SchemaName: "new_Name",
    DisplayName: label("Name"),
    IsPrimaryName: true,
    MaxLength: 50,
    FormatName: { Value: "Text" },
    RequiredLevel: { Value: "None" },
  };
  const table = await api.createEntity({
    data: {
      "@odata.type": "Microsoft.Dynamics.CRM.EntityMetadata",
      SchemaName: "new_Receipt",
      DisplayName: label("Receipt"),
      DisplayCollectionName: label("Receipts"),
      OwnershipType: "UserOwned",
      HasActivities: false,
      HasNotes: false,
      IsActivity: false,
      Attributes: [name],
    },
  });
  const number = { ...name, SchemaName: "new_Number", IsPrimaryName: false };
  const attribute = await api.createAttribute({ entityKey: table, data: number });
  seen.attribute = (
    await api.retrieveAttribute({ entityKey: table, attributeKey: attribute })
  ).LogicalName;
  seen.attributes = (
    await api.retrieveAttributes({
      entityKey: "LogicalName='new_receipt'",
      castType: "Microsoft.Dynamics.CRM.StringAttributeMetadata",
      select: ["LogicalName", "MaxLength"],
    })
  ).value.map((each) => each.LogicalName);
  seen.set = (
    await api.retrieveEntity({ key: "LogicalName='new_receipt'", select: ["EntitySetName"] })
  ).EntitySetName;
  seen.entities = (
    await api.retrieveEntities({ select: ["LogicalName"], filter: "LogicalName eq 'new_receipt'" })
  ).value.length;
  await api.create({
    collection: "EntityDefinitions",
    key: "LogicalName='new_receipt'",
    navigationProperty: "Keys",
    data: { SchemaName: "new_NumberIndex", KeyAttributes: ["new_number"] },
  });
  seen.relationships = (
    await api.retrieveRelationships({
      castType: "Microsoft.Dynamics.CRM.OneToManyRelationshipMetadata",
      select: ["SchemaName"],
      filter: "ReferencedEntity eq 'invoice'",
    })
  ).value.map((each) => each.SchemaName);
}

async function keys() {
  const collection = "new_receipts";
  const key = "new_number='n-1'";
  await api.upsert({ collection, key, data: { new_name: "one" } });
  await api.upsert({ collection, key, data: { new_name: "two" } });
  seen.upserted = (await api.retrieve({ collection, key, select: ["new_name"] })).new_name;
  seen.blocked = await api.upsert({ collection, key, data: { new_name: "x" }, ifnonematch: "*" });
  seen.duplicate = await refusal(api.create({ collection, data: { new_number: "N-1" } }));
}

async function batches() {
  api.startBatch();
  api.create({ collection: "accounts", data: { name: "one" }, contentId: "1" });
  api.create({
    collection: "contacts",
    data: { lastname: "L", "parentcustomerid_account@odata.bind": "$1" },
  });
  const made = await api.executeBatch();
  seen.batch = made.length;
  api.startBatch();
  api.create({ collection: "accounts", data: { name: "two" } });
  api.create({ collection: "accounts", data: { nosuch: 1 } });
  seen.failedBatch = Boolean(await refusal(api.executeBatch()));
  api.startBatch();
  api.retrieveMultiple({ collection: "accounts", select: ["name"], filter: "name eq 'one'" });
  api.create({ collection: "accounts", data: { name: "three" }, inChangeSet: false });
  const mixed = await api.executeBatch();
  seen.found = mixed[0].value.map((each) => each.name);
}

async function pages() {
  const request = { collection: "accounts", select: ["name"], orderBy: ["name"], maxPageSize: 2 };
  const first = await api.retrieveMultiple(request);
  const all = await api.retrieveAll(request);
  seen.pages = { first: first.value.length, more: Boolean(first.oDataNextLink) };
  seen.all = all.value.map((each) => each.name);
}

(async () => {
  await rows();
  await definitions();
  await keys();
  await batches();
  await pages();
  process.stdout.write(JSON.stringify(seen));
})().catch((error) => {
  process.stderr.write(`${error.stack || error}\n${JSON.stringify(error)}\n`);
  process.exitCode = 1;
});
