import { nearest } from "../errors.ts";
import { OTEL_NAMES } from "./otel-variables.ts";
import { isServiceLink } from "./service-link.ts";
import { SECRET_NAMES, SMALL_NAMES, VARIABLES, variable } from "./variable-table.ts";

const NAMES = [...new Set([...Object.keys(VARIABLES), ...OTEL_NAMES])];
const OF_FILES = SECRET_NAMES.map((name) => `${name}_FILE`);
const KNOWN = new Set([...NAMES, ...OF_FILES, ...SMALL_NAMES]);
/** Names to suggest. Variables of other programs are excluded: `FTP_PROXY` is not a misspelling. */
const MEANT = [...NAMES, ...OF_FILES].filter((name) => !variable(name.replace(/_FILE$/, ""))?.foreign);

/** Prefixes that other programs rarely use. */
const PREFIX = /^(OPENTOK|VONAGE|AUTH|CORS|LEDGER|TRUSTED_DOCUMENTS|AUDIT)_/;

/** Variables of OpenTelemetry's logs, whose names are similar to those of its traces. */
const FOREIGN = /^OTEL_BLRP_/;

/** Whether Stagepass reads a variable of this name. */
export const isKnown = (name: string): boolean => KNOWN.has(name);

/** The problem of a name that is similar to a Stagepass variable or has its prefix; null for other names. */
export function problemOfName(name: string, value: string): string | null {
  if (isKnown(name) || FOREIGN.test(name) || isServiceLink(name, value)) return null;
  const said = "is not a Stagepass variable;";
  // TOKBOX_ is the prefix of OpenTok's older samples.
  const meant = name
    .toUpperCase()
    .replaceAll("-", "_")
    .replace(/^STAGEPASS_/, "")
    .replace(/^TOKBOX_/, "OPENTOK_");
  const known =
    nearest(meant, MEANT, editsAllowed(meant)) ??
    MEANT.find((each) => meant.includes("_") && each.startsWith(`${meant}_`));
  if (known !== undefined) return `${said} did you mean ${known}?`;
  const ofFile = meant.replace(/_FILE$/, "");
  if (ofFile !== meant && isKnown(ofFile)) return `${said} only secrets can be in a file: set ${ofFile}`;
  const [prefix] = PREFIX.exec(meant) ?? [];
  if (prefix === undefined) return null;
  return `${said} the variables with this prefix are ${NAMES.filter((each) => each.startsWith(prefix)).join(", ")}`;
}

/** Fewer edits for short names, which are similar to many names of other programs. */
function editsAllowed({ length }: string): number {
  return length < 6 ? 0 : length < 10 ? 1 : 2;
}
