import type { Logger } from "pino";
import type { TrustedDocumentsConfig } from "../config/trusted-documents.ts";
import { StartupError } from "../errors.ts";
import { type Admit, admitAll, trustedDocuments } from "../graphql/trusted-documents.ts";
import type { ConsoleBuild } from "../http/console.ts";

/**
 * Decides which documents run. The documents of the console are trusted when it is on.
 *
 * @throws {StartupError} for a manifest with an invalid document
 */
export function admission(
  config: TrustedDocumentsConfig | null,
  build: ConsoleBuild | null,
  logger: Logger,
): Admit {
  if (config === null) return admitAll;
  const manifest = new Map([...(build?.documents ?? []), ...config.manifest]);
  try {
    return trustedDocuments(manifest, config.enforce, logger);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new StartupError([`TRUSTED_DOCUMENTS_MANIFEST: ${error.message}`]);
  }
}
