import { useMemo } from "react";
import { useParameters } from "./address.ts";
import type { SessionFilter } from "./generated/documents.ts";

const HOUR = 3600;

/** The times of creation to choose from, by the value in the address. */
export const CREATED: readonly (readonly [value: string, label: string, seconds?: number])[] = [
  ["", "Any time"],
  ["1h", "In the last hour", HOUR],
  ["24h", "In the last 24 hours", 24 * HOUR],
  ["7d", "In the last 7 days", 7 * 24 * HOUR],
  ["30d", "In the last 30 days", 30 * 24 * HOUR],
  ["between", "Between…"],
];

const NO_SEARCH = {
  /** The start of a name, or a whole ID. */
  text: "",
  /** A value of `CREATED`. */
  created: "",
  /** Times of the API; empty without a bound. Only for `between`. */
  from: "",
  to: "",
};

/** The search for sessions, in the page's address. */
export type Search = Readonly<typeof NO_SEARCH>;

/** The current search, and its setter. Another search begins at the first page, in the same entry of the history. */
export function useSessionSearch(): [Search, (change: Partial<Search>) => void] {
  const [parameters, setParameters] = useParameters();
  const entries = Object.keys(NO_SEARCH).map((key) => [key, parameters.get(key) ?? ""]);
  const search: Search = { ...NO_SEARCH, ...Object.fromEntries(entries) };
  return [
    search,
    (change) => {
      const given = Object.entries({ ...search, ...change }).filter(([, value]) => value !== "");
      setParameters(new URLSearchParams(given), true);
    },
  ];
}

/** The API's filter for a search by name and time. */
export function useFilter({ text, created, from, to }: Search): SessionFilter {
  return useMemo(() => {
    const seconds = CREATED.find(([value]) => value === created)?.[2];
    const isBetween = created === "between";
    return {
      // An empty prefix would sort by name.
      namePrefix: text || null,
      createdAfter: seconds
        ? new Date(Date.now() - seconds * 1000).toISOString()
        : (isBetween && from) || null,
      createdBefore: (isBetween && to) || null,
    };
  }, [text, created, from, to]);
}

/** Whether a text is a session's ID and no name. */
export function isSessionId(text: string): boolean {
  return /^\d_[\w~-]{20,}=*$/.test(text);
}

/** Whether a text is a token, which must not get into the page's address. */
export function isToken(text: string): boolean {
  return /^(eyJ|T1==)/.test(text);
}
