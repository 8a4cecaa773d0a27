// The webhook's signature: HMAC-SHA256 of the form's fields as JSON, in the order they came.
const crypto = global.get("crypto");
const fields = msg.payload;
const text = Object.entries(fields)
  .map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`)
  .join(", ");
const wanted = crypto.createHmac("sha256", env.get("VERIFIER")).update(`{${text}}`).digest();
const given = Buffer.from(msg.req.headers["x-freshbooks-hmac-sha256"] || "", "base64");
const genuine = given.length === wanted.length && crypto.timingSafeEqual(given, wanted);
msg.statusCode = genuine ? 200 : 401;
const answer = { ...msg, payload: { status: genuine ? "ok" : "refused" } };
if (!genuine) return [answer, null];
const invoice = fields.object_id;
const business = env.get("BUSINESS");
return [
  answer,
  {
    method: "GET",
    url: `${env.get("FRESHBOOKS")}/accounting/account/${business}/invoices/invoices/${invoice}?include%5B%5D=lines`,
    headers: { Authorization: `Bearer ${env.get("FRESHBOOKS_TOKEN")}` },
  },
];
