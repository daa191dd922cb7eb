import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { useDraft, useMe } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import {
  type ArchiveMode,
  type ArchiveResolution,
  CreateSessionDocument,
  type CreateSessionMutation,
  EnsureSessionDocument,
  type MediaMode,
  type Role,
} from "../generated/documents.ts";
import { ARCHIVE_MODES, ARCHIVE_RESOLUTIONS, MEDIA_MODES, ROLES } from "../labels.ts";
import { Choice, optionsOf } from "./choice.tsx";
import { Field } from "./field.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { RequestSnippets } from "./request-snippets.tsx";
import { SubmitButton } from "./submit-button.tsx";
import { useSubmission } from "./use-submission.ts";

interface Draft {
  readonly byName: boolean;
  readonly name: string;
  readonly maxAge: string;
  /** Empty if not chosen, as is the archive mode. */
  readonly mediaMode: MediaMode | "";
  readonly archiveMode: ArchiveMode | "";
  readonly archiveName: string;
  readonly archiveResolution: ArchiveResolution | "";
  readonly location: string;
  readonly e2ee: boolean;
  /** The role of the token in the same request; empty for no token. */
  readonly role: Role | "";
}

const EMPTY: Draft = {
  byName: false,
  name: "",
  maxAge: "",
  mediaMode: "",
  archiveMode: "",
  archiveName: "",
  archiveResolution: "",
  location: "",
  e2ee: false,
  role: "",
};

/** The options that most sessions do not need. They are folded until the user looks for them. */
const RARE = ["archiveName", "archiveResolution", "location", "e2ee", "maxAge"] as const;

/** The draft without the options that do not apply, because they need others. The form disables these. */
function applicable(draft: Draft): Draft & { routed: boolean; always: boolean } {
  const routed = draft.mediaMode === "ROUTED";
  const always = routed && draft.archiveMode === "ALWAYS";
  return {
    ...draft,
    routed,
    always,
    archiveMode: routed ? draft.archiveMode : "",
    archiveName: always ? draft.archiveName : "",
    archiveResolution: always ? draft.archiveResolution : "",
    e2ee: routed && !always && draft.e2ee,
  };
}

/** The broken rule of the age, if the form has it. */
function brokenRules({ byName, maxAge }: Draft) {
  const isWhole = /^\d*$/.test(maxAge.trim());
  return { maxAge: byName && !isWhole ? "Enter a whole number of seconds." : undefined };
}

/** Tokens must stay out of the cache. An answer may hold a session and the refusal of its token. */
const OPTIONS = { fetchPolicy: "no-cache", errorPolicy: "all" } as const;

type Created = NonNullable<CreateSessionMutation["createSession"]>;

interface Props {
  /** Receives the session, whether the form is still shown, and why the token was refused. */
  readonly onDone: (session: Created, isThere: boolean, refusal: string | undefined) => void;
}

