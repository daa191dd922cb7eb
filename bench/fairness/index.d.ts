/** Types for the tests; the code documents them. */
type Env = Readonly<Record<string, string>>;

export const ATTACKS: readonly { readonly name: string; readonly env?: Env }[];
export function localServer(env?: Env): { readonly env: Env };
export function megabytes(child: { readonly pid: number | undefined }): number;
export function fill(databaseUrl: string, sessions: number, tokens: number): Promise<void>;
export function askSteadily(
  url: string,
  perSecond: number,
  seconds: number,
): Promise<{ readonly times: number[]; readonly failures: string[] }>;
export function underAttack<T>(
  url: string,
  name: string,
  use: () => Promise<T>,
): Promise<{ readonly result: T; readonly label: string; readonly answers: string }>;
