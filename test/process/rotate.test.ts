import { createPublicKey } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import jwt from "jsonwebtoken";
import { describe, expect, it, onTestFinished } from "vitest";
import { API_KEY, API_SECRET, APPLICATION_ID, newPrivateKey, PRIVATE_KEY } from "../support/credentials.ts";
import { honest, newSessionId, startFaultServer } from "../support/fault-server.ts";
import { spawnServer } from "../support/process.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const NEW_SECRET = "decade00decade00decade00decade00decade00";
const OTHER = "another-one-that-has-32-bytes-too";
const THIRD = "a-third-one-that-has-32-bytes-as-well";

async function graphql(url: string, query: string) {
  const response = await fetch(url, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ query }),
  });
  return response.json();
}

const generate = async (url: string, sessionId: string): Promise<string> =>
  (await graphql(url, `mutation { generateToken(sessionId: "${sessionId}") { token } }`)).data.generateToken
    .token;

const statusOf = async (url: string, token: string): Promise<string> =>
  (await graphql(url, `{ inspectToken(token: "${token}") { status } }`)).data.inspectToken.status;

/** A server whose OpenTok project is in a `.env` file, which a test can write anew. */
function startOpenTok(env: Record<string, string> = {}, more = "") {
  const folder = temporaryFolder();
  const write = (secret: string, more = "", key = API_KEY) =>
    writeFileSync(join(folder, ".env"), `OPENTOK_API_KEY=${key}\nOPENTOK_API_SECRET=${secret}\n${more}`);
  write(API_SECRET, more);
  return { write, server: spawnServer(folder, { DATABASE_URL: ":memory:", ...env }) };
}

const verifies = (token: string, key: jwt.Secret) => {
  try {
    return jwt.verify(token, key) !== undefined;
  } catch {
    return false;
  }
};

/** Asks for tokens on four connections until told to stop, and gives them all. */
function load(url: string, sessionId: string) {
  let stopped = false;
  const tokens: string[] = [];
  const running = Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!stopped) tokens.push(await generate(url, sessionId));
    }),
  );
  return async () => {
    stopped = true;
    await running;
    return tokens;
  };
}

