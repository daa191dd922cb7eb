import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { VideoCallerDocument, type VideoCallerQuery } from "../generated/documents.ts";
import { type Problem, problemOf, signInProblem } from "./problem.ts";

/** How things stand between the console and the server. */
export type ConnectionState =
  | { readonly status: "connecting" }
  | { readonly status: "unreachable"; readonly problem: Problem }
  | { readonly status: "signed out" }
  | {
      readonly status: "ready";
      readonly me: VideoCallerQuery;
      /** Whether a credential is in use; an open server asks for none. */
      readonly signedIn: boolean;
      /** Goes up whenever somebody else comes. */
      readonly visit: number;
      /** Why the server takes the credential no longer; null while it does. */
      readonly refusal: string | null;
    };

/** The server, and who is signed in to it. The credential is kept here alone, and is gone with the page. */
export class Connection {
  readonly client: ApolloClient;
  #credential: string | null = null;
  #visit = 0;
  #state: ConnectionState = { status: "connecting" };
  readonly #listeners = new Set<() => void>();

  constructor(uri: string) {
    this.client = new ApolloClient({
      link: ApolloLink.from([
        new SetContextLink(({ headers }) => ({
          credential: this.#credential,
          headers: { ...headers, ...this.#authorization() },
        })),
        new ErrorLink(({ error, operation }) => {
          // What a credential of before gets says nothing of the one in use.
          if (operation.getContext().credential === this.#credential) this.#noticeRefusal(error);
        }),
        new HttpLink({ uri }),
      ]),
      cache: new InMemoryCache(),
    });
  }

  get state(): ConnectionState {
    return this.#state;
  }

  /** For `useSyncExternalStore`. */
  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Finds out whether the server asks for a credential. */
  async open(): Promise<void> {
    this.#become({ status: "connecting" });
    try {
      this.#welcome(await this.#videoCaller(), false);
    } catch (error) {
      if (signInProblem(error) === null) this.#become({ status: "unreachable", problem: problemOf(error) });
      else this.#become({ status: "signed out" });
    }
  }

  /**
   * Signs in with a bearer token or an API key. Whoever signs in again goes on where they were; somebody else starts anew.
   *
   * @throws what the server answers, when it does not take the credential
   */
  async signIn(credential: string): Promise<void> {
    const before = this.#credential;
    this.#credential = credential;
    let me: VideoCallerQuery;
    try {
      me = await this.#videoCaller();
    } catch (error) {
      if (this.#credential === credential) this.#credential = before;
      throw error;
    }
    // Signed out meanwhile.
    if (this.#credential !== credential) return;
    if (this.#isSame(me)) {
      this.#become({ status: "ready", me, signedIn: true, visit: this.#visit, refusal: null });
      // What fails of it is said where it is shown.
      void this.client.refetchQueries({ include: "active" }).catch(() => {});
    } else {
      await this.client.clearStore();
      this.#welcome(me, true);
    }
  }

  /** Forgets the credential and everything that it got. */
  async signOut(): Promise<void> {
    this.#credential = null;
    this.#become({ status: "signed out" });
    await this.client.clearStore();
  }

  #welcome(me: VideoCallerQuery, signedIn: boolean): void {
    this.#visit += 1;
    this.#become({ status: "ready", me, signedIn, visit: this.#visit, refusal: null });
  }

  /** Whether it is who was here before. Where nobody was asked who they are, it is whoever is then asked. */
  #isSame({ videoCaller }: VideoCallerQuery): boolean {
    if (this.#state.status !== "ready") return false;
    const { me, signedIn } = this.#state;
    return !signedIn || (videoCaller.id === me.videoCaller.id && videoCaller.subject !== "");
  }

  async #videoCaller(): Promise<VideoCallerQuery> {
    const { data } = await this.client.query({ query: VideoCallerDocument, fetchPolicy: "no-cache" });
    if (!data) throw new Error("the server did not say who is signed in");
    return data;
  }

  #authorization(): Record<string, string> {
    return this.#credential === null ? {} : { authorization: `Bearer ${this.#credential}` };
  }

  #noticeRefusal(error: unknown): void {
    const refusal = signInProblem(error);
    if (refusal !== null && this.#state.status === "ready") this.#become({ ...this.#state, refusal });
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
