import type { Logger } from "pino";
import { type Counted, DEFAULT_PER_MINUTE, limiterInMemory, Quota, usedUp } from "../access/quota.ts";
import { sharedLimiters } from "../access/shared-limiter.ts";
import type { Audit } from "../audit/audit.ts";
import type { Config } from "../config/config.ts";
import type { PlatformName } from "../domain/project.ts";
import { LedgerUnavailable, reasonOf } from "../errors.ts";
import type { FaultyServices, Services } from "../graphql/context.ts";
import { type Instrument, NO_INSTRUMENT } from "../instruments/instrument.ts";
import type { Platform } from "../platform/platform.ts";
import { unavailablePlatform } from "../platform/unavailable-platform.ts";
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
import { Remover, type RemoverListener, type RemoverParts } from "../services/remover.ts";
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
  /** Null if the fault switch is off. */
  readonly faulty: FaultyServices | null;
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
  const quotas = {
    tokens: new Quota("tokens", config.tokensPerMinute, limiterOf),
    sessions: new Quota("sessions", config.sessionsPerMinute, limiterOf),
    acts: new Quota("acts", config.actionsPerMinute, limiterOf),
  };
  const { sessions, names, participants, bans, removals } = store;
  const feed = new ParticipantFeed({ participants, onChange: logFeed(logger) });
  const removerParts: RemoverParts = {
    removals,
    platform,
    now,
    listener: removerListener(instrument, logger),
    onRemoved: () => feed.wake(),
    canAsk: isServer || project.emulator === null,
  };
  const remover = new Remover(removerParts);
  /** The services that can fail by a quota, the platform or the ledger. */
  const failing = (parts: FailingParts) => {
    const { platform, ledger, quotas, remover } = parts;
    const managed: ManagedParts = {
      applicationId,
      sessions,
      shares,
      participants,
      audit,
      quota: quotas.acts,
      now,
      isLedgerOn: config.ledger,
    };
    return {
      sessions: new SessionService({
        platform,
        sessions,
        names,
        audit,
        quota: quotas.sessions,
        shares,
        isLedgerOn: config.ledger,
        now,
      }),
      tokens: instrument.tokens(
        new TokenService({ signing, sessions, ledger, audit, quota: quotas.tokens, shares, now }),
      ),
      bans: new BanService({ ...managed, bans, ledger, onRemovals: () => remover.wake() }),
      moderation: new ModerationService({ ...managed, platform, signing, bans, removals, remover }),
      apiKeys: new ApiKeyService({ apiKeys: store.apiKeys, audit, quota: quotas.acts, shares, now }),
    };
  };
  const usual: FailingParts = { platform, ledger, quotas, remover };
  const made = failing(usual);
  const services: Services = {
    ...made,
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
    permissions: { applicationId, registry: sessions, sessions: made.sessions, participants, shares },
    project: {
      applicationId,
      platform: config.platform.name as PlatformName,
      tokenFormats: signing.formats,
    },
    audit,
  };
  const hasFaults = isServer && config.platform.name === "local" && !config.production;
  const faulty = hasFaults ? faultyServices(config, services, usual, removerParts, failing) : null;
  return { services, faulty, project, ledger, remover };
}

/** The parts of services with which they can fail. */
interface FailingParts {
  readonly platform: Platform;
  readonly ledger: IssuanceLedger;
  readonly quotas: Readonly<Record<Counted, Quota>>;
  readonly remover: Remover;
}

/** The services with one part that fails, for the fault switch. */
function faultyServices(
  { tokensPerMinute, sessionsPerMinute, actionsPerMinute }: Config,
  services: Services,
  usual: FailingParts,
  removerParts: RemoverParts,
  failing: (parts: FailingParts) => Partial<Services>,
): FaultyServices {
  const perMinute = { tokens: tokensPerMinute, sessions: sessionsPerMinute, acts: actionsPerMinute };
  const limited = (counted: Counted) =>
    new Quota(counted, perMinute[counted] ?? DEFAULT_PER_MINUTE[counted], usedUp);
  const quotas = { tokens: limited("tokens"), sessions: limited("sessions"), acts: limited("acts") };
  const platform = unavailablePlatform(usual.platform);
  const remover = new Remover({ ...removerParts, platform });
  const record = async () => {
    throw new LedgerUnavailable();
  };
  return {
    RATE_LIMITED: { ...services, ...failing({ ...usual, quotas }) },
    PLATFORM_UNAVAILABLE: { ...services, ...failing({ ...usual, platform, remover }) },
    LEDGER_UNAVAILABLE: { ...services, ...failing({ ...usual, ledger: { ...usual.ledger, record } }) },
  };
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
