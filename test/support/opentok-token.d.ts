declare module "opentok-token" {
  export default function encodeToken(
    fields: Record<string, unknown>,
    apiKey: string,
    apiSecret: string,
  ): string;
}
