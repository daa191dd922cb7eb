import { useMutation } from "@apollo/client/react";
import { type FormEvent, useRef, useState } from "react";
import { useMe } from "../api/me.ts";
import { type Problem, problemOf } from "../api/problem.ts";
import {
  GenerateTokenDocument,
  GenerateTokensDocument,
  type GenerateTokensMutation,
  type Role,
  type TokenFieldsFragment,
  type TokenFormat,
} from "../generated/documents.ts";
import { ROLE_MEANINGS, ROLES, TOKEN_FORMATS } from "../labels.ts";
import { nowInSeconds } from "../time.ts";
import { Choice } from "./choice.tsx";
import { errorAt, Field, focusField } from "./field.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { SubmitButton } from "./submit-button.tsx";

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
  readonly count: string;
  readonly role: Role | "";
  readonly data: string;
  /** Seconds, `at` for an instant of `expiresAt`, or empty for the server's default. */
  readonly lifetime: string;
  /** As `datetime-local` has it. */
  readonly expiresAt: string;
  readonly initialLayoutClassList: string;
  readonly format: TokenFormat;
}

const EMPTY: Draft = {
  count: "1",
  role: "",
  data: "",
  lifetime: "",
  expiresAt: "",
  initialLayoutClassList: "",
  format: "JWT",
};

type Refusal = Extract<GenerateTokensMutation["generateTokens"][number], { __typename: "TokenRefusal" }>;

/** What a form says that need not be sent to be known as wrong. */
function localProblem(argument: string, message: string): Problem {
  return { message, argument, code: null, retryable: false };
}

/** What is wrong with the draft before it is sent, if anything. */
function problemIn({ count, data, lifetime, expiresAt }: Draft): Problem | null {
  const many = Number(count);
  if (!Number.isInteger(many) || many < 1 || many > MAX_TOKENS) {
    return localProblem("requests", `A whole number from 1 to ${MAX_TOKENS}.`);
  }
  if (many > 1 && data !== "" && data.split("\n").length > many) {
    return localProblem("data", `${data.split("\n").length} lines are too many for ${many} tokens.`);
  }
  if (lifetime === "at" && expiresAt === "") return localProblem("expireTime", "Say when.");
  return null;
}