/** A form that creates a session without a name, or opens or creates the session of a name. */
export function SessionForm({ onDone }: Props) {
  const { rights } = useMe();
  const [entered, setDraft] = useDraft("session", EMPTY);
  const [startsOpen] = useState(() => RARE.some((option) => entered[option] !== EMPTY[option]));
  const draft = applicable(entered);
  const [createSession] = useMutation(CreateSessionDocument, OPTIONS);
  const [ensureSession] = useMutation(EnsureSessionDocument, OPTIONS);
  const { form, busy, errorAt, notice, changed, submit } = useSubmission(
    brokenRules(draft),
    async (isThere) => {
      const { session, error } = await ask();
      if (!session) throw error;
      setDraft(EMPTY);
      onDone(session, isThere(), error && problemOf(error).message);
    },
    { name: draft.byName && draft.name === "" ? "Enter a name." : undefined },
  );
  const { byName, routed, always } = draft;
  /** For a session by name, an option that is not chosen matches any value. */
  const any = (byDefault: string) => (byName ? [["", `Any (${byDefault} if new)`] as const] : []);

  const set = (change: Partial<Draft>) => {
    changed();
    setDraft({ ...entered, ...change });
  };

  /** The options of both requests. */
  const options = () => ({
    mediaMode: draft.mediaMode || null,
    archiveMode: draft.archiveMode || null,
    archiveName: draft.archiveName || null,
    archiveResolution: draft.archiveResolution || null,
    location: draft.location.trim() || null,
    // Unchecked matches an existing session with or without encryption.
    e2ee: draft.e2ee || null,
    withToken: draft.role !== "",
    role: draft.role || null,
  });

  const named = () => ({
    ...options(),
    name: draft.name,
    maxAge: draft.maxAge.trim() === "" ? null : Number(draft.maxAge),
  });

  async function ask() {
    if (byName) {
      const { data, error } = await ensureSession({ variables: named() });
      return { session: data?.ensureSession, error };
    }
    const { data, error } = await createSession({ variables: options() });
    return { session: data?.createSession, error };
  }

  return (
    <>
      <form ref={form} onSubmit={submit} noValidate aria-label="New session">
        {rights.ensureSession && (
          <fieldset className="switch" disabled={busy}>
            <legend className="visually-hidden">Which session</legend>
            {[false, true].map((named) => (
              <label key={String(named)} className="check">
                <input
                  type="radio"
                  name="which"
                  checked={byName === named}
                  onChange={() => set({ byName: named })}
                />
                {named ? "With a name" : "Without a name"}
              </label>
            ))}
          </fieldset>
        )}
        <div className="fields">
          {byName && (
            <Field
              name="name"
              label="Name"
              hint="Opens the session of this name, or creates it."
              error={errorAt("name")}
            >
              {(control) => (
                <input
                  {...control}
                  value={draft.name}
                  placeholder="standup"
                  spellCheck={false}
                  autoComplete="off"
                  onChange={({ target }) => set({ name: target.value })}
                />
              )}
            </Field>
          )}
          <Field
            name="mediaMode"
            label="Media mode"
            hint="“Routed” is for larger sessions, archives and encryption."
            error={errorAt("mediaMode")}
          >
            {(control) => (
              <Choice
                {...control}
                value={draft.mediaMode || (byName ? "" : "RELAYED")}
                options={[...any("relayed"), ...optionsOf(MEDIA_MODES)]}
                onChoose={(mediaMode) => set({ mediaMode })}
              />
            )}
          </Field>
          <Field
            name="archiveMode"
            label="Archive mode"
            hint="“Always” records automatically. Needs “Routed”."
            error={errorAt("archiveMode")}
          >
            {(control) => (
              <Choice
                {...control}
                disabled={!routed}
                value={draft.archiveMode || (byName ? "" : "MANUAL")}
                options={[...any("manual"), ...optionsOf(ARCHIVE_MODES)]}
                onChoose={(archiveMode) => set({ archiveMode })}
              />
            )}
          </Field>
          {rights.createFirstToken && (
            <Field
              name="role"
              label="Add a token"
              hint="Generated in the same request."
              error={errorAt("role")}
            >
              {(control) => (
                <Choice
                  {...control}
                  value={draft.role}
                  options={[["", "No token"], ...rights.roles.map((role) => [role, ROLES[role]] as const)]}
                  onChoose={(role) => set({ role })}
                />
              )}
            </Field>
          )}
        </div>
        <details open={startsOpen}>
          <summary>More options</summary>
          <div className="fields">
            <Field
              name="archiveName"
              label="Archive name"
              hint="Up to 80 characters. Needs the archive mode “Always”."
              error={errorAt("archiveName")}
            >
              {(control) => (
                <input
                  {...control}
                  disabled={!always}
                  value={draft.archiveName}
                  onChange={({ target }) => set({ archiveName: target.value })}
                />
              )}
            </Field>
            <Field
              name="archiveResolution"
              label="Archive resolution"
              hint="Needs the archive mode “Always”."
              error={errorAt("archiveResolution")}
            >
              {(control) => (
                <Choice
                  {...control}
                  disabled={!always}
                  value={draft.archiveResolution}
                  options={[["", "Platform default"], ...optionsOf(ARCHIVE_RESOLUTIONS)]}
                  onChoose={(archiveResolution) => set({ archiveResolution })}
                />
              )}
            </Field>
            <Field
              name="location"
              label="Location"
              hint="An IPv4 address near the participants, for the choice of a region."
              error={errorAt("location")}
            >
              {(control) => (
                <input
                  {...control}
                  value={draft.location}
                  placeholder="203.0.113.7"
                  autoComplete="off"
                  onChange={({ target }) => set({ location: target.value })}
                />
              )}
            </Field>
            <Field
              name="e2ee"
              label="End-to-end encryption"
              hint="Needs “Routed” and the archive mode “Manual”."
              error={errorAt("e2ee")}
            >
              {(control) => (
                <input
                  {...control}
                  type="checkbox"
                  disabled={!routed || always}
                  checked={draft.e2ee}
                  onChange={({ target }) => set({ e2ee: target.checked })}
                />
              )}
            </Field>
            {byName && (
              <Field
                name="maxAge"
                label="Replace when older than (seconds)"
                hint="Leave empty to keep the session."
                error={errorAt("maxAge")}
              >
                {(control) => (
                  <input
                    {...control}
                    inputMode="numeric"
                    value={draft.maxAge}
                    onChange={({ target }) => set({ maxAge: target.value })}
                  />
                )}
              </Field>
            )}
          </div>
        </details>
        {notice && <ProblemNotice problem={notice} onRetry={submit} />}
        <SubmitButton busy={busy}>{byName ? "Open or create session" : "Create session"}</SubmitButton>
      </form>
      <RequestSnippets
        document={byName ? EnsureSessionDocument : CreateSessionDocument}
        variables={byName ? named : options}
      />
    </>
  );
}
