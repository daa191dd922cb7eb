import { type DocumentNode, type ExecutionArgs, execute, GraphQLError } from "graphql";
import type { Context } from "./context.ts";

/** What a client gets for an event. */
export interface EventResult {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLError[];
}

/** Completes errors, and turns them into what clients get. */
type Format = (errors: readonly GraphQLError[], document?: DocumentNode) => Promise<readonly GraphQLError[]>;

/**
 * The results of a subscription. Each event has its own context, so that the policy decides anew and look-ups are fresh. A result
 * without data is the last one, because its client has missed a change.
 */
export class EventStream implements AsyncIterableIterator<EventResult, undefined> {
  readonly #source: AsyncIterableIterator<unknown>;
  readonly #args: ExecutionArgs;
  readonly #context: () => Context;
  readonly #format: Format;
  #isOver = false;

  constructor(
    source: AsyncIterableIterator<unknown>,
    args: ExecutionArgs,
    context: () => Context,
    format: Format,
  ) {
    this.#source = source;
    this.#args = args;
    this.#context = context;
    this.#format = format;
  }

  async next(): Promise<IteratorResult<EventResult, undefined>> {
    if (this.#isOver) return this.return();
    const { value: rootValue, done } = await this.#source.next();
    if (done || this.#isOver) return this.return();
    const { data = null, errors } = await this.#execute(rootValue);
    if (data === null) await this.return();
    const value = errors ? { data, errors: await this.#format(errors, this.#args.document) } : { data };
    return { value, done: false };
  }

  async #execute(rootValue: unknown) {
    const contextValue = this.#context();
    await contextValue.turn();
    try {
      return await execute({ ...this.#args, rootValue, contextValue });
    } catch (error) {
      return { errors: [new GraphQLError("", { originalError: error as Error })] };
    }
  }

  /** Ends the subscription, also while `next` waits. */
  async return(): Promise<IteratorResult<EventResult, undefined>> {
    this.#isOver = true;
    await this.#source.return?.();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
