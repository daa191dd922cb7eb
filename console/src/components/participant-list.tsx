import { useApolloClient, useMutation, useQuery, useSubscription } from "@apollo/client/react";
import { type ReactNode, useEffect, useRef, useState, useSyncExternalStore } from "react";
import { useMe, usePolling } from "../api/me.ts";
import { problemOf } from "../api/problem.ts";
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
import { formatInstant } from "../time.ts";
import { ActButton, ReasonsNotice } from "./act-button.tsx";
import {
  GuestDialog,
  LimitDialog,
  MuteAllDialog,
  nameOf,
  RemoveDialog,
  SignalDialog,
} from "./moderation-dialogs.tsx";
import { Pager, Total, usePages } from "./pager.tsx";
import { ProblemNotice } from "./problem-notice.tsx";
import { RoleBadge } from "./role-badge.tsx";
import { useDone } from "./use-done.ts";
import { useSubmission } from "./use-submission.ts";

/** The number of participants per page. */
const PAGE_SIZE = 10;
/** The time between a change and the query that it causes, in milliseconds. Changes in between cause none of their own. */
const CALM = 300;

type Dialog = "remove" | "signal" | "mute all" | "limit" | "guest";

/** The participants that are in a session now, and what the caller may do with them. */
export function ParticipantList({ session: { sessionId, maxParticipants, createdHere } }: Props) {
  const { rights, project } = useMe();
  const pages = usePages();
  const isLive = useChanges(sessionId);
  const { data, previousData, error, refetch } = useQuery(ParticipantsDocument, {
    variables: { sessionId, first: PAGE_SIZE, after: pages.after },
    fetchPolicy: "cache-and-network",
    // Show the list even if its count fails.
    errorPolicy: "all",
    ...usePolling(isLive ? 0 : 2000),
  });
  const [open, setOpen] = useState<readonly [Dialog, ParticipantFieldsFragment | null] | null>(null);
  const { done, setDone, heading } = useDone();
  const reasons = useReasons(sessionId);
  const of = {
    sessionId,
    onClose: () => setOpen(null),
    onDone: (done: string) => {
      setOpen(null);
      setDone(done);
    },
  };
  const [act, participant] = open ?? [null, null];

  // The list still shows the previous page.
  const busy = !data && !error;
  const shown = data?.session ?? previousData?.session;
  const present = shown?.participants;
  const nodes = present?.nodes.filter(({ leftAt }) => leftAt === null);
  return (
    <section className="card" aria-labelledby="participants">
      <div className="row">
        <h2 id="participants" ref={heading} tabIndex={-1}>
          Participants {shown && <Total count={shown.participantCount} />}
        </h2>
        <span className={isLive ? "live on" : "live"}>{isLive ? "Live" : "Updated every 2 seconds"}</span>
      </div>
      {(rights.manageParticipants || (project.platform === "LOCAL" && rights.createTokens)) && (
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
      )}
      {rights.manageParticipants && (
        <ReasonsNotice
          reasons={(["signal", "muteAll", "limit", "mute", "remove"] as const).map((act) => reasons(act))}
        />
      )}
      <p role="status" className="done">
        {done}
      </p>
      {error && <ProblemNotice problem={problemOf(error)} onRetry={() => void refetch()} />}
      {!present && !error && <p role="status">Loading…</p>}
      {nodes?.length === 0 && <p>Nobody is in this session now.</p>}
      {nodes && nodes.length > 0 && (
        <ul className="people" aria-busy={busy}>
          {nodes.map((participant) => (
            <Row key={participant.id} participant={participant}>
              {rights.manageParticipants && (
                <Acts
                  participant={participant}
                  reasons={reasons}
                  onDone={setDone}
                  onOpen={(act) => setOpen([act, participant])}
                />
              )}
            </Row>
          ))}
        </ul>
      )}
      {present && <Pager pages={pages} pageInfo={present.pageInfo} busy={busy} of="participants" />}
      {act === "guest" && <GuestDialog {...of} />}
      {act === "mute all" && <MuteAllDialog {...of} />}
      {act === "limit" && <LimitDialog {...of} limit={maxParticipants} />}
      {act === "signal" && <SignalDialog {...of} participant={participant} />}
      {act === "remove" && participant && <RemoveDialog {...of} participant={participant} />}
    </section>
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

interface RowProps {
  readonly participant: ParticipantFieldsFragment;
  readonly children: ReactNode;
}

function Row({ participant, children }: RowProps) {
  const { identity, data, role, joinedAt, streams } = participant;
  return (
    <li>
      <div className="who-is">
        <strong>{nameOf(participant)}</strong>
        {role && <RoleBadge role={role} />}
      </div>
      <div className="meta">
        {identity !== null && data !== null && <span>{data}</span>}
        <span>
          since <time dateTime={joinedAt}>{formatInstant(joinedAt)}</time>
        </span>
        {streams.length === 0 && <span>publishes nothing</span>}
        {streams.map(({ id, name, videoType }) => (
          <span key={id}>
            {videoType === null ? "Audio" : VIDEO_TYPES[videoType]}
            {name && `: ${name}`}
          </span>
        ))}
      </div>
      {children}
    </li>
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
