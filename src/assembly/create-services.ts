import type { Logger } from "pino";
import { limiterInMemory, Quota } from "../access/quota.ts";
import { sharedLimiters } from "../access/shared-limiter.ts";
import type { Audit } from "../audit/audit.ts";
import type { Config } from "../config/config.ts";
import type { PlatformName } from "../domain/project.ts";
import { reasonOf } from "../errors.ts";
import type { Services } from "../graphql/context.ts";
import { type Instrument, NO_INSTRUMENT } from "../instruments/instrument.ts";
import { whyOf } from "../process/logger.ts";
import { ApiKeyService } from "../services/api-keys.ts";
import { BanService } from "../services/bans.ts";
import { IssuanceService } from "../services/issuance-service.ts";
import { IssuedTokens } from "../services/issued-tokens.ts";
import type { ManagedParts } from "../services/managed.ts";
import { ModerationService } from "../services/moderation.ts";
import { ParticipantChanges } from "../services/participant-changes.ts";
import { ParticipantFeed } from "../services/participant-feed.ts";
import { ParticipantService } from "../services/participants.ts";
import { Remover, type RemoverListener } from "../services/remover.ts";
import { SessionService } from "../services/session-service.ts";
import { TokenService } from "../services/token-service.ts";
import { type Shares, UNSHARED } from "../shares/shares.ts";
import { SigningService } from "../signing/signing-service.ts";
import { withoutRecords } from "../store/issuance-ledger.ts";
import type { IssuanceLedger, Store } from "../store/store.ts";
import { createProject, type Project } from "./project.ts";

/** The logger and the clock of the process. */
export interface Surroundings {
  readonly logger: Logger;
  readonly now: () => Date;
}

/** The services, with their project and their ledger. */
export interface Assembly {
  readonly services: Services;
  readonly project: Project;
  /** The ledger that records tokens; when it is off, it records none. */
  readonly ledger: IssuanceLedger;
  readonly remover: Remover;
}

/**
 * Creates the configured services, for the server and for the CLI.
 *
 * @param audit records new sessions, tokens, acts and refusals.
 * @param instrument wraps the services.
 * @param shares divides the event loop and the database among callers.
 * @param isServer whether clients can join the rooms of a local platform in this process.
 * @throws {StartupError} when the local project cannot be stored.
 */
export function createServices(
  config: Config,
  store: Store,
  audit: Audit,
  { logger, now }: Surroundings,
  instrument: Instrument = NO_INSTRUMENT,
  shares: Shares = UNSHARED,
  isServer = false,
): Assembly {
  const project = createProject(config, logger, instrument, now);
  const { keyRing, platform } = project;
  const ledger = config.ledger ? instrument.ledger(store.ledger) : withoutRecords(store.ledger);
  const { applicationId } = keyRing;
  const signing = new SigningService(keyRing);
  // Replicas share quotas in PostgreSQL. When the ledger is off, no token waits for the database, not even for a quota.
  const isShared = config.database.engine === "postgres" && config.ledger;
  const limiterOf = isShared ? sharedLimiters(store.limiterClient, logLimits(logger)) : limiterInMemory;
  const tokenQuota = new Quota("tokens", config.tokensPerMinute, limiterOf);
  const sessionQuota = new Quota("sessions", config.sessionsPerMinute, limiterOf);
  const actQuota = new Quota("acts", config.actionsPerMinute, limiterOf);
  const { sessions, names, participants, bans, removals } = store;
  const feed = new ParticipantFeed({ participants, onChange: logFeed(logger) });
  const remover = new Remover({
    removals,
    platform,
    now,
    listener: removerListener(instrument, logger),
    onRemoved: () => feed.wake(),
    canAsk: isServer || project.emulator === null,
  });
  const managed: ManagedParts = {
    applicationId,
    sessions,
    shares,
    participants,
    audit,
    quota: actQuota,
    now,
    isLedgerOn: config.ledger,
  };
  const sessionService = new SessionService({
    platform,
    sessions,
    names,
    audit,
    quota: sessionQuota,
    shares,
    isLedgerOn: config.ledger,
    now,
  });
  const services = {
    sessions: sessionService,
    tokens: instrument.tokens(
      new TokenService({ signing, sessions, ledger, audit, quota: tokenQuota, shares, now }),
    ),
    issuedTokens: new IssuedTokens({ applicationId, sessions, ledger, shares }),
    participants: new ParticipantService({
      applicationId,
      signing,
      sessions,
      participants,
      shares,
      onApplied() {
        feed.wake();
        remover.wake();
      },
    }),
    participantChanges: new ParticipantChanges({ applicationId, sessions, shares, feed }),
    issuances: new IssuanceService({ applicationId, sessions, ledger: store.ledger, shares, now }),
    bans: new BanService({ ...managed, bans, ledger, onRemovals: () => remover.wake() }),
    moderation: new ModerationService({ ...managed, platform, signing, bans, removals, remover }),
    apiKeys: new ApiKeyService({ apiKeys: store.apiKeys, audit, quota: actQuota, shares, now }),
    permissions: { applicationId, registry: sessions, sessions: sessionService, participants, shares },
    project: {
      applicationId,
      platform: config.platform.name as PlatformName,
      tokenFormats: signing.formats,
    },
    audit,
  };
  return { services, project, ledger, remover };
}

function logFeed(logger: Logger): (cause: unknown) => void {
  return (cause) => {
    if (cause === null) logger.info("subscribers get changes of participants again");
    else
      logger.warn(
        { reason: reasonOf(cause) },
        "changes of participants cannot be read; subscribers wait, and miss none",
      );
  };
}

function removerListener(instrument: Instrument, logger: Logger): RemoverListener {
  return {
    onAttempt: instrument.removal,
    onCounted: instrument.removalsPending,
    onChange(cause) {
      if (cause === null) logger.info("removals of participants succeed again");
      else
        logger.warn(whyOf(cause), "participants that must leave cannot be removed; the server tries again");
    },
  };
}

function logLimits(logger: Logger): (cause: unknown) => void {
  return (cause) => {
    if (cause === null) logger.info("quotas are shared with other servers again");
    else
      logger.warn(
        { reason: reasonOf(cause) },
        "the database does not answer; this server counts quotas alone",
      );
  };
}
