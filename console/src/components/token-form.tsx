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
import { formatRemaining, nowInSeconds } from "../time.ts";
import { Choice } from "./choice.tsx";
import { Field } from "./field.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
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

/** The broken rules, by the argument that breaks them. */
function brokenRules({ count, data, identity, lifetime, expiresAt }: Draft, maxLifetime: number) {
  const many = Number(count);
  const tooMany = (text: string) => {
    const lines = linesOf(text).length;
    return many > 1 && lines > many ? `${lines} lines are too many for ${many} tokens.` : undefined;
  };
  const isCount = Number.isInteger(many) && many >= 1 && many <= MAX_TOKENS;
  const tooLate = new Date(expiresAt).getTime() / 1000 > nowInSeconds() + maxLifetime;
  return {
    requests: isCount ? undefined : `Enter a whole number from 1 to ${MAX_TOKENS}.`,
    data: tooMany(data),
    identity: tooMany(identity),
    expireTime:
      lifetime !== "at"
        ? undefined
        : expiresAt === ""
          ? "Choose a time."
          : tooLate
            ? `The longest lifetime of your tokens is ${formatRemaining(maxLifetime)}.`
            : undefined,
  };
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
  const many = Number(draft.count) > 1;
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
    };
  }

  function request(data: string | undefined, identity: string | undefined): TokenRequest {
    return {
      role: draft.role,
      data: data || null,
      identity: identity || null,
      ...ending(draft),
      initialLayoutClassList: draft.initialLayoutClassList.split(/\s+/).filter((name) => name !== ""),
      format: draft.format,
    };
  }

  async function generateOne(): Promise<TokenFieldsFragment[]> {
    const { initialLayoutClassList, ...others } = request(draft.data, draft.identity);
    const variables = { sessionId, initialLayoutClassList: initialLayoutClassList ?? null, ...others };
    const { data } = await generateToken({ variables });
    return data?.generateToken ? [data.generateToken] : [];
  }

  async function generateMany(): Promise<TokenFieldsFragment[]> {
    const data = linesOf(draft.data);
    const identities = linesOf(draft.identity);
    const requests = Array.from({ length: Number(draft.count) }, (_, i) => request(data[i], identities[i]));
    const answer = await generateTokens({ variables: { sessionId, requests } });
    const outcomes = answer.data?.generateTokens ?? [];
    setRefused(
      outcomes.flatMap((outcome, i) =>
        outcome.__typename === "TokenRefusal" ? [[i + 1, outcome] as const] : [],
      ),
    );
    return outcomes.filter((outcome) => outcome.__typename === "ConnectionToken");
  }

  return (
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
          hint={`Up to ${MAX_TOKENS} in one request.`}
          error={errorAt("requests")}
        >
          {(control) => (
            <input
              {...control}
              type="number"
              min={1}
              max={MAX_TOKENS}
              value={draft.count}
              onChange={({ target }) => set({ count: target.value })}
            />
          )}
        </Field>
        <Field
          name="data"
          label="Connection data"
          hint={
            many
              ? "One line for each token. Every client in the session can read it."
              : "For example a user ID or a name. Every client in the session can read it."
          }
          error={errorAt("data")}
        >
          {(control) => (
            <textarea
              {...control}
              rows={many ? 4 : 1}
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
            many
              ? "One line for each token. It is recorded, and not in the token."
              : "The user that the token is for. It is recorded, and not in the token."
          }
          error={errorAt("identity")}
        >
          {(control) => (
            <textarea
              {...control}
              rows={many ? 4 : 1}
              value={draft.identity}
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
                  step={1}
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
          hint="For the client's streams in archives and broadcasts, separated by spaces."
          error={errorAt("initialLayoutClassList")}
        >
          {(control) => (
            <input
              {...control}
              value={draft.initialLayoutClassList}
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
        <SubmitButton busy={busy}>
          {many ? `Generate ${draft.count} tokens` : "Generate a token"}
        </SubmitButton>
        <span role="status">{done}</span>
      </div>
    </form>
  );
}

/** The expiry of a token; both are null for the server's default. */
function ending({ lifetime, expiresAt }: Draft) {
  const isAt = lifetime === "at";
  return {
    expireTime: isAt ? Math.floor(new Date(expiresAt).getTime() / 1000) : null,
    expiresIn: isAt || lifetime === "" ? null : Number(lifetime),
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
