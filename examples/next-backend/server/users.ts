import "server-only";

/** A user of this application. */
export interface User {
  /** Unique. The other people in a room see it. */
  readonly id: string;
  /** The rooms that the user may join. */
  readonly rooms: readonly string[];
  readonly isModerator: boolean;
}

/** In place of your database. */
const USERS: readonly User[] = [
  { id: "Ada", rooms: ["standup", "planning"], isModerator: true },
  { id: "Ben", rooms: ["standup", "planning"], isModerator: false },
  { id: "Cleo", rooms: ["standup"], isModerator: false },
];

export const userIds = USERS.map(({ id }) => id);

export function findUser(id: unknown): User | undefined {
  return USERS.find((user) => user.id === id);
}
