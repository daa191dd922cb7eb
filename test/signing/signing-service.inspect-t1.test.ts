import { createHmac } from "node:crypto";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import { Role } from "../../src/domain/role.ts";
import { TokenStatus } from "../../src/domain/token-inspection.ts";
import { API_KEY, API_SECRET } from "../support/credentials.ts";
import { newSessionId } from "../support/fault-server.ts";
import { at, inspect, invalidFor, now, nowSeconds, openTokRing, vonageRing } from "../support/inspection.ts";
import { inputs } from "../support/long.ts";
import { text } from "../support/unicode.ts";

const { ACTIVE, EXPIRED } = TokenStatus;

const fieldsOf = {
  session_id: newSessionId(API_KEY),
  create_time: String(nowSeconds - 60),
  nonce: "0.5",
  role: "moderator",
  expire_time: String(nowSeconds + 60),
  connection_data: "bob",
};
/** The fields of a T1 token, each value just as it is written. */
const joined = (fields: Record<string, string>) =>
  Object.entries(fields)
    .map((field) => field.join("="))
    .join("&");
const without = (name: string) =>
  joined(Object.fromEntries(Object.entries(fieldsOf).filter(([key]) => key !== name)));
const having = (name: string, value: string) => joined({ ...fieldsOf, [name]: value });
const hmac = (signed: string, secret = API_SECRET) => createHmac("sha1", secret).update(signed).digest("hex");
const encode = (content: string, encoding: "base64" | "base64url" = "base64") =>
  `T1==${Buffer.from(content).toString(encoding)}`;
/** A T1 token of exactly these fields, signed with our secret. */
const t1 = (fields: string, encoding?: "base64" | "base64url") =>
  encode(`partner_id=${API_KEY}&sig=${hmac(fields)}:${fields}`, encoding);

