import type { Logger } from "pino";
import type { Caller } from "../access/caller.ts";
import type { Project } from "../domain/project.ts";
import type { IssuanceService } from "../services/issuance-service.ts";
import type { SessionService } from "../services/session-service.ts";
import type { Tokens } from "../services/token-service.ts";
import { Loaders } from "./loaders.ts";
import type { Summary } from "./summary.ts";

/** The use cases, and what they are for, made once. */
export interface Services {
  readonly sessions: SessionService;
  readonly tokens: Tokens;
  readonly issuances: IssuanceService;
  readonly project: Project;
}

/** What is known of a request before its operation is. */
export interface RequestFacts {
  readonly caller: Caller;
  readonly requestId: string;
  readonly logger: Logger;
  /** Whether its body is larger than that of anything but a batch of tokens. */
  readonly hasLargeBody: boolean;
  /** What it turns out to be. */
  readonly summary: Summary;
}

/** What resolvers know of the request that they answer. */
export interface Context extends Services, RequestFacts {
  readonly loaders: Loaders;
}

/** The context of one request. */
export function createContext(
  { sessions, tokens, issuances, project }: Services,
  { caller, requestId, logger, hasLargeBody, summary }: RequestFacts,
): Context {
  const loaders = new Loaders(sessions);
  return {
    sessions,
    tokens,
    issuances,
    project,
    caller,
    loaders,
    requestId,
    logger,
    hasLargeBody,
    summary,
  };
}
