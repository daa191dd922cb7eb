import { type DocumentNode, parse, stripIgnoredCharacters } from "graphql";
import { LRUCache } from "lru-cache";

/** The most memory for cached documents, in bytes. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** The most memory for each character of a document's shortest text, in bytes. Measured: 25 to 139. */
export const BYTES_PER_CHARACTER = 140;

/** A comment, or a string, which may contain `#`. The end of the text also ends a string. */
const COMMENT_OR_STRING = /#[^\n\r]*|"""(?:[^"\\]+|\\(?:""")?|"(?!""))*(?:"""|$)|"(?:[^"\\\n\r]+|\\.)*"?/g;

/** A document without its comments, for caches and reports. Every other character keeps its line and column. */
export function withoutComments(text: string): string {
  if (!text.includes("#")) return text;
  return text.replace(COMMENT_OR_STRING, (piece) => (piece.startsWith("#") ? "" : piece));
}

/**
 * An LRU cache of parsed and validated documents, up to 8 MB. It parses each document again from its shortest text. So the
 * cache holds no comments, no positions and no references to the original text.
 */
export function documentStore() {
  const documents = new LRUCache<string, DocumentNode>({ maxSize: KEPT_BYTES });
  return {
    get: async (key: string) => documents.get(key),
    async set(key: string, { loc }: DocumentNode) {
      if (!loc) return;
      const text = stripIgnoredCharacters(loc.source);
      const size = text.length * BYTES_PER_CHARACTER;
      documents.set(key, parse(text, { noLocation: true }), { size });
    },
    delete: async (key: string) => documents.delete(key),
  };
}
