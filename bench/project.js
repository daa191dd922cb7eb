/** The OpenTok project that every contender signs for. */
export const API_KEY = "12345678";
export const API_SECRET = "c0ffee00c0ffee00c0ffee00c0ffee00c0ffee00";
export const SESSION_ID = `1_${Buffer.from(`1~${API_KEY}~~1795500000000~Q9mcXG1QrN3TIYu8yppxgsAb~P~~`).toString("base64url")}`;
export const DATA = "username=bob";