describe("a genuine T1 token", () => {
  const everything = {
    id: fieldsOf.nonce,
    status: ACTIVE,
    reason: null,
    format: TokenFormat.T1,
    sessionId: fieldsOf.session_id,
    role: Role.MODERATOR,
    data: "bob",
    initialLayoutClassList: [],
    createdAt: at(nowSeconds - 60),
    expiresAt: at(nowSeconds + 60),
  };

  it("is what it says, in any order of its fields", () => {
    const orders = fc.shuffledSubarray(Object.entries(fieldsOf), { minLength: 6 });
    fc.assert(
      fc.property(orders, (fields) => {
        expect(inspect(openTokRing, t1(joined(Object.fromEntries(fields))))).toEqual(everything);
      }),
    );
  });

  it.each<[string, string, object]>([
    ["fields that are not known", `${joined(fieldsOf)}&scope=session.connect&admin=true`, {}],
    ["+ for a space", having("connection_data", "a+b"), { data: "a b" }],
    ["%20 for a space", having("connection_data", "a%20b"), { data: "a b" }],
    ["%2B for +", having("connection_data", "a%2Bb"), { data: "a+b" }],
    ["fields within its data", having("connection_data", "%26role%3Dadmin"), { data: "&role=admin" }],
    ["a colon, = and ? in its data", having("connection_data", "a:b=c?"), { data: "a:b=c?" }],
    ["text beyond ASCII", having("connection_data", "é%F0%9F%99%82"), { data: "é🙂" }],
    ["empty data", having("connection_data", ""), { data: "" }],
    ["no data", without("connection_data"), { data: null }],
    [
      "layout classes",
      having("initial_layout_class_list", "focus+full"),
      { initialLayoutClassList: ["focus", "full"] },
    ],
    ["no expiry", without("expire_time"), { expiresAt: at(nowSeconds - 60 + 86_400) }],
    [
      "no expiry, of yesterday",
      `${joined({ session_id: fieldsOf.session_id })}&create_time=${nowSeconds - 86_400}`,
      {
        id: null,
        status: EXPIRED,
        role: Role.PUBLISHER,
        data: null,
        createdAt: at(nowSeconds - 86_400),
        expiresAt: now,
      },
    ],
    ["its role in upper case", having("role", "MODERATOR"), {}],
    [
      "an expiry a second away",
      having("expire_time", `${nowSeconds + 1}`),
      { expiresAt: at(nowSeconds + 1) },
    ],
    ["an expiry now", having("expire_time", `${nowSeconds}`), { status: EXPIRED, expiresAt: now }],
    ["no role", without("role"), { role: Role.PUBLISHER }],
    ["no creation time", without("create_time"), { createdAt: null }],
    [
      "neither creation time nor expiry",
      joined({ session_id: fieldsOf.session_id }),
      { id: null, role: Role.PUBLISHER, data: null, createdAt: null, expiresAt: null },
    ],
    ["a fractional time", having("create_time", "1795499999.25"), { createdAt: at(1_795_499_999.25) }],
    [
      "a creation time ahead within tolerance",
      having("create_time", `${nowSeconds + 30}`),
      { createdAt: at(nowSeconds + 30) },
    ],
  ])("is what it says, with %s", (_, fields, differences) => {
    expect(inspect(openTokRing, t1(fields))).toEqual({ ...everything, ...differences });
  });

  it.each(["", "x", "xx"])("may be in the url-safe alphabet, with and without padding (%j)", (more) => {
    // These make the characters in which the alphabets differ.
    const fields = having("connection_data", `~~~???${more}`);
    const [standard, urlSafe] = [t1(fields), t1(fields, "base64url")];
    expect(standard).toMatch(/\+.*\//);
    expect(urlSafe).toMatch(/-.*_/);
    const padding = /=*$/.exec(standard)?.[0];
    for (const token of [standard, urlSafe, urlSafe + padding]) {
      expect(inspect(openTokRing, token)).toEqual({ ...everything, data: `~~~???${more}` });
    }
    for (const mixed of [standard.replaceAll("+", "-"), standard.replaceAll("/", "_")]) {
      expect(inspect(openTokRing, mixed)).toEqual(invalidFor(/well-formed/));
    }
  });

  it.each<[RegExp, string]>([
    [/names no session/, ""],
    [/names no session/, without("session_id")],
    [/session ID is malformed/, having("session_id", "")],
    [/session ID is malformed/, having("session_id", `${fieldsOf.session_id}%0A`)],
    [/session belongs to another project/, having("session_id", newSessionId("87654321"))],
    [/session belongs to another project/, having("session_id", newSessionId(`9${API_KEY}`))],
    [/session belongs to another project/, having("session_id", newSessionId(`${API_KEY}9`))],
    ...["session_id", "role", "expire_time", "connection_data"].flatMap((name): [RegExp, string][] => [
      [/occurs twice/, `${joined(fieldsOf)}&${name}=${fieldsOf[name as keyof typeof fieldsOf]}`],
      [/occurs twice/, `${name}=&${joined(fieldsOf)}`],
    ]),
    [/occurs twice/, `${joined(fieldsOf)}&%72ole=moderator`],
    ...["admin", "", "moderator+", "constructor"].map((role): [RegExp, string] => [
      /role is unknown/,
      having("role", role),
    ]),
    ...["soon", "", "1e9", "0x10", "-1", "NaN", "Infinity", "1.", "+1"].flatMap(
      (time): [RegExp, string][] => [
        [/not a number of seconds/, having("create_time", time)],
        [/not a number of seconds/, having("expire_time", time)],
      ],
    ),
    [/not valid yet/, having("create_time", `${nowSeconds + 31}`)],
    [/not valid yet/, having("create_time", `${nowSeconds * 1000}`)],
  ])("is invalid, and says %s, with the fields %s", (reason, fields) => {
    expect(inspect(openTokRing, t1(fields))).toEqual(invalidFor(reason));
  });

  it("is invalid in the Vonage environment, which has none", () => {
    expect(inspect(vonageRing, t1(joined(fieldsOf)))).toEqual(invalidFor(/T1/));
  });
});

describe("a forged T1 token", () => {
  const fields = joined(fieldsOf);
  const sig = hmac(fields);
  const FOREIGN = /^it belongs to another project$/;
  const FORGED = /not signed with this project's credentials/;
  const MALFORMED = /well-formed/;

  it.each<[string, RegExp, string]>([
    ["names another project", FOREIGN, `partner_id=87654321&sig=${sig}:${fields}`],
    ["names a project whose key begins with ours", FOREIGN, `partner_id=${API_KEY}9&sig=${sig}:${fields}`],
    ["names a project whose key ends with ours", FOREIGN, `partner_id=9${API_KEY}&sig=${sig}:${fields}`],
    ["names no project", FOREIGN, `partner_id=&sig=${sig}:${fields}`],
    ["lacks its project", MALFORMED, `sig=${sig}:${fields}`],
    ["has another secret", FORGED, `partner_id=${API_KEY}&sig=${hmac(fields, "0ddba11")}:${fields}`],
    ["has an empty secret", FORGED, `partner_id=${API_KEY}&sig=${hmac(fields, "")}:${fields}`],
    ["has the signature of other fields", FORGED, `partner_id=${API_KEY}&sig=${sig}:${fields}&x=`],
    [
      "has its signature in upper case",
      MALFORMED,
      `partner_id=${API_KEY}&sig=${sig.toUpperCase()}:${fields}`,
    ],
    ["lacks its signature", MALFORMED, `partner_id=${API_KEY}:${fields}`],
    ["has an empty signature", MALFORMED, `partner_id=${API_KEY}&sig=:${fields}`],
    ["has half a signature", MALFORMED, `partner_id=${API_KEY}&sig=${sig.slice(20)}:${fields}`],
    ["has too long a signature", MALFORMED, `partner_id=${API_KEY}&sig=${sig}00:${fields}`],
    ["has two signatures", MALFORMED, `partner_id=${API_KEY}&sig=${sig}&sig=${sig}:${fields}`],
    ["lacks its colon", MALFORMED, `partner_id=${API_KEY}&sig=${sig}${fields.replaceAll(":", "")}`],
    ["has its parts the other way", MALFORMED, `sig=${sig}&partner_id=${API_KEY}:${fields}`],
    ["is empty", MALFORMED, ""],
  ])("is invalid when it %s", (_, reason, content) => {
    expect(inspect(openTokRing, encode(content))).toEqual(invalidFor(reason));
  });

  it("is an answer, not an error, whatever it says and whoever signed it", () => {
    fc.assert(
      fc.property(text(), (fields) => {
        expect(inspect(openTokRing, t1(fields))).toEqual(invalidFor(/./));
        expect(inspect(openTokRing, encode(fields))).toEqual(invalidFor(MALFORMED));
        expect(inspect(openTokRing, `T1==${fields}`)).toEqual(invalidFor(MALFORMED));
      }),
      { numRuns: inputs(2000) },
    );
  });
});
