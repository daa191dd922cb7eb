import type { MonitoringEvent } from "../../domain/monitoring-event.ts";
import { ProxyFailed } from "../../errors.ts";
import { codeOf } from "../rest-client.ts";

/** The most events that wait, including those between two attempts. Further events are dropped. */
export const MAX_WAITING_EVENTS = 20_000;
/** The most concurrent attempts. */
export const MAX_ATTEMPTS_AT_ONCE = 32;
/** The deadline of one attempt, in milliseconds. */
const ATTEMPT_TIMEOUT = 10_000;
/** The pause after the first failed attempt, in milliseconds. It doubles up to the longest. Source: the platform's support pages. */
const FIRST_PAUSE = 5000;
/** In milliseconds. */
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
  /** Resolves after this many milliseconds. */
  readonly pause: (milliseconds: number) => Promise<void>;
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
  readonly #ready: Delivery[] = [];
  readonly #attempts = new Map<AbortController, Promise<void>>();
  #url: string | null = null;
  #isStopped = false;
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
    if (this.#isStopped) return;
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
    this.#isStopped = true;
    for (const attempt of this.#attempts.keys()) attempt.abort();
    await Promise.all(this.#attempts.values());
  }

  #begin(): void {
    while (this.#url !== null && this.#attempts.size < MAX_ATTEMPTS_AT_ONCE && !this.#isStopped) {
      const delivery = this.#ready.shift();
      if (delivery === undefined) return;
      // A signal of each attempt's own: Node warns of many listeners on one, and keeps what depends on it.
      const attempt = new AbortController();
      const timer = setTimeout(() => attempt.abort(), ATTEMPT_TIMEOUT);
      const done = this.#attempt(delivery, this.#url, attempt.signal).finally(() => {
        clearTimeout(timer);
        this.#attempts.delete(attempt);
        this.#begin();
      });
      this.#attempts.set(attempt, done);
    }
  }

  async #attempt(delivery: Delivery, url: string, signal: AbortSignal): Promise<void> {
    const failure = await this.#post(delivery.body, url, signal);
    if (this.#isStopped) return;
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
    pause(delivery.pause).then(() => {
      delivery.pause = Math.min(2 * delivery.pause, LONGEST_PAUSE);
      this.#ready.push(delivery);
      this.#begin();
    });
  }

  /** @returns why the attempt failed; null if it did not */
  async #post(body: string, url: string, signal: AbortSignal): Promise<string | null> {
    const { sign, fetch, now } = this.#options;
    const headers = { "content-type": "application/json", authorization: `Bearer ${sign(body, now())}` };
    try {
      const answer = await fetch(url, { method: "POST", headers, body, redirect: "manual", signal });
      await answer.body?.cancel();
      return answer.ok ? null : `it answered with status ${answer.status}`;
    } catch (error) {
      if (signal.aborted) return `it did not answer within ${ATTEMPT_TIMEOUT} ms`;
      if (error instanceof ProxyFailed) return error.message;
      return `it cannot be reached: ${codeOf(error) ?? "the connection was lost"}`;
    }
  }

  #drop(): void {
    if (this.#dropped === 0) this.#options.listener.onDropped();
    this.#dropped += 1;
  }
}
