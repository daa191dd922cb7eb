import type { Wrong } from "./wrong.ts";

const AUTH_JWKS_URI = "https://idp.example.com/jwks.json";
const URL =
  "must be an http: or https: URL without a path, such as http://user:password@proxy.example.com:3128, with special characters of the password percent-encoded";

const row = (what: string, env: Record<string, string>, says: string): Wrong => ({
  what,
  env: { AUTH_JWKS_URI, ...env },
  says,
});

/** Proxies that no call can go through. */
export const PROXIES: readonly Wrong[] = [
  row("SOCKS", { HTTPS_PROXY: "socks5://proxy.example.com:1080" }, `HTTPS_PROXY: ${URL}`),
  row("a path", { https_proxy: "http://proxy.example.com/proxy.pac" }, `https_proxy: ${URL}`),
  row("a password with a #", { HTTPS_PROXY: "http://me:can#ary@proxy.example.com" }, `HTTPS_PROXY: ${URL}`),
  row("a password with a /", { HTTPS_PROXY: "http://me:can/ary@proxy.example.com" }, `HTTPS_PROXY: ${URL}`),
  row("a port that is none", { HTTP_PROXY: "http://proxy.example.com:99999" }, `HTTP_PROXY: ${URL}`),
  row("no host", { HTTPS_PROXY: "http://" }, `HTTPS_PROXY: ${URL}`),
  row("a word", { HTTPS_PROXY: "on off" }, `HTTPS_PROXY: ${URL}`),
  row(
    "a password with a %",
    { HTTPS_PROXY: "http://me:100%canary@proxy.example.com" },
    "HTTPS_PROXY: must have a percent-encoded user and password: write %25 for %",
  ),
  row(
    "two proxies",
    { HTTPS_PROXY: "http://a.example.com", https_proxy: "http://b.example.com" },
    "HTTPS_PROXY: must be the same as https_proxy; unset one of them",
  ),
  row(
    "two lists of exceptions",
    { HTTPS_PROXY: "http://a.example.com", NO_PROXY: "a.example.com", no_proxy: "b.example.com" },
    "NO_PROXY: must be the same as no_proxy; unset one of them",
  ),
];
