import { useMutation } from "@apollo/client/react";
import { type FormEvent, useRef, useState } from "react";
import { useMe } from "../api/me.ts";
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
import { errorAt, Field, focusField } from "./field.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { SubmitButton } from "./submit-button.tsx";

interface Draft {
  readonly name: string;
  readonly maxAge: string;
  readonly mediaMode: MediaMode;
  readonly archiveMode: ArchiveMode;
  readonly archiveName: string;
  readonly archiveResolution: ArchiveResolution | "";
  readonly location: string;
  readonly e2ee: boolean;
  /** Of the token that is generated in the same request; none is when it is empty. */
  readonly role: Role | "";
}

const EMPTY: Draft = {
  name: "",
  maxAge: "",
  mediaMode: "RELAYED",
  archiveMode: "MANUAL",
  archiveName: "",
  archiveResolution: "",
  location: "",
  e2ee: false,
  role: "",
};

/** The rules between the options that are broken as things stand, by the option whose need is not met. */
function brokenRules(draft: Draft): Partial<Record<keyof Draft, string>> {
  const routed = draft.mediaMode === "ROUTED";
  const always = draft.archiveMode === "ALWAYS";
  return {
    ...(always && !routed && { archiveMode: "“Always” needs the media mode “Routed”." }),
    ...(draft.archiveName !== "" && !always && { archiveName: "A name needs the archive mode “Always”." }),
    ...(draft.archiveResolution !== "" &&
      !always && { archiveResolution: "A resolution needs the archive mode “Always”." }),
    ...(draft.e2ee && !routed && { e2ee: "Encryption needs the media mode “Routed”." }),
    ...(draft.e2ee &&
      routed &&
      always && {
        e2ee: "What is encrypted end to end cannot be archived: choose the archive mode “Manual”.",
      }),
  };
}

/** What comes back may have a token in it, which is to be in no cache. */
const UNCACHED = { fetchPolicy: "no-cache" } as const;

type Created = CreateSessionMutation["createSession"];

