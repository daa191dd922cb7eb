import type { Logger } from "pino";
import type { Caller } from "../access/caller.ts";
import type { Project } from "../domain/project.ts";
import type { IssuanceService } from "../services/issuance-service.ts";
import type { SessionService } from "../services/session-service.ts";
import type { TokenService } from "../services/token-service.ts";
import { Loaders } from "./loaders.ts";

/** The use cases, and what they are for, made once. */
export interface Services {
  readonly sessions: SessionService;
  readonly tokens: TokenService;
  readonly issuances: IssuanceService;
  readonly project: Project;
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
  { sessions, tokens, issuances, project }: Services,
  caller: Caller,
  requestId: string,
  logger: Logger,
  hasLargeBody: boolean,
): Context {
  const loaders = new Loaders(sessions);
  return { sessions, tokens, issuances, project, caller, loaders, requestId, logger, hasLargeBody };
}
