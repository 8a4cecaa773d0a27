// Settings of Node-RED for the comparison: one flow, no editor, this machine only.
module.exports = {
  uiHost: "127.0.0.1",
  httpAdminRoot: false,
  credentialSecret: false,
  functionGlobalContext: { crypto: require("crypto") },
  functionExternalModules: false,
  logging: { console: { level: "warn", metrics: false, audit: false } },
};