describe("SIGHUP", () => {
  it("swaps an OpenTok secret, while requests go on and none fails", async () => {
    const { server, write } = startOpenTok();
    const url = await server.url();
    const sessionId = newSessionId(API_KEY);
    const old = await generate(url, sessionId);
    const stop = load(url, sessionId);
    write(NEW_SECRET, `OPENTOK_API_SECRET_PREVIOUS=${API_SECRET}\n`);
    server.kill("SIGHUP");
    await expect.poll(async () => verifies(await generate(url, sessionId), NEW_SECRET)).toBe(true);
    const tokens = await stop();
    // Each is by one secret or the other, and once the new one signs, the old one never does again.
    const byNew = tokens.map((token) => verifies(token, NEW_SECRET));
    expect(tokens.filter((token, i) => !byNew[i] && !verifies(token, API_SECRET))).toEqual([]);
    expect(byNew.slice(byNew.indexOf(true) + 4)).not.toContain(false);
    for (const token of [old, ...tokens.slice(0, 3), ...tokens.slice(-3)]) {
      expect(await statusOf(url, token)).toBe("ACTIVE");
    }

    write(NEW_SECRET);
    server.kill("SIGHUP");
    await expect.poll(() => statusOf(url, old)).toBe("INVALID");
    const said = server.errors() + server.output();
    for (const secret of [API_SECRET, NEW_SECRET, old]) expect(said).not.toContain(secret);
    expect(said).toContain('"changed":true');
  });

  it("says which variables of .env wait for a restart", async () => {
    const { server, write } = startOpenTok({ LOG_LEVEL: "info" }, "TOKENS_PER_MINUTE=7\nLEDGER=on\n");
    await server.url();
    write(NEW_SECRET, "TOKENS_PER_MINUTE=8\nLOG_LEVEL=debug\nCORS_ORIGINS=https://a.example.com\n");
    server.kill("SIGHUP");
    await expect
      .poll(() => server.errors())
      .toContain("these variables changed in .env; restart the server to use them");
    expect(server.errors()).toContain('"names":["TOKENS_PER_MINUTE","LEDGER","CORS_ORIGINS"]');
  });

  it("reads an OpenTok secret again from its file", async () => {
    const folder = temporaryFolder();
    const file = join(folder, "secret");
    writeFileSync(file, `${API_SECRET}\n`);
    const server = spawnServer(folder, {
      DATABASE_URL: ":memory:",
      OPENTOK_API_KEY: API_KEY,
      OPENTOK_API_SECRET_FILE: file,
    });
    const url = await server.url();
    const sessionId = newSessionId(API_KEY);
    expect(verifies(await generate(url, sessionId), API_SECRET)).toBe(true);
    rmSync(file);
    server.kill("SIGHUP");
    await expect
      .poll(() => server.errors())
      .toContain("OPENTOK_API_SECRET_FILE: must be the path of a file with the secret: ENOENT");
    expect(verifies(await generate(url, sessionId), API_SECRET)).toBe(true);
    writeFileSync(file, `${NEW_SECRET}\n`);
    server.kill("SIGHUP");
    await expect.poll(async () => verifies(await generate(url, sessionId), NEW_SECRET)).toBe(true);
    for (const secret of [API_SECRET, NEW_SECRET]) expect(server.errors()).not.toContain(secret);
  });

  it("reads a Vonage key again from its path", async () => {
    const folder = temporaryFolder();
    const [key, previous, next] = [
      join(folder, "private.key"),
      join(folder, "previous.key"),
      newPrivateKey(),
    ];
    writeFileSync(key, PRIVATE_KEY);
    writeFileSync(previous, PRIVATE_KEY);
    const server = spawnServer(folder, {
      DATABASE_URL: ":memory:",
      VONAGE_APPLICATION_ID: APPLICATION_ID,
      VONAGE_PRIVATE_KEY: "private.key",
      VONAGE_PRIVATE_KEY_PREVIOUS: previous,
    });
    const url = await server.url();
    const sessionId = newSessionId(APPLICATION_ID);
    const old = await generate(url, sessionId);
    const stop = load(url, sessionId);
    writeFileSync(key, next);
    server.kill("SIGHUP");
    await expect.poll(async () => verifies(await generate(url, sessionId), createPublicKey(next))).toBe(true);
    const tokens = await stop();
    for (const token of [old, ...tokens.slice(0, 3), ...tokens.slice(-3)]) {
      expect(await statusOf(url, token)).toBe("ACTIVE");
    }
    const said = server.errors() + server.output();
    for (const line of [...PRIVATE_KEY.split("\n").slice(1, -2), ...next.split("\n").slice(1, -2)]) {
      expect(said).not.toContain(line);
    }
  });

  it.each<[string, (write: ReturnType<typeof startOpenTok>["write"]) => void, RegExp]>([
    ["is a bad secret", (write) => write("too-short"), /OPENTOK_API_SECRET: must be/],
    ["is cut off", (write) => write(NEW_SECRET.slice(0, 35)), /OPENTOK_API_SECRET: is cut off/],
    ["is a placeholder", (write) => write("x".repeat(40)), /OPENTOK_API_SECRET: is a placeholder/],
    ["is of another project", (write) => write(NEW_SECRET, "", "87654321"), /OPENTOK_API_KEY: cannot change/],
    ["is of another platform", (write) => write(NEW_SECRET, "PLATFORM=local\n"), /PLATFORM: cannot become/],
  ])("keeps the old secret, and says so in the log, when the new one %s", async (_, change, problem) => {
    const { server, write } = startOpenTok();
    const url = await server.url();
    change(write);
    server.kill("SIGHUP");
    await expect.poll(() => server.errors()).toMatch(problem);
    expect(server.errors()).toContain("the old ones stay");
    const token = await generate(url, newSessionId(API_KEY));
    expect(verifies(token, API_SECRET)).toBe(true);
    expect(await statusOf(url, token)).toBe("ACTIVE");
    expect(server.errors() + server.output()).not.toContain(NEW_SECRET);
  });

  it("keeps the old secret when callers' JWTs are, or were, signed with the new one", async () => {
    const { server, write } = startOpenTok({}, `AUTH_JWT_SECRET=${OTHER}\n`);
    await server.url();
    for (const [i, variables] of [
      `AUTH_JWT_SECRET=${NEW_SECRET}\n`,
      `AUTH_JWT_SECRET=${OTHER}\nAUTH_JWT_SECRET_PREVIOUS=${NEW_SECRET}\n`,
    ].entries()) {
      write(NEW_SECRET, variables);
      server.kill("SIGHUP");
      await expect.poll(() => server.errors().split("the old ones stay").length - 1).toBe(i + 1);
    }
    expect(server.errors()).toContain("AUTH_JWT_SECRET: must differ from the OpenTok project's secret");
    expect(server.errors()).toContain(
      "AUTH_JWT_SECRET_PREVIOUS: must differ from the OpenTok project's secret",
    );
  });

  it("keeps the old Vonage key when the new one is bad, also in a file that is half written", async () => {
    const folder = temporaryFolder();
    const key = join(folder, "private.key");
    writeFileSync(key, PRIVATE_KEY);
    const env = { VONAGE_APPLICATION_ID: APPLICATION_ID, VONAGE_PRIVATE_KEY: key };
    const server = spawnServer(folder, { DATABASE_URL: ":memory:", ...env });
    const url = await server.url();
    const next = newPrivateKey();
    for (const [i, text] of ["", next.slice(0, 800), "hello"].entries()) {
      writeFileSync(key, text);
      server.kill("SIGHUP");
      await expect.poll(() => server.errors().split("the old ones stay").length - 1).toBe(i + 1);
      expect(verifies(await generate(url, newSessionId(APPLICATION_ID)), createPublicKey(PRIVATE_KEY))).toBe(
        true,
      );
    }
    expect(server.errors()).toMatch(
      /VONAGE_PRIVATE_KEY: the file .* is empty.*VONAGE_PRIVATE_KEY: the file .*lacks its last line.*VONAGE_PRIVATE_KEY: the file .* is not a PEM key in PKCS#1 or PKCS#8/s,
    );
  });

  it("has the platform asked for sessions with the new secret", async () => {
    const fault = await startFaultServer(honest("opentok", API_KEY, API_SECRET));
    onTestFinished(() => fault.close());
    const { server, write } = startOpenTok({ OPENTOK_API_URL: fault.url });
    const url = await server.url();
    const create = () => graphql(url, "mutation { createSession { id } }");
    expect((await create()).data.createSession.id).toMatch(/^1_/);
    fault.behave(honest("opentok", API_KEY, NEW_SECRET));
    expect((await create()).errors).toMatchObject([{ extensions: { reason: "Invalid signature" } }]);
    write(NEW_SECRET);
    server.kill("SIGHUP");
    await expect.poll(async () => (await create()).data?.createSession.id).toMatch(/^1_/);
  });

  it("does a server no harm that has a project of its own making", async () => {
    const server = spawnServer(temporaryFolder());
    const url = await server.url();
    server.kill("SIGHUP");
    await expect.poll(() => server.errors()).toContain('"changed":false');
    const { data } = await graphql(url, "mutation { createSession { generateToken { token } } }");
    expect(await statusOf(url, data.createSession.generateToken.token)).toBe("ACTIVE");
  });
});

