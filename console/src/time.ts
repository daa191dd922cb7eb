import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** One clock for the whole page, which stands still while nothing shows it. */
function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  timer ??= setInterval(() => {
    for (const each of listeners) each();
  }, 1000);
  return () => {
    listeners.delete(listener);
    if (listeners.size > 0) return;
    clearInterval(timer);
    timer = undefined;
  };
}

/** The time, in whole seconds since the Unix epoch; a component that reads it is shown anew each second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, nowInSeconds);
}

export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** A time that is left, such as `29 d 23:59:59`. */
export function formatRemaining(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const clock = [seconds / 3600, seconds / 60, seconds]
    .map((value, i) => Math.floor(value) % (i === 0 ? 24 : 60))
    .map((value) => String(value).padStart(2, "0"))
    .join(":");
  return days > 0 ? `${days} d ${clock}` : clock;
}

const MINUTES = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** An instant of the contract, in the reader's own language and time zone. */
export function formatInstant(instant: string): string {
  return MINUTES.format(new Date(instant));
}

const DAY_OF_UTC = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** A day that begins at this instant, which is one of UTC. */
export function formatDay(instant: string): string {
  return DAY_OF_UTC.format(new Date(instant));
}

/** How many seconds there are until an instant; none when it is over. */
export function useSecondsLeft(instant: string): number {
  return Math.max(0, Math.floor(new Date(instant).getTime() / 1000) - useNow());
}
