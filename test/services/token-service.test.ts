import { expect, it } from "vitest";
import { localCaller } from "../../src/access/caller.ts";
import { Quota } from "../../src/access/quota.ts";
import { NO_AUDIT } from "../../src/audit/audit.ts";
import { composeSessionId } from "../../src/domain/session-id.ts";
import { TokenService } from "../../src/services/token-service.ts";
import { UNSHARED } from "../../src/shares/shares.ts";
import type { SigningService } from "../../src/signing/signing-service.ts";
import type { IssuanceLedger, SessionRegistry } from "../../src/store/store.ts";

it("takes no bug for a refusal of one of many tokens", async () => {
  const owner = "12345678";
  const checkFormat = () => {
    throw new Error("a bug");
  };
  const tokens = new TokenService({
    signing: { applicationId: owner, checkFormat } as unknown as SigningService,
    sessions: {} as SessionRegistry,
    ledger: {} as IssuanceLedger,
    audit: NO_AUDIT,
    quota: new Quota("tokens", null),
    shares: UNSHARED,
    now: () => new Date(),
  });
  const sessionId = composeSessionId({ owner, location: null, createdAt: new Date(), random: "abc" });
  await expect(tokens.generateMany(localCaller(), sessionId, [{}])).rejects.toThrow("a bug");
});
