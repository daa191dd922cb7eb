import type { Platform } from "../platform/platform.ts";
import type { Removals } from "../store/store.ts";

/** Receives the outcomes of removals. */
export interface RemoverListener {
  /** Called for each removal that the platform confirmed, and for each failed attempt with its cause. */
  onAttempt(reason: string, failure: unknown): void;
  /** Called with the cause when attempts begin to fail, and with null when they succeed again. */
  onChange(cause: unknown): void;
}

/** The dependencies of `Remover`. */
export interface RemoverParts {
  readonly removals: Removals;
  readonly platform: Pick<Platform, "disconnect">;
  readonly now: () => Date;
  readonly listener: RemoverListener;
  /** Called when participants have left, so that subscribers hear of it. */
  readonly onRemoved: () => void;
  /** Whether this process can ask the platform. A command cannot reach the rooms of a local server, whose remover acts instead. */
  readonly canAsk: boolean;
}

/** Disconnects the participants that must leave, until the platform confirms. */
export class Remover {
  readonly #parts: RemoverParts;

  constructor(parts: RemoverParts) {
    this.#parts = parts;
  }

  /** Looks for removals at once, because some may be due. */
  wake(): void {
    throw new Error(`to do ${this.#parts}`);
  }

  /** Tries the removal of one participant now. Resolves when the platform has confirmed it. @throws the platform's error */
  async attempt(_participantId: string): Promise<void> {
    throw new Error("to do");
  }
}
