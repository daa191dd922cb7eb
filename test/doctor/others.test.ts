import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import { lookAtAuditTrail } from "../../src/doctor/audit-trail.ts";
import { lookAtDocuments } from "../../src/doctor/documents.ts";
import { lookAtPages } from "../../src/doctor/pages.ts";
import { lookAtReporting } from "../../src/doctor/reporting.ts";
import { foundBy } from "../support/doctor.ts";
import { startFaultServer } from "../support/fault-server.ts";
import { freePort } from "../support/postgres.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

describe("the audit trail", () => {
  const find = (path: string) => foundBy(lookAtAuditTrail, { AUDIT_LOG: path });

  it("could be written, and is not", async () => {
    const folder = temporaryFolder();
    expect(await find(join(folder, "audit.jsonl"))).toEqual([
      `ok AUDIT_LOG: the first start creates ${folder}/audit.jsonl`,
    ]);
    expect(readdirSync(folder)).toEqual([]);
    writeFileSync(join(folder, "audit.jsonl"), "");
    expect(await find(join(folder, "audit.jsonl"))).toEqual([
      `ok AUDIT_LOG: ${folder}/audit.jsonl can be written`,
    ]);
    expect(await find("-")).toEqual(["ok AUDIT_LOG: is written to the server's standard output"]);
    expect(await foundBy(lookAtAuditTrail, {})).toEqual([]);
  });

  it("could not be written", async () => {
    const folder = temporaryFolder();
    mkdirSync(join(folder, "audit"));
    expect(await find(join(folder, "audit"))).toEqual([
      `FAIL AUDIT_LOG: ${folder}/audit is a folder: set the path of a file`,
    ]);
    expect(await find(join(folder, "logs/audit.jsonl"))).toEqual([
      `FAIL AUDIT_LOG: the folder ${folder}/logs does not exist: create it`,
    ]);
    writeFileSync(join(folder, "file"), "");
    expect(await find(join(folder, "file/audit.jsonl"))).toEqual([
      `FAIL AUDIT_LOG: ${folder}/file is not a folder`,
    ]);
  });
});

describe("origins", () => {
  const CORS_ORIGINS = "https://app.example.com,http://app.example.com,http://localhost:3000";

  it("may call", async () => {
    expect(await foundBy(lookAtPages, { CORS_ORIGINS })).toEqual(
      CORS_ORIGINS.split(",").map((origin) => `ok CORS_ORIGINS: ${origin}: its pages may call`),
    );
    expect(await foundBy(lookAtPages, {})).toEqual([]);
  });

  it("may be all of a domain, or an app's", async () => {
    const found = await foundBy(lookAtPages, {
      CORS_ORIGINS: "https://*.example.com,capacitor://localhost",
      NODE_ENV: "production",
    });
    expect(found).toEqual([
      "ok CORS_ORIGINS: https://*.example.com: pages of every matching host may call",
      "ok CORS_ORIGINS: capacitor://localhost: its pages may call",
    ]);
  });

  it("are risks in production", async () => {
    expect(await foundBy(lookAtPages, { CORS_ORIGINS, NODE_ENV: "production" })).toEqual([
      "ok CORS_ORIGINS: https://app.example.com: its pages may call",
      "- CORS_ORIGINS: http://app.example.com: anyone on the path can change its pages, which get tokens: use https:",
      "- CORS_ORIGINS: http://localhost:3000: pages on developers' machines may call the production server",
    ]);
  });
});

it("the documents of a manifest are counted", async () => {
  const manifest = join(temporaryFolder(), "manifest.json");
  writeFileSync(manifest, JSON.stringify({ a: "query A { a }", b: "query B { b }" }));
  const find = (mode: string) =>
    foundBy(lookAtDocuments, { TRUSTED_DOCUMENTS: mode, TRUSTED_DOCUMENTS_MANIFEST: manifest });
  expect(await find("enforce")).toEqual([
    "ok TRUSTED_DOCUMENTS: the manifest has 2 documents; others are refused",
  ]);
  expect(await find("log")).toEqual([
    "ok TRUSTED_DOCUMENTS: the manifest has 2 documents; others are executed and logged",
  ]);
  expect(await foundBy(lookAtDocuments, {})).toEqual([]);
});

describe("what reports go to", () => {
  it("is a collector that accepts connections, or does not", async () => {
    const collector = await startFaultServer();
    onTestFinished(() => collector.close());
    expect(await foundBy(lookAtReporting, { OTEL_EXPORTER_OTLP_ENDPOINT: collector.url })).toEqual([
      `ok OTEL_EXPORTER_OTLP_ENDPOINT: ${collector.url} accepts connections; no trace was sent`,
    ]);
    expect(collector.received).toEqual([]);
    const nowhere = `http://127.0.0.1:${await freePort()}`;
    const env = {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.url,
      OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: `${nowhere}/v1/traces`,
    };
    expect(await foundBy(lookAtReporting, env)).toEqual([
      expect.stringMatching(
        /^FAIL OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: http:\/\/127\.0\.0\.1:\d+ cannot be reached, so traces are lost: .*ECONNREFUSED/,
      ),
    ]);
  });

  it("is Apollo Studio, which is not tried", async () => {
    expect(
      await foundBy(lookAtReporting, {
        APOLLO_KEY: "service:canary:secret",
        APOLLO_GRAPH_REF: "canary@current",
      }),
    ).toEqual([
      "- APOLLO_KEY: usage of canary@current is reported to https://usage-reporting.api.apollographql.com; not tested, because a test would be a report",
    ]);
  });
});
