import { describe, expect, it } from "vitest";
import { CLAIM_NAMES, claimNamed, readClaims } from "../../src/access/claims.ts";

describe("claimNamed", () => {
  const claims = {
    "https://example.com/video_grant": 1,
    app_metadata: { video_grant: 2, "a.b": { c: 3 } },
    "app_metadata.whole": 4,
    resource_access: { "my.client": { roles: 5 } },
    list: [{ a: 6 }],
    null: null,
  };

  it.each<[string, unknown]>([
    ["https://example.com/video_grant", 1],
    ["app_metadata.video_grant", 2],
    ["app_metadata.a.b.c", 3],
    ["app_metadata.whole", 4],
    ["resource_access.my.client.roles", 5],
    ["null", null],
    ["list.0.a", undefined],
    ["app_metadata.missing", undefined],
    ["missing.video_grant", undefined],
    ["null.a", undefined],
    ["__proto__", undefined],
    ["constructor.name", undefined],
    [".", undefined],
    ["app_metadata.", undefined],
  ])("%s is %j", (name, value) => expect(claimNamed(claims, name)).toBe(value));

  it.each([null, undefined, "text", 1, []])("finds nothing in %j", (claims) => {
    expect(claimNamed(claims, "a")).toBeUndefined();
  });
});

describe("readClaims", () => {
  it("takes the scopes and the grant from where they are configured", () => {
    const names = { scopes: ["a.roles", "scp"], scopePrefix: "x/", grant: "app_metadata.video_grant" };
    const { scopes, permissions, problems } = readClaims(
      {
        a: { roles: ["x/tokens:create"] },
        scp: "x/ledger:read",
        scope: "x/sessions:create",
        app_metadata: { video_grant: { maxLifetime: 60 } },
        video_grant: { maxLifetime: 3600 },
      },
      names,
    );
    expect([...scopes]).toEqual(["tokens:create", "ledger:read"]);
    expect(permissions.maxLifetime).toBe(60);
    expect(problems).toEqual([]);
  });

  it.each([
    ["videoGrant", { videoGrant: {} }],
    ["app_metadata.video_grant", { app_metadata: { video_grant: {} } }],
  ])("says where a grant is that is not found: %s", (name, claims) => {
    expect(readClaims(claims).problems).toEqual([
      {
        member: "grant",
        says: `the claim video_grant is missing, but there is one named "${name}"; set AUTH_GRANT_CLAIM to that name`,
      },
    ]);
  });

  it("never points to what users write themselves", () => {
    for (const metadata of ["user_metadata", "unsafe_metadata"]) {
      expect(readClaims({ [metadata]: { video_grant: {} } }, CLAIM_NAMES).problems).toEqual([]);
    }
  });
});
