import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { useEntries, useMe, useTokenOptions } from "../api/me.ts";
import {
  GenerateTokenDocument,
  GenerateTokensDocument,
  type GenerateTokensMutation,
  type Role,
  type TokenFormat,
  type TokenRequest,
} from "../generated/documents.ts";
import { ROLE_MEANINGS, ROLES, TOKEN_FORMATS } from "../labels.ts";
import { formatInstant, nowInSeconds } from "../time.ts";
import { optionsOf } from "./choice.tsx";
import { Form } from "./form.tsx";

/** The most tokens of one request. */
const MAX_TOKENS = 1000;

const HOUR = 3600;
const LIFETIMES: readonly (readonly [seconds: number, label: string])[] = [
  [HOUR / 4, "15 minutes"],
  [HOUR, "1 hour"],
  [8 * HOUR, "8 hours"],
  [24 * HOUR, "24 hours"],
  [7 * 24 * HOUR, "7 days"],
  [30 * 24 * HOUR, "30 days"],
];

const EMPTY = {
  role: "PUBLISHER" as Role,
  /** The number of tokens. */
  requests: "1",
  /** The data of one token, or one line for each of many tokens. */
  data: "",
  /** As `data`. */
  identity: "",
  /** Seconds, `at` for the time in `expireTime`, or empty for the server's default. */
  expiresIn: "",
  /** In the format of `datetime-local`. */
  expireTime: "",
  initialLayoutClassList: "",
  format: "JWT" as TokenFormat,
};

type Draft = Readonly<typeof EMPTY>;

type Outcome = NonNullable<GenerateTokensMutation["generateTokens"]>[number];

/** A refused token: its number in the request, and why. */
type Refused = readonly [place: number, message: string];

/** The lines of the data or the identities. Ignores a line break at the end, which pasted lists often have. */
function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** The longest connection data, in UTF-16 code units. */
const MAX_DATA_LENGTH = 1000;

/** The broken rules, by the argument that breaks them. */
function brokenRules(draft: Draft, maxLifetime: number) {
  const data = linesOf(draft.data);
  const identities = linesOf(draft.identity);
  const follows = data.length > 1 || identities.length > 1;
  const count = Number(draft.requests);
  const isCount = Number.isInteger(count) && count >= 1 && count <= MAX_TOKENS;
  const tooMany = (lines: readonly string[]) =>
    lines.length > MAX_TOKENS
      ? `${lines.length} lines are too many: ${MAX_TOKENS} tokens fit in one request.`
      : undefined;
  const differs = data.length > 1 && identities.length > 1 && data.length !== identities.length;
  const tooLong = data.length === 1 && draft.data.length > MAX_DATA_LENGTH;
  return {
    requests: follows || isCount ? undefined : `Enter a whole number from 1 to ${MAX_TOKENS}.`,
    data:
      tooMany(data) ??
      (tooLong ? `${draft.data.length} characters are too many: at most ${MAX_DATA_LENGTH} fit.` : undefined),
    identity:
      tooMany(identities) ??
      (differs
        ? `${identities.length} lines do not match the ${data.length} lines of data. Enter as many, or one for all.`
        : undefined),
    expireTime: draft.expiresIn === "at" ? brokenTime(draft.expireTime, maxLifetime) : undefined,
  };
}

function brokenTime(expireTime: string, maxLifetime: number): string | undefined {
  const seconds = secondsOf(expireTime);
  const now = nowInSeconds();
  const written = (seconds: number) => formatInstant(new Date(seconds * 1000).toISOString());
  if (seconds <= now) return `Choose a later time: it is now ${written(now)}.`;
  if (seconds > now + maxLifetime)
    return `Choose an earlier time: your tokens expire by ${written(now + maxLifetime)}.`;
}

/** A time of `datetime-local` in seconds since the Unix epoch; NaN without one. */
function secondsOf(time: string): number {
  return Math.floor(new Date(time).getTime() / 1000);
}

