import type { Session } from "../../domain/session.ts";
import { BadUserInput } from "../../errors.ts";
import type { Context } from "../context.ts";

/** The most sessions that a router can request at once. */
export const MAX_REPRESENTATIONS = 1000;

interface EntitiesArgs {
  readonly representations: readonly unknown[];
}

/**
 * The sessions that a router requests, in the same order; null for a session that the caller may not see.
 *
 * @throws {BadUserInput} naming `representations`, when one of them is not a session; the message repeats no value
 */
export function resolveEntities(
  _source: unknown,
  { representations }: EntitiesArgs,
  { loaders }: Context,
): Promise<Session | null>[] {
  if (representations.length > MAX_REPRESENTATIONS) {
    throw misused(`must be at most ${MAX_REPRESENTATIONS}; ${representations.length} were given`);
  }
  return representations.map(sessionIdOf).map((sessionId) => loaders.find({ sessionId }));
}

function sessionIdOf(representation: unknown): string {
  const { __typename, sessionId } = (representation ?? {}) as Record<string, unknown>;
  if (__typename !== "Session") throw misused('must each have "Session" as __typename');
  if (typeof sessionId !== "string") throw misused("must each have a string as sessionId");
  return sessionId;
}

function misused(rule: string): BadUserInput {
  return new BadUserInput("representations", `representations ${rule}`);
}
