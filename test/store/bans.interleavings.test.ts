import { setTimeout } from "node:timers/promises";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { Ban } from "../../src/domain/ban.ts";
import { LeaveReason } from "../../src/domain/participant.ts";
import { RemovalReason } from "../../src/domain/removal.ts";
import type { Observed } from "../../src/store/store.ts";
import { inputs } from "../support/long.ts";
import { count, issued } from "../support/records.ts";
import { ENGINES, twoStores } from "../support/stores.ts";

const MINUTE = 60_000;
const SESSIONS = ["1_a", "1_b"] as const;

/** Something that one of several callers does, one after another. Numbers choose among what is there. */
interface Act {
  readonly kind:
    | "record"
    | "ban identity"
    | "ban data"
    | "lift"
    | "revoke"
    | "request"
    | "join"
    | "appear"
    | "leave"
    | "vanish"
    | "list"
    | "remove";
  /** Which of the two servers. */
  readonly server: number;
  readonly who: number;
  readonly which: number;
  /** How long it waits before, in milliseconds. */
  readonly pause: number;
  /** How late each copy of its event arrives, in milliseconds. */
  readonly arrivals: readonly number[];
}

const ACT: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom<Act["kind"][]>(
    ...count(6, () => "record" as const),
    ...count(3, () => "ban identity" as const),
    ...count(2, () => "ban data" as const),
    ...count(4, () => "lift" as const),
    ...count(4, () => "revoke" as const),
    ...count(6, () => "join" as const),
    ...count(3, () => "remove" as const),
    ...(["request", "appear", "leave", "vanish", "list"] as const),
  ),
  server: fc.nat(1),
  who: fc.nat(100),
  which: fc.nat(100),
  pause: fc.nat(12),
  arrivals: fc.array(fc.nat(60), { minLength: 1, maxLength: 3 }),
});

/** What each caller does. All callers act at once. */
const PROGRAM = fc.array(fc.array(ACT, { minLength: 6, maxLength: 15 }), { minLength: 3, maxLength: 6 });

/** When something was called and when it had resolved, by a count of both. */
interface Span {
  readonly begin: number;
  readonly end: number;
}

interface Token {
  readonly id: string;
  readonly sessionId: string;
  readonly identity: string | null;
  readonly fingerprint: string;
}
interface Recorded extends Token {
  readonly span: Span;
  readonly isRefused: boolean;
}
interface Added extends Pick<Ban, "id" | "identity" | "sessionId"> {
  readonly fingerprint: string | null;
  readonly added: Span;
  readonly lifts: Span[];
}
interface Connection {
  readonly id: string;
  readonly sessionId: string;
  /** The token that it joined with; null if no event ever tells. */
  readonly token: Token | null;
  /** Whether it seemed gone and may have come back, which ends a removal that somebody requested. */
  mayReturn: boolean;
  isRequested: boolean;
}

/** Whether a ban keeps somebody out, if it is in force. */
const fits = (ban: Added, { sessionId, identity, fingerprint }: Omit<Token, "id">) =>
  (ban.sessionId === null || ban.sessionId === sessionId) &&
  (ban.identity !== null ? ban.identity === identity : ban.fingerprint === fingerprint);

/** Whether a ban was in force for a while at least, or all the time. */
const overlaps = ({ added, lifts }: Added, { begin, end }: Span) =>
  added.begin < end && lifts.every((lift) => lift.end > begin);
const covers = ({ added, lifts }: Added, { begin, end }: Span) =>
  added.end < begin && lifts.every((lift) => lift.begin > end);

