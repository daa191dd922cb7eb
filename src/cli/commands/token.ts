import type { TokenFormat } from "../../domain/connection-token.ts";
import type { Role } from "../../domain/role.ts";
import { tokenAsInSchema } from "../as-in-schema.ts";
import { asOperator } from "../operator.ts";
import type { Outcome } from "../outcome.ts";

/** What the token is to grant; what is absent gets the default that it has in the API. */
export interface TokenOptions {
  readonly session: string;
  readonly role?: Role;
  readonly data?: string;
  /** In whole seconds since the Unix epoch. */
  readonly expireTime?: number;
  /** The same in seconds from now; there is one of the two at most. */
  readonly expiresIn?: number;
  readonly initialLayoutClassList?: string[];
  readonly format?: TokenFormat;
}

/** Generates a token, which is on the ledger before anybody gets it. */
export async function generateToken(options: TokenOptions): Promise<Outcome> {
  const { session, expiresIn, expireTime, role, data, initialLayoutClassList, format } = options;
  const token = await asOperator(({ services, caller, now }) => {
    const end = expiresIn === undefined ? expireTime : Math.floor(now.getTime() / 1000) + expiresIn;
    const input = { role, data, initialLayoutClassList, format, expireTime: end };
    return services.tokens.generate(caller, session, input);
  });
  return { text: token.token, json: tokenAsInSchema(token) };
}