/** A form that generates one or many tokens for a session. */
export function TokenForm({ sessionId }: { sessionId: string }) {
  const { project, rights, keepTokens } = useMe();
  const [entered, change] = useEntries(EMPTY, `tokens of ${sessionId}`);
  const [refused, setRefused] = useState<readonly Refused[]>([]);
  const [done, setDone] = useState("");
  const options = useTokenOptions();
  const [generateToken] = useMutation(GenerateTokenDocument, options);
  const [generateTokens] = useMutation(GenerateTokensDocument, options);

  const lifetimes = [
    ["", "Default"] as const,
    ...LIFETIMES.filter(([seconds]) => seconds <= rights.maxLifetime).map(
      ([seconds, label]) => [String(seconds), `In ${label}`] as const,
    ),
    ["at", "At a time…"] as const,
  ];
  const [role = entered.role] = rights.roles;
  // The user may sign in again with a smaller grant.
  const draft: Draft = {
    ...entered,
    role: rights.roles.includes(entered.role) ? entered.role : role,
    expiresIn: lifetimes.some(([value]) => value === entered.expiresIn) ? entered.expiresIn : "",
    // The server sets the identity of a caller that has a fixed one.
    identity: rights.identity === null ? entered.identity : "",
  };
  const data = linesOf(draft.data);
  const identities = linesOf(draft.identity);
  const lines = Math.max(data.length, identities.length);
  const follows = lines > 1;
  const count = follows ? lines : Number(draft.requests);
  const many = count > 1;
  const watches = draft.role === "SUBSCRIBER";
  const isAt = draft.expiresIn === "at";

  /** One line of data or identities is for all tokens. Arguments that are left out get the server's default. */
  function requestAt(place: number): TokenRequest {
    const classes = draft.initialLayoutClassList.split(/\s+/).filter((name) => name !== "");
    return {
      role: draft.role,
      data: (data.length > 1 ? data[place] : draft.data) || undefined,
      identity: (identities.length > 1 ? identities[place] : draft.identity) || undefined,
      expireTime: isAt && draft.expireTime !== "" ? secondsOf(draft.expireTime) : undefined,
      expiresIn: isAt || draft.expiresIn === "" ? undefined : Number(draft.expiresIn),
      initialLayoutClassList: watches || classes.length === 0 ? undefined : classes,
      format: project.tokenFormats.length > 1 ? draft.format : undefined,
    };
  }

  const oneToken = () => ({ sessionId, ...requestAt(0) });

  // The request is shown before its rules are checked, so the count can be any number.
  const manyTokens = () => ({
    sessionId,
    requests: Array.from({ length: Math.min(count, MAX_TOKENS) }, (_, place) => requestAt(place)),
  });

  async function generate(): Promise<readonly Outcome[]> {
    if (many) return (await generateTokens({ variables: manyTokens() })).data?.generateTokens ?? [];
    const token = (await generateToken({ variables: oneToken() })).data?.generateToken;
    return token ? [{ ...token, __typename: "ConnectionToken" }] : [];
  }

  return (
    <Form
      label="Generate tokens"
      action={many ? `Generate ${count} tokens` : "Generate a token"}
      entries={[draft, change]}
      fields={[
        {
          name: "role",
          label: "Role",
          hint: ROLE_MEANINGS[draft.role],
          options: optionsOf(ROLES, rights.roles),
        },
        {
          name: "requests",
          label: "How many",
          hint: follows
            ? "One token for each line below."
            : `Up to ${MAX_TOKENS}, or one for each line below.`,
          type: "number",
          min: 1,
          max: MAX_TOKENS,
          disabled: follows,
          shown: String(follows ? count : draft.requests),
        },
        {
          name: "data",
          label: "Connection data",
          hint:
            many && data.length === 1
              ? "For all tokens; with more lines, one for each. Every client in the session can read it."
              : "For example a user ID or a name, in one line for each token. Every client in the session can read it.",
          rows: follows ? 4 : 2,
          placeholder: many ? "username=ann\nusername=bob" : "username=bob",
        },
        {
          name: "identity",
          label: "Identity",
          hint:
            rights.identity === null
              ? "The user that the token is for, in one line for each token. It is recorded, and not in the token."
              : "Your credential is for this identity only.",
          rows: follows ? 4 : 2,
          disabled: rights.identity !== null,
          shown: rights.identity ?? draft.identity,
          placeholder: many ? "user-41\nuser-42" : "user-42",
        },
        {
          name: "expiresIn",
          label: "Expires",
          hint: "Clients that are connected by then stay connected.",
          options: lifetimes,
        },
        isAt && { name: "expireTime", label: "Expires at", type: "datetime-local" },
        {
          name: "initialLayoutClassList",
          label: "Layout classes",
          hint: watches
            ? "A subscriber publishes no streams that a layout could show."
            : "For the client's streams in archives and broadcasts, separated by spaces.",
          disabled: watches,
          shown: watches ? "" : draft.initialLayoutClassList,
          placeholder: "focus full",
        },
        project.tokenFormats.length > 1 && {
          name: "format",
          label: "Format",
          options: optionsOf(TOKEN_FORMATS, project.tokenFormats),
        },
      ]}
      rules={brokenRules(draft, rights.maxLifetime)}
      missing={{ expireTime: isAt && draft.expireTime === "" ? "Choose a time." : undefined }}
      run={async () => {
        setRefused([]);
        setDone("");
        const outcomes = await generate();
        setRefused(
          outcomes.flatMap((outcome, i) =>
            outcome.__typename === "TokenRefusal" ? [[i + 1, outcome.message] as const] : [],
          ),
        );
        const tokens = outcomes.filter((outcome) => outcome.__typename === "ConnectionToken");
        keepTokens(tokens);
        if (tokens.length > 0)
          setDone(
            tokens.length === 1 ? "One token was generated." : `${tokens.length} tokens were generated.`,
          );
      }}
      request={
        many
          ? { document: GenerateTokensDocument, variables: manyTokens }
          : { document: GenerateTokenDocument, variables: oneToken }
      }
      notice={refused.length > 0 && <Refusals refused={refused} />}
      beside={<span role="status">{done}</span>}
    />
  );
}

/** The number of refusals to show, because most of a thousand are the same. */
const SHOWN = 10;

function Refusals({ refused }: { refused: readonly Refused[] }) {
  return (
    <div className="notice bad" role="alert">
      <p>{refused.length === 1 ? "One token was refused:" : `${refused.length} tokens were refused:`}</p>
      <ul>
        {refused.slice(0, SHOWN).map(([place, message]) => (
          <li key={place}>
            Token {place}: {message}
          </li>
        ))}
        {refused.length > SHOWN && <li>and {refused.length - SHOWN} more</li>}
      </ul>
    </div>
  );
}
