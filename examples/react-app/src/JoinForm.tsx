import type { Role } from "@stagepass/client";

/** Who joins which room. */
export interface Seat {
  readonly room: string;
  readonly name: string;
  readonly role: Role;
}

/** The last entries, for the next time. */
const KEY = "last-seat";

export function JoinForm({ onJoin }: { onJoin: (seat: Seat) => void }) {
  const last: Partial<Seat> = JSON.parse(sessionStorage.getItem(KEY) ?? "{}");
  const join = (form: FormData) => {
    const seat = {
      room: String(form.get("room")),
      name: String(form.get("name")),
      role: form.has("moderator") ? "MODERATOR" : "PUBLISHER",
    } as const;
    sessionStorage.setItem(KEY, JSON.stringify(seat));
    onJoin(seat);
  };
  return (
    <form action={join}>
      <label>
        Your name
        <input name="name" defaultValue={last.name} required maxLength={100} autoComplete="nickname" />
      </label>
      <label>
        Room
        <input name="room" defaultValue={last.room ?? "standup"} required maxLength={100} />
      </label>
      <label>
        <input type="checkbox" name="moderator" defaultChecked={last.role === "MODERATOR"} /> As a moderator
      </label>
      <button type="submit">Join</button>
    </form>
  );
}
