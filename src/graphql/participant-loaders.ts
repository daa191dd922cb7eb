import DataLoader from "dataloader";
import type { Caller } from "../access/caller.ts";
import type { Participant, ParticipantStream } from "../domain/participant.ts";
import type { Session } from "../domain/session.ts";
import type { Page, PageInput } from "../services/page.ts";
import type { ParticipantService } from "../services/participants.ts";
import { COUNTS_PER_QUERY, keyOf, once, PAGES_PER_QUERY, perSession } from "./per-session.ts";

type Pages = DataLoader<Session, Page<Participant>, string>;

/** The look-ups of participants in one request. Each reads the store once. */
export class ParticipantLoaders {
  readonly #caller: Caller;
  readonly #service: ParticipantService;
  #pages: Map<string, Pages> | undefined;
  // Created on first use, because most requests look up no participants.
  #counts: DataLoader<Session, number, string> | undefined;
  #participants: DataLoader<string, Participant | null> | undefined;
  #ofTokens: DataLoader<string, Participant[]> | undefined;
  #streams: DataLoader<string, ParticipantStream[]> | undefined;

  constructor(caller: Caller, service: ParticipantService) {
    this.#caller = caller;
    this.#service = service;
  }

  /** A page of the participants of a session. One query reads the pages of several sessions. */
  page(session: Session, page: PageInput, present: boolean): Promise<Page<Participant>> {
    this.#pages ??= new Map();
    const pages = once(this.#pages, keyOf(page) + present, () =>
      perSession((sessions) => this.#service.pages(this.#caller, sessions, page, present), PAGES_PER_QUERY),
    );
    return pages.load(session);
  }

  /** The number of participants that are in a session. One query counts those of several sessions. */
  count(session: Session): Promise<number> {
    this.#counts ??= perSession((sessions) => this.#service.counts(this.#caller, sessions), COUNTS_PER_QUERY);
    return this.#counts.load(session);
  }

  /** The participant; null if it does not exist or the caller may not see it. */
  find(id: string): Promise<Participant | null> {
    this.#participants ??= new DataLoader((ids) => this.#service.findMany(this.#caller, ids));
    return this.#participants.load(id);
  }

  /** The participants that joined with a token whose record the caller sees. One query reads those of several tokens. */
  ofToken(tokenId: string): Promise<Participant[]> {
    this.#ofTokens ??= new DataLoader((ids) => this.#service.usedBy(this.#caller, ids));
    return this.#ofTokens.load(tokenId);
  }

  /** The streams that a participant publishes now. One query reads those of several participants. */
  streams(participantId: string): Promise<ParticipantStream[]> {
    this.#streams ??= new DataLoader((ids) => this.#service.streams(this.#caller, ids));
    return this.#streams.load(participantId);
  }
}
