/** The names of the environment variables that one environment of the platform is set up with. */
export interface CredentialNames {
  /** The public one: who the project is. */
  readonly id: string;
  /** The secret one. The variable for the key that it replaced has the same name and `_PREVIOUS`. */
  readonly key: string;
  readonly url: string;
}

/** Those of each environment. */
export const CREDENTIAL_NAMES = {
  opentok: { id: "OPENTOK_API_KEY", key: "OPENTOK_API_SECRET", url: "OPENTOK_API_URL" },
  vonage: { id: "VONAGE_APPLICATION_ID", key: "VONAGE_PRIVATE_KEY", url: "VONAGE_API_URL" },
} as const satisfies Record<string, CredentialNames>;
