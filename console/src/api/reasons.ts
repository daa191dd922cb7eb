import { useQuery } from "@apollo/client/react";
import { SessionPermissionsDocument, type SessionPermissionsQuery } from "../generated/documents.ts";
import { usePolling } from "./me.ts";
import { inWords } from "./problem.ts";

/** An act in a session. */
export type Act = Exclude<keyof SessionPermissionsQuery["videoCaller"], "id" | "__typename">;

/** Why the server would refuse an act of the caller in a session; null if it would not, or is not known. */
export type Reasons = (act: Act) => string | null;

/** Asks what the caller may do in a session. It can change when somebody joins or leaves. */
export function useReasons(sessionId: string): Reasons {
  const { data } = useQuery(SessionPermissionsDocument, { variables: { sessionId }, ...usePolling(5000) });
  return (act) => {
    const missing = data?.videoCaller[act].missing;
    return missing ? inWords(missing.message, null) : null;
  };
}
