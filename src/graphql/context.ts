import type { Logger } from "pino";
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
  readonly loaders: Loaders;
  readonly requestId: string;
  readonly logger: Logger;
}

/** The context of one request. */
export function createContext(services: Services, requestId: string, logger: Logger): Context {
  const { sessions, tokens } = services;
  return { sessions, tokens, loaders: new Loaders(sessions), requestId, logger };
}
