import { Auth } from "@vonage/auth";
import { Video } from "@vonage/video";
import fc from "fast-check";
import OpenTok from "opentok";
import { afterAll, beforeAll, describe, expect, it, vi } from "vitest";
import { TokenFormat } from "../../src/domain/connection-token.ts";
import { DEFAULT_LIFETIME, MAX_LIFETIME } from "../../src/domain/grant.ts";
import { Role } from "../../src/domain/role.ts";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { TokenStatus } from "../../src/domain/token-inspection.ts";
import { openTokKeyRing, vonageKeyRing } from "../../src/signing/key-ring.ts";
import { rsaKey } from "../../src/signing/rsa-key.ts";
import { SigningService } from "../../src/signing/signing-service.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "../support/credentials.ts";
import { inputs } from "../support/long.ts";
import { connectionData } from "../support/unicode.ts";

/** Late in its second: the packages round up what they call the time, and so are ahead of it. */
const now = new Date(1_795_500_000_999);
const floor = 1_795_500_000;
const rounded = floor + 1;
beforeAll(() => {
  vi.useFakeTimers({ toFake: ["Date"], now });
});
afterAll(() => {
  vi.useRealTimers();
});

interface Options {
  role?: Role;
  data?: string;
  expireTime?: number;
  initialLayoutClassList?: string[];
}

// Its types do not know of T1.
const openTok = new OpenTok(API_KEY, API_SECRET) as unknown as {
  generateToken(sessionId: string, options: Options, t1?: boolean): string;
};
const video = new Video(new Auth({ applicationId: APPLICATION_ID, privateKey: PRIVATE_KEY }));
const openTokService = new SigningService(openTokKeyRing(API_KEY, API_SECRET));
const vonageService = new SigningService(vonageKeyRing(APPLICATION_ID, rsaKey(PRIVATE_KEY, "private").key));

/** What the packages accept and we do, each option also left out. */
const options = fc.record<Options, never>(
  {
    role: fc.constantFrom(...Object.values(Role)),
    data: fc.oneof(
      { weight: 49, arbitrary: connectionData },
      { weight: 1, arbitrary: fc.constantFrom("x".repeat(1000), "🙂".repeat(500)) },
    ),
    expireTime: fc.integer({ min: rounded, max: floor + MAX_LIFETIME }),
    initialLayoutClassList: fc.array(fc.stringMatching(/^\S{1,10}$/), { maxLength: 4 }),
  },
  { requiredKeys: [] },
);
const sessionIdOf = (owner: string) =>
  fc
    .record({ location: fc.option(fc.ipV4()), random: fc.base64String({ minLength: 1, maxLength: 24 }) })
    .map((fields) => composeSessionId({ owner, createdAt: now, ...fields }));

describe("SigningService.inspect", () => {
  it.each([
    {
      maker: "opentok, as JWT",
      owner: API_KEY,
      generate: (sessionId: string, given: Options) => openTok.generateToken(sessionId, given),
      service: openTokService,
      format: TokenFormat.JWT,
      createTime: floor,
    },
    {
      maker: "opentok, as T1",
      owner: API_KEY,
      generate: (sessionId: string, given: Options) => openTok.generateToken(sessionId, given, true),
      service: openTokService,
      format: TokenFormat.T1,
      createTime: rounded,
    },
    {
      maker: "@vonage/video",
      owner: APPLICATION_ID,
      generate: (sessionId: string, given: Options) => video.generateClientToken(sessionId, given),
      service: vonageService,
      format: TokenFormat.JWT,
      createTime: floor,
    },
  ])(
    "finds what was asked for in tokens of $maker",
    ({ owner, generate, service, format, createTime }) => {
      const roles = new Set<unknown>();
      fc.assert(
        fc.property(sessionIdOf(owner), options, (sessionId, given) => {
          const inspection = service.inspect(generate(sessionId, given), now);
          expect(inspection).toEqual({
            id: inspection.id,
            status: TokenStatus.ACTIVE,
            reason: null,
            format,
            sessionId,
            role: given.role ?? Role.PUBLISHER,
            // To the packages, empty data is none.
            data: given.data || null,
            initialLayoutClassList: given.initialLayoutClassList ?? [],
            createdAt: new Date(createTime * 1000),
            expiresAt: new Date((given.expireTime ?? rounded + DEFAULT_LIFETIME) * 1000),
          });
          roles.add(inspection.role);
        }),
        { numRuns: inputs(10_000) },
      );
      expect(roles).toEqual(new Set(Object.values(Role)));
    },
    // An RSA signature with a key that is read anew each time takes more than a millisecond.
    120_000,
  );
});
