import { useState } from "react";
import { useEntries, useMe, useTokenOptions } from "../api/me.ts";
import { BAN_ENDS, type BanEnd, untilOf } from "../ban-end.ts";
import {
  BansDocument,
  GenerateTokenDocument,
  MuteSessionDocument,
  type ParticipantFieldsFragment,
  RemoveParticipantDocument,
  type Role,
  SendSignalDocument,
  SetMaxParticipantsDocument,
} from "../generated/documents.ts";
import { openGuestTab } from "../guest-tab.ts";
import { ROLE_MEANINGS, ROLES } from "../labels.ts";
import { ActDialog, type DialogProps } from "./act-dialog.tsx";
import { optionsOf } from "./choice.tsx";
import { Modal } from "./modal.tsx";

interface Props extends DialogProps {
  readonly sessionId: string;
}

interface Of<Participant> {
  readonly participant: Participant;
}

/** What people call a participant: its identity, its connection data, or the ID of its connection. */
export function nameOf({ identity, data, connectionId }: ParticipantFieldsFragment): string {
  return identity ?? data ?? connectionId;
}

/** Disconnects a participant, and keeps it out on request. */
export function RemoveDialog({ participant, ...dialog }: DialogProps & Of<ParticipantFieldsFragment>) {
  const { rights } = useMe();
  const entries = useEntries<{ ban: BanEnd | "none" }>({ ban: "none" });
  const [{ ban }] = entries;
  const name = nameOf(participant);
  return (
    <ActDialog
      {...dialog}
      title={`Show out ${name}`}
      action={ban === "none" ? "Show out" : "Show out and ban"}
      document={RemoveParticipantDocument}
      variables={() => ({ id: participant.id, ban: ban === "none" ? null : { until: untilOf(ban) } })}
      options={{ refetchQueries: rights.manageBans ? [BansDocument] : [] }}
      said={`${name} was shown out${ban === "none" ? "" : " and banned"}.`}
      entries={entries}
      fields={[
        rights.manageBans && {
          name: "ban",
          label: "Keep out of this session",
          hint: "The ban applies to its identity, or without one to its connection data.",
          options: [["none", "No: it can join again"], ...BAN_ENDS],
        },
      ]}
    >
      <p>The participant is disconnected now. Its token stays valid.</p>
    </ActDialog>
  );
}

/** Sends a signal to a participant, or to all for null. */
export function SignalDialog({
  sessionId,
  participant,
  ...dialog
}: Props & Of<ParticipantFieldsFragment | null>) {
  const entries = useEntries({ type: "", data: "" });
  const to = participant === null ? "all" : nameOf(participant);
  return (
    <ActDialog
      {...dialog}
      title={`Signal to ${to}`}
      action="Send"
      document={SendSignalDocument}
      variables={() => ({ sessionId, participantId: participant?.id ?? null, ...entries[0] })}
      said={`The signal was sent to ${to}.`}
      entries={entries}
      fields={[
        {
          name: "type",
          label: "Type",
          hint: "Clients listen for it. At most 128 bytes.",
          placeholder: "chat",
        },
        { name: "data", label: "Data", hint: "At most 8192 bytes.", rows: 3 },
      ]}
    />
  );
}

/** Mutes a session, or ends that state. */
export function MuteAllDialog({ sessionId, ...dialog }: Props) {
  const entries = useEntries<{ active: "on" | "off" }>({ active: "on" });
  const active = entries[0].active === "on";
  return (
    <ActDialog
      {...dialog}
      title="Mute all"
      action={active ? "Mute all" : "Stop muting"}
      document={MuteSessionDocument}
      variables={() => ({ sessionId, active })}
      said={active ? "All streams were muted." : "Streams that begin later are not muted."}
      entries={entries}
      fields={[
        {
          name: "active",
          label: "What to do",
          hint: "Participants can unmute themselves. Streams that are muted stay muted.",
          options: [
            ["on", "Mute all streams, and those that begin later"],
            ["off", "Stop muting streams that begin later"],
          ],
        },
      ]}
    />
  );
}

/** Sets the most participants of a session. */
export function LimitDialog({ sessionId, limit, ...dialog }: Props & { readonly limit: number | null }) {
  const entries = useEntries({ maxParticipants: limit === null ? "" : String(limit) });
  const [entered] = entries;
  const maxParticipants = entered.maxParticipants === "" ? null : Number(entered.maxParticipants);
  const isPossible = maxParticipants === null || (Number.isInteger(maxParticipants) && maxParticipants >= 1);
  return (
    <ActDialog
      {...dialog}
      title="Limit of participants"
      action="Set limit"
      document={SetMaxParticipantsDocument}
      variables={() => ({ sessionId, maxParticipants })}
      said={maxParticipants === null ? "The limit was removed." : `The limit is now ${maxParticipants}.`}
      entries={entries}
      fields={[
        {
          name: "maxParticipants",
          label: "Most participants at a time",
          hint: "Leave it empty for no limit. A lower limit removes nobody.",
          type: "number",
          min: 1,
        },
      ]}
      missing={{
        maxParticipants: isPossible ? undefined : "Enter a whole number of at least 1, or nothing.",
      }}
    />
  );
}

/** Opens a virtual participant of the local platform in its own tab. */
export function GuestDialog({ sessionId, ...dialog }: Props) {
  const { rights } = useMe();
  const [first = "PUBLISHER"] = rights.roles;
  const entries = useEntries<{ role: Role; data: string }>({
    role: rights.roles.includes("PUBLISHER") ? "PUBLISHER" : first,
    data: `guest-${Math.floor(100 + Math.random() * 900)}`,
  });
  const [{ role, data }] = entries;
  /** A token whose tab the browser blocked. */
  const [blocked, setBlocked] = useState<string | null>(null);
  const open = (token: string) => {
    if (openGuestTab({ token, sessionId, role })) dialog.onDone("The guest joins in its own tab.");
    else setBlocked(token);
  };
  const options = useTokenOptions();
  const title = "Join as a guest";
  if (blocked !== null)
    return (
      <Modal title={title} onClose={dialog.onClose}>
        <p className="notice worn" role="alert">
          The browser blocked the new tab. Allow it for this site, or try again.
        </p>
        <button type="button" className="main" onClick={() => open(blocked)}>
          Open the tab
        </button>
      </Modal>
    );
  return (
    <ActDialog
      {...dialog}
      title={title}
      action="Join"
      document={GenerateTokenDocument}
      variables={() => ({ sessionId, role, data: data || null })}
      options={options}
      onAnswer={({ generateToken }) => generateToken && open(generateToken.token)}
      entries={entries}
      fields={[
        { name: "role", label: "Role", hint: ROLE_MEANINGS[role], options: optionsOf(ROLES, rights.roles) },
        { name: "data", label: "Connection data", hint: "Its name for the others." },
      ]}
    >
      <p>A new tab generates no media. It joins this session of the local platform with a new token.</p>
    </ActDialog>
  );
}
