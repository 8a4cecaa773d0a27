// What is there about the invoice: its row with lines, its timeline entry, its client's account.
const crypto = global.get("crypto");
const invoice = msg.payload.response.result.invoice;
const business = env.get("BUSINESS");
const SPACE = Buffer.from("6ba7b8109dad11d180b400c04fd430c8", "hex");
const guid = (name) => {
  const hash = crypto.createHash("sha1").update(SPACE).update(name).digest().subarray(0, 16);
  hash[6] = (hash[6] & 0x0f) | 0x50;
  hash[8] = (hash[8] & 0x3f) | 0x80;
  const hex = hash.toString("hex");
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join("-");
};
const key = `${business}-invoice-${invoice.id}`;
const ids = {
  invoice: guid(`${key}:header`),
  entry: guid(`${key}:entry`),
  lines: invoice.lines.map((_, place) => guid(`${key}:line:${place + 1}`)),
};
const OF_ROW =
  "name,billto_name,billto_line1,billto_line2,billto_city,billto_stateorprovince,billto_postalcode," +
  "billto_country,duedate,discountamount,discountpercentage,_customerid_value,_opportunityid_value," +
  "_pricelevelid_value,_transactioncurrencyid_value,_fbx_clientid_value,fbx_number,fbx_invoicedate," +
  "fbx_status,fbx_total,fbx_paid,fbx_outstanding,fbx_paidon,fbx_overduesince,fbx_complete,fbx_adopted," +
  "fbx_ponumber,fbx_replacedby,fbx_placedby,fbx_url,fbx_sourcekey,fbx_sourceversion,fbx_syncedon," +
  "statecode,statuscode";
const OF_LINE =
  "lineitemnumber,productdescription,description,quantity,priceperunit,manualdiscountamount,tax";
const OF_ENTRY =
  "subject,description,_regardingobjectid_value,_transactioncurrencyid_value,sortdate,scheduledend," +
  "actualend,_fbx_invoiceid_value,_fbx_accountid_value,_fbx_clientid_value,fbx_kind,fbx_amount," +
  "fbx_outstanding,fbx_received,fbx_returned,fbx_date,fbx_duedate,fbx_paidon,fbx_overduesince," +
  "fbx_status,fbx_method,fbx_reference,fbx_tax,fbx_receipt,fbx_billing,fbx_ponumber,fbx_replacedby," +
  "fbx_placedby,fbx_url,fbx_sourcekey,fbx_sourceversion,fbx_syncedon,statecode,statuscode";
const FIGURES =
  "fbx_outstanding,fbx_overdue,fbx_credit,fbx_current,fbx_overdue30,fbx_overdue60,fbx_overdue90," +
  "fbx_overdueolder,fbx_balances,fbx_financialhealth,fbx_lastinvoiceon,fbx_lastpaymenton," +
  "fbx_nextdueon,fbx_syncedon";
const OF_CLIENT =
  `fbx_name,_fbx_accountid_value,_transactioncurrencyid_value,fbx_key,fbx_state,fbx_carriedout,` +
  `fbx_reason,fbx_candidates,fbx_linkedto,fbx_figures,fbx_url,fbx_sourceversion,${FIGURES}`;
const OF_ACCOUNT =
  `name,accountnumber,address1_city,_transactioncurrencyid_value,_masterid_value,_owninguser_value,` +
  `_owningteam_value,fbx_clientkey,fbx_converted,fbx_conversion,statecode,statuscode,${FIGURES}`;
const client = `'${business}-${invoice.customerid}'`;
const number = `'${invoice.invoice_number}'`;
const lines = `&$expand=invoice_details($select=${OF_LINE})`;
const wanted = [
  `invoices(${ids.invoice})?$select=${OF_ROW}${lines}`,
  `invoices?$select=${OF_ROW}&$filter=fbx_sourcekey ne null and fbx_invoice_financialactivity/any(e:e/activityid eq ${ids.entry}) and invoiceid ne ${ids.invoice}${lines}`,
  `fbx_financialactivities(${ids.entry})?$select=${OF_ENTRY}`,
  `accounts?$select=${OF_ACCOUNT}&$filter=fbx_account_client/any(c:c/fbx_key eq ${client})` +
    `&$expand=fbx_account_client($select=${OF_CLIENT};$filter=fbx_key eq ${client}),` +
    `opportunity_customer_accounts($select=name,statecode;$filter=(statecode eq 0)),` +
    `invoice_customer_accounts($select=${OF_ROW},invoicenumber,totalamount;$filter=(fbx_sourcekey eq null and statecode ne 3 and (invoicenumber eq ${number} or name eq ${number})) or (fbx_adopted eq true and fbx_sourcekey eq '${key}'))`,
];
const boundary = `batch_${crypto.randomBytes(16).toString("hex")}`;
const parts = wanted.map(
  (path) =>
    `--${boundary}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\n\r\n` +
    `GET /api/data/v9.2/${path.replaceAll(" ", "%20")} HTTP/1.1\r\nAccept: application/json\r\n\r\n\r\n`
);
return {
  invoice,
  ids,
  key,
  method: "POST",
  url: `${env.get("DATAVERSE")}/api/data/v9.2/$batch`,
  headers: {
    Authorization: `Bearer ${env.get("DATAVERSE_TOKEN")}`,
    "Content-Type": `multipart/mixed; boundary=${boundary}`,
    "OData-Version": "4.0",
    "OData-MaxVersion": "4.0",
    Accept: "application/json",
    Prefer: "odata.continue-on-error",
  },
  payload: `${parts.join("")}--${boundary}--\r\n`,
};
