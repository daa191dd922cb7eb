import { createContext, use } from "react";
import type { TokenFieldsFragment, ViewerQuery } from "../generated/documents.ts";
import type { Rights } from "./rights.ts";

/** What every page knows of whoever uses the console. */
export interface Me {
  readonly project: ViewerQuery["project"];
  readonly rights: Rights;
  /** The tokens generated since signing in, newest first. The server keeps no copy, so they are kept here, in memory. */
  readonly tokens: readonly TokenFieldsFragment[];
  keepTokens(tokens: readonly TokenFieldsFragment[]): void;
  /** What is entered where tokens are inspected; not in the address, which gets about. */
  readonly inspected: string;
  inspect(token: string): void;
  /** Whether lists ask the server again by themselves. */
  readonly live: boolean;
}

export const MeContext = createContext<Me | null>(null);

/** @throws outside of `MeContext` */
export function useMe(): Me {
  const me = use(MeContext);
  if (me === null) throw new Error("nobody is signed in here");
  return me;
}

/** Options of a query that is asked again by itself, while somebody looks and is signed in. */
export function usePolling(interval: number) {
  const { live } = useMe();
  return { pollInterval: interval, skipPollAttempt: () => document.hidden || !live };
}
