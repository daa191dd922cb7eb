import { createContext, use, useState } from "react";
import type { TokenFieldsFragment, VideoCallerQuery } from "../generated/documents.ts";
import type { Rights } from "./rights.ts";

/** What every page knows of whoever uses the console. */
export interface Me {
  readonly project: VideoCallerQuery["videoProject"];
  readonly rights: Rights;
  /** The tokens generated since signing in, newest first. The server keeps no copy, so they are kept here, in memory. */
  readonly tokens: readonly TokenFieldsFragment[];
  keepTokens(tokens: readonly TokenFieldsFragment[]): void;
  /** What was entered into forms, by their names, for when one comes back to them. */
  readonly drafts: Map<string, unknown>;
  /** Whether the server answers whoever is here. */
  readonly welcome: boolean;
}

export const MeContext = createContext<Me | null>(null);

/** @throws outside of `MeContext` */
export function useMe(): Me {
  const me = use(MeContext);
  if (me === null) throw new Error("nobody is signed in here");
  return me;
}

/** As `useState`, but that the value is still there when one comes back to the page. Each name has values of one type. */
export function useDraft<T>(name: string, empty: T): [T, (value: T) => void] {
  const { drafts } = useMe();
  const [value, setValue] = useState(() => (drafts.get(name) as T | undefined) ?? empty);
  return [
    value,
    (next) => {
      drafts.set(name, next);
      setValue(next);
    },
  ];
}

/** What is entered where tokens are inspected: not in the address, which gets about. */
export const INSPECTED = "inspected";

/** Options of a query that is asked again by itself, while somebody looks who gets answers. */
export function usePolling(interval: number) {
  const { welcome } = useMe();
  return {
    pollInterval: welcome ? interval : 0,
    skipPollAttempt: () => document.hidden,
    // What was shown stays, errors too, until the next answer is there.
    notifyOnNetworkStatusChange: false,
  };
}
