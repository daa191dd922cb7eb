import type { MonitoringEvent } from "../../domain/monitoring-event.ts";

/** The most events that wait, including those between two attempts. Further events are dropped. */
export const MAX_WAITING_EVENTS = 20_000;
/** The most concurrent attempts. */
export const MAX_ATTEMPTS_AT_ONCE = 8;
/** The deadline of one attempt, in milliseconds. */
export const ATTEMPT_TIMEOUT = 10_000;
/** The pause after the first failed attempt, in milliseconds. It doubles up to the longest. Source: the platform's support pages. */
export const FIRST_PAUSE = 5000;
export const LONGEST_PAUSE = 15 * 60_000;
/** How long an event is tried, in milliseconds. */
export const TRIED_FOR = 24 * 60 * 60_000;

/** What becomes of the events. */
export interface SenderListener {
  /** An attempt failed, after a success or at first. It is tried again. */
  onFailure(reason: string): void;
  /** An attempt succeeded after a failure. */
  onRecovery(): void;
  /** The first of several events was dropped, because too many wait or it was tried for a day. */
  onDropped(): void;
  /** Events are no longer dropped. */
  onAccepted(dropped: number): void;
}

/** How events are sent. */
export interface SenderOptions {
  /** Makes the JWT of one attempt. */
  readonly sign: (body: string, now: Date) => string;
  readonly fetch: typeof globalThis.fetch;
  readonly now: () => Date;
  /** Resolves after this many milliseconds, or when the signal aborts. */
  readonly pause: (milliseconds: number, signal: AbortSignal) => Promise<void>;
  readonly listener: SenderListener;
}

interface Delivery {
  readonly body: string;
  readonly since: number;
  pause: number;
}

/**
 * Sends monitoring events over HTTP, as the platform does. Attempts begin in the order of the events, several at once, so events may
 * arrive in another order. Each event is sent again until it is accepted, for a day.
 */
export class EventSender {
  readonly #options: SenderOptions;
  readonly #stopping = new AbortController();
  readonly #ready: Delivery[] = [];
  readonly #attempts = new Set<Promise<void>>();
  #url: string | null = null;
  /** Events that are ready, on their way, or between two attempts. */
  #waiting = 0;
  #dropped = 0;
  #isFailing = false;

  constructor(options: SenderOptions) {
    this.#options = options;
  }

  /** Sends the events that wait, and all later ones, to this URL. */
  sendTo(url: string): void {
    this.#url = url;
    this.#begin();
  }

  /** Sends an event. It returns at once. */
  send(event: MonitoringEvent): void {
    if (this.#stopping.signal.aborted) return;
    if (this.#waiting >= MAX_WAITING_EVENTS) {
      this.#drop();
      return;
    }
    if (this.#dropped > 0) {
      this.#options.listener.onAccepted(this.#dropped);
      this.#dropped = 0;
    }
    this.#waiting += 1;
    const since = this.#options.now().getTime();
    this.#ready.push({ body: JSON.stringify(event), since, pause: FIRST_PAUSE });
    this.#begin();
  }

  /** Ends all attempts, and resolves when they have ended. Events that wait are lost. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    await Promise.all(this.#attempts);
  }

  #begin(): void {
    while (
      this.#url !== null &&
      this.#attempts.size < MAX_ATTEMPTS_AT_ONCE &&
      !this.#stopping.signal.aborted
    ) {
      const delivery = this.#ready.shift();
      if (delivery === undefined) return;
      const attempt = this.#attempt(delivery, this.#url).finally(() => {
        this.#attempts.delete(attempt);
        this.#begin();
      });
      this.#attempts.add(attempt);
    }
  }

  async #attempt(delivery: Delivery, url: string): Promise<void> {
    const failure = await this.#post(delivery.body, url);
    if (this.#stopping.signal.aborted) return;
    const { listener } = this.#options;
    if (failure === null) {
      this.#waiting -= 1;
      if (this.#isFailing) listener.onRecovery();
      this.#isFailing = false;
      return;
    }
    if (!this.#isFailing) listener.onFailure(failure);
    this.#isFailing = true;
    this.#again(delivery);
  }

  #again(delivery: Delivery): void {
    const { now, pause } = this.#options;
    if (now().getTime() + delivery.pause - delivery.since > TRIED_FOR) {
      this.#waiting -= 1;
      this.#drop();
      return;
    }
    pause(delivery.pause, this.#stopping.signal).then(() => {
      delivery.pause = Math.min(2 * delivery.pause, LONGEST_PAUSE);
      this.#ready.push(delivery);
      this.#begin();
    });
  }

  /** @returns why the attempt failed; null if it did not */
  async #post(body: string, url: string): Promise<string | null> {
    const { sign, fetch, now } = this.#options;
    try {
      const {
        status,
        ok,
        body: answer,
      } = await fetch(url, {
        method: "POST",
        headers: { "content-type": "application/json", authorization: `Bearer ${sign(body, now())}` },
        body,
        redirect: "manual",
        signal: AbortSignal.any([this.#stopping.signal, AbortSignal.timeout(ATTEMPT_TIMEOUT)]),
      });
      await answer?.cancel();
      return ok ? null : `it answered with status ${status}`;
    } catch (error) {
      const { cause, name } = error as { cause?: { code?: unknown }; name: string };
      if (name === "TimeoutError") return `it did not answer within ${ATTEMPT_TIMEOUT} ms`;
      return typeof cause?.code === "string" ? `it cannot be reached: ${cause.code}` : "it cannot be reached";
    }
  }

  #drop(): void {
    if (this.#dropped === 0) this.#options.listener.onDropped();
    this.#dropped += 1;
  }
}
