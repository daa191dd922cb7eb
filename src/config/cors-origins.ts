import { type Advice, adviceOn, quote } from "../errors.ts";

/** The schemes of web pages, apps and browser extensions. */
const SCHEMES = /^(https?|capacitor|ionic|app|tauri|chrome-extension|moz-extension|safari-web-extension)$/;
/** Wrong schemes, with the probable one. */
const MEANT: Advice = [
  [/^ws$/, "http"],
  [/^(?!https?$)[htps]{3,7}$|^wss$/, "https"],
];

/** Hosts where anyone can get a subdomain, and second levels such as `co.uk`. A wildcard would allow pages of any owner. */
const SHARED =
  /^((co|com|net|org|gov|edu|ac)\.[a-z]{2}|(vercel|netlify|web|run|ngrok|ngrok-free|replit|railway|up\.railway)\.app|(github|gitlab|ngrok)\.io|(pages|workers|fly|deno)\.dev|(herokuapp|onrender|firebaseapp|appspot|amplifyapp|trycloudflare)\.com|(azurewebsites|azurestaticapps|cloudfront)\.net|surge\.sh|csb\.app|glitch\.me)$/;

/** Host and port. `URL` accepts more characters, such as the `$` of an unexpanded variable, which no browser sends. */
const OF_HOST = /^[a-z0-9._:*[\]-]+$/i;

/** The longest origin in a message, in characters. */
const MAX_SHOWN = 100;

/**
 * Comma-separated origins, as browsers send them. In `https://*.example.com`, the star matches one label, as in a certificate.
 *
 * @param note receives warnings of unknown schemes
 * @throws {Error} with the broken rule, and the origin unless it may be a secret
 */
export function corsOrigins(value: string, note: (text: string) => void): (string | RegExp)[] {
  return value.split(",").map((item, i) => {
    const given = item.trim();
    const rule = problemOf(given);
    if (rule !== null) throw new Error(`${shown(given, i)} ${rule}`);
    const scheme = schemeOf(given);
    if (!SCHEMES.test(scheme)) note(`${scheme}: is an unknown scheme; it is treated as an app's`);
    return given.includes("*") ? withOneLabel(given) : given;
  });
}

function problemOf(given: string): string | null {
  if (given === "") return "is empty; remove a comma";
  if (given === "*") return "would let every page call; list origins such as https://app.example.com";
  if (/^null$/i.test(given))
    return "is the origin of every sandboxed frame and local file; serve the page over HTTP";
  if (/^["'`[{(]/.test(given)) return "is in quotes or brackets; write only the origins, separated by commas";
  if (/[\s;|]/.test(given)) return "has a separator other than a comma; separate origins with commas";
  const scheme = schemeOf(given);
  if (scheme === "") return "has no scheme; an origin looks like https://app.example.com";
  const [, authority = "", rest = ""] = /^[^/]*\/\/([^/?#]*)(.*)$/.exec(given) ?? [];
  const host = authority.replace(/^.*@/, "");
  if (host !== authority) return `has credentials; did you mean ${scheme}://${host}`;
  const meant = adviceOn(scheme, MEANT);
  if (meant) return `has a scheme that no page uses; did you mean ${meant}://${host}`;
  if (scheme === "file") return "is not an origin: browsers send null for files; serve the page over HTTP";
  return problemOfStar(scheme, host) ?? problemOfForm(given, scheme, host, rest);
}

function problemOfStar(scheme: string, host: string): string | null {
  if (!host.includes("*")) return null;
  if (!/^https?$/.test(scheme)) return "has a *, which is allowed only with http and https";
  const [, parent] = /^\*\.([^*:]+)(:\d+)?$/.exec(host) ?? [];
  if (parent === undefined) return "may have a * only as its first label, as in https://*.example.com";
  if (!parent.includes(".") || SHARED.test(parent.toLowerCase())) {
    return `would let every page below ${parent} call; use a longer host name`;
  }
  return null;
}

function problemOfForm(given: string, scheme: string, host: string, rest: string): string | null {
  const bare = `${scheme}://${host}`;
  const url = URL.canParse(bare) ? new URL(bare) : null;
  if (url === null || host === "" || !OF_HOST.test(url.host)) return "has no valid host or port";
  const meant = `${scheme}://${url.host.toLowerCase()}`.replace(/\.(?=$|:)/, "");
  if (given === meant) return null;
  return `${whatDiffers(given, scheme, host, rest)}; did you mean ${meant}`;
}

function whatDiffers(given: string, scheme: string, host: string, rest: string): string {
  if (rest === "/") return "ends with a slash";
  if (rest !== "") return "has a path";
  if (given !== given.toLowerCase()) return "has capital letters, which browsers do not send";
  if (scheme === "https" ? /:0*443$/.test(host) : /:0*80$/.test(host)) {
    return `has the port of ${scheme}, which browsers leave out`;
  }
  return "differs from the form that browsers send";
}

/** The scheme in lower case; empty without a scheme. */
function schemeOf(given: string): string {
  return (/^([a-z][a-z0-9+.-]*):\/\//i.exec(given)?.[1] ?? "").toLowerCase();
}

/** An origin for a message, or its position if it may be a secret. */
function shown(given: string, index: number): string {
  if (/^(\*|null)$/i.test(given)) return given;
  const isOrigin = schemeOf(given) !== "" && !given.includes("@");
  if (!isOrigin) return `origin ${index + 1}`;
  return quote(given.replace(/[?#].*/s, "…"), MAX_SHOWN);
}

/** A pattern with one label, of at most 63 characters, in place of the star. */
function withOneLabel(origin: string): RegExp {
  const [before = "", after = ""] = origin.split("*").map((part) => part.replaceAll(/[.+]/g, "\\$&"));
  return new RegExp(`^${before}[a-z0-9_-]{1,63}${after}$`);
}
