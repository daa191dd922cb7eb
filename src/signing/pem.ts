import { type Advice, adviceOn } from "../errors.ts";
import { type Block, blocksOf, MARK } from "./pem-blocks.ts";

/*
 * PEM (RFC 7468) as people paste it. Shells, forms and settings files change its white space, which can be repaired because base64 has
 * none. An error follows the name of the variable, and does not show the text.
 */

/** The bytes of a key, and its repairs, in clauses such as `its line breaks were lost`. */
export interface Found {
  readonly der: Buffer;
  readonly repairs: readonly string[];
}

const ENCRYPTED = "is encrypted with a passphrase; decrypt it with: openssl pkey -in key -out decrypted.key";
const OPENSSH_PUBLIC = "is an OpenSSH public key; signing needs the private key, in PEM format";

/** Labels of blocks that are not RSA keys, with their messages. */
const OTHERS: Advice = [
  [/^ENCRYPTED/, ENCRYPTED],
  [/^OPENSSH/, "is an OpenSSH key; convert it with: ssh-keygen -p -m PEM -f key"],
  [/^SSH2/, OPENSSH_PUBLIC],
  [/^EC/, "must be an RSA key; it is an EC key"],
  [/^DSA/, "must be an RSA key; it is a DSA key"],
  [/CERTIFICATEREQUEST$/, "is a certificate request; signing needs the private key"],
  [/CERTIFICATE$/, "is a certificate; signing needs the private key"],
  [/^(?!(RSA)?(PRIVATE|PUBLIC)KEY$)/, "is not a PEM key in PKCS#1 or PKCS#8"],
];

/** Texts that are not PEM, with their messages. */
const FORMS: Advice = [
  [/^(<.*>|\$\{?\w+\}?|\{\{.*\}\}|%\w+%)$/, "is a placeholder; set the key, or the path of its file"],
  [/^\{/, "is JSON, perhaps a JSON Web Key; it must be in PEM format"],
  [/^(ssh-|ecdsa-sha2-)/, OPENSSH_PUBLIC],
  [
    /^PuTTY-/,
    "is a PuTTY key; export it with: puttygen key.ppk -O private-openssh-new, then ssh-keygen -p -m PEM",
  ],
];

/**
 * The key in a text: PEM, base64 of PEM, or base64 of DER.
 *
 * @returns null if the text has no key, such as a path
 * @throws {Error} with the broken rule
 */
export function findKey(text: string): Found | null {
  const repairs: string[] = [];
  const plain = unescaped(text, repairs);
  const block = chosen(blocksOf(plain));
  if (block !== null) {
    const { label, body } = block;
    const other = adviceOn(label, OTHERS);
    if (other) throw new Error(other);
    sayAround(plain, repairs);
    return { der: bytesOf(body, repairs), repairs };
  }
  const trimmed = plain.trim();
  const form = adviceOn(trimmed, FORMS);
  if (form) throw new Error(form);
  return decoded(trimmed.replace(/^["'`]|["'`]$/g, ""), repairs);
}

/** Replaces escaped line breaks with real ones. `\n` is documented, so it is not a repair. */
function unescaped(text: string, repairs: string[]): string {
  if (text.includes("\0")) throw new Error("is not UTF-8 text; save the key as PEM text in UTF-8");
  if (/^\ufeff/.test(text)) repairs.push("it began with a byte order mark");
  if (/\\\\[rn]|\\r/.test(text)) repairs.push("its line breaks were written as more than \\n");
  if (/\\\s/.test(text)) repairs.push("its lines ended in backslashes");
  return text
    .replace(/[\ufeff\u200b-\u200d\u2060]/g, "")
    .replace(/(?:\\{1,9}[rn])+/g, "\n")
    .replace(/\\{1,9}(?=\s)/g, "")
    .replace(/\r\n?/g, "\n");
}

/** The private key, because a file may also have the public key or a certificate. */
function chosen(blocks: readonly Block[]): Block | null {
  const secret = blocks.filter(({ label }) => label.endsWith("PRIVATEKEY"));
  const open = blocks.filter(({ label }) => label.endsWith("PUBLICKEY"));
  const kind = secret.length > 0 ? secret : open;
  if (kind.length > 1) throw new Error(`has ${kind.length} keys; leave only one`);
  return kind[0] ?? blocks[0] ?? null;
}

/** Records repairs of text before the first line, and of dashes that are not hyphens. */
function sayAround(text: string, repairs: string[]): void {
  if (/[\u2010-\u2015\u2212]/.test(text)) repairs.push("its dashes were not hyphens");
  const first = text.search(MARK);
  const before = text.slice(0, first).trim();
  if (/^["'`]$/.test(before)) repairs.push("it was in quotes");
  else if (before !== "") repairs.push("other text was before it");
}

/** The bytes between the first and the last line. */
function bytesOf(body: string, repairs: string[]): Buffer {
  if (/Proc-Type/.test(body)) throw new Error(ENCRYPTED);
  const inner = body.replace(/^[^\S\n]*\n|\n[^\S\n]*$/g, "");
  const base64 = body.replace(/\s/g, "");
  const [foreign] = /[^A-Za-z0-9+/=]/u.exec(base64) ?? [];
  if (foreign)
    throw new Error(`has ${JSON.stringify(foreign)} inside, which no key contains; copy the whole key`);
  if (base64 === "") throw new Error("has nothing between its first and its last line; copy the whole key");
  if (/[^\S\n]/.test(inner)) {
    repairs.push(
      inner.includes("\n") ? "its lines contained white space" : "its line breaks had turned into spaces",
    );
  } else if (!body.trim().includes("\n") && !(body.startsWith("\n") && body.endsWith("\n"))) {
    repairs.push("its line breaks were lost");
  }
  return whole(Buffer.from(base64, "base64"), base64);
}

/** A key without a first and last line: base64 of PEM or of DER. */
function decoded(text: string, repairs: readonly string[]): Found | null {
  const base64 = text.replace(/\s/g, "");
  if (base64.length < 64 || !/^[A-Za-z0-9+/_-]+=*$/.test(base64)) return null;
  const bytes = Buffer.from(base64, "base64");
  const inside = bytes.toString("utf8");
  if (inside.search(MARK) !== -1) {
    const found = findKey(inside);
    return found && { ...found, repairs: [...repairs, "it was the base64 of a PEM text", ...found.repairs] };
  }
  if (!base64.startsWith("MII")) return null;
  return { der: whole(bytes, base64), repairs: [...repairs, "it had neither a first nor a last line"] };
}

/** Checks the length of a key, which is an ASN.1 sequence with a length field. */
function whole(der: Buffer, base64: string): Buffer {
  if (base64.startsWith("nMI")) {
    throw new Error(
      "has the letter n for each line break, because the shell removed the backslashes; put the key in single quotes",
    );
  }
  if (der[0] !== 0x30 || der[1] !== 0x82) return der;
  const length = 4 + der.readUInt16BE(2);
  if (der.length < length) {
    throw new Error(`is cut off: it has ${der.length} of its ${length} bytes; copy the whole key`);
  }
  if (der.length > length) throw new Error(`has ${der.length - length} bytes too many; copy the whole key`);
  return der;
}
