import DataLoader from "dataloader";
import { GraphQLID, type GraphQLResolveInfo, valueFromAST } from "graphql";
import type { Session } from "../domain/session.ts";
import type { SessionService } from "../services/session-service.ts";
import { rootFields } from "./root-fields.ts";

/** The look-ups of one request: each asks the store once, however often it is needed. */
export class Loaders {
  readonly #sessions: SessionService;
  #loader: DataLoader<string, Session | null> | undefined;
  #lookedAhead = false;

  constructor(sessions: SessionService) {
    this.#sessions = sessions;
  }

  /** Made on first use: most requests look nothing up. */
  get #session(): DataLoader<string, Session | null> {
    this.#loader ??= new DataLoader((sessionIds) => this.#sessions.findMany(sessionIds));
    return this.#loader;
  }

  /** The session, or null when its ID is malformed or another project's. */
  session(sessionId: string): Promise<Session | null> {
    return this.#session.load(sessionId);
  }

  /**
   * The session of a token just generated; never null, for a token is only made for a session of ours.
   *
   * The root fields of a mutation run one after the other, so their look-ups cannot meet in a batch by
   * themselves. The first of them therefore looks ahead to all the sessions that the operation names.
   */
  async sessionOfToken(sessionId: string, info: GraphQLResolveInfo): Promise<Session> {
    if (!this.#lookedAhead) {
      this.#lookedAhead = true;
      // Never rejects; each look-up hears of its own failure when it is awaited.
      void this.#session.loadMany(sessionIdsNamed(info));
    }
    return this.sessionOfRecord(sessionId);
  }

  /** The session of a token that was issued here; never null, either. */
  async sessionOfRecord(sessionId: string): Promise<Session> {
    const session = await this.session(sessionId);
    if (session === null) throw new Error("a token was issued for a session that is not ours");
    return session;
  }
}

/** The values of the argument `sessionId` of the operation's root fields. */
function sessionIdsNamed({ operation, fragments, variableValues }: GraphQLResolveInfo): string[] {
  const fields = [...rootFields(operation.selectionSet, (name) => fragments[name])];
  return fields.flatMap((field) => {
    const argument = field.arguments?.find(({ name }) => name.value === "sessionId");
    const sessionId = argument && valueFromAST(argument.value, GraphQLID, variableValues);
    return typeof sessionId === "string" ? [sessionId] : [];
  });
}
