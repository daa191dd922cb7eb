import { useMutation } from "@apollo/client/react";
import { useEntries, useMe } from "../api/me.ts";
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
import { optionsOf, Switch } from "./choice.tsx";
import { Form } from "./form.tsx";

const EMPTY = {
  byName: false,
  name: "",
  maxAge: "",
  /** Empty if not chosen, as is the archive mode. */
  mediaMode: "" as MediaMode | "",
  archiveMode: "" as ArchiveMode | "",
  archiveName: "",
  archiveResolution: "" as ArchiveResolution | "",
  location: "",
  e2ee: false,
  /** The role of the token in the same request; empty for no token. */
  role: "" as Role | "",
};

type Draft = Readonly<typeof EMPTY>;

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
  const [entered, change] = useEntries(EMPTY, "session");
  const draft = applicable(entered);
  const { byName, routed, always } = draft;
  const [createSession] = useMutation(CreateSessionDocument, OPTIONS);
  const [ensureSession] = useMutation(EnsureSessionDocument, OPTIONS);
  /** For a session by name, an option that is not chosen matches any value. */
  const any = (byDefault: string) => (byName ? [["", `Any (${byDefault} if new)`] as const] : []);

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
    <Form
      label="New session"
      action={byName ? "Open or create session" : "Create session"}
      entries={[draft, change]}
      fields={[
        byName && {
          name: "name",
          label: "Name",
          hint: "Opens the session of this name, or creates it.",
          placeholder: "standup",
        },
        {
          name: "mediaMode",
          label: "Media mode",
          hint: "“Routed” is for larger sessions, archives and encryption.",
          options: [...any("relayed"), ...optionsOf(MEDIA_MODES)],
          shown: draft.mediaMode || (byName ? "" : "RELAYED"),
        },
        {
          name: "archiveMode",
          label: "Archive mode",
          hint: "“Always” records automatically. Needs “Routed”.",
          options: [...any("manual"), ...optionsOf(ARCHIVE_MODES)],
          shown: draft.archiveMode || (byName ? "" : "MANUAL"),
          disabled: !routed,
        },
        rights.createFirstToken && {
          name: "role",
          label: "Add a token",
          hint: "Generated in the same request.",
          options: [["", "No token"], ...optionsOf(ROLES, rights.roles)],
        },
      ]}
      rare={[
        {
          name: "archiveName",
          label: "Archive name",
          hint: "Up to 80 characters. Needs the archive mode “Always”.",
          disabled: !always,
        },
        {
          name: "archiveResolution",
          label: "Archive resolution",
          hint: "Needs the archive mode “Always”.",
          options: [["", "Platform default"], ...optionsOf(ARCHIVE_RESOLUTIONS)],
          disabled: !always,
        },
        {
          name: "location",
          label: "Location",
          hint: "An IPv4 address near the participants, for the choice of a region.",
          placeholder: "203.0.113.7",
        },
        {
          name: "e2ee",
          label: "End-to-end encryption",
          hint: "Needs “Routed” and the archive mode “Manual”.",
          disabled: !routed || always,
        },
        byName && {
          name: "maxAge",
          label: "Replace when older than (seconds)",
          hint: "Leave empty to keep the session.",
          inputMode: "numeric",
        },
      ]}
      rules={{
        maxAge: byName && !/^\d*$/.test(draft.maxAge.trim()) ? "Enter a whole number of seconds." : undefined,
      }}
      missing={{ name: byName && draft.name === "" ? "Enter a name." : undefined }}
      run={async (isThere) => {
        const { session, error } = await ask();
        if (!session) throw error;
        change(EMPTY);
        onDone(session, isThere(), error && problemOf(error).message);
      }}
      request={
        byName
          ? { document: EnsureSessionDocument, variables: named }
          : { document: CreateSessionDocument, variables: options }
      }
    >
      {rights.ensureSession && (
        <Switch
          legend="Which session"
          value={byName ? "named" : "nameless"}
          options={[
            ["nameless", "Without a name"],
            ["named", "With a name"],
          ]}
          onChoose={(which) => change({ byName: which === "named" })}
        />
      )}
    </Form>
  );
}
