import { readdirSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { newApiKey } from "../../src/access/api-key.ts";
import { lookAtCaller } from "../../src/doctor/caller.ts";
import { JWT_SECRET, signedJwt } from "../support/callers.ts";
import { foundBy } from "../support/doctor.ts";
import { openStore } from "../support/stores.ts";
import { temporaryFolder } from "../support/temporary-folder.ts";

const JWTS = { AUTH_JWT_SECRET: JWT_SECRET };
const GRANT = { roles: ["PUBLISHER"], names: ["room-*"], maxLifetime: 3600 };

/** What is found of a credential, which is never told. */
async function find(credential: string, env: Record<string, string> = JWTS) {
  const found = await foundBy(lookAtCaller(credential), env);
  const parts = credential.split(/[._]/).filter((part) => part.length > 20);
  for (const part of parts) expect(found.join()).not.toContain(part);
  return found;
}

it("tells what a JWT grants, claim by claim", async () => {
  const found = await find(signedJwt({ sub: "web", scope: "tokens:create", video_grant: GRANT }));
  expect(found.filter((line) => !line.startsWith("ok "))).toEqual([]);
  expect(found).toEqual(
    expect.arrayContaining([
      "ok header: alg HS256, no kid",
      "ok signature: is valid",
      "ok scopes: tokens:create, from scope",
      "ok maxLifetime: 3600 seconds",
    ]),
  );
});

it("tells why a JWT grants nothing", async () => {
  const found = await find(
    signedJwt({ sub: "web", scope: "tokens:create", video_grant: { ...GRANT, role: [] } }),
  );
  expect(found.filter((line) => line.startsWith("FAIL "))).toEqual([
    expect.stringMatching(/^FAIL grant: video_grant can have only roles, sessions, names, maxLifetime, /),
  ]);
  const [header = "", payload = ""] = signedJwt({}).split(".");
  const forged = [header, payload, "canary-of-a-signature-canary-of-a-signature"].join(".");
  expect(await find(forged)).toContainEqual(expect.stringMatching(/^FAIL signature: /));
});

it("tells that a server accepts no JWTs, or that it is another kind of token", async () => {
  expect(await find(signedJwt({}), {})).toEqual([
    "FAIL token: JWTs are not accepted: set AUTH_JWT_SECRET or AUTH_JWKS_URI",
  ]);
  expect(await find("T1==canarycanarycanarycanary")).toEqual([
    "FAIL token: this is a connection token for clients: use stagepass inspect",
  ]);
});

it("tells the state of an API key, and what it grants", async () => {
  const folder = temporaryFolder();
  const env = { DATABASE_URL: `file:${join(folder, "test.db")}` };
  const { apiKeys, close } = await openStore(env.DATABASE_URL);
  const add = async (name: string, changes: object = {}) => {
    const { key, id, digest } = newApiKey();
    const claims = { scope: "tokens:create sessions:read", video_grant: GRANT };
    await apiKeys.add({ id, name, digest, claims, createdAt: new Date(), revokedAt: null, ...changes });
    return { key, id };
  };
  const web = await add("web");
  const expiresAt = new Date(Date.now() - 1000);
  const [late, odd, lost] = [
    await add("late", { expiresAt }),
    await add("odd", { claims: { scope: 1 } }),
    await add("lost"),
  ];
  await apiKeys.revoke("lost", new Date("2026-11-28T12:00:00Z"));
  await close();
  const before = readdirSync(folder);

  expect(await find(web.key, env)).toEqual([
    `ok API key: ${web.id}, web, works and does not expire`,
    "ok scopes: sessions:read tokens:create, from scope",
    "ok roles: publisher",
    "ok sessions: none",
    "ok names: 1",
    "ok maxLifetime: 3600 seconds",
  ]);
  expect(await find(late.key, env)).toEqual([
    `FAIL API key: ${late.id}, late, expired at ${expiresAt.toISOString()}`,
  ]);
  expect(await find(lost.key, env)).toEqual([
    `FAIL API key: ${lost.id}, lost, was revoked at 2026-11-28T12:00:00.000Z`,
  ]);
  expect((await find(odd.key, env)).filter((line) => line.startsWith("FAIL"))).toEqual([
    expect.stringMatching(/^FAIL scopes: /),
    expect.stringMatching(/^FAIL scope: scope must be a string of scopes .*; it is a number$/),
    "FAIL grant: the claim video_grant is missing",
  ]);
  const other = newApiKey();
  expect(await find(other.key, env)).toEqual([
    `FAIL API key: the database of DATABASE_URL has no key ${other.id}: check whether the key belongs to another database`,
  ]);
  expect(await find(`${web.key.slice(0, -5)}AAAAA`, env)).toEqual([
    `FAIL API key: ${web.id} is the ID of web, but the rest of the key does not match`,
  ]);
  expect(await find(web.key.slice(0, -1), env)).toEqual([
    "FAIL API key: is malformed: it has 61 characters, and a key is stagepass_, eight hexadecimal digits, _ and 43 characters, 62 in all",
  ]);
  expect(readdirSync(folder)).toEqual(before);
});
