/** The environment variables of one platform. */
export interface CredentialNames {
  /** The public identity of the project. */
  readonly id: string;
  /** The secret. With the suffix `_PREVIOUS`, it is the variable of the replaced secret. */
  readonly key: string;
  readonly url: string;
}

/** The variables of each platform. */
export const CREDENTIAL_NAMES = {
  opentok: { id: "OPENTOK_API_KEY", key: "OPENTOK_API_SECRET", url: "OPENTOK_API_URL" },
  vonage: { id: "VONAGE_APPLICATION_ID", key: "VONAGE_PRIVATE_KEY", url: "VONAGE_API_URL" },
} as const satisfies Record<string, CredentialNames>;

/** A platform with a REST API. */
export type RestEnvironment = keyof typeof CREDENTIAL_NAMES;
