import type { Wrong } from "./wrong.ts";

const row = (what: string, CORS_ORIGINS: string, rule: string): Wrong => ({
  what,
  env: { CORS_ORIGINS },
  says: `CORS_ORIGINS: ${rule}`,
});

const NO_COMMA = "has a separator other than a comma; separate origins with commas";
const NO_SCHEME = "has no scheme; an origin looks like https://app.example.com";
const BROAD = "call; use a longer host name";

/** Origins that no browser sends, or that let too many pages call. */
export const CORS_ORIGINS: readonly Wrong[] = [
  row("every origin", "*", "* would let every page call; list origins such as https://app.example.com"),
  row(
    "null",
    "https://app.example.com,null",
    "null is the origin of every sandboxed frame and local file; serve the page over HTTP",
  ),
  row(
    "a file",
    "file:///index.html",
    '"file:///index.html" is not an origin: browsers send null for files; serve the page over HTTP',
  ),
  row(
    "a slash",
    "https://app.example.com/",
    '"https://app.example.com/" ends with a slash; did you mean https://app.example.com',
  ),
  row(
    "a slash after the second",
    "https://a.example.com, https://app.example.com:8443/",
    '"https://app.example.com:8443/" ends with a slash; did you mean https://app.example.com:8443',
  ),
  row(
    "a path",
    "https://app.example.com/rooms",
    '"https://app.example.com/rooms" has a path; did you mean https://app.example.com',
  ),
  row(
    "a query",
    "https://app.example.com?key=canary",
    '"https://app.example.com…" has a path; did you mean https://app.example.com',
  ),
  row(
    "capital letters",
    "https://App.Example.com",
    '"https://App.Example.com" has capital letters, which browsers do not send; did you mean https://app.example.com',
  ),
  row(
    "a capital scheme",
    "HTTPS://app.example.com",
    '"HTTPS://app.example.com" has capital letters, which browsers do not send; did you mean https://app.example.com',
  ),
  row(
    "the port of https",
    "https://app.example.com:443",
    '"https://app.example.com:443" has the port of https, which browsers leave out; did you mean https://app.example.com',
  ),
  row(
    "the port of http",
    "http://app.example.com:80",
    '"http://app.example.com:80" has the port of http, which browsers leave out; did you mean http://app.example.com',
  ),
  row(
    "a port that is none",
    "https://app.example.com:65536",
    '"https://app.example.com:65536" has no valid host or port',
  ),
  row(
    "a variable that nobody replaced",
    "https://$app.example.com",
    '"https://$app.example.com" has no valid host or port',
  ),
  row(
    "a part of a pattern",
    "https://*.pr(.example.com",
    '"https://*.pr(.example.com" has no valid host or port',
  ),
  row("no host", "https://", '"https://" has no valid host or port'),
  row(
    "a dot at the end",
    "https://app.example.com.",
    '"https://app.example.com." differs from the form that browsers send; did you mean https://app.example.com',
  ),
  row(
    "a host in Unicode",
    "https://müller.example",
    String.raw`"https://m\u00fcller.example" differs from the form that browsers send; did you mean https://xn--mller-kva.example`,
  ),
  row(
    "an address as it is short",
    "http://127.1:3000",
    '"http://127.1:3000" differs from the form that browsers send; did you mean http://127.0.0.1:3000',
  ),
  row("no scheme", "app.example.com", `origin 1 ${NO_SCHEME}`),
  row("no scheme, and a port", "https://a.example.com,localhost:3000", `origin 2 ${NO_SCHEME}`),
  row("a scheme without slashes", "https:app.example.com", `origin 1 ${NO_SCHEME}`),
  row(
    "a misspelt scheme",
    "htps://app.example.com",
    '"htps://app.example.com" has a scheme that no page uses; did you mean https://app.example.com',
  ),
  row(
    "the scheme of WebSocket",
    "wss://app.example.com",
    '"wss://app.example.com" has a scheme that no page uses; did you mean https://app.example.com',
  ),
  row(
    "the scheme of WebSocket, open",
    "ws://localhost:3000",
    '"ws://localhost:3000" has a scheme that no page uses; did you mean http://localhost:3000',
  ),
  row(
    "credentials",
    "https://me:canary@app.example.com",
    "origin 1 has credentials; did you mean https://app.example.com",
  ),
  row(
    "the URL of the database",
    "postgres://stagepass:canary@db.example.com/stagepass",
    "origin 1 has credentials; did you mean postgres://db.example.com",
  ),
  row(
    "a semicolon",
    "https://a.example.com;https://b.example.com",
    `"https://a.example.com;https://b.example.com" ${NO_COMMA}`,
  ),
  row(
    "a space",
    "https://a.example.com https://b.example.com",
    `"https://a.example.com https://b.example.com" ${NO_COMMA}`,
  ),
  row("a comma at the end", "https://a.example.com,", "origin 2 is empty; remove a comma"),
  row(
    "a list of JSON",
    '["https://a.example.com"]',
    "origin 1 is in quotes or brackets; write only the origins, separated by commas",
  ),
  row(
    "a quoted one",
    'https://a.example.com,"https://b.example.com"',
    "origin 2 is in quotes or brackets; write only the origins, separated by commas",
  ),
  row(
    "a star alone",
    "https://*",
    '"https://*" may have a * only as its first label, as in https://*.example.com',
  ),
  row(
    "a star below a top-level domain",
    "https://*.com",
    `"https://*.com" would let every page below com ${BROAD}`,
  ),
  row(
    "a star below a public suffix",
    "https://*.co.uk",
    `"https://*.co.uk" would let every page below co.uk ${BROAD}`,
  ),
  row(
    "a star where everybody has previews",
    "https://*.vercel.app",
    `"https://*.vercel.app" would let every page below vercel.app ${BROAD}`,
  ),
  row(
    "a star in a label",
    "https://app-*.example.com",
    '"https://app-*.example.com" may have a * only as its first label, as in https://*.example.com',
  ),
  row(
    "a star in the middle",
    "https://app.*.example.com",
    '"https://app.*.example.com" may have a * only as its first label, as in https://*.example.com',
  ),
  row(
    "two stars",
    "https://*.*.example.com",
    '"https://*.*.example.com" may have a * only as its first label, as in https://*.example.com',
  ),
  row(
    "a star for the port",
    "http://localhost:*",
    '"http://localhost:*" may have a * only as its first label, as in https://*.example.com',
  ),
  row(
    "a star and a slash",
    "https://*.example.com/",
    '"https://*.example.com/" ends with a slash; did you mean https://*.example.com',
  ),
  row(
    "a star of an app",
    "capacitor://*.example.com",
    '"capacitor://*.example.com" has a *, which is allowed only with http and https',
  ),
  row(
    "a slash after an app",
    "capacitor://localhost/",
    '"capacitor://localhost/" ends with a slash; did you mean capacitor://localhost',
  ),
  row(
    "an app in capital letters",
    "Ionic://Localhost",
    '"Ionic://Localhost" has capital letters, which browsers do not send; did you mean ionic://localhost',
  ),
  row("an app without a host", "ionic://", '"ionic://" has no valid host or port'),
  row(
    "a long one",
    `https://${"a".repeat(63)}.${"b".repeat(63)}.example.com/`,
    `"https://${"a".repeat(63)}.${"b".repeat(28)}…" ends with a slash; did you mean https://${"a".repeat(63)}.${"b".repeat(63)}.example.com`,
  ),
];
