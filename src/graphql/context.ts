import type { Logger } from "pino";
import type { Caller } from "../access/caller.ts";
import type { Audit } from "../audit/audit.ts";
import type { ProjectInfo } from "../domain/project.ts";
import type { ApiKeyService } from "../services/api-keys.ts";
import type { BanService } from "../services/bans.ts";
import type { PermissionParts } from "../services/caller-permissions.ts";
import type { IssuanceService } from "../services/issuance-service.ts";
import type { IssuedTokens } from "../services/issued-tokens.ts";
import type { ModerationService } from "../services/moderation.ts";
import type { ParticipantChanges } from "../services/participant-changes.ts";
import type { ParticipantService } from "../services/participants.ts";
import type { SessionService } from "../services/session-service.ts";
import type { Tokens } from "../services/token-service.ts";
import { Loaders } from "./loaders.ts";
import type { OperationSummary } from "./summary.ts";

/** The services of one server. */
export interface Services {
  readonly sessions: SessionService;
  readonly tokens: Tokens;
  readonly issuedTokens: IssuedTokens;
  readonly participants: ParticipantService;
  readonly participantChanges: ParticipantChanges;
  readonly issuances: IssuanceService;
  readonly bans: BanService;
  readonly moderation: ModerationService;
  readonly apiKeys: ApiKeyService;
  readonly permissions: PermissionParts;
  readonly project: ProjectInfo;
  readonly audit: Audit;
}

/** Services that fail in one way, by the code of the error. */
export type FaultyServices = Readonly<
  Record<"RATE_LIMITED" | "PLATFORM_UNAVAILABLE" | "LEDGER_UNAVAILABLE", Services>
>;

/** The facts of a request before its operation is known. */
export interface RequestFacts {
  readonly caller: Caller;
  readonly requestId: string;
  readonly logger: Logger;
  /** The size of the body, in bytes. */
  readonly bodyBytes: number;
  /** Reserves memory for the answer, in bytes. @throws {RateLimited} when the caller has too much in flight */
  readonly reserve: (bytes: number) => void;
  /** Resolves at the caller's next turn on the event loop. */
  readonly turn: () => Promise<void>;
  /** Called if a client takes the events of a subscription too slowly. */
  readonly tooSlow?: () => void;
  /** The operation and its outcome, filled in later. */
  readonly summary: OperationSummary;
}

/** The context of resolvers. */
export interface Context extends Services, RequestFacts {
  readonly loaders: Loaders;
}

/** Creates the context of one request. */
export function createContext(services: Services, facts: RequestFacts): Context {
  const { sessions, tokens, issuedTokens, participants, participantChanges, issuances } = services;
  const { bans, moderation, apiKeys, permissions, project, audit } = services;
  // No spread: for each request it would take as long as creating the context.
  return {
    sessions,
    tokens,
    issuedTokens,
    participants,
    participantChanges,
    issuances,
    bans,
    moderation,
    apiKeys,
    permissions,
    project,
    audit,
    loaders: new Loaders(facts.caller, sessions, tokens, issuedTokens, participants, bans, permissions),
    caller: facts.caller,
    requestId: facts.requestId,
    logger: facts.logger,
    bodyBytes: facts.bodyBytes,
    reserve: facts.reserve,
    turn: facts.turn,
    tooSlow: facts.tooSlow,
    summary: facts.summary,
  };
}
