import { ApolloClient, ApolloLink, HttpLink, InMemoryCache } from "@apollo/client";
import { SetContextLink } from "@apollo/client/link/context";
import { ErrorLink } from "@apollo/client/link/error";
import { VideoCallerDocument, type VideoCallerQuery } from "../generated/documents.ts";
import { keepCredential, keptCredential } from "./kept-credential.ts";
import { Live } from "./live.ts";
import { type Problem, problemOf, signInProblem } from "./problem.ts";

/** The state of the connection between the console and the server. */
export type ConnectionState =
  | { readonly status: "connecting" }
  | { readonly status: "unreachable"; readonly problem: Problem }
  | { readonly status: "signed out" }
  | {
      readonly status: "ready";
      readonly me: VideoCallerQuery;
      /** Whether a credential is in use; an open server needs none. */
      readonly signedIn: boolean;
      /** Increases when another user signs in. */
      readonly visit: number;
      /** The reason why the server refuses the credential now; null while it accepts it. */
      readonly refusal: string | null;
    };

/** The connection to the server and the signed-in user. It holds the credential, in the page's memory or for the tab. */
export class Connection {
  readonly client: ApolloClient;
  readonly live: Live;
  #credential = keptCredential();
  #visit = 0;
  #state: ConnectionState = { status: "connecting" };
  readonly #listeners = new Set<() => void>();

  constructor(uri: string) {
    this.live = new Live(uri, () => this.#authorization());
    this.client = new ApolloClient({
      link: ApolloLink.from([
        new SetContextLink(({ headers }) => ({
          credential: this.#credential,
          headers: { ...headers, ...this.#authorization() },
        })),
        new ErrorLink(({ error, operation }) => {
          // Ignore the refusal of an earlier credential.
          if (operation.getContext().credential === this.#credential) this.#noticeRefusal(error);
        }),
        ApolloLink.split(
          ({ operationType }) => operationType === "subscription",
          this.live.link,
          new HttpLink({ uri }),
        ),
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

  /** Connects with the credential of this tab, or without one, to find out whether the server needs one. */
  async open(): Promise<void> {
    this.#become({ status: "connecting" });
    try {
      this.#welcome(await this.#videoCaller(), this.#credential !== null);
    } catch (error) {
      if (signInProblem(error) === null)
        return this.#become({ status: "unreachable", problem: problemOf(error) });
      this.#forget();
      this.#become({ status: "signed out" });
    }
  }

  /**
   * Signs in with a bearer token or an API key. The same user keeps the pages and their entries; another user starts anew.
   *
   * @param keep whether the tab keeps the credential when the page is loaded again
   * @throws the server's error, if it refuses the credential
   */
  async signIn(credential: string, keep: boolean): Promise<void> {
    const before = this.#credential;
    this.#credential = credential;
    let me: VideoCallerQuery;
    try {
      me = await this.#videoCaller();
    } catch (error) {
      if (this.#credential === credential) this.#credential = before;
      throw error;
    }
    // The user signed out meanwhile.
    if (this.#credential !== credential) return;
    keepCredential(keep ? credential : null);
    if (this.#isSame(me)) {
      this.#become({ status: "ready", me, signedIn: true, visit: this.#visit, refusal: null });
      // Each page shows the errors of its own queries.
      void this.client.refetchQueries({ include: "active" }).catch(() => {});
    } else {
      await this.client.clearStore();
      this.#welcome(me, true);
    }
  }

  /** Forgets the credential and all data. */
  async signOut(): Promise<void> {
    this.#forget();
    this.#become({ status: "signed out" });
    await this.client.clearStore();
  }

  #forget(): void {
    this.#credential = null;
    keepCredential(null);
  }

  #welcome(me: VideoCallerQuery, signedIn: boolean): void {
    this.#visit += 1;
    this.#become({ status: "ready", me, signedIn, visit: this.#visit, refusal: null });
  }

  /** Whether the user is the same as before. If an open server starts to require sign-in, the first user to sign in is the same. */
  #isSame({ videoCaller }: VideoCallerQuery): boolean {
    if (this.#state.status !== "ready") return false;
    const { me, signedIn } = this.#state;
    return !signedIn || (videoCaller.id === me.videoCaller.id && videoCaller.subject !== "");
  }

  async #videoCaller(): Promise<VideoCallerQuery> {
    const { data } = await this.client.query({ query: VideoCallerDocument, fetchPolicy: "no-cache" });
    if (!data) throw new Error("the server returned no caller");
    return data;
  }

  #authorization(): Record<string, string> {
    return this.#credential === null ? {} : { authorization: `Bearer ${this.#credential}` };
  }

  #noticeRefusal(error: unknown): void {
    const refusal = signInProblem(error);
    if (refusal === null || this.#state.status !== "ready") return;
    keepCredential(null);
    this.#become({ ...this.#state, refusal });
  }

  #become(state: ConnectionState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}
