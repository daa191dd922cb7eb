import { useMutation } from "@apollo/client/react";
import { useState } from "react";
import { useMe } from "../api/me.ts";
import { BAN_ENDS, type BanEnd, untilOf } from "../ban-end.ts";
import {
  BansDocument,
  GenerateTokenDocument,
  IssuedTokensDocument,
  MuteSessionDocument,
  type ParticipantFieldsFragment,
  RemoveParticipantDocument,
  type Role,
  SendSignalDocument,
  SetMaxParticipantsDocument,
} from "../generated/documents.ts";
import { openGuestTab } from "../guest-tab.ts";
import { ROLE_MEANINGS, ROLES } from "../labels.ts";
import { ActDialog } from "./act-dialog.tsx";
import { Choice } from "./choice.tsx";
import { Field } from "./field.tsx";

interface Props {
  readonly sessionId: string;
  /** Called after the act, with what was done. */
  readonly onDone: (done: string) => void;
  readonly onClose: () => void;
}

type OfParticipant = Props & { readonly participant: ParticipantFieldsFragment };

/** What people call a participant: its identity, its connection data, or the ID of its connection. */
export function nameOf({ identity, data, connectionId }: ParticipantFieldsFragment): string {
  return identity ?? data ?? connectionId;
}

/** Disconnects a participant, and keeps it out on request. */
export function RemoveDialog({ participant, onDone, onClose }: OfParticipant) {
  const { rights } = useMe();
  const [end, setEnd] = useState<BanEnd | "none">("none");
  const [remove] = useMutation(RemoveParticipantDocument, {
    refetchQueries: rights.manageBans ? [BansDocument] : [],
  });
  const name = nameOf(participant);
  return (
    <ActDialog
      title={`Show out ${name}`}
      action={end === "none" ? "Show out" : "Show out and ban"}
      onClose={onClose}
      run={async () => {
        const ban = end === "none" ? null : { until: untilOf(end) };
        await remove({ variables: { id: participant.id, ban } });
        onDone(ban === null ? `${name} was shown out.` : `${name} was shown out and banned.`);
      }}
    >
      {({ errorAt, changed }) => (
        <>
          <p>The participant is disconnected now. Its token stays valid.</p>
          {rights.manageBans && (
            <Field
              name="ban"
              label="Keep out of this session"
              hint="The ban applies to its identity, or without one to its connection data."
              error={errorAt("ban")}
            >
              {(control) => (
                <Choice
                  {...control}
                  value={end}
                  options={[["none", "No: it can join again"] as const, ...BAN_ENDS]}
                  onChoose={(end) => {
                    changed();
                    setEnd(end);
                  }}
                />
              )}
            </Field>
          )}
        </>
      )}
    </ActDialog>
  );
}

/** Sends a signal to a participant, or to all for null. */
export function SignalDialog({
  sessionId,
  participant,
  onDone,
  onClose,
}: Props & { readonly participant: ParticipantFieldsFragment | null }) {
  const [type, setType] = useState("");
  const [data, setData] = useState("");
  const [send] = useMutation(SendSignalDocument);
  const to = participant === null ? "all" : nameOf(participant);
  const variables = () => ({ sessionId, participantId: participant?.id ?? null, type, data });
  return (
    <ActDialog
      title={`Signal to ${to}`}
      action="Send"
      onClose={onClose}
      run={async () => {
        await send({ variables: variables() });
        onDone(`The signal was sent to ${to}.`);
      }}
      request={{ document: SendSignalDocument, variables }}
    >
      {({ errorAt, changed }) => (
        <>
          <Field
            name="type"
            label="Type"
            hint="Clients listen for it. At most 128 bytes."
            error={errorAt("type")}
          >
            {(control) => (
              <input
                {...control}
                value={type}
                placeholder="chat"
                onChange={({ target }) => {
                  changed();
                  setType(target.value);
                }}
              />
            )}
          </Field>
          <Field name="data" label="Data" hint="At most 8192 bytes." error={errorAt("data")}>
            {(control) => (
              <textarea
                {...control}
                rows={3}
                value={data}
                onChange={({ target }) => {
                  changed();
                  setData(target.value);
                }}
              />
            )}
          </Field>
        </>
      )}
    </ActDialog>
  );
}

const MUTINGS = [
  ["on", "Mute all streams, and those that begin later"],
  ["off", "Stop muting streams that begin later"],
] as const;

