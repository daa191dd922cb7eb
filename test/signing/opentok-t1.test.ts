import { createHmac } from "node:crypto";
import querystring from "node:querystring";
import fc from "fast-check";
import encodeToken from "opentok-token";
import { describe, expect, it } from "vitest";
import type { Grant } from "../../src/domain/grant.ts";
import { Role } from "../../src/domain/role.ts";
import { openTokKeyRing } from "../../src/signing/key-ring.ts";
import { signOpenTokT1 } from "../../src/signing/opentok-t1.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { inputs } from "../support/long.ts";
import { connectionData } from "../support/unicode.ts";

const keyRing = openTokKeyRing(API_KEY, API_SECRET);
const grants = fc.record<Grant>({
  sessionId: fc.constant("1_MX4xMjM0NTY3OH5-MTc5NTQ5MDIxNjQ3MX5UTkkzRkZaSGc2RlBjR2szQ0U3WTNiQyt-UH5-"),
  role: fc.constantFrom(...Object.values(Role)),
  data: fc.option(connectionData),
  initialLayoutClassList: fc.array(fc.stringMatching(/^\S{1,10}$/), { maxLength: 4 }),
  createTime: fc.constant(1_795_500_000),
  expireTime: fc.integer({ min: 1_795_500_001, max: 1_798_092_000 }),
});

/** The fields in the order in which we write them, as `opentok-token` takes them. */
const fieldsOf = (grant: Grant) => ({
  session_id: grant.sessionId,
  create_time: grant.createTime,
  nonce: "a-nonce",
  role: grant.role,
  expire_time: grant.expireTime,
  ...(grant.data !== null && { connection_data: grant.data }),
  ...(grant.initialLayoutClassList.length > 0 && {
    initial_layout_class_list: grant.initialLayoutClassList.join(" "),
  }),
});

describe("a T1 token", () => {
  it("is to the byte what opentok-token writes, and verifies and decodes, for 10,000 grants", () => {
    const roles = new Set<Role>();
    fc.assert(
      fc.property(grants, (grant) => {
        const token = signOpenTokT1(grant, "a-nonce", keyRing);
        expect(token).toBe(encodeToken(fieldsOf(grant), API_KEY, API_SECRET));

        const decoded = Buffer.from(token.slice("T1==".length), "base64").toString();
        const colon = decoded.indexOf(":");
        const signed = decoded.slice(colon + 1);
        const signature = createHmac("sha1", API_SECRET).update(signed).digest("hex");
        expect(decoded.slice(0, colon)).toBe(`partner_id=${API_KEY}&sig=${signature}`);
        expect({ ...querystring.parse(signed) }).toEqual({
          ...fieldsOf(grant),
          create_time: String(grant.createTime),
          expire_time: String(grant.expireTime),
        });
        roles.add(grant.role);
      }),
      { numRuns: inputs(10_000) },
    );
    expect(roles).toEqual(new Set(Object.values(Role)));
  });
});
