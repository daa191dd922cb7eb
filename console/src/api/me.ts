import { createContext, use, useState } from "react";
import {
  IssuedTokensDocument,
  type TokenFieldsFragment,
  type VideoCallerQuery,
} from "../generated/documents.ts";
import type { Live } from "./live.ts";
import type { Rights } from "./rights.ts";

/** The data of the current user, for every page. */
export interface Me {
  readonly project: VideoCallerQuery["videoProject"];
  readonly rights: Rights;
  readonly live: Live;
  /** The tokens generated since sign-in, newest first. They exist only here, because the server keeps no copy. */
  readonly tokens: readonly TokenFieldsFragment[];
  keepTokens(tokens: readonly TokenFieldsFragment[]): void;
  /** The entries of each form, by the form's name, for when the user returns to it. */
  readonly drafts: Map<string, unknown>;
  /** Whether the server accepts the user. */
  readonly welcome: boolean;
}

export const MeContext = createContext<Me | null>(null);

/** @throws outside of `MeContext` */
export function useMe(): Me {
  const me = use(MeContext);
  if (me === null) throw new Error("useMe needs a MeContext");
  return me;
}

/**
 * Like `useState`, but keeps the value when the user leaves the page.
 *
 * @param name the name of the draft, which has values of one type; null keeps nothing
 */
export function useDraft<T>(name: string | null, empty: T): [T, (value: T) => void] {
  const { drafts } = useMe();
  const [value, setValue] = useState(() => (drafts.get(name ?? "") as T | undefined) ?? empty);
  return [
    value,
    (next) => {
      if (name !== null) drafts.set(name, next);
      setValue(next);
    },
  ];
}

/** The entries of a form, and a function that changes some of them. A form with a name keeps them as a draft. */
export function useEntries<T extends object>(empty: T, name: string | null = null) {
  const [entered, enter] = useDraft(name, empty);
  return [entered, (change: Partial<T>) => enter({ ...entered, ...change })] as const;
}

/** The options of mutations that issue tokens. Tokens stay out of the cache, and the list of issued tokens follows. */
export function useTokenOptions() {
  const { rights } = useMe();
  return {
    fetchPolicy: "no-cache" as const,
    refetchQueries: rights.readLedger && rights.readSessions ? [IssuedTokensDocument] : [],
  };
}

/** The draft of the token to inspect. It is not in the page's URL, which may leak. */
export const INSPECTED = "inspected";

/** Query options for polling while the page is visible and the server accepts the user. */
export function usePolling(interval: number) {
  const { welcome } = useMe();
  return {
    pollInterval: welcome ? interval : 0,
    skipPollAttempt: () => document.hidden,
    // Keeps the data and errors on the page until the next answer arrives.
    notifyOnNetworkStatusChange: false,
  };
}
