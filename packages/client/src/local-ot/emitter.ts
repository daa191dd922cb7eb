import type { Emitter } from "./opentok.ts";

type Listener = (event: never) => void;

/** The listeners of one object. */
export class EventEmitter<Events> implements Emitter<Events> {
  readonly #listeners = new Map<keyof Events, Set<Listener>>();

  on<Name extends keyof Events>(
    names: Name | { readonly [Each in keyof Events]?: (event: Events[Each]) => void },
    listener?: (event: Events[Name]) => void,
  ): void {
    if (typeof names === "object") {
      for (const name in names) this.on(name, names[name]);
    } else if (listener) {
      const listeners = this.#listeners.get(names) ?? new Set();
      this.#listeners.set(names, listeners.add(listener));
    }
  }

  once<Name extends keyof Events>(name: Name, listener: (event: Events[Name]) => void): void {
    const once = (event: Events[Name]) => {
      this.off(name, once);
      listener(event);
    };
    this.on(name, once);
  }

  off<Name extends keyof Events>(name?: Name, listener?: (event: Events[Name]) => void): void {
    if (name === undefined) this.#listeners.clear();
    else if (listener === undefined) this.#listeners.delete(name);
    else this.#listeners.get(name)?.delete(listener);
  }

  /** @returns whether the default action of the event stays allowed */
  dispatch<Name extends keyof Events>(
    name: Name,
    members: object = {},
    type: string = String(name),
  ): boolean {
    let isAllowed = true;
    const preventDefault = () => {
      isAllowed = false;
    };
    const event = { ...members, type, target: this, preventDefault };
    for (const listener of [...(this.#listeners.get(name) ?? [])]) listener(event as never);
    return isAllowed;
  }
}
