/** Types for the tests; the meaning is where the code is. */
export interface OnRecord {
  readonly sessions: number;
  readonly tokens: number;
  readonly tokensOfSession: number;
}

export interface Work {
  readonly name: string;
}

export function workOf(i: number): Work;
export function wrongIn(work: Work, onRecord: OnRecord, status: number, text: string): string | null;
