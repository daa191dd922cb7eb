import { describe, expect, it } from "vitest";
import { localCaller } from "../../src/access/caller.ts";
import { readGrant } from "../../src/access/permissions.ts";
import { IssuedTokens } from "../../src/services/issued-tokens.ts";
import { UNSHARED } from "../../src/shares/shares.ts";
import { API_KEY } from "../support/credentials.ts";
import { recordOf, sessionOf } from "../support/filled.ts";
import { ENGINES, newStore } from "../support/stores.ts";

describe.each(ENGINES)("a record by its ID on %s", (engine) => {
  it("is for whoever may use its session, and none for anybody else", async () => {
    const { sessions, ledger } = await newStore(engine);
    const all = [
      sessionOf(0, { name: "room-1" }),
      sessionOf(1),
      sessionOf(2, { owner: "87654321", name: "room-2" }),
    ];
    for (const session of all) await sessions.add(session);
    const records = all.map((session, i) => recordOf(i, session));
    await ledger.record(records);
    const service = new IssuedTokens({ applicationId: API_KEY, sessions, ledger, shares: UNSHARED });
    const ids = [...records.map(({ id }) => id), "nobody's", "a\0b", "\ud800"];
    const found = async (grant: object) => {
      const caller = { ...localCaller(), permissions: readGrant(grant).permissions };
      return (await service.findMany(caller, ids)).map(
        (record) => record && records.indexOf(records.find(({ id }) => id === record.id) as never),
      );
    };
    const none = [null, null, null];
    expect(await found({ sessions: ["*"] })).toEqual([0, 1, null, ...none]);
    expect(await found({ names: ["room-*"] })).toEqual([0, null, null, ...none]);
    expect(await found({ names: ["room-1"] })).toEqual([0, null, null, ...none]);
    expect(await found({ sessions: [all[1]?.sessionId] })).toEqual([null, 1, null, ...none]);
    expect(await found({})).toEqual([null, null, null, ...none]);
  });
});
