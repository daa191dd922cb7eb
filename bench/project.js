/** The OpenTok project that every contender signs for. */
export const API_KEY = "12345678";
export const API_SECRET = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
export const SESSION_ID = `1_${Buffer.from(`1~${API_KEY}~~1795500000000~Q9mcXG1QrN3TIYu8yppxgsAb~P~~`).toString("base64url")}`;
export const DATA = "username=bob";

/** The Vonage application, likewise. */
export const APPLICATION_ID = "29f760f8-7ce1-46c9-ade3-f2dedee4ed5f";
export const VONAGE_SESSION_ID = `1_${Buffer.from(`1~${APPLICATION_ID}~~1795500000000~Q9mcXG1QrN3TIYu8yppxgsAb~P~~`).toString("base64url")}`;
