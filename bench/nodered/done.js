// What was written, counted for whoever measures; a refusal goes to the log.
if (/HTTP\/1\.1 [45]/.test(msg.payload) || msg.statusCode >= 400) {
  node.error(`Dataverse refuses invoice ${msg.invoice.id}: ${msg.payload.slice(0, 500)}`, msg);
  flow.set("refused", (flow.get("refused") || 0) + 1);
  return null;
}
flow.set("written", (flow.get("written") || 0) + 1);
return null;
