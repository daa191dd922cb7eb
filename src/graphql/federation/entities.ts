import type { Session } from "../../domain/session.ts";
import { BadUserInput } from "../../errors.ts";
import type { Context } from "../context.ts";

/** The most sessions that a router can ask for at once. */
export const MAX_REPRESENTATIONS = 1000;

interface EntitiesArgs {
  readonly representations: readonly unknown[];
}

/**
 * The sessions that a router asks for, in its order; null for one that the caller may not see.
 *
 * @throws {BadUserInput} naming `representations`, when one of them is no session's; it repeats nothing of it
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
