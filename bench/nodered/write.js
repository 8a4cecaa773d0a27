// The rows of the invoice in one change set: header, lines, timeline entry; whoever wrote before.
const crypto = global.get("crypto");
const { invoice, ids, key } = msg;
const answers = [...msg.payload.matchAll(/\r?\n\r?\n(\{.*\})\r?\n/g)].map((found) => JSON.parse(found[1]));
const account = answers[answers.length - 1].value[0];
if (!account) {
  node.error(`The account of client ${invoice.customerid} is not there.`, msg);
  return null;
}
const client = account.fbx_account_client[0];
const business = env.get("BUSINESS");
const total = Number(invoice.amount.amount);
const open = Number(invoice.outstanding.amount);
const STATUS = { sent: 417650001, viewed: 417650002, partial: 417650004, paid: 417650005 };
const page = `https://my.freshbooks.com/#/invoice/${business}-${invoice.id}`;
const now = new Date().toISOString().slice(0, 19) + "Z";
const noon = `${invoice.create_date}T12:00:00Z`;
const due = invoice.due_date || invoice.create_date;
const common = {
  fbx_status: STATUS[invoice.v3_status] || STATUS.sent,
  fbx_outstanding: open,
  fbx_url: page,
  fbx_sourcekey: key,
  fbx_sourceversion: invoice.version || invoice.updated,
  fbx_syncedon: now,
  "transactioncurrencyid@odata.bind": `/transactioncurrencies(${account._transactioncurrencyid_value})`,
  "ownerid@odata.bind": `/systemusers(${account._owninguser_value})`,
  "fbx_clientid@odata.bind": `/fbx_clients(${client.fbx_clientid})`,
};
const rows = [
  [
    `invoices(${ids.invoice})`,
    {
      name: `${invoice.invoice_number} ${invoice.organization}`,
      duedate: due,
      billto_name: invoice.organization,
      discountamount: 0,
      discountpercentage: 0,
      fbx_number: invoice.invoice_number,
      fbx_invoicedate: invoice.create_date,
      fbx_total: total,
      fbx_paid: Number(invoice.paid.amount),
      fbx_complete: true,
      ...common,
      "pricelevelid@odata.bind": `/pricelevels(${env.get("PRICE_LIST")})`,
      "customerid_account@odata.bind": `/accounts(${account.accountid})`,
    },
  ],
  ...invoice.lines.map((line, place) => [
    `invoicedetails(${ids.lines[place]})`,
    {
      isproductoverridden: true,
      lineitemnumber: place + 1,
      productdescription: line.name,
      ...(line.description ? { description: line.description } : {}),
      quantity: Number(line.qty),
      priceperunit: Number(line.unit_cost.amount),
      manualdiscountamount: 0,
      tax: 0,
      "invoiceid@odata.bind": `/invoices(${ids.invoice})`,
    },
  ]),
  [
    `fbx_financialactivities(${ids.entry})`,
    {
      subject: `Invoice ${invoice.invoice_number}: ${invoice.amount.amount} ${invoice.amount.code}, ${invoice.outstanding.amount} ${invoice.amount.code} open`,
      fbx_kind: 417650000,
      fbx_amount: total,
      fbx_date: invoice.create_date,
      fbx_duedate: due,
      fbx_reference: invoice.invoice_number,
      sortdate: noon,
      scheduledend: `${due}T12:00:00Z`,
      ...common,
      "regardingobjectid_account_fbx_financialactivity@odata.bind": `/accounts(${account.accountid})`,
      "fbx_accountid@odata.bind": `/accounts(${account.accountid})`,
      "fbx_invoiceid@odata.bind": `/invoices(${ids.invoice})`,
    },
  ],
];
const batch = `batch_${crypto.randomBytes(16).toString("hex")}`;
const changes = `changeset_${crypto.randomBytes(16).toString("hex")}`;
const parts = rows.map(
  ([path, row], place) =>
    `--${changes}\r\nContent-Type: application/http\r\nContent-Transfer-Encoding: binary\r\nContent-ID: ${place + 1}\r\n\r\n` +
    `PATCH /api/data/v9.2/${path} HTTP/1.1\r\nAccept: application/json\r\nContent-Type: application/json; type=entry\r\n\r\n` +
    `${JSON.stringify(row)}\r\n`
);
return {
  invoice,
  method: "POST",
  url: `${env.get("DATAVERSE")}/api/data/v9.2/$batch`,
  headers: {
    Authorization: `Bearer ${env.get("DATAVERSE_TOKEN")}`,
    "Content-Type": `multipart/mixed; boundary=${batch}`,
    "OData-Version": "4.0",
    "OData-MaxVersion": "4.0",
    Accept: "application/json",
  },
  payload:
    `--${batch}\r\nContent-Type: multipart/mixed; boundary=${changes}\r\n\r\n` +
    `${parts.join("")}--${changes}--\r\n--${batch}--\r\n`,
};
