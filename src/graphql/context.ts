import type { Logger } from "pino";
import type { Caller } from "../access/caller.ts";
import type { Audit } from "../audit/audit.ts";
import type { ProjectInfo } from "../domain/project.ts";
import type { IssuanceService } from "../services/issuance-service.ts";
import type { IssuedTokens } from "../services/issued-tokens.ts";
import type { SessionService } from "../services/session-service.ts";
import type { Tokens } from "../services/token-service.ts";
import { Loaders } from "./loaders.ts";
import type { OperationSummary } from "./summary.ts";

/** The use cases, and what they are for, made once. */
export interface Services {
  readonly sessions: SessionService;
  readonly tokens: Tokens;
  readonly issuedTokens: IssuedTokens;
  readonly issuances: IssuanceService;
  readonly project: ProjectInfo;
  readonly audit: Audit;
}

/** What is known of a request before its operation is. */
export interface RequestFacts {
  readonly caller: Caller;
  readonly requestId: string;
  readonly logger: Logger;
  /** The size of its body. */
  readonly bodyBytes: number;
  /** Sets room aside for the answer, in bytes. @throws {RateLimited} when the caller has too much in flight */
  readonly reserve: (bytes: number) => void;
  /** Resolves at the caller's next turn of the event loop. */
  readonly turn: () => Promise<void>;
  /** What it turns out to be. */
  readonly summary: OperationSummary;
}

/** What resolvers know of the request that they answer. */
export interface Context extends Services, RequestFacts {
  readonly loaders: Loaders;
}

/** The context of one request. */
export function createContext(
  { sessions, tokens, issuedTokens, issuances, project, audit }: Services,
  facts: RequestFacts,
): Context {
  // Named one by one: each request has a context, and to spread two objects takes as long as to make it.
  return {
    sessions,
    tokens,
    issuedTokens,
    issuances,
    project,
    audit,
    loaders: new Loaders(facts.caller, sessions, issuedTokens),
    caller: facts.caller,
    requestId: facts.requestId,
    logger: facts.logger,
    bodyBytes: facts.bodyBytes,
    reserve: facts.reserve,
    turn: facts.turn,
    summary: facts.summary,
  };
}
