import { useMutation, useQuery } from "@apollo/client/react";
import { useState } from "react";
import { usePagesInAddress } from "../address.ts";
import { useMe } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
import { ActDialog } from "../components/act-dialog.tsx";
import { Choice, optionsOf } from "../components/choice.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { Field } from "../components/field.tsx";
import { Modal } from "../components/modal.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { Pager } from "../components/pager.tsx";
import { ProblemNotice } from "../components/problem-notice.tsx";
import { useDone } from "../components/use-done.ts";
import {
  type ApiKeyFieldsFragment,
  type ApiKeyPreset,
  ApiKeysDocument,
  CreateApiKeyDocument,
  RevokeApiKeyDocument,
  type Role,
} from "../generated/documents.ts";
import { ROLES } from "../labels.ts";
import { formatInstant, nowInSeconds } from "../time.ts";

/** The number of keys per page. */
const PAGE_SIZE = 20;

const PRESETS: Readonly<Record<ApiKeyPreset | "OWN", string>> = {
  FRONT_END: "One front end",
  READ_ONLY: "Read only",
  EVERYTHING: "Everything",
  OWN: "My own choice…",
};

const PRESET_MEANINGS: Readonly<Record<ApiKeyPreset | "OWN", string>> = {
  FRONT_END: "Gets rooms by name, and tokens of at most an hour for subscribers and publishers.",
  READ_ONLY: "Reads sessions, participants and issued tokens, and inspects tokens.",
  EVERYTHING: "Does everything, also with keys. Treat it like a password of an administrator.",
  OWN: "Only what you choose below.",
};

