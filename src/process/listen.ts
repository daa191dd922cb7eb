import { quote, reasonOf, StartupError } from "../errors.ts";

/** An address to listen on, and the variables that configure it. */
export interface Address {
  readonly host: string;
  /** 0 lets the system choose a port. */
  readonly port: number;
  readonly variables: { readonly host: string; readonly port: string };
}

const REASONS: ReadonlyMap<string, string> = new Map([
  ["ENOTFOUND", "the host name is unknown; use an address such as 127.0.0.1, or 0.0.0.0 for all addresses"],
  ["EADDRNOTAVAIL", "this machine does not have this address; use 0.0.0.0 for all addresses"],
]);

/**
 * The result of `listen`.
 *
 * @throws {StartupError} naming the variable, when it cannot listen on the address
 */
export async function listening<T>({ host, port, variables }: Address, listen: () => Promise<T>): Promise<T> {
  try {
    return await listen();
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === "EADDRINUSE") {
      throw new StartupError([`${variables.port}: ${port} is already in use on ${host}`]);
    }
    if (code === "EACCES")
      throw new StartupError([`${variables.port}: ${port} is not allowed for this user; use 1024 or higher`]);
    const why = REASONS.get(code ?? "") ?? code ?? reasonOf(error);
    throw new StartupError([`${variables.host}: cannot listen on ${quote(host)}: ${why}`]);
  }
}
