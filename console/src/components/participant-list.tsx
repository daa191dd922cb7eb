import { useApolloClient, useMutation, useSubscription } from "@apollo/client/react";
import { useEffect, useRef, useSyncExternalStore } from "react";
import { useMe } from "../api/me.ts";
import { type Reasons, useReasons } from "../api/reasons.ts";
import {
  MuteParticipantDocument,
  ParticipantChangedDocument,
  type ParticipantFieldsFragment,
  ParticipantsDocument,
  type SessionFieldsFragment,
  SessionPermissionsDocument,
} from "../generated/documents.ts";
import { VIDEO_TYPES } from "../labels.ts";
import { ActButton, ReasonsNotice } from "./act-button.tsx";
import { Card } from "./card.tsx";
import { Instant } from "./instant.tsx";
import { List, usePage } from "./list.tsx";
import {
  GuestDialog,
  LimitDialog,
  MuteAllDialog,
  nameOf,
  RemoveDialog,
  SignalDialog,
} from "./moderation-dialogs.tsx";
import { usePages } from "./pager.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { RoleBadge } from "./role-badge.tsx";
import { useDialogs } from "./use-dialogs.ts";
import { useSubmission } from "./use-submission.ts";

/** The time between a change and the query that it causes, in milliseconds. Changes in between cause none of their own. */
const CALM = 300;

type Dialog = "remove" | "signal" | "mute all" | "limit" | "guest";

/** The participants that are in a session now, and what the caller may do with them. */
export function ParticipantList({ session: { sessionId, maxParticipants, createdHere } }: Props) {
  const { rights, project } = useMe();
  const pages = usePages();
  const isLive = useChanges(sessionId);
  const list = usePage(
    ParticipantsDocument,
    { sessionId, first: pages.first, after: pages.after },
    ({ session }) => {
      const present = session?.participants;
      return (
        present && {
          ...present,
          nodes: present.nodes.filter(({ leftAt }) => leftAt === null),
          count: session.participantCount,
        }
      );
    },
    isLive ? 0 : 2000,
  );
  const { open, setOpen, dialog, card } = useDialogs<readonly [Dialog, ParticipantFieldsFragment | null]>();
  const [act, participant] = open ?? [null, null];
  const reasons = useReasons(sessionId);
  const of = { ...dialog, sessionId };
  return (
    <Card
      {...card}
      title="Participants"
      count={list.page?.count}
      beside={
        <span className={isLive ? "live on" : "live"}>{isLive ? "Live" : "Updated every 2 seconds"}</span>
      }
    >
      <div className="acts">
        {project.platform === "LOCAL" && rights.createTokens && (
          <button type="button" onClick={() => setOpen(["guest", null])}>
            Join as a guest…
          </button>
        )}
        {rights.manageParticipants && (
          <>
            <ActButton reason={reasons("signal")} onClick={() => setOpen(["signal", null])}>
              Signal all…
            </ActButton>
            <ActButton reason={reasons("muteAll")} onClick={() => setOpen(["mute all", null])}>
              Mute all…
            </ActButton>
            {createdHere && (
              <ActButton reason={reasons("limit")} onClick={() => setOpen(["limit", null])}>
                {maxParticipants === null ? "Set a limit…" : `Limit: ${maxParticipants}…`}
              </ActButton>
            )}
          </>
        )}
      </div>
      {rights.manageParticipants && (
        <ReasonsNotice reasons={(["signal", "muteAll", "limit", "mute", "remove"] as const).map(reasons)} />
      )}
      <List list={list} pages={pages} of="participants" none="Nobody is in this session now.">
        {(participant) => (
          <>
            <Participant participant={participant} />
            {rights.manageParticipants && (
              <Acts
                participant={participant}
                reasons={reasons}
                onDone={dialog.onDone}
                onOpen={(act) => setOpen([act, participant])}
              />
            )}
          </>
        )}
      </List>
      {act === "guest" && <GuestDialog {...of} />}
      {act === "mute all" && <MuteAllDialog {...of} />}
      {act === "limit" && <LimitDialog {...of} limit={maxParticipants} />}
      {act === "signal" && <SignalDialog {...of} participant={participant} />}
      {act === "remove" && participant && <RemoveDialog {...of} participant={participant} />}
    </Card>
  );
}

interface Props {
  readonly session: Pick<SessionFieldsFragment, "sessionId" | "maxParticipants" | "createdHere">;
}

/** Reads the participants again after changes. Returns whether the server reports changes; otherwise the caller polls. */
function useChanges(sessionId: string): boolean {
  const { live, welcome } = useMe();
  const client = useApolloClient();
  const isOpen = useSyncExternalStore(live.subscribe, () => live.isOpen);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  const refresh = () => {
    timer.current ??= setTimeout(() => {
      timer.current = undefined;
      // The list shows its own errors.
      client.refetchQueries({ include: [ParticipantsDocument, SessionPermissionsDocument] }).catch(() => {});
    }, CALM);
  };
  // Each event also updates its participant in the cache.
  const { error } = useSubscription(ParticipantChangedDocument, {
    variables: { sessionId },
    skip: !welcome,
    onData: refresh,
  });
  // biome-ignore lint/correctness/useExhaustiveDependencies: there may have been changes before it was open
  useEffect(() => {
    if (isOpen) refresh();
  }, [isOpen]);
  useEffect(
    () => () => {
      clearTimeout(timer.current);
      timer.current = undefined;
    },
    [],
  );
  return welcome && isOpen && !error;
}

function Participant({ participant }: { participant: ParticipantFieldsFragment }) {
  const { identity, data, role, joinedAt, streams } = participant;
  return (
    <>
      <div className="row">
        <strong>{nameOf(participant)}</strong>
        {role && <RoleBadge role={role} />}
      </div>
      <div className="meta">
        {identity !== null && data !== null && <span>{data}</span>}
        <span>
          since <Instant at={joinedAt} />
        </span>
        {streams.length === 0 && <span>publishes nothing</span>}
        {streams.map(({ id, name, videoType }) => (
          <span key={id}>
            {videoType === null ? "Audio" : VIDEO_TYPES[videoType]}
            {name && `: ${name}`}
          </span>
        ))}
      </div>
    </>
  );
}

interface ActsProps {
  readonly participant: ParticipantFieldsFragment;
  readonly onDone: (done: string) => void;
  readonly reasons: Reasons;
  readonly onOpen: (dialog: Dialog) => void;
}

/** The buttons of one participant. */
function Acts({ participant, reasons, onDone, onOpen }: ActsProps) {
  const name = nameOf(participant);
  const [mute] = useMutation(MuteParticipantDocument);
  const { busy, notice, submit } = useSubmission({}, async () => {
    await mute({ variables: { id: participant.id } });
    onDone(`${name} was muted.`);
  });
  return (
    <>
      <div className="acts">
        {participant.streams.length > 0 && (
          <ActButton
            reason={reasons("mute")}
            className="quiet"
            aria-label={`Mute ${name}`}
            aria-disabled={busy}
            onClick={() => submit()}
          >
            Mute
          </ActButton>
        )}
        <ActButton
          reason={reasons("signal")}
          className="quiet"
          aria-label={`Signal… to ${name}`}
          onClick={() => onOpen("signal")}
        >
          Signal…
        </ActButton>
        <ActButton
          reason={reasons("remove")}
          className="quiet"
          aria-label={`Show out… ${name}`}
          onClick={() => onOpen("remove")}
        >
          Show out…
        </ActButton>
      </div>
      {notice && <ProblemNotice problem={notice} onRetry={submit} />}
    </>
  );
}