/** What is done through two servers, and a model of what must become of it. */
function world(stores: Awaited<ReturnType<typeof twoStores>>) {
  const { kysely } = stores[0].database;
  const recorded: Recorded[] = [];
  const bans: Added[] = [];
  const revoked = new Map<string, Span>();
  const connections: Connection[] = [];
  const taken: { readonly id: string; readonly reason: RemovalReason; readonly span: Span }[] = [];
  const arriving: Promise<void>[] = [];
  const failures: unknown[] = [];
  let clock = 0;
  let made = 0;

  const during = async <T>(act: () => Promise<T>): Promise<readonly [Span, T]> => {
    const begin = clock++;
    const result = await act();
    return [{ begin, end: clock++ }, result];
  };
  const storeOf = ({ server }: Pick<Act, "server">) => stores[server] ?? stores[0];
  const stored = () => recorded.filter(({ isRefused }) => !isRefused);
  const oneOf = <T>(all: readonly T[], { which }: Pick<Act, "which">) => all[which % all.length];

  const record = async ({ server, who, which }: Pick<Act, "server" | "who" | "which">) => {
    const id = `token ${made++}`;
    const identity = ["ann", "bob", "ann", null][who % 4] ?? null;
    const sessionId = SESSIONS[which % 2] as string;
    // Data of one token, of all tokens of an identity, and of tokens of several identities.
    const fingerprint = [id, `data of ${identity}`, "data of some"][which % 3] as string;
    const token = { id, sessionId, identity, fingerprint };
    const [issuedAt, expiresAt] = [new Date(Date.now() - MINUTE), new Date(Date.now() + 60 * MINUTE)];
    const [span, refused] = await during(() =>
      storeOf({ server }).ledger.record([issued(id, { ...token, issuedAt, expiresAt })]),
    );
    if (refused.size > 0) expect(refused).toEqual(new Map([[id, { bannedUntil: null }]]));
    recorded.push({ ...token, span, isRefused: refused.size > 0 });
  };
  const add = async (act: Act, who: Pick<Added, "identity" | "fingerprint" | "sessionId">) => {
    const [added, { id }] = await during(() =>
      storeOf(act).bans.add({ ...who, until: null, createdBy: "admin" }),
    );
    bans.push({ id, ...who, added, lifts: [] });
  };
  const connect = (sessionId: string, token: Token | null): Connection => {
    const id = `connection ${made++}`;
    const connection = { id, sessionId, token, mayReturn: false, isRequested: false };
    connections.push(connection);
    return connection;
  };
  /** Lets copies of an event arrive, from any server, each when it is late enough. */
  const arrive = (
    { id, sessionId, token }: Connection,
    { server, arrivals }: Pick<Act, "server" | "arrivals">,
    { isTold, ...seen }: Partial<Observed["seen"]> & { readonly isTold: boolean },
  ) => {
    const fingerprints = isTold && token ? [token.fingerprint] : [];
    const observed: Observed = {
      seen: {
        sessionId,
        connectionId: id,
        joinedAt: Date.now(),
        data: isTold ? "data" : null,
        leave: null,
        stream: null,
        isListed: false,
        ...seen,
      },
      fingerprints,
    };
    arriving.push(
      ...arrivals.map(async (late, i) => {
        await setTimeout(late);
        const { participants } = storeOf({ server: (server + i) % 2 });
        await participants.apply([observed]).catch((error) => failures.push(error));
      }),
    );
  };
  const join = (token: Token, act: Pick<Act, "server" | "arrivals">) => {
    arrive(connect(token.sessionId, token), act, { isTold: true });
  };

  const acts: Record<Act["kind"], (act: Act) => Promise<void>> = {
    record,
    "ban identity": (act) => {
      const sessionId = [...SESSIONS, null][act.which % 3] ?? null;
      return add(act, { identity: act.who % 2 ? "ann" : "bob", fingerprint: null, sessionId });
    },
    async "ban data"(act) {
      const token = oneOf(recorded, act);
      if (token)
        await add(act, { identity: null, fingerprint: token.fingerprint, sessionId: token.sessionId });
    },
    async lift(act) {
      const ban = oneOf(bans, act);
      if (ban) ban.lifts.push((await during(() => storeOf(act).bans.lift(ban.id)))[0]);
    },
    async revoke(act) {
      const token = oneOf(stored(), act);
      if (!token) return;
      const [span] = await during(() => storeOf(act).ledger.revoke(token.id));
      if (!revoked.has(token.id)) revoked.set(token.id, span);
    },
    async request(act) {
      const connection = oneOf(connections, act);
      if (connection) connection.isRequested ||= await storeOf(act).removals.request(`p_${connection.id}`);
    },
    async join(act) {
      const token = oneOf(stored(), act);
      if (token) join(token, act);
    },
    async appear(act) {
      arrive(connect(SESSIONS[act.who % 2] as string, null), act, { isTold: false, isListed: true });
    },
    async leave(act) {
      const connection = oneOf(connections, act);
      const leave = { at: Date.now(), reason: LeaveReason.CLIENT_DISCONNECTED };
      if (connection) arrive(connection, act, { isTold: false, leave });
    },
    async vanish(act) {
      const connection = oneOf(connections, act);
      if (!connection) return;
      connection.mayReturn = true;
      arrive(connection, act, { isTold: false, leave: { at: Date.now(), reason: LeaveReason.UNKNOWN } });
    },
    async list(act) {
      const connection = oneOf(connections, act);
      if (connection) arrive(connection, act, { isTold: false, isListed: true });
    },
    async remove(act) {
      const { removals } = storeOf(act);
      const [span, all] = await during(() => removals.take(3, 20));
      for (const removal of all) {
        const id = removal.participantId.slice(2);
        taken.push({ id, reason: removal.reason, span });
        const isUnknown = act.who % 4 === 1;
        const reason = isUnknown ? LeaveReason.UNKNOWN : LeaveReason.FORCE_DISCONNECTED;
        const connection = connections.find((one) => one.id === id);
        if (isUnknown && connection) connection.mayReturn = true;
        if (act.who % 4 === 0) await removals.postpone(removal, 10);
        else await removals.confirm(removal, { at: Date.now(), reason });
      }
    },
  };

  /** The reasons that something is kept out for a while at least, or all the time. */
  const isExcluded = (token: Token, while_: Span, how: typeof covers) =>
    bans.some((ban) => fits(ban, token) && how(ban, while_)) ||
    (revoked.get(token.id)?.begin ?? Number.POSITIVE_INFINITY) < while_.end;

  const checkRecorded = async () => {
    const found = await stores[1].ledger.findMany(["none", ...recorded.map(({ id }) => id)]);
    expect(found.map(({ id }) => id).sort()).toEqual(
      stored()
        .map(({ id }) => id)
        .sort(),
    );
    for (const token of recorded) {
      const concerning = bans.filter((ban) => fits(ban, token));
      if (concerning.some((ban) => covers(ban, token.span)))
        expect(token, "recorded under a ban").toMatchObject({ isRefused: true });
      if (!concerning.some((ban) => overlaps(ban, token.span)))
        expect(token, "refused without a ban").toMatchObject({ isRefused: false });
    }
  };

  /** Nobody was shown out for something that was over, or had not begun. */
  const checkTaken = () => {
    for (const { id, reason, span } of taken) {
      const connection = connections.find((one) => one.id === id) as Connection;
      const { sessionId, token } = connection;
      const alike = stored().filter(
        (one) => one.sessionId === sessionId && one.fingerprint === token?.fingerprint,
      );
      const isExplained = {
        [RemovalReason.REMOVED]: connection.isRequested,
        [RemovalReason.BANNED]: alike.some((one) =>
          bans.some((ban) => fits(ban, one) && overlaps(ban, span)),
        ),
        [RemovalReason.REVOKED]: alike.some((one) => isExcluded(one, { begin: 0, end: span.end }, overlaps)),
        [RemovalReason.FULL]: false,
        // Not before some seconds are over.
        [RemovalReason.UNIDENTIFIED]: false,
      };
      expect(isExplained, `${id} was shown out because ${reason}`).toMatchObject({ [reason]: true });
    }
  };

  /** What must be, or may be, when nothing happens any more. */
  const checkRemovals = async () => {
    const now = { begin: clock, end: clock };
    const isGuarded = (sessionId: string) =>
      bans.some((ban) => covers(ban, now) && ban.identity === null && ban.sessionId === sessionId) ||
      stored().some(
        (token) =>
          token.sessionId === sessionId &&
          (revoked.has(token.id) ||
            bans.some((ban) => covers(ban, now) && ban.identity !== null && fits(ban, token))),
      );
    const pending = new Map(
      (await kysely.selectFrom("removals").selectAll().execute()).map((row) => [
        row.participant_id.slice(2),
        row.reason,
      ]),
    );
    const rows = await stores[1].participants.findMany(["none", ...connections.map(({ id }) => `p_${id}`)]);
    const present = new Map(
      rows.filter(({ leftAt }) => leftAt === null).map((row) => [row.connectionId, row]),
    );
    expect(
      [...pending.keys()].filter((id) => !present.has(id)),
      "removals of nobody",
    ).toEqual([]);
    for (const { id, sessionId, token, mayReturn, isRequested } of connections) {
      const row = present.get(id);
      if (!row) continue;
      const reason = pending.get(id) ?? null;
      const what = JSON.stringify({
        token,
        row,
        reason,
        mayReturn,
        isRequested,
        bans,
        revoked: [...revoked],
      });
      if (!token) {
        const expected = isRequested
          ? RemovalReason.REMOVED
          : isGuarded(sessionId)
            ? RemovalReason.UNIDENTIFIED
            : null;
        if (!(mayReturn && isRequested)) expect(reason, what).toBe(expected);
        continue;
      }
      const { fingerprint } = token;
      const alike = stored().filter((one) => one.sessionId === sessionId && one.fingerprint === fingerprint);
      // Which of several tokens it was depends on when its event arrived. Of one alone it is known.
      const { identity, tokenId } = row;
      expect([token.id, ...(alike.length > 1 ? [null] : [])], what).toContain(tokenId);
      expect([token.identity, ...(alike.length > 1 ? [null] : [])], what).toContain(identity);
      const isBanned = bans.some(
        (ban) => covers(ban, now) && fits(ban, { sessionId, identity, fingerprint }),
      );
      const own = alike.filter((one) => identity === null || one.identity === identity);
      const isRevoked =
        tokenId === null ? own.every((one) => isExcluded(one, now, covers)) : revoked.has(tokenId);
      const must = isBanned || isRevoked || (isRequested && !mayReturn);
      // A removal stays when another token of the same data is issued later.
      const may =
        must || isRequested || (tokenId === null && own.some((one) => isExcluded(one, now, covers)));
      if (must) expect(reason, what).not.toBeNull();
      if (!may) expect(reason, what).toBeNull();
    }
  };

  return {
    async run(program: readonly (readonly Act[])[]) {
      await Promise.all(
        program.map(async (caller) => {
          for (const act of caller) {
            await setTimeout(act.pause);
            await acts[act.kind](act).catch((error) => failures.push(error));
          }
        }),
      );
      await Promise.all(arriving);
      expect(failures).toEqual([]);
      await checkRecorded();
      checkTaken();
      await checkRemovals();
      // Whoever joins later, with any token, is judged by the same rules.
      for (const [i, token] of stored().entries()) join(token, { server: i % 2, arrivals: [0] });
      await Promise.all(arriving);
      expect(failures).toEqual([]);
      await checkRemovals();
    },

    async clear() {
      for (const table of ["removals", "bans", "participants", "issued_tokens"] as const)
        await kysely.deleteFrom(table).execute();
    },
  };
}

describe.each(ENGINES)("bans on %s", (engine) => {
  it("keep out exactly whom they concern, whatever happens at the same instant", async () => {
    const stores = await twoStores(engine);
    await fc.assert(
      fc.asyncProperty(PROGRAM, async (program) => {
        const { run, clear } = world(stores);
        await run(program);
        await clear();
      }),
      // What happens at once happens differently each time, so there is nothing to shrink.
      { numRuns: inputs(500), endOnFailure: true },
    );
  }, 600_000);
});