/** Mutes a session, or ends that state. */
export function MuteAllDialog({ sessionId, onDone, onClose }: Props) {
  const [muting, setMuting] = useState<(typeof MUTINGS)[number][0]>("on");
  const [mute] = useMutation(MuteSessionDocument);
  const active = muting === "on";
  return (
    <ActDialog
      title="Mute all"
      action={active ? "Mute all" : "Stop muting"}
      onClose={onClose}
      run={async () => {
        await mute({ variables: { sessionId, active } });
        onDone(active ? "All streams were muted." : "Streams that begin later are not muted.");
      }}
    >
      {() => (
        <Field
          name="active"
          label="What to do"
          hint="Participants can unmute themselves. Streams that are muted stay muted."
        >
          {(control) => <Choice {...control} value={muting} options={MUTINGS} onChoose={setMuting} />}
        </Field>
      )}
    </ActDialog>
  );
}

/** Sets the most participants of a session. */
export function LimitDialog({
  sessionId,
  limit,
  onDone,
  onClose,
}: Props & { readonly limit: number | null }) {
  const [entered, setEntered] = useState(limit === null ? "" : String(limit));
  const [setMax] = useMutation(SetMaxParticipantsDocument);
  const maxParticipants = entered === "" ? null : Number(entered);
  return (
    <ActDialog
      title="Limit of participants"
      action="Set limit"
      missing={{
        maxParticipants:
          maxParticipants === null || (Number.isInteger(maxParticipants) && maxParticipants >= 1)
            ? undefined
            : "Enter a whole number of at least 1, or nothing.",
      }}
      onClose={onClose}
      run={async () => {
        await setMax({ variables: { sessionId, maxParticipants } });
        onDone(maxParticipants === null ? "The limit was removed." : `The limit is now ${maxParticipants}.`);
      }}
    >
      {({ errorAt, changed }) => (
        <Field
          name="maxParticipants"
          label="Most participants at a time"
          hint="Leave it empty for no limit. A lower limit removes nobody."
          error={errorAt("maxParticipants")}
        >
          {(control) => (
            <input
              {...control}
              type="number"
              min={1}
              value={entered}
              onChange={({ target }) => {
                changed();
                setEntered(target.value);
              }}
            />
          )}
        </Field>
      )}
    </ActDialog>
  );
}

/** Opens a virtual participant of the local platform in its own tab. */
export function GuestDialog({ sessionId, onDone, onClose }: Props) {
  const { rights } = useMe();
  const [chosen, setRole] = useState<Role>("PUBLISHER");
  const [data, setData] = useState(() => `guest-${Math.floor(100 + Math.random() * 900)}`);
  /** A token whose tab the browser blocked. */
  const [blocked, setBlocked] = useState<string | null>(null);
  const [generate] = useMutation(GenerateTokenDocument, {
    fetchPolicy: "no-cache",
    refetchQueries: rights.readLedger && rights.readSessions ? [IssuedTokensDocument] : [],
  });
  const [first = chosen] = rights.roles;
  const role = rights.roles.includes(chosen) ? chosen : first;
  const open = (token: string) => {
    if (openGuestTab(token)) onDone("The guest joins in its own tab.");
    else setBlocked(token);
  };
  return (
    <ActDialog
      title="Join as a guest"
      action={blocked === null ? "Join" : "Open the tab"}
      onClose={onClose}
      run={async () => {
        if (blocked !== null) return open(blocked);
        const answer = await generate({ variables: { sessionId, role, data: data || null } });
        if (answer.data?.generateToken) open(answer.data.generateToken.token);
      }}
    >
      {({ errorAt, changed }) => (
        <>
          <p>A new tab generates no media. It joins this session of the local platform with a new token.</p>
          <div className="fields">
            <Field name="role" label="Role" hint={ROLE_MEANINGS[role]} error={errorAt("role")}>
              {(control) => (
                <Choice
                  {...control}
                  value={role}
                  options={rights.roles.map((role) => [role, ROLES[role]] as const)}
                  onChoose={(role) => {
                    changed();
                    setBlocked(null);
                    setRole(role);
                  }}
                />
              )}
            </Field>
            <Field
              name="data"
              label="Connection data"
              hint="Its name for the others."
              error={errorAt("data")}
            >
              {(control) => (
                <input
                  {...control}
                  value={data}
                  onChange={({ target }) => {
                    changed();
                    setBlocked(null);
                    setData(target.value);
                  }}
                />
              )}
            </Field>
          </div>
          {blocked !== null && (
            <p className="notice worn" role="alert">
              The browser blocked the new tab. Allow it for this site, or try again.
            </p>
          )}
        </>
      )}
    </ActDialog>
  );
}
