import { createPrivateKey, createPublicKey, generateKeyPairSync } from "node:crypto";
import { API_KEY, APPLICATION_ID, PRIVATE_KEY } from "../../support/credentials.ts";
import type { Wrong } from "./wrong.ts";

const PEM = { type: "pkcs8", format: "pem" } as const;
const pkcs1 = createPrivateKey(PRIVATE_KEY).export({ type: "pkcs1", format: "pem" }).toString();
const publicKey = createPublicKey(PRIVATE_KEY).export({ type: "spki", format: "pem" }).toString();
const encrypted = createPrivateKey(PRIVATE_KEY)
  .export({ ...PEM, cipher: "aes-256-cbc", passphrase: "canary" })
  .toString();
const oldEncrypted = createPrivateKey(PRIVATE_KEY)
  .export({ type: "pkcs1", format: "pem", cipher: "aes-256-cbc", passphrase: "canary" })
  .toString();
const elliptic = generateKeyPairSync("ec", { namedCurve: "P-256" }).privateKey;
const short = generateKeyPairSync("rsa", { modulusLength: 1024 }).privateKey.export(PEM).toString();
const body = PRIVATE_KEY.split("\n").slice(1, -2);
/** One line as another kind of text has it: what is between is never read. */
const labelled = (label: string) => PRIVATE_KEY.replaceAll("PRIVATE KEY", label);
/** One character in the middle of the modulus is another. */
const damaged = PRIVATE_KEY.split("\n")
  .map((line, i) => (i === 4 ? line.replace(/^./, (first) => (first === "A" ? "B" : "A")) : line))
  .join("\n");

const row = (what: string, key: string, rule: string | RegExp, name = "VONAGE_PRIVATE_KEY"): Wrong => ({
  what,
  env: {
    VONAGE_APPLICATION_ID: APPLICATION_ID,
    VONAGE_PRIVATE_KEY: PRIVATE_KEY,
    [name]: key,
  },
  says: typeof rule === "string" ? `${name}: ${rule}` : new RegExp(`^${name}: ${rule.source}$`),
});

const ENCRYPTED = "is encrypted with a passphrase; decrypt it with: openssl pkey -in key -out decrypted.key";
const NO_PATH = "is neither a key in PEM format nor the path of a file";

