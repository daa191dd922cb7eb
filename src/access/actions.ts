import { type GuardedArgument, REQUIRED_SCOPE, REQUIRED_SCOPE_OF_ARGUMENT } from "./policy.ts";

/** What the decision about a field depends on, besides its scope. */
interface Subject {
  /** Whether it needs a session that the caller may use, or one in which it may also manage participants. */
  readonly session?: "used" | "managed";
  /** Whether it concerns every session if none is given. */
  readonly orEverySession?: true;
  /** Whether it needs a name that the caller may use, or finds the session of a name. */
  readonly byName?: "used" | "found";
  /** Whether it grants the role of one token, which has a default, or those of several. */
  readonly role?: "one" | "each";
}

/** Something that a caller does: it uses a guarded field, or a guarded argument of a field. */
export interface Action extends Subject {
  /** The field, such as `Mutation.generateToken`. */
  readonly field: string;
  readonly argument?: GuardedArgument;
}

const USES: Subject = { session: "used" };
const MANAGES: Subject = { session: "managed" };

/** The subjects of fields. All others need only their scope. */
const SUBJECTS: Readonly<Record<string, Subject>> = {
  "Query.session": { session: "used", byName: "found" },
  "Query.participant": USES,
  "Mutation.ensureSession": { byName: "used" },
  "Mutation.generateToken": { session: "used", role: "one" },
  "Mutation.generateTokens": { session: "used", role: "each" },
  "Mutation.removeParticipant": MANAGES,
  "Mutation.muteParticipant": MANAGES,
  "Mutation.muteSession": MANAGES,
  "Mutation.sendSignal": MANAGES,
  "Mutation.setMaxParticipants": MANAGES,
  "Mutation.banIdentity": { session: "managed", orEverySession: true },
  "Mutation.liftBan": MANAGES,
  "Mutation.revokeToken": MANAGES,
  "Session.generateToken": { session: "used", role: "one" },
  "Session.issuedTokens": USES,
  "Session.participants": USES,
  "Session.participantCount": USES,
  "Subscription.participantChanged": USES,
  "Participant.token": USES,
  "IssuedToken.usedBy": USES,
};

/** The fields with a scope, except those of a federation router, and the arguments with one. */
const GUARDED: readonly Action[] = [
  ...Object.keys(REQUIRED_SCOPE)
    .filter((field) => REQUIRED_SCOPE[field] !== null && !field.includes("._"))
    .map((field) => ({ field, ...SUBJECTS[field] })),
  ...(Object.keys(REQUIRED_SCOPE_OF_ARGUMENT) as GuardedArgument[]).map((argument) => {
    const field = `Mutation.${argument.slice(0, argument.indexOf("("))}`;
    return { field, argument, ...SUBJECTS[field] };
  }),
];

/** All actions, by their names in the schema, such as `GENERATE_TOKEN`. */
export const ACTIONS: ReadonlyMap<string, Action> = new Map(
  GUARDED.map((action) => [nameOf(action.argument ?? action.field), action]),
);

/** `Mutation.generateToken` is `GENERATE_TOKEN`, `Session.participants` is `SESSION_PARTICIPANTS`. */
function nameOf(guarded: string): string {
  const words = guarded.replace(/^(Query|Mutation|Subscription)\./, "").match(/[A-Za-z][a-z]*/g) ?? [];
  return words.join("_").toUpperCase();
}
