import { once } from "node:events";
import { chmodSync, writeFileSync } from "node:fs";
import { createServer } from "node:https";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { exportJWK, generateKeyPair, SignJWT } from "jose";
import { describe, expect, it, onTestFinished } from "vitest";
import { HAS_OPENSSL, selfSigned } from "../support/certificate.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { answerSession, newSessionId } from "../support/fault-server.ts";
import { startForwardProxy } from "../support/forward-proxy.ts";
import { CLI, spawnServer, stagepass } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";
import { giveAway, spawnUnprivileged } from "../support/unprivileged.ts";

const HOST = "elsewhere.example.com";

/** A platform and an identity provider, behind a certificate that only NODE_EXTRA_CA_CERTS trusts. */
async function startElsewhere() {
  const { key, cert, path } = selfSigned(HOST);
  const { publicKey, privateKey } = await generateKeyPair("ES256");
  const jwks = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), alg: "ES256", use: "sig" }] });
  const paths: string[] = [];
  const server = createServer({ key, cert }, (request, response) => {
    paths.push(request.url ?? "");
    if (request.url === "/jwks") return response.end(jwks);
    if (request.url?.startsWith("/api/ingress")) return response.end();
    return answerSession(newSessionId(API_KEY), API_KEY)(response, request as never);
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  const origin = `https://${HOST}:${(server.address() as AddressInfo).port}`;
  const jwt = await new SignJWT({ scope: "sessions:create", sub: "ann" })
    .setProtectedHeader({ alg: "ES256" })
    .setExpirationTime("5m")
    .sign(privateKey);
  const env = {
    OPENTOK_API_KEY: API_KEY,
    OPENTOK_API_SECRET: API_SECRET,
    OPENTOK_API_URL: origin,
    AUTH_JWKS_URI: `${origin}/jwks`,
  };
  return { env, path, jwt, paths, origin, target: origin.replace("https://", "") };
}

describe.skipIf(!HAS_OPENSSL)("behind a proxy", () => {
  it("the server reaches the platform, the identity provider and Apollo, and says nothing of the password", async () => {
    const { env, path, jwt, paths, origin, target } = await startElsewhere();
    const proxy = await startForwardProxy();
    const server = spawnServer(temporaryFolder(), {
      ...env,
      APOLLO_KEY: "service:my-graph:canary",
      APOLLO_GRAPH_REF: "my-graph@current",
      APOLLO_USAGE_REPORTING_INGRESS_URL: origin,
      HTTPS_PROXY: `http://me:canary-password@${proxy.host}`,
      NODE_EXTRA_CA_CERTS: path,
    });
    const response = await fetch(await server.url(), {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${jwt}` },
      body: JSON.stringify({ query: "mutation { createSession { id } }" }),
    });
    const { data, errors } = (await response.json()) as { data: unknown; errors: unknown };
    expect([errors, data]).toEqual([undefined, { createSession: { id: expect.stringMatching(/./) } }]);
    const authorization = `Basic ${Buffer.from("me:canary-password").toString("base64")}`;
    server.kill("SIGTERM");
    expect(await server.exited).toEqual({ code: 0, signal: null });
    expect(paths).toEqual(["/jwks", "/session/create", "/api/ingress/traces"]);
    expect(new Set(proxy.asked.map((each) => JSON.stringify(each)))).toEqual(
      new Set([JSON.stringify({ target, authorization })]),
    );
    expect(server.errors()).toContain(
      `"proxy":"http://${proxy.host}","variable":"HTTPS_PROXY","msg":"calls to other machines go through a proxy"`,
    );
    expect(server.errors() + server.output()).not.toContain("canary");
    expect(server.errors() + server.output()).not.toContain(authorization.slice(6));
  });

  it("a command reaches the platform, and ends", { timeout: 15_000 }, async () => {
    const { env, path, target } = await startElsewhere();
    const proxy = await startForwardProxy();
    const create = ["session", "create"];
    const more = { HTTPS_PROXY: `http://${proxy.host}`, NODE_EXTRA_CA_CERTS: path };
    const begun = performance.now();
    const { code, errors } = await stagepass(temporaryFolder(), create, { ...env, ...more });
    expect(code, errors).toBe(0);
    expect(performance.now() - begun).toBeLessThan(10_000);
    expect(proxy.asked.map((each) => each.target)).toEqual([target]);
  });
});

describe("a private key", () => {
  const env = { VONAGE_APPLICATION_ID: APPLICATION_ID };

  it("that was mended is said at the start", async () => {
    const VONAGE_PRIVATE_KEY = PRIVATE_KEY.replaceAll("\n", " ");
    const server = spawnServer(temporaryFolder(), { ...env, VONAGE_PRIVATE_KEY });
    await server.url();
    await expect
      .poll(() => server.errors())
      .toContain(
        "VONAGE_PRIVATE_KEY: was repaired: its line breaks had turned into spaces; set it as downloaded",
      );
  });

  it("that the server may not read is named", async () => {
    const folder = temporaryFolder();
    const path = join(folder, "private.key");
    writeFileSync(path, PRIVATE_KEY);
    giveAway(folder);
    chmodSync(path, 0o000);
    const command = [process.execPath, CLI, "start"];
    const { code, errors } = await spawnUnprivileged(folder, command, { ...env, VONAGE_PRIVATE_KEY: path })
      .exited;
    expect([code, errors]).toEqual([
      1,
      `VONAGE_PRIVATE_KEY: the file ${path} cannot be read by the user that runs the server (EACCES); change its permissions\n`,
    ]);
  });
});
