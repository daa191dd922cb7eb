/** A connection in a monitoring event. */
export interface EventConnection {
  readonly id: string;
  /** In epoch milliseconds. */
  readonly createdAt: number;
  /** The connection data; empty if the token has none, and perhaps when the connection ends. */
  readonly data: string;
}

/** A stream in a monitoring event. */
export interface EventStream {
  readonly id: string;
  readonly connection: EventConnection;
  /** In epoch milliseconds. */
  readonly createdAt: number;
  readonly name: string;
  /** `camera`, `screen` or `custom`; absent for audio only. */
  readonly videoType?: string;
}

interface Common {
  readonly sessionId: string;
  /** The OpenTok API key; for Vonage, perhaps the application ID or a number. It is not read: `sessionId` names its project. */
  readonly projectId?: string | number;
  /** In epoch milliseconds. */
  readonly timestamp: number;
}

/** The payload of a monitoring event, as the platform sends it. Source: the platform's session monitoring guide. */
export type MonitoringEvent =
  | (Common & { readonly event: "connectionCreated"; readonly connection: EventConnection })
  | (Common & {
      readonly event: "connectionDestroyed";
      readonly connection: EventConnection;
      readonly reason: string;
    })
  | (Common & { readonly event: "streamCreated"; readonly stream: EventStream })
  | (Common & { readonly event: "streamDestroyed"; readonly stream: EventStream; readonly reason: string })
  | (Common & { readonly event: "sessionCreated" })
  | (Common & { readonly event: "sessionDestroyed"; readonly reason?: string })
  | (Common & { readonly event: "sessionNotification"; readonly reason?: string });
