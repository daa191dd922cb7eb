import type { Logger } from "pino";
import type { Caller } from "../access/caller.ts";
import type { SessionService } from "../services/session-service.ts";
import type { TokenService } from "../services/token-service.ts";
import { Loaders } from "./loaders.ts";

/** The use cases, made once. */
export interface Services {
  readonly sessions: SessionService;
  readonly tokens: TokenService;
}

/** What resolvers know of the request that they answer. */
export interface Context extends Services {
  readonly caller: Caller;
  readonly loaders: Loaders;
  readonly requestId: string;
  readonly logger: Logger;
  /** Whether its body is larger than that of anything but a batch of tokens. */
  readonly hasLargeBody: boolean;
}

/** The context of one request. */
export function createContext(
  { sessions, tokens }: Services,
  caller: Caller,
  requestId: string,
  logger: Logger,
  hasLargeBody: boolean,
): Context {
  return { sessions, tokens, caller, loaders: new Loaders(sessions), requestId, logger, hasLargeBody };
}
