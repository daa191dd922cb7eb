/*
 * PEM (RFC 7468) as people paste it. What a shell, a form or a settings file does to its white space can be undone, as base64 has
 * none. Errors say what is wrong in words that follow the name of the variable, and nothing of the text.
 */

/** A key as its bytes, and what had to be mended to read them: clauses such as `its line breaks were lost`. */
export interface Found {
  readonly der: Buffer;
  readonly repairs: readonly string[];
}

/** Which of the keys in a text is meant. */
export type Wanted = "private" | "public or private";

/** Dashes of either line, which word processors replace. */
const DASH = "(?:[-\\u2010-\\u2015\\u2212]{2,12}|[\\u2010-\\u2015\\u2212])";
/** The first or the last line of a PEM text, also where its spaces were lost or became line breaks. */
const MARK = new RegExp(`${DASH}\\s{0,9}(BEGIN|END)\\s{0,9}([A-Z0-9\\s]{0,60}?)\\s{0,9}${DASH}`, "g");

/** A text between its first and its last line. */
interface Block {
  /** As its first line has it, without spaces: `RSAPRIVATEKEY`. */
  readonly label: string;
  readonly body: string;
}

/** What is no RSA key, by its label. */
const OTHERS: readonly (readonly [RegExp, string])[] = [
  [/^ENCRYPTED/, "is encrypted with a passphrase; decrypt it with: openssl pkey -in key -out decrypted.key"],
  [/^OPENSSH/, "is an OpenSSH key; convert it with: ssh-keygen -p -m PEM -f key"],
  [/^SSH2/, "is an OpenSSH public key; signing needs the private one, in PEM format"],
  [/^EC/, "must be an RSA key; it is an EC key"],
  [/^DSA/, "must be an RSA key; it is a DSA key"],
  [/CERTIFICATEREQUEST$/, "is a certificate request; signing needs the private key"],
  [/CERTIFICATE$/, "is a certificate; signing needs the private key"],
  [/^(?!(RSA)?(PRIVATE|PUBLIC)KEY$)/, "is no key in PEM format, PKCS#1 or PKCS#8"],
];

/**
 * The key in a text: PEM, or the base64 of a whole PEM text or of the bytes of a key.
 *
 * @returns null when the text is nothing of the kind; it may be a path
 * @throws {Error} with the rule that it breaks
 */
