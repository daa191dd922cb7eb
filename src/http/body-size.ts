/** The largest body of a request, in bytes. A batch of a thousand tokens has room for some 500 bytes each. */
export const BODY_LIMIT = 512 * 1024;

/** What is answered to a larger one. */
export const TOO_LARGE = `The body has more than ${BODY_LIMIT / 1024} KB; split it: ask for fewer tokens in each generateTokens`;
