import { EventEmitter } from "./emitter.ts";
import type { Publisher, PublisherEvents, PublisherProperties, Stream } from "./opentok.ts";
import { showTile } from "./tile.ts";

/** The own stream, without media. */
export class LocalPublisher extends EventEmitter<PublisherEvents> implements Publisher {
  readonly element: HTMLElement;
  readonly name: string;
  /** `camera`, `screen` or `custom`; null for audio only. */
  readonly videoType: string | null;
  stream: Stream | undefined;
  isDestroyed = false;
  #hasAudio: boolean;
  #hasVideo: boolean;
  #unpublish: ((publisher: LocalPublisher) => void) | undefined;

  constructor(
    target: HTMLElement | string | undefined,
    { name = "", publishAudio = true, publishVideo = true, videoSource, ...place }: PublisherProperties = {},
  ) {
    super();
    this.name = name;
    this.videoType =
      videoSource === null || videoSource === false ? null : videoSource === "screen" ? "screen" : "camera";
    this.#hasAudio = publishAudio;
    this.#hasVideo = publishVideo;
    this.element = showTile("OT_publisher", name, target, place);
    this.#show();
  }

  publishAudio(value: boolean): this {
    this.#hasAudio = value;
    return this.#show();
  }

  publishVideo(value: boolean): this {
    this.#hasVideo = value;
    return this.#show();
  }

  destroy(): this {
    this.#unpublish?.(this);
    return this.#remove();
  }

  /** The session has the stream. */
  published(stream: Stream, unpublish: (publisher: LocalPublisher) => void): void {
    this.stream = stream;
    this.#unpublish = unpublish;
    this.dispatch("streamCreated", { stream });
  }

  /** The session no longer has the stream. */
  ended(reason: string): void {
    const { stream } = this;
    this.stream = undefined;
    this.#unpublish = undefined;
    if (this.dispatch("streamDestroyed", { stream, reason })) this.#remove();
  }

  /** A moderator or a server mutes the stream. */
  muted(): void {
    this.publishAudio(false);
    this.dispatch("muteForced");
  }

  #remove(): this {
    if (this.isDestroyed) return this;
    this.isDestroyed = true;
    this.element.remove();
    this.dispatch("destroyed");
    return this;
  }

  #show(): this {
    const off = [...(this.#hasAudio ? [] : ["muted"]), ...(this.#hasVideo ? [] : ["no video"])];
    this.element.textContent = off.length === 0 ? this.name : `${this.name} (${off.join(", ")})`;
    return this;
  }
}