describe("SIGHUP, for the JWTs of callers,", () => {
  const signedBy = (secret: string, claims: object = {}) =>
    jwt.sign({ sub: "ann", ...claims }, secret, { algorithm: "HS256", expiresIn: "1h" });
  const statusWith = async (url: string, token: string) => {
    const response = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/json", authorization: `Bearer ${token}` },
      body: JSON.stringify({ query: "{ videoCaller { subject } }" }),
    });
    await response.text();
    return response.status;
  };

  it("rotates the secret while requests go on and none fails, and believes nothing of the old one after it", async () => {
    const { server, write } = startOpenTok({}, `AUTH_JWT_SECRET=${OTHER}\n`);
    const url = await server.url();
    const [old, next] = [signedBy(OTHER), signedBy(THIRD)];
    expect([await statusWith(url, old), await statusWith(url, next)]).toEqual([200, 401]);
    let stopped = false;
    const statuses: number[] = [];
    const load = Promise.all(
      Array.from({ length: 4 }, async (_, i) => {
        for (let j = 0; !stopped; j++)
          statuses.push(await statusWith(url, j % 2 ? old : signedBy(OTHER, { i, j })));
      }),
    );
    write(API_SECRET, `AUTH_JWT_SECRET=${THIRD}\nAUTH_JWT_SECRET_PREVIOUS=${OTHER}\n`);
    server.kill("SIGHUP");
    await expect.poll(() => statusWith(url, next)).toBe(200);
    stopped = true;
    await load;
    expect(new Set(statuses)).toEqual(new Set([200]));

    write(API_SECRET, `AUTH_JWT_SECRET=${THIRD}\n`);
    server.kill("SIGHUP");
    await expect.poll(() => server.errors().split('"authentication":true').length - 1).toBe(2);
    // At once, although it was found genuine a moment ago.
    expect([await statusWith(url, old), await statusWith(url, next)]).toEqual([401, 200]);
    for (const secret of [OTHER, THIRD, old, next])
      expect(server.errors() + server.output()).not.toContain(secret);
  });

  it("reads the other settings, too", async () => {
    const { server, write } = startOpenTok({}, `AUTH_JWT_SECRET=${OTHER}\nAUTH_JWT_ISSUER=a\n`);
    const url = await server.url();
    const token = signedBy(OTHER, { iss: "b" });
    expect(await statusWith(url, token)).toBe(401);
    write(API_SECRET, `AUTH_JWT_SECRET=${OTHER}\nAUTH_JWT_ISSUER=a,b\n`);
    server.kill("SIGHUP");
    await expect.poll(() => statusWith(url, token)).toBe(200);
    await expect.poll(() => server.errors()).toContain('"changed":false,"authentication":true');
  });

  it.each<[string, string, RegExp]>([
    ["a secret is bad", "AUTH_JWT_SECRET=short\n", /AUTH_JWT_SECRET: must have at least 32 bytes/],
    [
      "the previous one is bad",
      `AUTH_JWT_SECRET=${THIRD}\nAUTH_JWT_SECRET_PREVIOUS=x\n`,
      /AUTH_JWT_SECRET_PREVIOUS: must have/,
    ],
    [
      "no JWT would be accepted any more",
      "",
      /AUTH_JWT_SECRET and AUTH_JWKS_URI: JWTs cannot be switched off while the server runs; restart it/,
    ],
  ])("changes nothing when %s, and says so", async (_, variables, problem) => {
    const { server, write } = startOpenTok({}, `AUTH_JWT_SECRET=${OTHER}\n`);
    const url = await server.url();
    write(NEW_SECRET, variables);
    server.kill("SIGHUP");
    await expect.poll(() => server.errors()).toMatch(problem);
    expect(server.errors()).toContain("the old ones stay");
    expect(await statusWith(url, signedBy(OTHER))).toBe(200);
    expect(await statusWith(url, signedBy(THIRD))).toBe(401);
  });

  it("does not call another machine past a proxy that no call needed before", async () => {
    const uri = "http://127.0.0.1:1/jwks.json";
    const folder = temporaryFolder();
    const write = (jwks: string) => writeFileSync(join(folder, ".env"), `AUTH_JWKS_URI=${jwks}\n`);
    write(uri);
    const server = spawnServer(folder, { DATABASE_URL: ":memory:", HTTPS_PROXY: "http://127.0.0.1:2" });
    await server.url();
    write("https://idp.example.com/jwks.json");
    server.kill("SIGHUP");
    await expect
      .poll(() => server.errors())
      .toContain("HTTPS_PROXY: is not used yet; restart the server to use the proxy");
  });

  it("does not switch authentication on", async () => {
    const { server, write } = startOpenTok();
    const url = await server.url();
    write(API_SECRET, `AUTH_JWT_SECRET=${OTHER}\n`);
    server.kill("SIGHUP");
    await expect
      .poll(() => server.errors())
      .toContain("JWTs cannot be switched on while the server runs; restart it");
    expect(await graphql(url, "{ videoCaller { subject } }")).toEqual({
      data: { videoCaller: { subject: "local" } },
    });
  });
});
