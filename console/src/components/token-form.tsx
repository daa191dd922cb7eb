import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { useDraft, useMe } from "../api/me.ts";
import {
  GenerateTokenDocument,
  GenerateTokensDocument,
  type GenerateTokensMutation,
  IssuedTokensDocument,
  type Role,
  type TokenFieldsFragment,
  type TokenFormat,
  type TokenRequest,
} from "../generated/documents.ts";
import { ROLE_MEANINGS, ROLES, TOKEN_FORMATS } from "../labels.ts";
import { formatInstant, nowInSeconds } from "../time.ts";
import { Choice } from "./choice.tsx";
import { Field } from "./field.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { RequestSnippets } from "./request-snippets.tsx";
import { SubmitButton } from "./submit-button.tsx";
import { useSubmission } from "./use-submission.ts";

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

interface Draft {
  readonly role: Role;
  readonly count: string;
  /** The data of one token, or one line for each of many tokens. */
  readonly data: string;
  /** As `data`. */
  readonly identity: string;
  /** Seconds, `at` for the time in `expiresAt`, or empty for the server's default. */
  readonly lifetime: string;
  /** In the format of `datetime-local`. */
  readonly expiresAt: string;
  readonly initialLayoutClassList: string;
  readonly format: TokenFormat;
}

const EMPTY: Draft = {
  role: "PUBLISHER",
  count: "1",
  data: "",
  identity: "",
  lifetime: "",
  expiresAt: "",
  initialLayoutClassList: "",
  format: "JWT",
};

type Outcome = NonNullable<GenerateTokensMutation["generateTokens"]>[number];

type Refusal = Extract<Outcome, { __typename: "TokenRefusal" }>;

/** A refused token, with its number in the request. */
type Refused = readonly [place: number, refusal: Refusal];

/** The lines of the data or the identities. Ignores a line break at the end, which pasted lists often have. */
function linesOf(text: string): string[] {
  return text === "" ? [] : text.replace(/\n$/, "").split("\n");
}

/** The number of tokens: the lines of data or identities, or the entered count if neither has several. */
function countOf({ count, data, identity }: Draft): number {
  const lines = Math.max(linesOf(data).length, linesOf(identity).length);
  return lines > 1 ? lines : Number(count);
}

/** The longest connection data, in UTF-16 code units. */
const MAX_DATA_LENGTH = 1000;

/** The broken rules, by the argument that breaks them. */
function brokenRules(draft: Draft, maxLifetime: number) {
  const data = linesOf(draft.data);
  const identities = linesOf(draft.identity);
  const count = countOf(draft);
  const follows = data.length > 1 || identities.length > 1;
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
    expireTime: draft.lifetime === "at" ? brokenTime(draft.expiresAt, maxLifetime) : undefined,
  };
}

function brokenTime(expiresAt: string, maxLifetime: number): string | undefined {
  const seconds = new Date(expiresAt).getTime() / 1000;
  const now = nowInSeconds();
  if (seconds <= now) return `Choose a later time: it is now ${formatInstant(instantOf(now))}.`;
  if (seconds <= now + maxLifetime) return undefined;
  return expiresAt === ""
    ? undefined
    : `Choose an earlier time: your tokens expire by ${formatInstant(instantOf(now + maxLifetime))}.`;
}