/** Private keys that no server can sign with. */
export const PRIVATE_KEYS: readonly Wrong[] = [
  row(
    "a key without its last line",
    PRIVATE_KEY.replace(/-----END.*/s, ""),
    "lacks its last line, -----END PRIVATE KEY-----; copy the whole key",
  ),
  row(
    "a key without its first line",
    PRIVATE_KEY.replace(/^.*?\n/, ""),
    "lacks its first line, -----BEGIN PRIVATE KEY-----; copy the whole key",
  ),
  row(
    "a PKCS#1 key without its last line, on one line",
    pkcs1.replace(/-----END.*/s, "").replaceAll("\n", " "),
    "lacks its last line, -----END RSA PRIVATE KEY-----; copy the whole key",
  ),
  row(
    "the first line of a key, the rest of which .env does not read",
    "-----BEGIN PRIVATE KEY-----",
    "has only its first line; put the whole key in quotes, or write \\n for its line breaks",
  ),
  row(
    "a key whose middle is missing",
    [...PRIVATE_KEY.split("\n").slice(0, 8), ...PRIVATE_KEY.split("\n").slice(9)].join("\n"),
    /is cut off: it has 11\d\d of its 12\d\d bytes; copy the whole key/,
  ),
  row(
    "a line of a key twice",
    PRIVATE_KEY.replace(`${body[3]}\n`, `${body[3]}\n${body[3]}\n`),
    "has 48 bytes too many; copy the whole key",
  ),
  row(
    "a key with one wrong character",
    damaged,
    "is damaged: its signatures cannot be verified; copy the whole key",
  ),
  row(
    "a key whose line breaks became the letter n",
    PRIVATE_KEY.replaceAll("\n", "n"),
    "has the letter n for each line break, because the shell removed the backslashes; put the key in single quotes",
  ),
  row(
    "a key shortened by whoever showed it",
    `-----BEGIN PRIVATE KEY-----\n${body[0]}\n…\n-----END PRIVATE KEY-----`,
    'has "…" inside, which no key contains; copy the whole key',
  ),
  row(
    "a key that is masked",
    "-----BEGIN PRIVATE KEY-----\n****\n-----END PRIVATE KEY-----",
    'has "*" inside, which no key contains; copy the whole key',
  ),
  row(
    "a key of nothing",
    "-----BEGIN PRIVATE KEY-----\n\n-----END PRIVATE KEY-----",
    "has nothing between its first and its last line; copy the whole key",
  ),
  row("two keys", PRIVATE_KEY + pkcs1, "has 2 keys; leave only one"),
  row(
    "two keys, as the previous one",
    publicKey + publicKey,
    "has 2 keys; leave only one",
    "VONAGE_PRIVATE_KEY_PREVIOUS",
  ),
  row(
    "the first line of one key and the last of another",
    `${PRIVATE_KEY.replace(/-----END.*/s, "")}-----END RSA PRIVATE KEY-----`,
    "begins as one kind of key and ends as another; copy one whole key",
  ),
  row("a certificate", labelled("CERTIFICATE"), "is a certificate; signing needs the private key"),
  row(
    "a certificate request",
    labelled("CERTIFICATE REQUEST"),
    "is a certificate request; signing needs the private key",
  ),
  row(
    "an OpenSSH key",
    labelled("OPENSSH PRIVATE KEY"),
    "is an OpenSSH key; convert it with: ssh-keygen -p -m PEM -f key",
  ),
  row(
    "an OpenSSH public key",
    `ssh-rsa ${body.join("")} me@example.com`,
    "is an OpenSSH public key; signing needs the private key, in PEM format",
  ),
  row(
    "a PuTTY key",
    "PuTTY-User-Key-File-3: ssh-rsa",
    "is a PuTTY key; export it with: puttygen key.ppk -O private-openssh-new, then ssh-keygen -p -m PEM",
  ),
  ...["<your key>", `\${VONAGE_KEY}`, "$KEY", "{{ vonage_key }}", "%KEY%"].map((given) =>
    row(`the placeholder ${given}`, given, "is a placeholder; set the key, or the path of its file"),
  ),
  row("a PGP key", labelled("PGP PRIVATE KEY BLOCK"), "is not a PEM key in PKCS#1 or PKCS#8"),
  row("a public key", publicKey, "is a public key; signing needs the private key"),
  row(
    "a public key without its lines",
    publicKey.replaceAll(/-----.*-----/g, ""),
    "is a public key; signing needs the private key",
  ),
  row("an encrypted key", encrypted, ENCRYPTED),
  row("an encrypted key, PKCS#1", oldEncrypted, ENCRYPTED),
  row("an EC key", elliptic.export(PEM).toString(), "must be an RSA key; it is ec"),
  row(
    "an EC key, SEC 1",
    elliptic.export({ type: "sec1", format: "pem" }).toString(),
    "must be an RSA key; it is an EC key",
  ),
  row("a key of 1024 bits", short, "must have at least 2048 bits; it has 1024"),
  row(
    "a short previous key",
    short,
    "must have at least 2048 bits; it has 1024",
    "VONAGE_PRIVATE_KEY_PREVIOUS",
  ),
  row(
    "a JSON Web Key",
    JSON.stringify(createPrivateKey(PRIVATE_KEY).export({ format: "jwk" })),
    "is JSON, perhaps a JSON Web Key; it must be in PEM format",
  ),
  row(
    "the body of a key, cut off",
    body.slice(0, 9).join(""),
    /is cut off: it has 432 of its 12\d\d bytes; copy the whole key/,
  ),
  // Its slashes, which are where chance puts them, decide whether a name in it is too long for a path.
  row(
    "the middle of a key",
    body.slice(3).join(""),
    /is neither a key in PEM format nor (the path of a file|a path: it is too long)/,
  ),
  row("a line of a key", body[3] ?? "", NO_PATH),
  row("a path where nothing is", "/nowhere/private.key", `${NO_PATH}: there is no /nowhere/private.key`),
  row(
    "a path from home",
    "~/private.key",
    "is neither a key in PEM format nor a path; only a shell expands ~, so write the whole path",
  ),
  row(
    "a URL of a file",
    "file:///run/private.key",
    "is neither a key in PEM format nor a path; remove file://",
  ),
  row("a folder", "/tmp", "the file /tmp is a folder; set the path of the key in it"),
  row(
    "a path beyond a file",
    "./package.json/key",
    "the file ./package.json/key does not exist: a part of its path is a file, not a folder",
  ),
  row(
    "a device without end",
    "/dev/zero",
    "the file /dev/zero has more than 65536 bytes, which is too large for a key",
  ),
  row("an empty file", "/dev/null", "the file /dev/null is empty"),
  row(
    "a file with something else",
    "tsconfig.json",
    "the file tsconfig.json is JSON, perhaps a JSON Web Key; it must be in PEM format",
  ),
  row("a long text", "Zz-".repeat(2000), "is neither a key in PEM format nor a path: it is too long"),
  row("a long name", `/tmp/${"z".repeat(300)}`, "is neither a key in PEM format nor a path: it is too long"),
  {
    what: "a secret of 42 hexadecimal characters",
    env: { OPENTOK_API_KEY: API_KEY, OPENTOK_API_SECRET: "c0ffee".repeat(7) },
    says: "OPENTOK_API_SECRET: is too long: it has 42 hexadecimal characters, and the platform's secrets have 40",
  },
  {
    what: "a secret of 38 hexadecimal characters",
    env: { OPENTOK_API_KEY: API_KEY, OPENTOK_API_SECRET: "c0ffee".repeat(7).slice(4) },
    says: "OPENTOK_API_SECRET: is cut off: it has 38 hexadecimal characters, and the platform's secrets have 40",
  },
];
