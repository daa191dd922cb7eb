import { EventEmitter } from "./emitter.ts";
import type { Stream, Subscriber, SubscriberEvents, WidgetProperties } from "./opentok.ts";
import { showTile } from "./tile.ts";

/** A stream of another client, without media. */
export class LocalSubscriber extends EventEmitter<SubscriberEvents> implements Subscriber {
  readonly element: HTMLElement;

  constructor(
    readonly stream: Stream,
    target: HTMLElement | string | undefined,
    properties: WidgetProperties | undefined,
  ) {
    super();
    this.element = showTile("OT_subscriber", stream.name, target, properties);
  }

  destroy(): void {
    this.element.remove();
    this.dispatch("destroyed");
  }
}
