import { expect } from "vitest";
import { TokenStatus } from "../../src/domain/token-inspection.ts";
import { type KeyRing, openTokKeyRing, vonageKeyRing } from "../../src/signing/key-ring.ts";
import { rsaKey } from "../../src/signing/rsa-key.ts";
import { SigningService } from "../../src/signing/signing-service.ts";
import { API_KEY, API_SECRET, APPLICATION_ID, PRIVATE_KEY } from "./credentials.ts";

/** The time of the inspection tests. */
export const nowSeconds = 1_795_500_000;
export const now = new Date(nowSeconds * 1000);
export const at = (seconds: number) => new Date(seconds * 1000);

export const openTokRing = openTokKeyRing(API_KEY, API_SECRET);
export const vonageRing = vonageKeyRing(APPLICATION_ID, rsaKey(PRIVATE_KEY, "private").key);

export const inspect = (keyRing: KeyRing, token: string) => new SigningService(keyRing).inspect(token, now);

/** The result for an invalid token, without its status and reason. */
export const NOTHING = {
  format: null,
  sessionId: null,
  role: null,
  data: null,
  initialLayoutClassList: null,
  createdAt: null,
  expiresAt: null,
};

/**
 * The whole inspection of an invalid token, with this reason. Neither tokens nor secrets have
 * spaces: a reason with no long word repeats neither.
 */
export const invalidFor = (words: RegExp) => ({
  ...NOTHING,
  id: null,
  status: TokenStatus.INVALID,
  reason: expect.stringMatching(new RegExp(`^(?!.*\\S{20}).*(?:${words.source})`)),
});