/** The page of the API keys that grant no more than the caller has. */
export default function KeysPage() {
  const pages = usePagesInAddress();
  const { data, previousData, error, refetch } = useQuery(ApiKeysDocument, {
    variables: { first: PAGE_SIZE, after: pages.after },
    fetchPolicy: "cache-and-network",
  });
  const [open, setOpen] = useState<ApiKeyFieldsFragment | "new" | null>(null);
  const [made, setMade] = useState<string | null>(null);
  const { done, setDone, heading } = useDone();
  const close = () => setOpen(null);
  const busy = !data && !error;
  const keys = data?.apiKeys ?? previousData?.apiKeys;
  return (
    <>
      <PageHeading>API keys</PageHeading>
      <section className="card" aria-labelledby="keys">
        <div className="row">
          <h2 id="keys" ref={heading} tabIndex={-1}>
            Keys within your permissions
          </h2>
          <button type="button" className="main" onClick={() => setOpen("new")}>
            New key…
          </button>
        </div>
        <p role="status" className="done">
          {done}
        </p>
        {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
        {!keys && !error && <p role="status">Loading…</p>}
        {keys?.nodes.length === 0 && !keys.pageInfo.hasNextPage && pages.number === 1 && <p>No keys yet.</p>}
        {keys && keys.nodes.length > 0 && (
          <ul className="people" aria-busy={busy}>
            {keys.nodes.map((key) => (
              <Key key={key.id} apiKey={key} onRevoke={() => setOpen(key)} />
            ))}
          </ul>
        )}
        {keys && <Pager pages={pages} pageInfo={keys.pageInfo} busy={busy} of="API keys" />}
      </section>
      {open === "new" && (
        <NewKeyDialog
          onClose={close}
          onMade={(key) => {
            close();
            setMade(key);
          }}
        />
      )}
      {open !== null && open !== "new" && (
        <RevokeKeyDialog
          name={open.name}
          onClose={close}
          onDone={(done) => {
            close();
            setDone(done);
          }}
        />
      )}
      {made !== null && (
        <Modal title="Your new key" onClose={() => setMade(null)}>
          <p className="notice worn">
            Copy it now: the server keeps no copy, and does not show it again. Anyone who has it can use it.
          </p>
          <code className="token">{made}</code>
          <CopyButton text={made} label="Copy key" />
        </Modal>
      )}
    </>
  );
}

function Key({ apiKey, onRevoke }: { apiKey: ApiKeyFieldsFragment; onRevoke: () => void }) {
  const { name, scopes, createdAt, lastUsedAt, expiresAt, revokedAt, videoGrant } = apiKey;
  const isExpired = expiresAt !== null && new Date(expiresAt).getTime() / 1000 <= nowInSeconds();
  const { roles, sessions, names } = videoGrant;
  const rooms = [...sessions, ...names].map((each) => (each === "*" ? "all" : each));
  return (
    <li>
      <div className="who-is">
        <strong>{name}</strong>
        {revokedAt === null ? (
          <button type="button" className="quiet" aria-label={`Revoke… ${name}`} onClick={onRevoke}>
            Revoke…
          </button>
        ) : (
          <span className="error">revoked {formatInstant(revokedAt)}</span>
        )}
      </div>
      <div className="meta">
        <span>made {formatInstant(createdAt)}</span>
        <span>{lastUsedAt === null ? "never used" : `last used ${formatInstant(lastUsedAt)}`}</span>
        {expiresAt !== null && (
          <span>
            {isExpired ? "expired" : "expires"} {formatInstant(expiresAt)}
          </span>
        )}
      </div>
      <details>
        <summary>
          {scopes.length === 1 ? "1 scope" : `${scopes.length} scopes`}
          <span className="visually-hidden"> of {name}</span>
        </summary>
        <p>
          <code>{scopes.join(" ")}</code>
        </p>
        <p className="hint">
          Roles: {roles.map((role) => ROLES[role]).join(", ") || "none"}. Sessions and rooms:{" "}
          {[...new Set(rooms)].join(", ") || "none"}.
        </p>
      </details>
    </li>
  );
}

/** The text of a field as a list of words. */
const wordsIn = (text: string) => text.split(/[\s,]+/).filter((word) => word !== "");

function NewKeyDialog({ onMade, onClose }: { onMade: (key: string) => void; onClose: () => void }) {
  const { rights } = useMe();
  const [name, setName] = useState("");
  const [preset, setPreset] = useState<ApiKeyPreset | "OWN">("FRONT_END");
  const [scopes, setScopes] = useState<readonly string[]>([]);
  const [roles, setRoles] = useState<readonly Role[]>([]);
  const [rooms, setRooms] = useState("");
  const [create] = useMutation(CreateApiKeyDocument, {
    // The key must stay out of the cache.
    fetchPolicy: "no-cache",
    refetchQueries: [ApiKeysDocument],
  });
  const own = preset === "OWN";
  const variables = () => ({
    name,
    preset: own ? null : preset,
    scopes: own ? [...scopes] : null,
    videoGrant: own ? { roles: [...roles], names: wordsIn(rooms) } : null,
  });
  return (
    <ActDialog
      title="New API key"
      action="Make the key"
      missing={{
        name: name === "" ? "Enter a name." : undefined,
        scopes: own && scopes.length === 0 ? "Choose at least one scope." : undefined,
      }}
      onClose={onClose}
      run={async () => {
        const { data } = await create({ variables: variables() });
        if (data?.createApiKey) onMade(data.createApiKey.key);
      }}
      request={{ document: CreateApiKeyDocument, variables }}
    >
      {({ errorAt, changed }) => (
        <>
          <Field name="name" label="Name" hint="Letters, digits, and . _ @ -" error={errorAt("name")}>
            {(control) => (
              <input
                {...control}
                value={name}
                autoComplete="off"
                placeholder="shop-front-end"
                onChange={({ target }) => {
                  changed();
                  setName(target.value);
                }}
              />
            )}
          </Field>
          <Field name="preset" label="It may" hint={PRESET_MEANINGS[preset]} error={errorAt("preset")}>
            {(control) => (
              <Choice
                {...control}
                value={preset}
                options={optionsOf(PRESETS)}
                onChoose={(preset) => {
                  changed();
                  setPreset(preset);
                }}
              />
            )}
          </Field>
          {own && (
            <>
              <Checks
                legend="Scopes"
                options={rights.scopes.map((scope) => [scope, scope] as const)}
                chosen={scopes}
                error={errorAt("scopes")}
                onChoose={(chosen) => {
                  changed();
                  setScopes(chosen);
                }}
              />
              <Checks
                legend="Roles of its tokens"
                options={rights.roles.map((role) => [role, ROLES[role]] as const)}
                chosen={roles}
                error={errorAt("roles")}
                onChoose={setRoles}
              />
              <Field
                name="videoGrant"
                label="Rooms"
                hint="Names, separated by spaces or commas. class-* means every name that begins with class-."
                error={errorAt("videoGrant")}
              >
                {(control) => (
                  <input
                    {...control}
                    value={rooms}
                    placeholder="standup class-*"
                    onChange={({ target }) => {
                      changed();
                      setRooms(target.value);
                    }}
                  />
                )}
              </Field>
            </>
          )}
        </>
      )}
    </ActDialog>
  );
}

interface ChecksProps<T extends string> {
  readonly legend: string;
  readonly options: readonly (readonly [value: T, label: string])[];
  readonly chosen: readonly T[];
  readonly error: string | null;
  readonly onChoose: (chosen: readonly T[]) => void;
}

/** A group of check boxes. */
function Checks<T extends string>({ legend, options, chosen, error, onChoose }: ChecksProps<T>) {
  return (
    <fieldset className="checks">
      <legend>{legend}</legend>
      {options.map(([value, label]) => (
        <label className="check" key={value}>
          <input
            type="checkbox"
            checked={chosen.includes(value)}
            onChange={({ target }) =>
              onChoose(target.checked ? [...chosen, value] : chosen.filter((each) => each !== value))
            }
          />
          {label}
        </label>
      ))}
      <p className="error" aria-live="polite">
        {error}
      </p>
    </fieldset>
  );
}

interface RevokeProps {
  readonly name: string;
  readonly onDone: (done: string) => void;
  readonly onClose: () => void;
}

function RevokeKeyDialog({ name, onDone, onClose }: RevokeProps) {
  const [revoke] = useMutation(RevokeApiKeyDocument, { refetchQueries: [ApiKeysDocument] });
  return (
    <ActDialog
      title={`Revoke ${name}`}
      action="Revoke for good"
      onClose={onClose}
      run={async () => {
        await revoke({ variables: { name } });
        onDone(`${name} was revoked.`);
      }}
    >
      {() => (
        <p>
          Servers refuse the key within two seconds. Programs that use it stop working. There is no way back.
        </p>
      )}
    </ActDialog>
  );
}
