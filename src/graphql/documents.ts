import { type DocumentNode, parse, stripIgnoredCharacters } from "graphql";
import { LRUCache } from "lru-cache";

/** How much memory the kept documents may take, in bytes. */
const KEPT_BYTES = 8 * 1024 * 1024;
/** How much memory a document takes at most for each character of its shortest text, in bytes: 25 to 139 were measured. */
const BYTES_PER_CHARACTER = 140;

/** A comment, or what may look like one inside: a string, which a text that breaks off need not end. */
const COMMENT_OR_STRING = /#[^\n\r]*|"""(?:[^"\\]+|\\(?:""")?|"(?!""))*(?:"""|$)|"(?:[^"\\\n\r]+|\\.)*"?/g;

/**
 * A document without its comments, so that the same document with other comments is the same one to caches and reports. Every
 * other character stays on its line and in its column.
 */
export function withoutComments(text: string): string {
  if (!text.includes("#")) return text;
  return text.replace(COMMENT_OR_STRING, (piece) => (piece.startsWith("#") ? "" : piece));
}

/**
 * Keeps parsed and validated documents, as many as fit into 8 MB; those that nobody sends go first. What is kept is parsed once more
 * from the shortest text: it holds no comments, no positions, and nothing of the text as it was sent.
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
