import type { Logger } from "pino";
import type { Audit } from "../audit/audit.ts";
import type { Config } from "../config/config.ts";
import type { Instrument } from "../instruments/instrument.ts";
import { whyOf } from "../process/logger.ts";
import { type SkewListener, watchSkew } from "../services/clock-skew.ts";
import { type ReconciliationListener, reconcileRegularly } from "../services/reconciliation.ts";
import type { Remover } from "../services/remover.ts";
import type { Background } from "../services/repeatedly.ts";
import { keepForDays, type RetentionListener } from "../services/retention.ts";
import type { Store } from "../store/store.ts";
import type { Surroundings } from "./create-services.ts";
import type { Project } from "./project.ts";

/** Starts the background work: retention, reconciliation, removals and the comparison of clocks. */
export function beginBackground(
  { database, ledgerRetentionDays }: Config,
  store: Store,
  { logger, now }: Surroundings,
  instrument: Instrument,
  audit: Audit,
  { platform }: Project,
  remover: Remover,
): Background {
  const { participants } = store;
  const all = [
    keepForDays(ledgerRetentionDays, store, retentionListener(instrument, audit, logger)),
    reconcileRegularly({ participants, platform, now }, reconciliationListener(logger)),
    remover.begin(),
  ];
  // SQLite uses the clock of this machine.
  if (database.engine === "postgres")
    all.push(watchSkew(store.runs.clock, now, skewListener(instrument, logger)));
  return {
    async stop() {
      await Promise.all(all.map((each) => each.stop()));
    },
  };
}

function retentionListener(instrument: Instrument, audit: Audit, logger: Logger): RetentionListener {
  return {
    onPurged(records) {
      instrument.purged(records);
      audit.purged(records);
      logger.info({ records }, "old records were purged");
    },
    onKept({ from, to }) {
      logger.warn(
        { from: new Date(from), to: new Date(to) },
        "old records are kept, because time without a running server does not count toward their age. The longest such time is given here. If a clock was ahead, correct it; otherwise the records are purged later",
      );
    },
    onFailure: (error) => logger.warn(whyOf(error), "old records could not be purged"),
  };
}

function reconciliationListener(logger: Logger): ReconciliationListener {
  return {
    onSkipped: (sessions, cause) =>
      logger.warn(
        { sessions, ...whyOf(cause) },
        "the platform did not list the participants of some sessions; the next comparison tries them again",
      ),
    onFailure: (error) =>
      logger.warn(whyOf(error), "the participants could not be compared with the platform's"),
  };
}

function skewListener(instrument: Instrument, logger: Logger): SkewListener {
  return {
    onMeasured: instrument.clockSkew,
    onChange(skew, differ) {
      const seconds = Math.round(skew / 100) / 10;
      if (!differ)
        return logger.info({ seconds }, "the clock of this server agrees with the database's again");
      logger.warn(
        { seconds },
        "the clock of this server differs from the database's, so tokens and records have wrong times. Synchronize both with NTP. A positive number of seconds means that the server is ahead",
      );
    },
  };
}
