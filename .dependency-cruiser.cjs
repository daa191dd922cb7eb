/** Dependencies point one way: main, server, http, graphql, services, then the ports' implementations, domain, errors. */

const only = (name, from, to) => ({
  name,
  severity: "error",
  comment: `Of our files, ${from} may import only ${to}`,
  from: { path: from },
  to: { path: "^src/", pathNot: `${from}|${to}` },
});

/** A library that only these folders may import, so that replacing it changes only them. */
const kept = (library, folders) => ({
  name: `${library}-stays-home`,
  severity: "error",
  from: { path: "^src/", pathNot: folders },
  to: { path: `^node_modules/${library}/` },
});

module.exports = {
  forbidden: [
    { name: "no-circular", severity: "error", from: {}, to: { circular: true } },
    { name: "no-orphans", severity: "error", from: { orphan: true, pathNot: "\\.d\\.ts$" }, to: {} },
    {
      name: "no-dev-dependencies",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-dev"] },
    },
    {
      name: "not-unlisted",
      severity: "error",
      from: { path: "^src/" },
      to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
    },
    {
      name: "not-unresolvable",
      severity: "error",
      // Packages with types only cannot be resolved.
      from: { pathNot: "^console/src/(generated/|vite-env)" },
      to: { couldNotResolve: true },
    },

    only("errors-import-codes-and-messages", "^src/errors\\.ts$", "^src/(error-codes|messages)\\.ts$"),
    only("error-codes-import-nothing", "^src/(error-codes|messages)\\.ts$", "^$"),
    only("domain-imports-errors", "^src/domain/", "^src/errors\\.ts$"),
    only("signing-imports-domain", "^src/signing/", "^src/(domain/|errors\\.ts$)"),
    only("platform-imports-domain", "^src/platform/", "^src/(domain/|errors\\.ts$)"),
    only(
      "access-imports-domain",
      "^src/access/",
      "^src/(domain/|errors\\.ts$|shares/lately\\.ts$|store/store\\.ts$)",
    ),
    only(
      "audit-imports-domain",
      "^src/audit/",
      "^src/(domain/|errors\\.ts$|access/caller\\.ts$|store/(deadline|group-commit)\\.ts$)",
    ),
    only("shares-import-errors", "^src/shares/", "^src/errors\\.ts$"),
    only("store-imports-domain", "^src/store/", "^src/(domain/|errors\\.ts$)"),
    only(
      "services-import-ports",
      "^src/services/",
      "^src/(access/|audit/audit\\.ts$|domain/|errors\\.ts$|shares/|signing/signing-service\\.ts$|platform/platform\\.ts$|store/store\\.ts$)",
    ),
    only(
      "graphql-imports-services",
      "^src/graphql/",
      "^src/(services/|access/|audit/audit\\.ts$|domain/|errors\\.ts$)",
    ),
    only(
      "http-imports-graphql",
      "^src/http/",
      "^src/(graphql/(apollo|context|documents|media-type|subscriber|summary|trusted-documents)\\.ts$|access/|audit/audit\\.ts$|shares/|config/document-manifest\\.ts$|domain/|platform/(emulator/|platform\\.ts$)|signing/webhook-(keys|signature)\\.ts$|services/participants\\.ts$|errors\\.ts$|process/loopback\\.ts$)",
    ),
    only(
      "instruments-import-what-they-follow",
      "^src/instruments/",
      "^src/(access/claim-problem\\.ts$|http/(app|requests|webhooks)\\.ts$|platform/circuit\\.ts$|config/(config|tracing)\\.ts$|graphql/summary\\.ts$|services/|store/(engine|store)\\.ts$|domain/|errors\\.ts$|process/version\\.ts$)",
    ),
    only(
      "config-imports-what-values-are-made-of",
      "^src/config/",
      "^src/(errors\\.ts$|process/loopback\\.ts$|shares/in-flight\\.ts$|signing/(key-ring|pem|rsa-key|webhook-keys)\\.ts$|platform/credential-names\\.ts$|access/(claims|jwt-checks)\\.ts$|store/(database-address|postgres-url)\\.ts$)",
    ),
    only("process-imports-errors", "^src/process/", "^src/errors\\.ts$"),
    only(
      "cli-does-what-the-server-does",
      "^src/(cli\\.ts$|cli/)",
      "^src/(main|errors)\\.ts$|^src/(access|assembly|audit|config|doctor|domain|process|services|signing|store)/|^src/graphql/context\\.ts$|^src/platform/emulator/protocol\\.ts$",
    ),
    only(
      "doctor-looks-at-what-is-configured",
      "^src/doctor/",
      "^src/errors\\.ts$|^src/(access|assembly|config|platform|process|signing|store)/|^src/audit/open-audit\\.ts$|^src/services/clock-skew\\.ts$",
    ),
    only(
      "main-imports-server",
      "^src/main\\.ts$",
      "^src/((server|errors)\\.ts$|config/config\\.ts$|process/|audit/open-audit\\.ts$|store/database-address\\.ts$)",
    ),
    only("console-stands-alone", "^console/", "^packages/client/src/local-ot"),
    {
      name: "client-stands-alone",
      severity: "error",
      comment: "The kit may import only its own files and its peers",
      from: { path: "^packages/client/" },
      to: {
        pathNot:
          "^packages/client/|^node_modules/(graphql|react|@types/react|urql|@urql/(core|exchange-graphcache)|@apollo/client|@tanstack/react-query)/",
      },
    },
    {
      name: "client-without-frameworks",
      severity: "error",
      comment: "The main entry needs no library",
      from: { path: "^packages/client/src/(index|explain|error-codes|token-source|document)\\.ts$" },
      to: { dependencyTypes: ["npm", "npm-peer", "npm-dev"], dependencyTypesNot: ["type-only"] },
    },
    {
      name: "domain-is-pure",
      severity: "error",
      from: { path: "^src/domain/" },
      to: { dependencyTypes: ["npm", "core"], pathNot: "^(net|buffer)$" },
    },

    kept(
      "(type-graphql|graphql|dataloader|graphql-scalars|graphql-query-complexity|negotiator)",
      "^src/graphql/",
    ),
    kept("@apollo/server", "^src/(graphql|http)/"),
    kept("@apollo/subgraph", "^src/graphql/"),
    kept("graphql-jit", "^src/graphql/execution/"),
    kept("(fastify|@fastify)", "^src/(http/|instruments/|server\\.ts$)"),
    kept("(ws|graphql-ws)", "^src/(http|platform|cli)/"),
    kept("rate-limiter-flexible", "^src/access/"),
    kept("(kysely|libsql|pg)", "^src/store/"),
    kept("jsonwebtoken", "^src/(signing|access)/"),
    kept("opossum", "^src/platform/"),
    kept("undici", "^src/assembly/"),
    kept("(prom-client|@opentelemetry)", "^src/instruments/"),
    kept("commander", "^src/cli/"),
  ],
  options: {
    doNotFollow: { path: "node_modules" },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: "tsconfig.json" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["import", "require", "node", "default"],
    },
  },
};
