import { type DocumentNode, type ExecutionArgs, type ExecutionResult, execute, GraphQLError } from "graphql";
import type { OneByOne } from "../services/one-by-one.ts";
import type { Context } from "./context.ts";

/** What a client gets for an event. */
export interface EventResult {
  readonly data?: Record<string, unknown> | null;
  readonly errors?: readonly GraphQLError[];
}

/** Completes errors, and turns them into what clients get. */
type Format = (errors: readonly GraphQLError[], document?: DocumentNode) => Promise<readonly GraphQLError[]>;

/** The most events that one turn executes. They share their look-ups. */
const AT_ONCE = 50;

/** Events, with those that wait. */
type Source = AsyncIterableIterator<unknown> & { takeWaiting?(most: number): readonly unknown[] };

/**
 * The results of a subscription. The policy decides on each event, and look-ups are fresh. A result
 * without data is the last one, because its client has missed a change.
 */
export class EventStream implements AsyncIterableIterator<EventResult, undefined> {
  readonly #source: Source;
  readonly #args: ExecutionArgs;
  readonly #context: () => Context;
  readonly #format: Format;
  readonly #onEnd: () => void;
  readonly #oneByOne: OneByOne;
  readonly #ready: EventResult[] = [];
  #isOver = false;

  /**
   * @param oneByOne runs the executions of each caller, so that one with many subscriptions does not hold up the others
   * @param onEnd called once when the subscription ends
   */
  constructor(
    source: Source,
    args: ExecutionArgs,
    context: () => Context,
    format: Format,
    oneByOne: OneByOne,
    onEnd: () => void,
  ) {
    this.#source = source;
    this.#args = args;
    this.#context = context;
    this.#format = format;
    this.#oneByOne = oneByOne;
    this.#onEnd = onEnd;
  }

  async next(): Promise<IteratorResult<EventResult, undefined>> {
    if (this.#ready.length === 0) await this.#read();
    const value = this.#ready.shift();
    if (this.#isOver || !value) return this.return();
    if (value.data === null) {
      // Its client has missed a change.
      await this.return();
    }
    return { value, done: false };
  }

  /** Waits for an event, and executes it with those that came meanwhile. */
  async #read(): Promise<void> {
    const { value: first, done } = await this.#source.next();
    if (done || this.#isOver) return;
    await this.#oneByOne.do(this.#context().caller.id, async () => {
      if (this.#isOver) return;
      const context = this.#context();
      await context.turn();
      const events = [first, ...(this.#source.takeWaiting?.(AT_ONCE - 1) ?? [])];
      this.#ready.push(...(await Promise.all(events.map((event) => this.#execute(event, context)))));
    });
  }

  async #execute(rootValue: unknown, contextValue: Context): Promise<EventResult> {
    let result: ExecutionResult;
    try {
      result = await execute({ ...this.#args, rootValue, contextValue });
    } catch (error) {
      result = { errors: [new GraphQLError("", { originalError: error as Error })] };
    }
    const { data = null, errors } = result;
    return errors ? { data, errors: await this.#format(errors, this.#args.document) } : { data };
  }

  /** Ends the subscription, also while `next` waits. */
  async return(): Promise<IteratorResult<EventResult, undefined>> {
    if (!this.#isOver) this.#onEnd();
    this.#isOver = true;
    await this.#source.return?.();
    return { value: undefined, done: true };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
