import jsonwebtoken from "jsonwebtoken";
import { describe, expect, it, vi } from "vitest";
import { LEEWAY } from "../../src/access/jwt-checks.ts";
import { Role } from "../../src/domain/role.ts";
import { Unauthenticated } from "../../src/errors.ts";
import { CLAIMS, freshKeys, refused, server } from "../support/api-keys.ts";
import { signedJwt } from "../support/callers.ts";

freshKeys();

describe("a JWT", () => {
  it("is not verified again with each request, and ends when it ends all the same", async () => {
    const exp = Math.floor(Date.now() / 1000) + 10;
    const authorization = `Bearer ${signedJwt({ sub: "alice", exp, ...CLAIMS })}`;
    const authenticate = server();
    const verify = vi.spyOn(jsonwebtoken, "verify");
    vi.setSystemTime((exp + LEEWAY - 1) * 1000);
    for (let i = 0; i < 3; i++) await authenticate({ authorization });
    expect(verify).toHaveBeenCalledTimes(1);
    vi.setSystemTime((exp + LEEWAY) * 1000 - 1);
    await authenticate({ authorization });
    vi.setSystemTime((exp + LEEWAY) * 1000);
    await expect(authenticate({ authorization })).rejects.toThrow(refused(/expired/));
  });

  it("is verified again after two seconds", async () => {
    const authorization = `Bearer ${signedJwt({ sub: "alice", ...CLAIMS })}`;
    const authenticate = server();
    const verify = vi.spyOn(jsonwebtoken, "verify");
    await authenticate({ authorization });
    vi.setSystemTime(Date.now() + 2100);
    await authenticate({ authorization });
    expect(verify).toHaveBeenCalledTimes(2);
  });

  it("has a new caller at each request, whose sessions of one request are not those of the next", async () => {
    const authorization = `Bearer ${signedJwt({ sub: "alice", ...CLAIMS })}`;
    const authenticate = server();
    const first = await authenticate({ authorization });
    first.admitted.add("a session");
    for (let i = 0; i < 2; i++) {
      const next = await authenticate({ authorization });
      expect(next).toEqual({ ...first, admitted: new Set() });
      next.admitted.add("another session");
    }
  });

  it("that differs in its signature alone is not known", async () => {
    const token = signedJwt({ sub: "alice", ...CLAIMS });
    const authenticate = server();
    await authenticate({ authorization: `Bearer ${token}` });
    const forged = `${token.slice(0, -5)}${token.at(-5) === "A" ? "B" : "A"}${token.slice(-4)}`;
    await expect(authenticate({ authorization: `Bearer ${forged}` })).rejects.toThrow(refused(/signature/));
  });

  it("is accepted as a bearer token", async () => {
    const authorization = `Bearer ${signedJwt({ sub: "alice", iss: "idp", ...CLAIMS })}`;
    expect(await server()({ authorization })).toMatchObject({
      id: 'jwt:["idp","alice"]',
      subject: "alice",
      scopes: new Set(["tokens:create"]),
      permissions: { roles: new Set([Role.PUBLISHER]) },
    });
  });

  it("without a subject has an empty one", async () => {
    expect(await server()({ authorization: `Bearer ${signedJwt({})}` })).toMatchObject({
      id: 'jwt:[null,""]',
      subject: "",
      scopes: new Set(),
    });
  });

  it("cannot pass for the caller of another issuer or of an API key", async () => {
    const idOf = async (claims: object) => {
      return (await server()({ authorization: `Bearer ${signedJwt(claims)}` })).id;
    };
    const ids = [
      await idOf({ iss: "a", sub: 'b","c' }),
      await idOf({ iss: 'a","b', sub: "c" }),
      await idOf({ sub: "key:1" }),
    ];
    expect(new Set(ids).size).toBe(3);
    expect(ids.every((id) => id.startsWith("jwt:"))).toBe(true);
  });

  it("is refused where only API keys are accepted", async () => {
    await expect(server(null)({ authorization: `Bearer ${signedJwt({})}` })).rejects.toThrow(
      refused(/^This server accepts only API keys; JWTs are not configured$/),
    );
  });

  it("is refused when it needs keys of a provider that is not configured", async () => {
    const token = `${Buffer.from('{"alg":"RS256"}').toString("base64url")}.e30.x`;
    await expect(server()({ authorization: `Bearer ${token}` })).rejects.toThrow(Unauthenticated);
  });

  it("is refused in x-api-key", async () => {
    await expect(server()({ "x-api-key": signedJwt({}) })).rejects.toThrow(
      refused(/begins with stagepass_$/),
    );
  });
});
