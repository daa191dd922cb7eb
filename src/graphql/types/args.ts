import { ArgsType, Field, ID, InputType, Int } from "type-graphql";
import { DEFAULT_FORMAT, TokenFormat, type TokenInput } from "../../domain/connection-token.ts";
import { DEFAULT_ROLE } from "../../domain/grant.ts";
import { Role } from "../../domain/role.ts";
import { ArchiveMode, ArchiveResolution, MediaMode, type SessionOptionsInput } from "../../domain/session.ts";
import type { SessionKey } from "../../domain/session-key.ts";
import { DEFAULT_PAGE_SIZE, type PageInput } from "../../services/page.ts";

/** Which object to find. */
@ArgsType()
export class NodeArgs {
  @Field(() => ID, { description: "The `id` of a session or an issued token." })
  id!: string;
}

/** Which session to read: one of the two. */
@ArgsType()
export class SessionArgs implements SessionKey {
  @Field(() => ID, {
    nullable: true,
    description: "The session's ID, exactly as `createSession` returned it. Give this or `name`.",
  })
  sessionId?: string | null;

  @Field(() => String, {
    nullable: true,
    description: "The session that this name maps to now. Give this or `sessionId`.",
  })
  name?: string | null;
}

/** Which page of a list. */
@ArgsType()
export class PageArgs implements PageInput {
  @Field(() => Int, {
    nullable: true,
    defaultValue: DEFAULT_PAGE_SIZE,
    description: "How many, from 1 to 100.",
  })
  first?: number | null;

  @Field(() => String, {
    nullable: true,
    description: "Those after this cursor, taken from `pageInfo.endCursor`.",
  })
  after?: string | null;
}

/** Which session is wanted, whether or not there is one. */
@ArgsType()
export class SessionNameArgs {
  @Field(() => String, {
    description:
      "A name of your own for the place people meet, such as `standup`: 1 to 200 characters, without invisible ones\n" +
      "and with single spaces between words. It is put into Unicode's form NFC.",
  })
  name!: string;

  @Field(() => Int, {
    nullable: true,
    description:
      "Replace the session when it is older than this many seconds. Without it, the session stays.",
  })
  maxAge?: number | null;
}

const MEDIA_MODE = "How media flows between the participants.";
const ARCHIVE_MODE =
  "Whether the platform records the session by itself. `ALWAYS` needs `mediaMode: ROUTED`.";
const E2EE = "End-to-end encryption. Needs `mediaMode: ROUTED` and `archiveMode: MANUAL`.";

/** How the session of a name is to be. */
@ArgsType()
export class SessionOptionsArgs implements SessionOptionsInput {
  @Field(() => MediaMode, { nullable: true, description: `${MEDIA_MODE} A new session gets \`RELAYED\`.` })
  mediaMode?: MediaMode | null;

  @Field(() => ArchiveMode, {
    nullable: true,
    description: `${ARCHIVE_MODE}\nA new session gets \`MANUAL\`.`,
  })
  archiveMode?: ArchiveMode | null;

  @Field(() => String, {
    nullable: true,
    description: "The name of the automatic archives, up to 80 characters. Needs `archiveMode: ALWAYS`.",
  })
  archiveName?: string | null;

  @Field(() => ArchiveResolution, {
    nullable: true,
    description: "The resolution of the automatic archives. Needs `archiveMode: ALWAYS`.",
  })
  archiveResolution?: ArchiveResolution | null;

  @Field(() => String, {
    nullable: true,
    description: "An IPv4 address near the participants, by which the platform chooses the region.",
  })
  location?: string | null;

  @Field(() => Boolean, { nullable: true, description: `${E2EE}\nA new session gets \`false\`.` })
  e2ee?: boolean | null;
}

/** How a new session is to be. */
@ArgsType()
export class NewSessionArgs extends SessionOptionsArgs {
  @Field(() => MediaMode, { nullable: true, defaultValue: MediaMode.RELAYED, description: MEDIA_MODE })
  override mediaMode?: MediaMode | null;

  @Field(() => ArchiveMode, { nullable: true, defaultValue: ArchiveMode.MANUAL, description: ARCHIVE_MODE })
  override archiveMode?: ArchiveMode | null;

  @Field(() => Boolean, { nullable: true, defaultValue: false, description: E2EE })
  override e2ee?: boolean | null;
}

/** Which session a token is for. */
@ArgsType()
export class TokenSessionArgs {
  @Field(() => ID, { description: "The session to connect to." })
  sessionId!: string;
}

/** What a token is to grant; as arguments, and as one of many requests. */
@ArgsType()
@InputType("TokenRequest", {
  description: "What one of many tokens is to grant; as the arguments of `generateToken`.",
})
export class TokenArgs implements TokenInput {
  @Field(() => Role, {
    nullable: true,
    defaultValue: DEFAULT_ROLE,
    description: "What the client may do in the session.",
  })
  role?: Role | null;

  @Field(() => String, {
    nullable: true,
    description:
      "Connection metadata such as a user ID or a name, up to 1000 characters. Every client in the session\n" +
      "can read it, and it cannot be changed later.",
  })
  data?: string | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "When the token stops working, in whole seconds since the Unix epoch: later than now, and at most\n" +
      "30 days from now. Without it, 24 hours from now, or sooner when your tokens may not live so long. Who is\n" +
      "connected by then stays connected.",
  })
  expireTime?: number | null;

  @Field(() => Int, {
    nullable: true,
    description:
      "Instead of `expireTime`: for how many whole seconds from now the token works, from 1 to 2592000, which is 30 days.",
  })
  expiresIn?: number | null;

  @Field(() => [String], {
    nullable: true,
    description: "Layout classes of the streams that the client publishes, for archives and broadcasts.",
  })
  initialLayoutClassList?: string[] | null;

  @Field(() => TokenFormat, {
    nullable: true,
    defaultValue: DEFAULT_FORMAT,
    description: "The format of the token.",
  })
  format?: TokenFormat | null;
}

/** Which tokens are asked for at once, all for one session. */
@ArgsType()
export class TokenBatchArgs extends TokenSessionArgs {
  @Field(() => [TokenArgs], { description: "What each token is to grant. At most 1000." })
  requests!: TokenArgs[];
}

/** Which token to inspect. */
@ArgsType()
export class InspectTokenArgs {
  @Field(() => String, { description: "The token, exactly as a client would connect with it." })
  token!: string;
}