/** Generates tokens for a session, one or many, with any options. */
export function TokenForm({ sessionId }: { sessionId: string }) {
  const { project, rights, keepTokens } = useMe();
  const [draft, setDraft] = useState<Draft>({
    ...EMPTY,
    role: rights.roles.includes("PUBLISHER") ? "PUBLISHER" : (rights.roles[0] ?? ""),
  });
  const [problem, setProblem] = useState<Problem | null>(null);
  const [refusals, setRefusals] = useState<readonly (readonly [place: number, refusal: Refusal])[]>([]);
  const [done, setDone] = useState("");
  const form = useRef<HTMLFormElement>(null);
  const options = {
    // Tokens are to be in no cache.
    fetchPolicy: "no-cache" as const,
    refetchQueries: rights.readLedger && rights.readSessions ? ["IssuedTokens"] : [],
  };
  const [generateToken, one] = useMutation(GenerateTokenDocument, options);
  const [generateTokens, several] = useMutation(GenerateTokensDocument, options);

  const loading = one.loading || several.loading;
  const many = Number(draft.count) > 1;
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const offered = LIFETIMES.filter(([seconds]) => seconds <= rights.maxLifetime);

  function show(found: Problem | null) {
    setProblem(found);
    focusField(form.current, found?.argument ?? null);
  }

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    setRefusals([]);
    setDone("");
    const found = problemIn(draft);
    show(found);
    if (found) return;
    const request = {
      role: draft.role || null,
      expireTime: expireTimeOf(draft),
      initialLayoutClassList: draft.initialLayoutClassList.split(/\s+/).filter((name) => name !== ""),
      format: draft.format,
    };
    try {
      const tokens = many ? await generateMany(request) : await generateOne(request);
      keepTokens(tokens);
      setDone(tokens.length === 1 ? "One token was generated." : `${tokens.length} tokens were generated.`);
    } catch (failure) {
      show(problemOf(failure));
    }
  }

  async function generateOne(request: object): Promise<TokenFieldsFragment[]> {
    const { data } = await generateToken({ variables: { ...request, sessionId, data: draft.data || null } });
    return data ? [data.generateToken] : [];
  }

  async function generateMany(request: object): Promise<TokenFieldsFragment[]> {
    const lines = draft.data.split("\n");
    const requests = Array.from({ length: Number(draft.count) }, (_, i) => ({
      ...request,
      data: lines[i] || null,
    }));
    const { data } = await generateTokens({ variables: { sessionId, requests } });
    const outcomes = data?.generateTokens ?? [];
    setRefusals(
      outcomes.flatMap((outcome, i) =>
        outcome.__typename === "TokenRefusal" ? [[i + 1, outcome] as const] : [],
      ),
    );
    return outcomes.filter((outcome) => outcome.__typename === "ConnectionToken");
  }

  return (
    <form ref={form} onSubmit={submit} noValidate aria-label="Generate tokens">
      <div className="fields">
        <Field
          name="role"
          label="Role"
          hint={draft.role && ROLE_MEANINGS[draft.role]}
          error={errorAt(problem, "role")}
        >
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
          error={errorAt(problem, "requests")}
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
              : "Such as a user ID or a name. Every client in the session can read it."
          }
          error={errorAt(problem, "data")}
        >
          {(control) =>
            many ? (
              <textarea
                {...control}
                rows={4}
                value={draft.data}
                placeholder={"username=ann\nusername=bob"}
                onChange={({ target }) => set({ data: target.value })}
              />
            ) : (
              <input
                {...control}
                value={draft.data}
                placeholder="username=bob"
                onChange={({ target }) => set({ data: target.value })}
              />
            )
          }
        </Field>
        <Field
          name="expireTime"
          label="Expires"
          hint="Who is connected by then stays connected."
          error={errorAt(problem, "expireTime")}
        >
          {(control) => (
            <>
              <Choice
                {...control}
                value={draft.lifetime}
                options={[
                  ["", "By default"],
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
          hint="Of the client's streams, for archives and broadcasts, with spaces between them."
          error={errorAt(problem, "initialLayoutClassList")}
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
          <Field name="format" label="Format" error={errorAt(problem, "format")}>
            {(control) => (
              <Choice
                {...control}
                value={draft.format}
                options={project.tokenFormats.map((format) => [format, TOKEN_FORMATS[format]] as const)}
                onChoose={(format) => format && set({ format })}
              />
            )}
          </Field>
        )}
      </div>
      {problem && !(problem.argument && FIELDS.has(problem.argument)) && (
        <ProblemNotice problem={problem} onRetry={submit} />
      )}
      {refusals.length > 0 && <Refusals refusals={refusals} />}
      <div className="row">
        <SubmitButton busy={loading}>
          {many ? `Generate ${draft.count} tokens` : "Generate a token"}
        </SubmitButton>
        <span role="status">{done}</span>
      </div>
    </form>
  );
}

const FIELDS: ReadonlySet<string> = new Set([
  "role",
  "requests",
  "data",
  "expireTime",
  "initialLayoutClassList",
  "format",
]);

/** In whole seconds since the Unix epoch; null for the server's default. */
function expireTimeOf({ lifetime, expiresAt }: Draft): number | null {
  if (lifetime === "") return null;
  if (lifetime === "at") return Math.floor(new Date(expiresAt).getTime() / 1000);
  return nowInSeconds() + Number(lifetime);
}

/** How many refusals are shown; of a thousand, most say the same. */
const SHOWN = 10;

function Refusals({ refusals }: { refusals: readonly (readonly [place: number, refusal: Refusal])[] }) {
  return (
    <div className="notice bad" role="alert">
      <p>{refusals.length === 1 ? "One was refused:" : `${refusals.length} were refused:`}</p>
      <ul>
        {refusals.slice(0, SHOWN).map(([place, { message }]) => (
          <li key={place}>
            Number {place}: {message}
          </li>
        ))}
        {refusals.length > SHOWN && <li>and {refusals.length - SHOWN} more</li>}
      </ul>
    </div>
  );
}
