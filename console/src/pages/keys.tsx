import { useState } from "react";
import { usePagesInAddress } from "../address.ts";
import { useEntries, useMe } from "../api/me.ts";
import { ActDialog, type DialogProps } from "../components/act-dialog.tsx";
import { Card } from "../components/card.tsx";
import { optionsOf } from "../components/choice.tsx";
import { CopyButton } from "../components/copy-button.tsx";
import { List, usePage } from "../components/list.tsx";
import { Modal } from "../components/modal.tsx";
import { PageHeading } from "../components/page-heading.tsx";
import { useDialogs } from "../components/use-dialogs.ts";
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
  const list = usePage(ApiKeysDocument, { first: pages.first, after: pages.after }, ({ apiKeys }) => apiKeys);
  const { open, setOpen, dialog, card } = useDialogs<ApiKeyFieldsFragment | "new">();
  const [made, setMade] = useState<string | null>(null);
  return (
    <>
      <PageHeading>API keys</PageHeading>
      <Card
        {...card}
        title="Keys within your permissions"
        beside={
          <button type="button" className="main" onClick={() => setOpen("new")}>
            New key…
          </button>
        }
      >
        <List list={list} pages={pages} of="API keys" none="No keys yet.">
          {(key) => <Key apiKey={key} onRevoke={() => setOpen(key)} />}
        </List>
      </Card>
      {open === "new" && <NewKeyDialog {...dialog} onMade={setMade} />}
      {open !== null && open !== "new" && (
        <ActDialog
          {...dialog}
          title={`Revoke ${open.name}`}
          action="Revoke for good"
          document={RevokeApiKeyDocument}
          variables={() => ({ name: open.name })}
          options={{ refetchQueries: [ApiKeysDocument] }}
          said={`${open.name} was revoked.`}
        >
          <p>
            Servers refuse the key within two seconds. Programs that use it stop working. There is no way
            back.
          </p>
        </ActDialog>
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
    <>
      <div className="row">
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
    </>
  );
}

/** The text of a field as a list of words. */
const wordsIn = (text: string) => text.split(/[\s,]+/).filter((word) => word !== "");

interface Entries {
  readonly name: string;
  readonly preset: ApiKeyPreset | "OWN";
  readonly scopes: readonly string[];
  readonly roles: readonly Role[];
  /** The names of rooms. */
  readonly videoGrant: string;
}

const EMPTY: Entries = { name: "", preset: "FRONT_END", scopes: [], roles: [], videoGrant: "" };

function NewKeyDialog({ onMade, ...dialog }: DialogProps & { onMade: (key: string) => void }) {
  const { rights } = useMe();
  const entries = useEntries(EMPTY);
  const [{ name, preset, scopes, roles, videoGrant }] = entries;
  const own = preset === "OWN";
  return (
    <ActDialog
      {...dialog}
      title="New API key"
      action="Make the key"
      document={CreateApiKeyDocument}
      variables={() => ({
        name,
        preset: own ? null : preset,
        scopes: own ? [...scopes] : null,
        videoGrant: own ? { roles: [...roles], names: wordsIn(videoGrant) } : null,
      })}
      // The key must stay out of the cache.
      options={{ fetchPolicy: "no-cache", refetchQueries: [ApiKeysDocument] }}
      onAnswer={({ createApiKey }) => {
        dialog.onClose();
        if (createApiKey) onMade(createApiKey.key);
      }}
      entries={entries}
      fields={[
        { name: "name", label: "Name", hint: "Letters, digits, and . _ @ -", placeholder: "shop-front-end" },
        { name: "preset", label: "It may", hint: PRESET_MEANINGS[preset], options: optionsOf(PRESETS) },
        own && { name: "scopes", label: "Scopes", options: rights.scopes.map((scope) => [scope, scope]) },
        own && { name: "roles", label: "Roles of its tokens", options: optionsOf(ROLES, rights.roles) },
        own && {
          name: "videoGrant",
          label: "Rooms",
          hint: "Names, separated by spaces or commas. class-* means every name that begins with class-.",
          placeholder: "standup class-*",
        },
      ]}
      missing={{
        name: name === "" ? "Enter a name." : undefined,
        scopes: own && scopes.length === 0 ? "Choose at least one scope." : undefined,
      }}
    />
  );
}
