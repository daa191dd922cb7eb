export type { TypedDocument } from "./document.ts";
export { ERROR_CODES, type ErrorCode, isErrorCode, type LocalErrorCode } from "./error-codes.ts";
export { type Explanation, explain, NotLoggedIn } from "./explain.ts";
export * from "./generated/documents.ts";
export {
  type SendOperation,
  type TokenRequest,
  type VideoToken,
  VideoTokenSource,
  type VideoTokenState,
} from "./token-source.ts";
