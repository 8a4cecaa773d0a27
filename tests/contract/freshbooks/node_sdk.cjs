// What the Node SDK makes of the simulator, printed as one JSON object.
"use strict";

const { Client } = require("@freshbooks/api");
const { PaginationQueryBuilder } = require("@freshbooks/api/dist/models/builders/PaginationQueryBuilder");
const { SearchQueryBuilder } = require("@freshbooks/api/dist/models/builders/SearchQueryBuilder");
const { IncludesQueryBuilder } = require("@freshbooks/api/dist/models/builders/IncludesQueryBuilder");

const told = JSON.parse(process.argv[2]);

const refused = async (call) => {
  try {
    await call();
    return null;
  } catch (error) {
    return { status: error.statusCode, message: error.message, errors: error.errors };
  }
};

const handshake = async () => {
  for (let tries = 0; tries < 100; tries += 1) {
    const found = await (await fetch(`${told.address}/_sandbox/callbacks`)).json();
    if (found.length) return found[found.length - 1].verifier;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  throw new Error("no callback was registered");
};

// The SDK calls one credit note what the list is called; FreshBooks was seen not to.
const plural = (on) =>
  fetch(`${told.address}/_sandbox/switches`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ plural_credit_note_key: on }),
  });

const settled = () =>
  fetch(`${told.address}/_sandbox/deliveries/settle`, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ timeout: 10 }),
  });

const main = async () => {
  const sdk = new Client(told.clientId, {
    clientSecret: told.clientSecret,
    redirectUri: told.redirectUri,
    accessToken: told.accessToken,
    refreshToken: told.refreshToken,
    apiUrl: told.address,
  });
  const seen = {};

  const fresh = await sdk.refreshAccessToken();
  seen.rotated = fresh.refreshToken !== told.refreshToken;
  seen.reused = await refused(() => sdk.refreshAccessToken(told.refreshToken));

  const me = await sdk.users.me();
  const account = me.data.businessMemberships[0].business.accountId;
  seen.account = account;

  const client = (await sdk.clients.create({ organization: "Fjord Foods", email: "a@fjord.example" }, account)).data;
  seen.clientUpdated = client.updated;
  await sdk.clients.create({ organization: "Second" }, account);
  const paged = await sdk.clients.list(account, [new PaginationQueryBuilder().page(2).perPage(1)]);
  seen.page = { pages: paged.data.pages, names: paged.data.clients.map((one) => one.organization) };
  const found = await sdk.clients.list(account, [new SearchQueryBuilder().equals("email", "a@fjord.example")]);
  seen.found = found.data.clients.map((one) => one.organization);

  const invoice = (
    await sdk.invoices.create(
      {
        customerId: client.id,
        createDate: new Date(2026, 1, 1),
        lines: [{ name: "Fish", qty: 3, unitCost: { amount: "12.50", code: "USD" } }],
      },
      account,
    )
  ).data;
  const lines = (await sdk.invoices.single(account, invoice.id, [new IncludesQueryBuilder().includes("lines")])).data.lines;
  seen.invoice = { amount: invoice.amount, lines: lines.map((line) => line.name), v3: invoice.v3Status };
  await sdk.invoices.update(account, invoice.id, { actionMarkAsSent: true });

  const payment = (
    await sdk.payments.create(account, {
      amount: { amount: "50.00", code: "USD" },
      date: new Date(2026, 1, 3),
      invoiceId: invoice.id,
      type: "Check",
    })
  ).data;
  const paid = (await sdk.invoices.single(account, invoice.id)).data;
  seen.payment = { amount: payment.amount, overpaid: payment.overPaymentId !== null, status: paid.paymentStatus };

  const overpaid = (await sdk.creditNotes.list(account)).data.creditNotes;
  seen.overpaid = overpaid.map((one) => ({ type: one.creditType, amount: one.amount, paid: one.paymentStatus }));
  await plural(true);
  const given = (
    await sdk.creditNotes.create(
      {
        clientId: String(client.id),
        creditType: "goodwill",
        currencyCode: "USD",
        createDate: new Date(2026, 1, 4),
        lines: [{ name: "Voucher", qty: "2", unitCost: { amount: "15.00", code: "USD" } }],
      },
      account,
    )
  ).data;
  const giftLines = (await sdk.creditNotes.single(account, given.id)).data;
  const thanked = (await sdk.creditNotes.update({ notes: "Thank you" }, account, given.id)).data;
  const lined = await sdk.creditNotes.list(account, [new IncludesQueryBuilder().includes("lines")]);
  const gone = (await sdk.creditNotes.delete(account, given.id)).data;
  await plural(false);
  seen.unlike = await refused(() => sdk.creditNotes.single(account, given.id));
  seen.credit = {
    amount: giftLines.amount,
    type: giftLines.creditType,
    notes: thanked.notes,
    lines: lined.data.creditNotes.map((one) => one.lines.map((line) => line.creditId === one.id)),
    gone: gone.visState,
    left: (await sdk.creditNotes.list(account)).data.pages.total,
  };

  const category = (await sdk.expenseCategories.list(account)).data.categories[0];
  const expense = (
    await sdk.expenses.create(
      { amount: { amount: "7.10", code: "EUR" }, categoryId: category.id, date: new Date(2026, 1, 3), staffId: "1" },
      account,
    )
  ).data;
  seen.expense = expense.amount;

  const callback = (await sdk.callbacks.create({ event: "invoice", uri: told.hook }, account)).data;
  const code = await handshake();
  seen.wrongCode = await refused(() => sdk.callbacks.verify(account, callback.callbackId, "guess"));
  const proven = (await sdk.callbacks.verify(account, callback.callbackId, code)).data;
  await sdk.callbacks.resendVerification(account, callback.callbackId);
  seen.verified = [callback.verified, proven.verified];
  await sdk.invoices.delete(account, invoice.id);
  seen.deleted = (await sdk.invoices.single(account, invoice.id)).data.visState;
  await settled(); // a callback that is deleted gets nothing more, not even what is on its way
  await sdk.callbacks.delete(account, callback.callbackId);
  seen.callbacksLeft = (await sdk.callbacks.list(account)).data.pages.total;

  seen.missing = await refused(() => sdk.clients.single(account, "1"));
  const inside = await sdk.items.list(account);
  seen.insideOk = inside.data.errors;
  seen.invoiceId = invoice.id;

  process.stdout.write(JSON.stringify(seen));
};

main().catch((error) => {
  process.stderr.write(`${error.stack}\n`);
  process.exit(1);
});
