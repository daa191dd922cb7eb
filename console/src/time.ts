import { useSyncExternalStore } from "react";

const listeners = new Set<() => void>();
let timer: ReturnType<typeof setInterval> | undefined;

/** Subscribes to one timer for the whole page, which runs only while a component uses it. */
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

/** The time in whole seconds since the Unix epoch. Renders the component again every second. */
export function useNow(): number {
  return useSyncExternalStore(subscribe, nowInSeconds);
}

export function nowInSeconds(): number {
  return Math.floor(Date.now() / 1000);
}

/** Formats a remaining time, such as `29 d 23:59:59`. */
export function formatRemaining(seconds: number): string {
  const days = Math.floor(seconds / 86_400);
  const clock = [seconds / 3600, seconds / 60, seconds]
    .map((value, i) => Math.floor(value) % (i === 0 ? 24 : 60))
    .map((value) => String(value).padStart(2, "0"))
    .join(":");
  return days > 0 ? `${days} d ${clock}` : clock;
}

const MINUTES = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });

/** Formats a time of the API in the user's language and time zone. */
export function formatInstant(instant: string): string {
  return MINUTES.format(new Date(instant));
}

const DAY_OF_UTC = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });

/** Formats the UTC day that begins at this time. */
export function formatDay(instant: string): string {
  return DAY_OF_UTC.format(new Date(instant));
}

/** A time of the API in the format of `datetime-local`, in the user's time zone; empty for any other text. */
export function toLocal(instant: string | null | undefined): string {
  const time = new Date(instant ?? "");
  if (Number.isNaN(time.getTime())) return "";
  return new Date(time.getTime() - time.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

/** A time as the API writes it; null for a text that is no time. */
export function toInstant(text: string | null): string | null {
  const time = new Date(text ?? "");
  return Number.isNaN(time.getTime()) ? null : time.toISOString();
}

/** Whether a time of the API has passed. */
export function isOver(instant: string): boolean {
  return new Date(instant).getTime() / 1000 <= nowInSeconds();
}

/** The seconds until a time; 0 if it has passed. */
export function useSecondsLeft(instant: string): number {
  return Math.max(0, Math.floor(new Date(instant).getTime() / 1000) - useNow());
}
