import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { ViewerDocument, type ViewerQuery } from "../generated/documents.ts";
import { type Problem, problemOf, signInProblem } from "./problem.ts";

/** How things stand between the console and the server. */
export type ConnectionState =
  | { readonly status: "connecting" }
  | { readonly status: "unreachable"; readonly problem: Problem }
  | { readonly status: "signed out" }
  | {
      readonly status: "ready";
      readonly me: ViewerQuery;
      /** Whether a credential is in use; an open server asks for none. */
      readonly signedIn: boolean;
      /** Why the server takes the credential no longer; null while it does. */
      readonly refusal: string | null;
    };

/** The server, and who is signed in to it. The credential is kept here alone, and is gone with the page. */
export class Connection {
  readonly client: ApolloClient;
  #credential: string | null = null;
  #state: ConnectionState = { status: "connecting" };
  readonly #listeners = new Set<() => void>();

  constructor(uri: string) {
    this.client = new ApolloClient({
      link: ApolloLink.from([
        new ErrorLink(({ error }) => this.#noticeRefusal(error)),
        new SetContextLink(({ headers }) => ({ headers: { ...headers, ...this.#authorization() } })),
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
      this.#become({ status: "ready", me: await this.#viewer(), signedIn: false, refusal: null });
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
    try {
      const me = await this.#viewer();
      const { subject } = me.viewer;
      const same = this.#state.status === "ready" && this.#state.me.viewer.subject === subject;
      if (!same) await this.client.clearStore();
      this.#become({ status: "ready", me, signedIn: true, refusal: null });
      if (same) await this.client.refetchQueries({ include: "active" });
    } catch (error) {
      this.#credential = before;
      throw error;
    }
  }

  /** Forgets the credential and everything that it got. */
  async signOut(): Promise<void> {
    this.#credential = null;
    this.#become({ status: "signed out" });
    await this.client.clearStore();
  }

  async #viewer(): Promise<ViewerQuery> {
    const { data } = await this.client.query({ query: ViewerDocument, fetchPolicy: "no-cache" });
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
