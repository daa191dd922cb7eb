import { ArgsType, Field, ID, InputType, Int } from "type-graphql";
import { DEFAULT_FORMAT, TokenFormat, type TokenInput } from "../../domain/connection-token.ts";
import { DEFAULT_ROLE } from "../../domain/grant.ts";
import { Role } from "../../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode, type SessionOptionsInput } from "../../domain/session.ts";
import type { SessionKey } from "../../domain/session-key.ts";
import { DEFAULT_PAGE_SIZE, type PageInput } from "../../services/page.ts";

/** The object to find. */
@ArgsType()
export class NodeArgs {
  @Field(() => ID, { description: "The `id` of a session, a participant, an issued token or a ban." })
  id!: string;
}

/** The session to read, by exactly one of the two. */
@ArgsType()
export class SessionArgs implements SessionKey {
  @Field(() => ID, {
    nullable: true,
    description:
      "The session's ID, exactly as `createSession` returned it. Give exactly one of `sessionId` and `name`.",
  })
  sessionId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The room name, such as `standup`. Finds the room's current session.",
  })
  name?: string | null;
}

/** The page of a list. */
@ArgsType()
export class PageArgs implements PageInput {
  @Field(() => Int, {
    nullable: true,
    defaultValue: DEFAULT_PAGE_SIZE,
    description: "The page size, from 1 to 100.",
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The `endCursor` of the previous page, from a list in the same order. Leave it out for the first page.",
  })
  after?: string | null;
}

/** The room whose session to get or create. */
@ArgsType()
export class SessionNameArgs {
  @Field(() => String, {
    description:
      "The room name, such as `standup`: 1 to 200 characters, no invisible characters, and single spaces\n" +
      "between words. The server normalizes it to Unicode NFC.",
  })
  name!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      "Replace a session that is older than this many seconds. Without `maxAge`, the room keeps its session.\n" +
      "Needs `sessions:replace`.",
  })
  maxAge?: number | null;
}

const MEDIA_MODE = "How media flows between participants.";
const ARCHIVE_MODE =
  "Whether the platform records the session automatically. `ALWAYS` needs `mediaMode: ROUTED`.";
const E2EE = "End-to-end encryption. Needs `mediaMode: ROUTED` and `archiveMode: MANUAL`.";

/** The options of a room's session. */
@ArgsType()
export class SessionOptionsArgs implements SessionOptionsInput {
  @Field(() => MediaMode, {
    nullable: true,
    description: `${MEDIA_MODE} A new session defaults to \`RELAYED\`.`,
  })
  mediaMode?: MediaMode | null;

  @Field(() => ArchiveMode, {
    nullable: true,
    description: `${ARCHIVE_MODE}\nA new session defaults to \`MANUAL\`.`,
  })
  archiveMode?: ArchiveMode | null;

  @Field(() => String, {
    nullable: true,
    description: "The name of automatic archives, up to 80 characters. Needs `archiveMode: ALWAYS`.",
  })
  archiveName?: string | null;

  @Field(() => ArchiveResolution, {
    nullable: true,
    description: "The resolution of automatic archives. Needs `archiveMode: ALWAYS`.",
  })
  archiveResolution?: ArchiveResolution | null;

  @Field(() => String, {
    nullable: true,
    description: "An IPv4 address near the participants. The platform uses it to choose a region.",
  })
  location?: string | null;

  @Field(() => Boolean, { nullable: true, description: `${E2EE}\nA new session defaults to \`false\`.` })
  e2ee?: boolean | null;

  @Field(() => Int, {
    nullable: true,
    description: "The most participants at a time, from 1 to 10000. Without it, there is no limit.",
  })
  maxParticipants?: number | null;
}

/** The options of a new session. */
@ArgsType()
export class NewSessionArgs extends SessionOptionsArgs {
  @Field(() => MediaMode, { nullable: true, defaultValue: MediaMode.RELAYED, description: MEDIA_MODE })
  override mediaMode?: MediaMode | null;

  @Field(() => ArchiveMode, { nullable: true, defaultValue: ArchiveMode.MANUAL, description: ARCHIVE_MODE })
  override archiveMode?: ArchiveMode | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false, description: E2EE })
  override e2ee?: boolean | null;
}

/** The session that a token is for. */
@ArgsType()
export class TokenSessionArgs {
  @Field(() => ID, { description: "The ID of the session that the token is for." })
  sessionId!: string;
}

/** The permissions of a token, as arguments and as an item of `requests`. */
@ArgsType()
@InputType("TokenRequest", {
  description: 'One token of `generateTokens`. Example: `{ role: PUBLISHER, data: "ana", expiresIn: 3600 }`.',
})
export class TokenArgs implements TokenInput {
  @Field(() => Role, {
    nullable: true,
    defaultValue: DEFAULT_ROLE,
    description: "What the client can do in the session.",
  })
  role?: Role | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Connection metadata, such as a user ID or a name, up to 1000 characters. Every client in the session\n" +
      "can read it, and it cannot change later.",
  })
  data?: string | null;

  @Field(() => String, {
    nullable: true,
    description:
      "The user that the token is for, in your application's own terms, such as `user-42`: 1 to 128 characters.\n" +
      "The server records it with the token, and shows it as `Participant.identity`. It is not in the token.",
  })
  identity?: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "When the token expires, in whole seconds since the Unix epoch: in the future, at most 30 days ahead. The\n" +
      "default is 24 hours from now, or your `maxLifetime` if that is shorter. Connected clients stay connected.",
  })
  expireTime?: number | null;

  @Field(() => Int, {
    nullable: true,
    description: "Instead of `expireTime`: the lifetime in whole seconds, from 1 to 2592000 (30 days).",
  })
  expiresIn?: number | null;

  @Field(() => [String], {
    nullable: true,
    description: "Layout classes for the client's streams in archives and broadcasts.",
  })
  initialLayoutClassList?: string[] | null;

  @Field(() => TokenFormat, {
    nullable: true,
    defaultValue: DEFAULT_FORMAT,
    description: "The token format.",
  })
  format?: TokenFormat | null;
}

/** The tokens to generate at once, all for one session. */
@ArgsType()
export class TokenBatchArgs extends TokenSessionArgs {
  @Field(() => [TokenArgs], {
    description: "One item for each token, at most 1000. Pass the list as a variable.",
  })
  requests!: TokenArgs[];
}

/** The token to inspect. */
@ArgsType()
export class InspectTokenArgs {
  @Field(() => String, { description: "The token, exactly as a client would use it." })
  token!: string;
}