/** Creates a session with any options, or makes sure of the session of a name. */
export function SessionForm({ onDone }: { onDone: (session: Created) => void }) {
  const { rights } = useMe();
  const [byName, setByName] = useState(false);
  const [draft, setDraft] = useState(EMPTY);
  const form = useRef<HTMLFormElement>(null);
  const [createSession, created] = useMutation(CreateSessionDocument, UNCACHED);
  const [ensureSession, ensured] = useMutation(EnsureSessionDocument, UNCACHED);

  const { loading, error } = byName ? ensured : created;
  const problem = error ? problemOf(error) : null;
  const broken = brokenRules(draft);
  const set = (change: Partial<Draft>) => setDraft({ ...draft, ...change });
  const errorOf = (name: keyof Draft) => broken[name] ?? errorAt(problem, name);

  async function submit(event?: FormEvent) {
    event?.preventDefault();
    const [rule] = Object.keys(broken);
    if (rule !== undefined) return focusField(form.current, rule);
    const variables = {
      mediaMode: draft.mediaMode,
      archiveMode: draft.archiveMode,
      archiveName: draft.archiveName || null,
      archiveResolution: draft.archiveResolution || null,
      location: draft.location.trim() || null,
      e2ee: draft.e2ee,
      withToken: draft.role !== "",
      role: draft.role || null,
    };
    try {
      if (byName) {
        const maxAge = draft.maxAge === "" ? null : Number(draft.maxAge);
        const { data } = await ensureSession({ variables: { ...variables, name: draft.name, maxAge } });
        if (data) onDone(data.ensureSession);
      } else {
        const { data } = await createSession({ variables });
        if (data) onDone(data.createSession);
      }
    } catch (failure) {
      focusField(form.current, problemOf(failure).argument);
    }
  }

  return (
    <form ref={form} onSubmit={submit} noValidate aria-label="New session">
      {rights.ensureSession && (
        <fieldset className="switch">
          <legend className="hidden">Which session</legend>
          {[false, true].map((named) => (
            <label key={String(named)}>
              <input type="radio" name="which" checked={byName === named} onChange={() => setByName(named)} />
              {named ? "By name" : "A new one"}
            </label>
          ))}
        </fieldset>
      )}
      <div className="fields">
        {byName && (
          <>
            <Field
              name="name"
              label="Name"
              hint="The session of that name: the one there is, or a new one, the same for all who ask."
              error={errorOf("name")}
            >
              {(control) => (
                <input
                  {...control}
                  value={draft.name}
                  placeholder="standup"
                  autoComplete="off"
                  onChange={({ target }) => set({ name: target.value })}
                />
              )}
            </Field>
            <Field
              name="maxAge"
              label="Replace when older than (seconds)"
              hint="Empty: the session stays."
              error={errorOf("maxAge")}
            >
              {(control) => (
                <input
                  {...control}
                  type="number"
                  min={1}
                  value={draft.maxAge}
                  onChange={({ target }) => set({ maxAge: target.value })}
                />
              )}
            </Field>
          </>
        )}
        <Field
          name="mediaMode"
          label="Media mode"
          hint="Relayed: directly between clients where possible. Routed: through the media router, for larger sessions, archives and encryption."
          error={errorOf("mediaMode")}
        >
          {(control) => (
            <Choice
              {...control}
              value={draft.mediaMode}
              options={optionsOf(MEDIA_MODES)}
              onChoose={(mediaMode) => mediaMode && set({ mediaMode })}
            />
          )}
        </Field>
        <Field
          name="archiveMode"
          label="Archive mode"
          hint="Always: the platform records the session by itself. Needs Routed."
          error={errorOf("archiveMode")}
        >
          {(control) => (
            <Choice
              {...control}
              value={draft.archiveMode}
              options={optionsOf(ARCHIVE_MODES)}
              onChoose={(archiveMode) => archiveMode && set({ archiveMode })}
            />
          )}
        </Field>
        <Field
          name="archiveName"
          label="Archive name"
          hint="Up to 80 characters. Needs the archive mode Always."
          error={errorOf("archiveName")}
        >
          {(control) => (
            <input
              {...control}
              value={draft.archiveName}
              onChange={({ target }) => set({ archiveName: target.value })}
            />
          )}
        </Field>
        <Field
          name="archiveResolution"
          label="Archive resolution"
          hint="Needs the archive mode Always."
          error={errorOf("archiveResolution")}
        >
          {(control) => (
            <Choice
              {...control}
              value={draft.archiveResolution}
              options={[["", "The platform's"], ...optionsOf(ARCHIVE_RESOLUTIONS)]}
              onChoose={(archiveResolution) => set({ archiveResolution })}
            />
          )}
        </Field>
        <Field
          name="location"
          label="Location"
          hint="An IPv4 address near the participants, by which the platform chooses the region."
          error={errorOf("location")}
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
          hint="Needs Routed and the archive mode Manual."
          error={errorOf("e2ee")}
        >
          {(control) => (
            <input
              {...control}
              type="checkbox"
              checked={draft.e2ee}
              onChange={({ target }) => set({ e2ee: target.checked })}
            />
          )}
        </Field>
        {rights.createTokens && (
          <Field
            name="role"
            label="With a token as"
            hint="Generated in the same request."
            error={errorOf("role")}
          >
            {(control) => (
              <Choice
                {...control}
                value={draft.role}
                options={[["", "No token yet"], ...rights.roles.map((role) => [role, ROLES[role]] as const)]}
                onChoose={(role) => set({ role })}
              />
            )}
          </Field>
        )}
      </div>
      {problem && !(problem.argument && problem.argument in draft) && (
        <ProblemNotice problem={problem} onRetry={submit} />
      )}
      <SubmitButton busy={loading}>{byName ? "Get the session" : "Create the session"}</SubmitButton>
    </form>
  );
}
