import type { SessionOptionsInput } from "../../domain/session.ts";
import { sessionAsInSchema } from "../as-in-schema.ts";
import { asOperator } from "../operator.ts";
import type { Outcome } from "../outcome.ts";
import { BAD_USER_INPUT, Refusal } from "../refusal.ts";

/** How the session is to be; what is absent gets the default that it has in the API. */
export interface SessionOptions extends SessionOptionsInput {
  /** Gets the session of this name, or creates it. */
  readonly name?: string;
  /** Replaces the session of the name when it is older, in seconds. */
  readonly maxAge?: number;
}

/** Creates a session, or gets the one of a name. */
export async function createSession({ name, maxAge, ...options }: SessionOptions): Promise<Outcome> {
  if (maxAge !== undefined && name === undefined) {
    throw new Refusal(BAD_USER_INPUT, "is of the session that has a name; add --name", "--max-age");
  }
  const session = await asOperator(({ services: { sessions }, caller }) =>
    name === undefined
      ? sessions.create(caller, options)
      : sessions.ensure(caller, name, maxAge ?? null, options),
  );
  return { text: session.sessionId, json: sessionAsInSchema(session) };
}