function instantOf(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

/** A form that generates one or many tokens for a session. */
export function TokenForm({ sessionId }: { sessionId: string }) {
  const { project, rights, keepTokens } = useMe();
  const [entered, setDraft] = useDraft(`tokens of ${sessionId}`, EMPTY);
  const [refused, setRefused] = useState<readonly Refused[]>([]);
  const [done, setDone] = useState("");
  const options = {
    // Tokens must stay out of the cache.
    fetchPolicy: "no-cache" as const,
    refetchQueries: rights.readLedger && rights.readSessions ? [IssuedTokensDocument] : [],
  };
  const [generateToken] = useMutation(GenerateTokenDocument, options);
  const [generateTokens] = useMutation(GenerateTokensDocument, options);

  const offered = LIFETIMES.filter(([seconds]) => seconds <= rights.maxLifetime);
  const draft = within(entered);
  const count = countOf(draft);
  const many = count > 1;
  const data = linesOf(draft.data);
  const identities = linesOf(draft.identity);
  const follows = data.length > 1 || identities.length > 1;
  const watches = draft.role === "SUBSCRIBER";
  const { form, busy, errorAt, notice, changed, submit } = useSubmission(
    brokenRules(draft, rights.maxLifetime),
    async () => {
      setRefused([]);
      setDone("");
      const tokens = await (many ? generateMany() : generateOne());
      keepTokens(tokens);
      if (tokens.length > 0)
        setDone(tokens.length === 1 ? "One token was generated." : `${tokens.length} tokens were generated.`);
    },
    { expireTime: draft.lifetime === "at" && draft.expiresAt === "" ? "Choose a time." : undefined },
  );

  const set = (change: Partial<Draft>) => {
    changed();
    setDraft({ ...draft, ...change });
  };

  /** Limits the entries to the current grant, because the user may sign in again with a smaller one. */
  function within(draft: Draft): Draft {
    const [role = draft.role] = rights.roles;
    const isOffered = ["", "at", ...offered.map(([seconds]) => String(seconds))].includes(draft.lifetime);
    return {
      ...draft,
      role: rights.roles.includes(draft.role) ? draft.role : role,
      lifetime: isOffered ? draft.lifetime : "",
      // The server sets the identity of a caller that has a fixed one.
      identity: rights.identity === null ? draft.identity : "",
    };
  }

  /** One line of data or identities is for all tokens. Arguments that are left out get the server's default. */
  function requestAt(place: number): TokenRequest {
    const classes = draft.initialLayoutClassList.split(/\s+/).filter((name) => name !== "");
    return {
      role: draft.role,
      data: (data.length > 1 ? data[place] : draft.data) || undefined,
      identity: (identities.length > 1 ? identities[place] : draft.identity) || undefined,
      ...ending(draft),
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

  async function generateOne(): Promise<TokenFieldsFragment[]> {
    const answer = await generateToken({ variables: oneToken() });
    return answer.data?.generateToken ? [answer.data.generateToken] : [];
  }

  async function generateMany(): Promise<TokenFieldsFragment[]> {
    const answer = await generateTokens({ variables: manyTokens() });
    const outcomes = answer.data?.generateTokens ?? [];
    setRefused(
      outcomes.flatMap((outcome, i) =>
        outcome.__typename === "TokenRefusal" ? [[i + 1, outcome] as const] : [],
      ),
    );
    return outcomes.filter((outcome) => outcome.__typename === "ConnectionToken");
  }

  return (
    <>
      <form ref={form} onSubmit={submit} noValidate aria-label="Generate tokens">
        <div className="fields">
          <Field name="role" label="Role" hint={ROLE_MEANINGS[draft.role]} error={errorAt("role")}>
            {(control) => (
              <Choice
                {...control}
                value={draft.role}
                options={rights.roles.map((role) => [role, ROLES[role]] as const)}
                onChoose={(role) => set({ role })}
              />
            )}
          </Field>
          <Field
            name="requests"
            label="How many"
            hint={
              follows ? "One token for each line below." : `Up to ${MAX_TOKENS}, or one for each line below.`
            }
            error={errorAt("requests")}
          >
            {(control) => (
              <input
                {...control}
                type="number"
                min={1}
                max={MAX_TOKENS}
                disabled={follows}
                value={follows ? count : draft.count}
                onChange={({ target }) => set({ count: target.value })}
              />
            )}
          </Field>
          <Field
            name="data"
            label="Connection data"
            hint={
              many && data.length === 1
                ? "For all tokens; with more lines, one for each. Every client in the session can read it."
                : "For example a user ID or a name, in one line for each token. Every client in the session can read it."
            }
            error={errorAt("data")}
          >
            {(control) => (
              <textarea
                {...control}
                rows={follows ? 4 : 2}
                value={draft.data}
                placeholder={many ? "username=ann\nusername=bob" : "username=bob"}
                onChange={({ target }) => set({ data: target.value })}
              />
            )}
          </Field>
          <Field
            name="identity"
            label="Identity"
            hint={
              rights.identity !== null
                ? "Your credential is for this identity only."
                : "The user that the token is for, in one line for each token. It is recorded, and not in the token."
            }
            error={errorAt("identity")}
          >
            {(control) => (
              <textarea
                {...control}
                rows={follows ? 4 : 2}
                disabled={rights.identity !== null}
                value={rights.identity ?? draft.identity}
                placeholder={many ? "user-41\nuser-42" : "user-42"}
                onChange={({ target }) => set({ identity: target.value })}
              />
            )}
          </Field>
          <Field
            name="expireTime"
            label="Expires"
            hint="Clients that are connected by then stay connected."
            error={errorAt("expireTime")}
          >
            {(control) => (
              <>
                <Choice
                  {...control}
                  value={draft.lifetime}
                  options={[
                    ["", "Default"],
                    ...offered.map(([seconds, label]) => [String(seconds), `In ${label}`] as const),
                    ["at", "At a time…"],
                  ]}
                  onChoose={(lifetime) => set({ lifetime })}
                />
                {draft.lifetime === "at" && (
                  <input
                    type="datetime-local"
                    aria-label="Expires at"
                    aria-describedby={control["aria-describedby"]}
                    aria-invalid={control["aria-invalid"]}
                    value={draft.expiresAt}
                    onChange={({ target }) => set({ expiresAt: target.value })}
                  />
                )}
              </>
            )}
          </Field>
          <Field
            name="initialLayoutClassList"
            label="Layout classes"
            hint={
              watches
                ? "A subscriber publishes no streams that a layout could show."
                : "For the client's streams in archives and broadcasts, separated by spaces."
            }
            error={errorAt("initialLayoutClassList")}
          >
            {(control) => (
              <input
                {...control}
                disabled={watches}
                value={watches ? "" : draft.initialLayoutClassList}
                placeholder="focus full"
                onChange={({ target }) => set({ initialLayoutClassList: target.value })}
              />
            )}
          </Field>
          {project.tokenFormats.length > 1 && (
            <Field name="format" label="Format" error={errorAt("format")}>
              {(control) => (
                <Choice
                  {...control}
                  value={draft.format}
                  options={project.tokenFormats.map((format) => [format, TOKEN_FORMATS[format]] as const)}
                  onChoose={(format) => set({ format })}
                />
              )}
            </Field>
          )}
        </div>
        {notice && <ProblemNotice problem={notice} onRetry={submit} />}
        {refused.length > 0 && <Refusals refused={refused} />}
        <div className="row">
          <SubmitButton busy={busy}>{many ? `Generate ${count} tokens` : "Generate a token"}</SubmitButton>
          <span role="status">{done}</span>
        </div>
      </form>
      {many ? (
        <RequestSnippets document={GenerateTokensDocument} variables={manyTokens} />
      ) : (
        <RequestSnippets document={GenerateTokenDocument} variables={oneToken} />
      )}
    </>
  );
}

/** The expiry of a token; both are undefined for the server's default. */
function ending({ lifetime, expiresAt }: Draft) {
  const isAt = lifetime === "at";
  return {
    expireTime: isAt && expiresAt !== "" ? Math.floor(new Date(expiresAt).getTime() / 1000) : undefined,
    expiresIn: isAt || lifetime === "" ? undefined : Number(lifetime),
  };
}

/** The number of refusals to show, because most of a thousand are the same. */
const SHOWN = 10;

function Refusals({ refused }: { refused: readonly Refused[] }) {
  return (
    <div className="notice bad" role="alert">
      <p>{refused.length === 1 ? "One token was refused:" : `${refused.length} tokens were refused:`}</p>
      <ul>
        {refused.slice(0, SHOWN).map(([place, { message }]) => (
          <li key={place}>
            Token {place}: {message}
          </li>
        ))}
        {refused.length > SHOWN && <li>and {refused.length - SHOWN} more</li>}
      </ul>
    </div>
  );
}