export function findKey(text: string, wanted: Wanted): Found | null {
  const repairs: string[] = [];
  const plain = unescaped(text, repairs);
  const block = chosen(blocksOf(plain), wanted);
  if (block !== null) {
    const { label, body } = block;
    const other = OTHERS.find(([pattern]) => pattern.test(label));
    if (other) throw new Error(other[1]);
    if (label.endsWith("PUBLICKEY") && wanted === "private") {
      throw new Error("is a public key; signing needs the private one");
    }
    sayAround(plain, repairs);
    return { der: bytesOf(body, repairs), repairs };
  }
  const trimmed = plain.trim();
  if (trimmed.startsWith("{")) throw new Error("is JSON, perhaps a JSON Web Key; it must be in PEM format");
  if (/^(ssh-|ecdsa-sha2-)/.test(trimmed)) throw new Error(OTHERS[2]?.[1]);
  if (trimmed.startsWith("PuTTY-")) {
    throw new Error(
      "is a PuTTY key; export it with: puttygen key.ppk -O private-openssh-new, then ssh-keygen -p -m PEM",
    );
  }
  return decoded(trimmed.replace(/^["'`]|["'`]$/g, ""), wanted, repairs);
}

/** Line breaks for what stands for them. `\n` alone is a form that is documented, and nothing to be mended. */
function unescaped(text: string, repairs: string[]): string {
  if (text.includes("\0")) throw new Error("is no text in UTF-8; save the key as PEM text in UTF-8");
  if (/^\ufeff/.test(text)) repairs.push("it began with a byte order mark");
  if (/\\\\+[rn]|\\r/.test(text)) repairs.push("its line breaks were written as more than \\n");
  if (/\\\s/.test(text)) repairs.push("its lines ended in backslashes");
  return text
    .replace(/[\ufeff\u200b-\u200d\u2060]/g, "")
    .replace(/(?:\\+[rn])+/g, "\n")
    .replace(/\\+(?=\s)/g, "")
    .replace(/\r\n?/g, "\n");
}

function blocksOf(text: string): Block[] {
  const marks = [...text.matchAll(MARK)].map((mark) => ({
    isBegin: mark[1] === "BEGIN",
    label: (mark[2] ?? "").replace(/\s/g, ""),
    start: mark.index,
    end: mark.index + mark[0].length,
  }));
  return marks.flatMap((mark, i) => {
    const next = marks[i + 1];
    if (!mark.isBegin) {
      if (marks[i - 1]?.isBegin) return [];
      throw new Error(`lacks its first line, ${lineOf("BEGIN", mark.label)}; copy the whole key`);
    }
    const body = text.slice(mark.end, next?.start);
    if (next && !next.isBegin) {
      if (next.label === mark.label) return [{ label: mark.label, body }];
      throw new Error("begins as one kind of key and ends as another; copy one whole key");
    }
    if (body.trim() === "") {
      throw new Error(
        "has its first line alone; put the whole key in quotes, or write \\n for its line breaks",
      );
    }
    throw new Error(`lacks its last line, ${lineOf("END", mark.label)}; copy the whole key`);
  });
}

/** A line as it should be; without the label where that is unknown, and might be anything. */
function lineOf(word: string, label: string): string {
  const known = /^(RSA|EC|DSA|ENCRYPTED|OPENSSH)?(PRIVATE|PUBLIC)KEY$/.exec(label);
  const name = known ? [known[1], known[2], "KEY"].filter(Boolean).join(" ") : "…";
  return `-----${word} ${name}-----`;
}

/** A file may have the public key or a certificate beside the private key. */
function chosen(blocks: readonly Block[], wanted: Wanted): Block | null {
  const secret = blocks.filter(({ label }) => label.endsWith("PRIVATEKEY"));
  const open = blocks.filter(({ label }) => label.endsWith("PUBLICKEY"));
  const kind = secret.length > 0 ? secret : open;
  if (kind.length > 1) {
    const which = wanted === "private" ? "the one that signs" : "one";
    throw new Error(`has ${kind.length} keys; leave only ${which}`);
  }
  return kind[0] ?? blocks[0] ?? null;
}

/** Says what stood around the first and last line, which are the outermost that are read. */
function sayAround(text: string, repairs: string[]): void {
  if (/[\u2010-\u2015\u2212]/.test(text)) repairs.push("its dashes were not hyphens");
  const first = text.search(MARK);
  const before = text.slice(0, first).trim();
  if (/^["'`]$/.test(before)) repairs.push("it stood in quotes");
  else if (before !== "") repairs.push("other text stood before it");
}

/** The bytes between the first and the last line. */
function bytesOf(body: string, repairs: string[]): Buffer {
  if (/Proc-Type/.test(body)) throw new Error(OTHERS[0]?.[1]);
  const inner = body.replace(/^[^\S\n]*\n|\n[^\S\n]*$/g, "");
  const base64 = body.replace(/\s/g, "");
  const [foreign] = /[^A-Za-z0-9+/=]/u.exec(base64) ?? [];
  if (foreign)
    throw new Error(`has ${JSON.stringify(foreign)} between its lines, which no key has; copy the whole key`);
  if (base64 === "") throw new Error("has nothing between its first and its last line; copy the whole key");
  if (/[^\S\n]/.test(inner)) {
    repairs.push(
      inner.includes("\n") ? "its lines had white space in them" : "its line breaks had turned into spaces",
    );
  } else if (!body.trim().includes("\n") && !(body.startsWith("\n") && body.endsWith("\n"))) {
    repairs.push("its line breaks were lost");
  }
  return whole(Buffer.from(base64, "base64"), base64);
}

/** A text without first and last line: base64 of the whole PEM text, or of the bytes of the key. */
function decoded(text: string, wanted: Wanted, repairs: readonly string[]): Found | null {
  const base64 = text.replace(/\s/g, "");
  if (base64.length < 64 || !/^[A-Za-z0-9+/_-]+=*$/.test(base64)) return null;
  const bytes = Buffer.from(base64, "base64");
  const inside = bytes.toString("utf8");
  if (inside.search(MARK) !== -1) {
    const found = findKey(inside, wanted);
    return found && { ...found, repairs: [...repairs, "it was the base64 of a PEM text", ...found.repairs] };
  }
  if (!base64.startsWith("MII")) return null;
  return { der: whole(bytes, base64), repairs: [...repairs, "it had neither a first nor a last line"] };
}

/** A key is an ASN.1 sequence, and says its own length. */
function whole(der: Buffer, base64: string): Buffer {
  if (base64.startsWith("nMI")) {
    throw new Error(
      "has the letter n for each line break, as the shell took the backslashes; put it in single quotes",
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
