import { networkOf } from "../access/failed-credentials.ts";

/** The most open sockets without a known caller: in all, and from one address. IPv6 addresses of one /64 count as one. */
export const STRANGER_SOCKETS = 1000;
export const STRANGER_SOCKETS_PER_ADDRESS = 100;

/** Counts open sockets whose caller is unknown yet. */
export class StrangerSockets {
  readonly #byNetwork = new Map<string, number>();
  #all = 0;

  /**
   * Counts a socket.
   *
   * @param address null for a proxy that names no client, which only counts in all
   * @returns whether there was room
   */
  enter(address: string | null): boolean {
    if (this.#all >= STRANGER_SOCKETS) return false;
    if (address !== null) {
      const network = networkOf(address);
      const count = this.#byNetwork.get(network) ?? 0;
      if (count >= STRANGER_SOCKETS_PER_ADDRESS) return false;
      this.#byNetwork.set(network, count + 1);
    }
    this.#all += 1;
    return true;
  }

  /** Stops counting a socket of this address. */
  leave(address: string | null): void {
    this.#all -= 1;
    if (address === null) return;
    const network = networkOf(address);
    const count = (this.#byNetwork.get(network) ?? 0) - 1;
    if (count > 0) this.#byNetwork.set(network, count);
    else this.#byNetwork.delete(network);
  }
}
