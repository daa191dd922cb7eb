/** Internal type. DO NOT USE DIRECTLY. */
type Exact<T extends { [key: string]: unknown }> = { [K in keyof T]: T[K] };
/** Internal type. DO NOT USE DIRECTLY. */
export type Incremental<T> = T | { [P in keyof T]?: P extends ' $fragmentName' | '__typename' ? T[P] : never };
import { gql } from 'apollo-client-3';
import type * as ApolloReactCommon from 'apollo-client-3';
import * as ApolloReactHooks from 'apollo-client-3';
const defaultOptions = {} as const;
/** Whether the platform records a session automatically. */
export type ArchiveMode =
  /** The platform records the whole session. Needs `mediaMode: ROUTED`. */
  | 'ALWAYS'
  /** The platform records only when a back end starts an archive. */
  | 'MANUAL';

/** The video resolution of automatic archives, in pixels. */
export type ArchiveResolution =
  /** 1920x1080, landscape. */
  | 'FHD_LANDSCAPE'
  /** 1080x1920, portrait. */
  | 'FHD_PORTRAIT'
  /** 1280x720, landscape. */
  | 'HD_LANDSCAPE'
  /** 720x1280, portrait. */
  | 'HD_PORTRAIT'
  /** 640x480, landscape. */
  | 'SD_LANDSCAPE'
  /** 480x640, portrait. */
  | 'SD_PORTRAIT';

/** The `extensions.code` of an error, and the `code` of a refused token. */
export type ErrorCode =
  /** The audit trail could not be written, so nothing was issued. */
  | 'AUDIT_UNAVAILABLE'
  /** The server cannot read the identity provider's keys. */
  | 'AUTHENTICATION_UNAVAILABLE'
  /** The request is not a valid GraphQL over HTTP request. */
  | 'BAD_REQUEST'
  /** An argument is invalid. The error names the argument. */
  | 'BAD_USER_INPUT'
  /** The database did not answer in time. */
  | 'DATABASE_UNAVAILABLE'
  /** The caller lacks a permission. The error names it. */
  | 'FORBIDDEN'
  /** The document is not GraphQL, or has too many lexical tokens. */
  | 'GRAPHQL_PARSE_FAILED'
  /** The document does not fit the schema, or exceeds a limit. */
  | 'GRAPHQL_VALIDATION_FAILED'
  /** The server failed unexpectedly. Its log has the cause. */
  | 'INTERNAL_SERVER_ERROR'
  /** The issuance could not be recorded, so no token was issued. */
  | 'LEDGER_UNAVAILABLE'
  /** The operation needs POST, or the method is neither GET nor POST. */
  | 'METHOD_NOT_ALLOWED'
  /** A server without authentication answers only requests to localhost. */
  | 'MISDIRECTED_REQUEST'
  /** `Accept` allows neither media type of GraphQL over HTTP. */
  | 'NOT_ACCEPTABLE'
  /** The server has nothing at this path. */
  | 'NOT_FOUND'
  /** The participant has left, it publishes no stream, or the platform does not know the session. */
  | 'NOT_IN_SESSION'
  /** The document lacks the named operation, or has several and the request names none. */
  | 'OPERATION_RESOLUTION_FAILURE'
  /** The body or the document is too long. */
  | 'PAYLOAD_TOO_LARGE'
  /** The server does not know this hash. Send the hash and the document. */
  | 'PERSISTED_QUERY_NOT_FOUND'
  /** The manifest of trusted documents has no document with this ID. */
  | 'PERSISTED_QUERY_NOT_IN_LIST'
  /** The platform refused to create a session. */
  | 'PLATFORM_REJECTED'
  /** The platform did not answer, or its answer is invalid. */
  | 'PLATFORM_UNAVAILABLE'
  /** A console file is not the one that the request expects. */
  | 'PRECONDITION_FAILED'
  /** The manifest of trusted documents does not contain this document. */
  | 'QUERY_NOT_IN_SAFELIST'
  /** A console file is shorter than the requested range. */
  | 'RANGE_NOT_SATISFIABLE'
  /** The caller, its address or the project has reached a limit. */
  | 'RATE_LIMITED'
  /** The server is stopping. */
  | 'SERVICE_UNAVAILABLE'
  /** The session has as many participants as it may have. */
  | 'SESSION_FULL'
  /** The session ID is malformed, or belongs to another project. */
  | 'SESSION_NOT_FOUND'
  /** The request has no valid credential. */
  | 'UNAUTHENTICATED'
  /** The body is not JSON in UTF-8, or is compressed. */
  | 'UNSUPPORTED_MEDIA_TYPE';

/** Why a participant left its session. */
export type LeaveReason =
  /** The client left. */
  | 'CLIENT_DISCONNECTED'
  /** A moderator or a back end disconnected it. */
  | 'FORCE_DISCONNECTED'
  /** It sent and received no media for too long. */
  | 'MEDIA_IDLE'
  /** Its network connection was lost. */
  | 'NETWORK_DISCONNECTED'
  /** The platform gave another reason. */
  | 'OTHER'
  /** The platform moved the session to another media server. */
  | 'SERVER_ROTATION'
  /** The platform no longer lists the connection, and did not say why. */
  | 'UNKNOWN';

/** How media flows between participants. */
export type MediaMode =
  /** Media flows directly between clients if possible, otherwise through a relay. */
  | 'RELAYED'
  /** Media flows through the media router. Use it for larger sessions, archives and end-to-end encryption. */
  | 'ROUTED';

/** What a client can do in a session. */
export type Role =
  /** Publish, subscribe, signal, and force others to disconnect, stop publishing or mute. */
  | 'MODERATOR'
  /** Publish streams, subscribe to streams, and signal. */
  | 'PUBLISHER'
  /** Publish streams, but subscribe to none. */
  | 'PUBLISHER_ONLY'
  /** Subscribe to streams. */
  | 'SUBSCRIBER';

/** The encoding and signature of a token. */
export type TokenFormat =
  /** A JSON Web Token, signed with HS256 for OpenTok and RS256 for Vonage. */
  | 'JWT'
  /** The legacy OpenTok format. Vonage does not have it. */
  | 'T1';

/** One token of `generateTokens`. Example: `{ role: PUBLISHER, data: "ana", expiresIn: 3600 }`. */
export type TokenRequest = {
  /**
   * Connection metadata, such as a user ID or a name, up to 1000 characters. Every client in the session
   * can read it, and it cannot change later.
   */
  data?: string | null | undefined;
  /**
   * When the token expires, in whole seconds since the Unix epoch: in the future, at most 30 days ahead. The
   * default is 24 hours from now, or your `maxLifetime` if that is shorter. Connected clients stay connected.
   */
  expireTime?: number | null | undefined;
  /** Instead of `expireTime`: the lifetime in whole seconds, from 1 to 2592000 (30 days). */
  expiresIn?: number | null | undefined;
  /** The token format. */
  format?: TokenFormat | null | undefined;
  /**
   * The user that the token is for, in your application's own terms, such as `user-42`: 1 to 128 characters.
   * The server records it with the token, and shows it as `Participant.identity`. It is not in the token.
   */
  identity?: string | null | undefined;
  /** Layout classes for the client's streams in archives and broadcasts. */
  initialLayoutClassList?: Array<string> | null | undefined;
  /** What the client can do in the session. */
  role?: Role | null | undefined;
};

/** Whether a client can connect with a token. */
export type TokenStatus =
  /** A client can connect with the token now. */
  | 'ACTIVE'
  /** The token is genuine but expired. */
  | 'EXPIRED'
  /** This server's credentials did not sign the token, or no client can connect with it. */
  | 'INVALID'
  /** The token was issued here, and revoked. A client that connects with it is disconnected. */
  | 'REVOKED';

/** What a stream shows. */
export type VideoType =
  /** A camera. */
  | 'CAMERA'
  /** A video source of the application, such as a canvas. */
  | 'CUSTOM'
  /** A shared screen. */
  | 'SCREEN';

export type CreateSessionAndTokenMutationVariables = Exact<{
  mediaMode?: MediaMode | null | undefined;
  role?: Role | null | undefined;
  data?: string | null | undefined;
  expireTime?: number | null | undefined;
}>;


export type CreateSessionAndTokenMutation = { createSession: { id: string, sessionId: string, applicationId: string, name: string | null, mediaMode: MediaMode | null, archiveMode: ArchiveMode | null, archiveName: string | null, archiveResolution: ArchiveResolution | null, location: string | null, e2ee: boolean | null, createdAt: string | null, generateToken: { token: string, expiresAt: string } | null } | null };

export type CreateSessionMutationVariables = Exact<{
  mediaMode?: MediaMode | null | undefined;
  archiveMode?: ArchiveMode | null | undefined;
  archiveName?: string | null | undefined;
  archiveResolution?: ArchiveResolution | null | undefined;
  location?: string | null | undefined;
  e2ee?: boolean | null | undefined;
}>;


export type CreateSessionMutation = { createSession: { id: string, sessionId: string, applicationId: string, name: string | null, mediaMode: MediaMode | null, archiveMode: ArchiveMode | null, archiveName: string | null, archiveResolution: ArchiveResolution | null, location: string | null, e2ee: boolean | null, createdAt: string | null } | null };

export type GenerateTokenMutationVariables = Exact<{
  sessionId: string | number;
  role?: Role | null | undefined;
  data?: string | null | undefined;
  identity?: string | null | undefined;
  expireTime?: number | null | undefined;
  initialLayoutClassList?: Array<string> | string | null | undefined;
  format?: TokenFormat | null | undefined;
}>;


export type GenerateTokenMutation = { generateToken: { token: string, sessionId: string, applicationId: string, role: Role, data: string | null, identity: string | null, initialLayoutClassList: Array<string>, format: TokenFormat, createdAt: string, expiresAt: string, expireTime: number | null } | null };

export type GenerateTokensMutationVariables = Exact<{
  sessionId: string | number;
  requests: Array<TokenRequest> | TokenRequest;
}>;


export type GenerateTokensMutation = { generateTokens: Array<
    | { token: string, role: Role, data: string | null, expiresAt: string }
    | { code: ErrorCode, message: string, argument: string | null }
  > | null };

export type InspectTokenQueryVariables = Exact<{
  token: string;
}>;


export type InspectTokenQuery = { inspectToken: { status: TokenStatus, reason: string | null, format: TokenFormat | null, sessionId: string | null, role: Role | null, data: string | null, initialLayoutClassList: Array<string> | null, createdAt: string | null, expiresAt: string | null } | null };

export type ParticipantChangedSubscriptionVariables = Exact<{
  sessionId: string | number;
}>;


export type ParticipantChangedSubscription = { participantChanged: { id: string, connectionId: string, data: string | null, identity: string | null, role: Role | null, joinedAt: string, leftAt: string | null, leaveReason: LeaveReason | null, streams: Array<{ id: string, name: string | null, videoType: VideoType | null, createdAt: string }> } };

export type ParticipantFieldsFragment = { id: string, connectionId: string, data: string | null, identity: string | null, role: Role | null, joinedAt: string, leftAt: string | null, leaveReason: LeaveReason | null, streams: Array<{ id: string, name: string | null, videoType: VideoType | null, createdAt: string }> };

export type ParticipantsQueryVariables = Exact<{
  sessionId: string | number;
  first?: number | null | undefined;
  after?: string | null | undefined;
  present?: boolean | null | undefined;
}>;


export type ParticipantsQuery = { session: { id: string, participantCount: number | null, participants: { nodes: Array<{ id: string, connectionId: string, data: string | null, identity: string | null, role: Role | null, joinedAt: string, leftAt: string | null, leaveReason: LeaveReason | null, streams: Array<{ id: string, name: string | null, videoType: VideoType | null, createdAt: string }> }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null } | null };

export type SessionFieldsFragment = { id: string, sessionId: string, applicationId: string, name: string | null, mediaMode: MediaMode | null, archiveMode: ArchiveMode | null, archiveName: string | null, archiveResolution: ArchiveResolution | null, location: string | null, e2ee: boolean | null, createdAt: string | null };

export type SessionQueryVariables = Exact<{
  sessionId: string | number;
}>;


export type SessionQuery = { session: { id: string, sessionId: string, applicationId: string, name: string | null, mediaMode: MediaMode | null, archiveMode: ArchiveMode | null, archiveName: string | null, archiveResolution: ArchiveResolution | null, location: string | null, e2ee: boolean | null, createdAt: string | null } | null };

export type SessionsQueryVariables = Exact<{
  first?: number | null | undefined;
  after?: string | null | undefined;
}>;


export type SessionsQuery = { sessions: { nodes: Array<{ id: string, sessionId: string, applicationId: string, name: string | null, mediaMode: MediaMode | null, archiveMode: ArchiveMode | null, archiveName: string | null, archiveResolution: ArchiveResolution | null, location: string | null, e2ee: boolean | null, createdAt: string | null }>, pageInfo: { hasNextPage: boolean, endCursor: string | null } } | null };

export const ParticipantFieldsFragmentDoc = gql`
    fragment ParticipantFields on Participant {
  id
  connectionId
  data
  identity
  role
  joinedAt
  leftAt
  leaveReason
  streams {
    id
    name
    videoType
    createdAt
  }
}
    `;
export const SessionFieldsFragmentDoc = gql`
    fragment SessionFields on Session {
  id
  sessionId
  applicationId
  name
  mediaMode
  archiveMode
  archiveName
  archiveResolution
  location
  e2ee
  createdAt
}
    `;
export const CreateSessionAndTokenDocument = gql`
    mutation CreateSessionAndToken($mediaMode: MediaMode, $role: Role, $data: String, $expireTime: Int) {
  createSession(mediaMode: $mediaMode) {
    ...SessionFields
    generateToken(role: $role, data: $data, expireTime: $expireTime) {
      token
      expiresAt
    }
  }
}
    ${SessionFieldsFragmentDoc}`;
export type CreateSessionAndTokenMutationFn = ApolloReactCommon.MutationFunction<CreateSessionAndTokenMutation, CreateSessionAndTokenMutationVariables>;

/**
 * __useCreateSessionAndTokenMutation__
 *
 * To run a mutation, you first call `useCreateSessionAndTokenMutation` within a React component and pass it any options that fit your needs.
 * When your component renders, `useCreateSessionAndTokenMutation` returns a tuple that includes:
 * - A mutate function that you can call at any time to execute the mutation
 * - An object with fields that represent the current status of the mutation's execution
 *
 * @param baseOptions options that will be passed into the mutation, supported options are listed on: https://www.apollographql.com/docs/react/api/react-hooks/#options-2;
 *
 * @example
 * const [createSessionAndTokenMutation, { data, loading, error }] = useCreateSessionAndTokenMutation({
 *   variables: {
 *      mediaMode: // value for 'mediaMode'
 *      role: // value for 'role'
 *      data: // value for 'data'
 *      expireTime: // value for 'expireTime'
 *   },
 * });
 */
export function useCreateSessionAndTokenMutation(baseOptions?: ApolloReactHooks.MutationHookOptions<CreateSessionAndTokenMutation, CreateSessionAndTokenMutationVariables>) {
        const options = {...defaultOptions, ...baseOptions}
        return ApolloReactHooks.useMutation<CreateSessionAndTokenMutation, CreateSessionAndTokenMutationVariables>(CreateSessionAndTokenDocument, options);
      }
export type CreateSessionAndTokenMutationHookResult = ReturnType<typeof useCreateSessionAndTokenMutation>;
export type CreateSessionAndTokenMutationResult = ApolloReactCommon.MutationResult<CreateSessionAndTokenMutation>;
export type CreateSessionAndTokenMutationOptions = ApolloReactCommon.BaseMutationOptions<CreateSessionAndTokenMutation, CreateSessionAndTokenMutationVariables>;
export const CreateSessionDocument = gql`
    mutation CreateSession($mediaMode: MediaMode, $archiveMode: ArchiveMode, $archiveName: String, $archiveResolution: ArchiveResolution, $location: String, $e2ee: Boolean) {
  createSession(
    mediaMode: $mediaMode
    archiveMode: $archiveMode
    archiveName: $archiveName
    archiveResolution: $archiveResolution
    location: $location
    e2ee: $e2ee
  ) {
    ...SessionFields
  }
}
    ${SessionFieldsFragmentDoc}`;
export type CreateSessionMutationFn = ApolloReactCommon.MutationFunction<CreateSessionMutation, CreateSessionMutationVariables>;

/**
 * __useCreateSessionMutation__
 *
 * To run a mutation, you first call `useCreateSessionMutation` within a React component and pass it any options that fit your needs.
 * When your component renders, `useCreateSessionMutation` returns a tuple that includes:
 * - A mutate function that you can call at any time to execute the mutation
 * - An object with fields that represent the current status of the mutation's execution
 *
 * @param baseOptions options that will be passed into the mutation, supported options are listed on: https://www.apollographql.com/docs/react/api/react-hooks/#options-2;
 *
 * @example
 * const [createSessionMutation, { data, loading, error }] = useCreateSessionMutation({
 *   variables: {
 *      mediaMode: // value for 'mediaMode'
 *      archiveMode: // value for 'archiveMode'
 *      archiveName: // value for 'archiveName'
 *      archiveResolution: // value for 'archiveResolution'
 *      location: // value for 'location'
 *      e2ee: // value for 'e2ee'
 *   },
 * });
 */
export function useCreateSessionMutation(baseOptions?: ApolloReactHooks.MutationHookOptions<CreateSessionMutation, CreateSessionMutationVariables>) {
        const options = {...defaultOptions, ...baseOptions}
        return ApolloReactHooks.useMutation<CreateSessionMutation, CreateSessionMutationVariables>(CreateSessionDocument, options);
      }
export type CreateSessionMutationHookResult = ReturnType<typeof useCreateSessionMutation>;
export type CreateSessionMutationResult = ApolloReactCommon.MutationResult<CreateSessionMutation>;
export type CreateSessionMutationOptions = ApolloReactCommon.BaseMutationOptions<CreateSessionMutation, CreateSessionMutationVariables>;
export const GenerateTokenDocument = gql`
    mutation GenerateToken($sessionId: ID!, $role: Role, $data: String, $identity: String, $expireTime: Int, $initialLayoutClassList: [String!], $format: TokenFormat) {
  generateToken(
    sessionId: $sessionId
    role: $role
    data: $data
    identity: $identity
    expireTime: $expireTime
    initialLayoutClassList: $initialLayoutClassList
    format: $format
  ) {
    token
    sessionId
    applicationId
    role
    data
    identity
    initialLayoutClassList
    format
    createdAt
    expiresAt
    expireTime
  }
}
    `;
export type GenerateTokenMutationFn = ApolloReactCommon.MutationFunction<GenerateTokenMutation, GenerateTokenMutationVariables>;

/**
 * __useGenerateTokenMutation__
 *
 * To run a mutation, you first call `useGenerateTokenMutation` within a React component and pass it any options that fit your needs.
 * When your component renders, `useGenerateTokenMutation` returns a tuple that includes:
 * - A mutate function that you can call at any time to execute the mutation
 * - An object with fields that represent the current status of the mutation's execution
 *
 * @param baseOptions options that will be passed into the mutation, supported options are listed on: https://www.apollographql.com/docs/react/api/react-hooks/#options-2;
 *
 * @example
 * const [generateTokenMutation, { data, loading, error }] = useGenerateTokenMutation({
 *   variables: {
 *      sessionId: // value for 'sessionId'
 *      role: // value for 'role'
 *      data: // value for 'data'
 *      identity: // value for 'identity'
 *      expireTime: // value for 'expireTime'
 *      initialLayoutClassList: // value for 'initialLayoutClassList'
 *      format: // value for 'format'
 *   },
 * });
 */
export function useGenerateTokenMutation(baseOptions?: ApolloReactHooks.MutationHookOptions<GenerateTokenMutation, GenerateTokenMutationVariables>) {
        const options = {...defaultOptions, ...baseOptions}
        return ApolloReactHooks.useMutation<GenerateTokenMutation, GenerateTokenMutationVariables>(GenerateTokenDocument, options);
      }
export type GenerateTokenMutationHookResult = ReturnType<typeof useGenerateTokenMutation>;
export type GenerateTokenMutationResult = ApolloReactCommon.MutationResult<GenerateTokenMutation>;
export type GenerateTokenMutationOptions = ApolloReactCommon.BaseMutationOptions<GenerateTokenMutation, GenerateTokenMutationVariables>;
export const GenerateTokensDocument = gql`
    mutation GenerateTokens($sessionId: ID!, $requests: [TokenRequest!]!) {
  generateTokens(sessionId: $sessionId, requests: $requests) {
    ... on ConnectionToken {
      token
      role
      data
      expiresAt
    }
    ... on TokenRefusal {
      code
      message
      argument
    }
  }
}
    `;
export type GenerateTokensMutationFn = ApolloReactCommon.MutationFunction<GenerateTokensMutation, GenerateTokensMutationVariables>;

/**
 * __useGenerateTokensMutation__
 *
 * To run a mutation, you first call `useGenerateTokensMutation` within a React component and pass it any options that fit your needs.
 * When your component renders, `useGenerateTokensMutation` returns a tuple that includes:
 * - A mutate function that you can call at any time to execute the mutation
 * - An object with fields that represent the current status of the mutation's execution
 *
 * @param baseOptions options that will be passed into the mutation, supported options are listed on: https://www.apollographql.com/docs/react/api/react-hooks/#options-2;
 *
 * @example
 * const [generateTokensMutation, { data, loading, error }] = useGenerateTokensMutation({
 *   variables: {
 *      sessionId: // value for 'sessionId'
 *      requests: // value for 'requests'
 *   },
 * });
 */
export function useGenerateTokensMutation(baseOptions?: ApolloReactHooks.MutationHookOptions<GenerateTokensMutation, GenerateTokensMutationVariables>) {
        const options = {...defaultOptions, ...baseOptions}
        return ApolloReactHooks.useMutation<GenerateTokensMutation, GenerateTokensMutationVariables>(GenerateTokensDocument, options);
      }
export type GenerateTokensMutationHookResult = ReturnType<typeof useGenerateTokensMutation>;
export type GenerateTokensMutationResult = ApolloReactCommon.MutationResult<GenerateTokensMutation>;
export type GenerateTokensMutationOptions = ApolloReactCommon.BaseMutationOptions<GenerateTokensMutation, GenerateTokensMutationVariables>;
export const InspectTokenDocument = gql`
    query InspectToken($token: String!) {
  inspectToken(token: $token) {
    status
    reason
    format
    sessionId
    role
    data
    initialLayoutClassList
    createdAt
    expiresAt
  }
}
    `;

/**
 * __useInspectTokenQuery__
 *
 * To run a query within a React component, call `useInspectTokenQuery` and pass it any options that fit your needs.
 * When your component renders, `useInspectTokenQuery` returns an object from Apollo Client that contains loading, error, and data properties
 * you can use to render your UI.
 *
 * @param baseOptions options that will be passed into the query, supported options are listed on: https://www.apollographql.com/docs/react/api/react-hooks/#options;
 *
 * @example
 * const { data, loading, error } = useInspectTokenQuery({
 *   variables: {
 *      token: // value for 'token'
 *   },
 * });
 */
export function useInspectTokenQuery(baseOptions: ApolloReactHooks.QueryHookOptions<InspectTokenQuery, InspectTokenQueryVariables> & ({ variables: InspectTokenQueryVariables; skip?: boolean; } | { skip: boolean; }) ) {
        const options = {...defaultOptions, ...baseOptions}
        return ApolloReactHooks.useQuery<InspectTokenQuery, InspectTokenQueryVariables>(InspectTokenDocument, options);
      }
export function useInspectTokenLazyQuery(baseOptions?: ApolloReactHooks.LazyQueryHookOptions<InspectTokenQuery, InspectTokenQueryVariables>) {
          const options = {...defaultOptions, ...baseOptions}
          return ApolloReactHooks.useLazyQuery<InspectTokenQuery, InspectTokenQueryVariables>(InspectTokenDocument, options);
        }
// @ts-ignore
export function useInspectTokenSuspenseQuery(baseOptions?: ApolloReactHooks.SuspenseQueryHookOptions<InspectTokenQuery, InspectTokenQueryVariables>): ApolloReactHooks.UseSuspenseQueryResult<InspectTokenQuery, InspectTokenQueryVariables>;
export function useInspectTokenSuspenseQuery(baseOptions?: ApolloReactHooks.SkipToken | ApolloReactHooks.SuspenseQueryHookOptions<InspectTokenQuery, InspectTokenQueryVariables>): ApolloReactHooks.UseSuspenseQueryResult<InspectTokenQuery | undefined, InspectTokenQueryVariables>;
export function useInspectTokenSuspenseQuery(baseOptions?: ApolloReactHooks.SkipToken | ApolloReactHooks.SuspenseQueryHookOptions<InspectTokenQuery, InspectTokenQueryVariables>) {
          const options = baseOptions === ApolloReactHooks.skipToken ? baseOptions : {...defaultOptions, ...baseOptions}
          return ApolloReactHooks.useSuspenseQuery<InspectTokenQuery, InspectTokenQueryVariables>(InspectTokenDocument, options);
        }
export type InspectTokenQueryHookResult = ReturnType<typeof useInspectTokenQuery>;
export type InspectTokenLazyQueryHookResult = ReturnType<typeof useInspectTokenLazyQuery>;
export type InspectTokenSuspenseQueryHookResult = ReturnType<typeof useInspectTokenSuspenseQuery>;
export type InspectTokenQueryResult = ApolloReactCommon.QueryResult<InspectTokenQuery, InspectTokenQueryVariables>;
export const ParticipantChangedDocument = gql`
    subscription ParticipantChanged($sessionId: ID!) {
  participantChanged(sessionId: $sessionId) {
    ...ParticipantFields
  }
}
    ${ParticipantFieldsFragmentDoc}`;

/**
 * __useParticipantChangedSubscription__
 *
 * To run a query within a React component, call `useParticipantChangedSubscription` and pass it any options that fit your needs.
 * When your component renders, `useParticipantChangedSubscription` returns an object from Apollo Client that contains loading, error, and data properties
 * you can use to render your UI.
 *
 * @param baseOptions options that will be passed into the subscription, supported options are listed on: https://www.apollographql.com/docs/react/api/react-hooks/#options;
 *
 * @example
 * const { data, loading, error } = useParticipantChangedSubscription({
 *   variables: {
 *      sessionId: // value for 'sessionId'
 *   },
 * });
 */
export function useParticipantChangedSubscription(baseOptions: ApolloReactHooks.SubscriptionHookOptions<ParticipantChangedSubscription, ParticipantChangedSubscriptionVariables> & ({ variables: ParticipantChangedSubscriptionVariables; skip?: boolean; } | { skip: boolean; }) ) {
        const options = {...defaultOptions, ...baseOptions}
        return ApolloReactHooks.useSubscription<ParticipantChangedSubscription, ParticipantChangedSubscriptionVariables>(ParticipantChangedDocument, options);
      }
export type ParticipantChangedSubscriptionHookResult = ReturnType<typeof useParticipantChangedSubscription>;
export type ParticipantChangedSubscriptionResult = ApolloReactCommon.SubscriptionResult<ParticipantChangedSubscription>;
export const ParticipantsDocument = gql`
    query Participants($sessionId: ID!, $first: Int, $after: String, $present: Boolean) {
  session(sessionId: $sessionId) {
    id
    participantCount
    participants(first: $first, after: $after, present: $present) {
      nodes {
        ...ParticipantFields
      }
      pageInfo {
        hasNextPage
        endCursor
      }
    }
  }
}
    ${ParticipantFieldsFragmentDoc}`;

/**
 * __useParticipantsQuery__
 *
 * To run a query within a React component, call `useParticipantsQuery` and pass it any options that fit your needs.
 * When your component renders, `useParticipantsQuery` returns an object from Apollo Client that contains loading, error, and data properties
 * you can use to render your UI.
 *
 * @param baseOptions options that will be passed into the query, supported options are listed on: https://www.apollographql.com/docs/react/api/react-hooks/#options;
 *
 * @example
 * const { data, loading, error } = useParticipantsQuery({
 *   variables: {
 *      sessionId: // value for 'sessionId'
 *      first: // value for 'first'
 *      after: // value for 'after'
 *      present: // value for 'present'
 *   },
 * });
 */
export function useParticipantsQuery(baseOptions: ApolloReactHooks.QueryHookOptions<ParticipantsQuery, ParticipantsQueryVariables> & ({ variables: ParticipantsQueryVariables; skip?: boolean; } | { skip: boolean; }) ) {
        const options = {...defaultOptions, ...baseOptions}
        return ApolloReactHooks.useQuery<ParticipantsQuery, ParticipantsQueryVariables>(ParticipantsDocument, options);
      }
export function useParticipantsLazyQuery(baseOptions?: ApolloReactHooks.LazyQueryHookOptions<ParticipantsQuery, ParticipantsQueryVariables>) {
          const options = {...defaultOptions, ...baseOptions}
          return ApolloReactHooks.useLazyQuery<ParticipantsQuery, ParticipantsQueryVariables>(ParticipantsDocument, options);
        }
// @ts-ignore
export function useParticipantsSuspenseQuery(baseOptions?: ApolloReactHooks.SuspenseQueryHookOptions<ParticipantsQuery, ParticipantsQueryVariables>): ApolloReactHooks.UseSuspenseQueryResult<ParticipantsQuery, ParticipantsQueryVariables>;
export function useParticipantsSuspenseQuery(baseOptions?: ApolloReactHooks.SkipToken | ApolloReactHooks.SuspenseQueryHookOptions<ParticipantsQuery, ParticipantsQueryVariables>): ApolloReactHooks.UseSuspenseQueryResult<ParticipantsQuery | undefined, ParticipantsQueryVariables>;
export function useParticipantsSuspenseQuery(baseOptions?: ApolloReactHooks.SkipToken | ApolloReactHooks.SuspenseQueryHookOptions<ParticipantsQuery, ParticipantsQueryVariables>) {
          const options = baseOptions === ApolloReactHooks.skipToken ? baseOptions : {...defaultOptions, ...baseOptions}
          return ApolloReactHooks.useSuspenseQuery<ParticipantsQuery, ParticipantsQueryVariables>(ParticipantsDocument, options);
        }
export type ParticipantsQueryHookResult = ReturnType<typeof useParticipantsQuery>;
export type ParticipantsLazyQueryHookResult = ReturnType<typeof useParticipantsLazyQuery>;
export type ParticipantsSuspenseQueryHookResult = ReturnType<typeof useParticipantsSuspenseQuery>;
export type ParticipantsQueryResult = ApolloReactCommon.QueryResult<ParticipantsQuery, ParticipantsQueryVariables>;
export const SessionDocument = gql`
    query Session($sessionId: ID!) {
  session(sessionId: $sessionId) {
    ...SessionFields
  }
}
    ${SessionFieldsFragmentDoc}`;

/**
 * __useSessionQuery__
 *
 * To run a query within a React component, call `useSessionQuery` and pass it any options that fit your needs.
 * When your component renders, `useSessionQuery` returns an object from Apollo Client that contains loading, error, and data properties
 * you can use to render your UI.
 *
 * @param baseOptions options that will be passed into the query, supported options are listed on: https://www.apollographql.com/docs/react/api/react-hooks/#options;
 *
 * @example
 * const { data, loading, error } = useSessionQuery({
 *   variables: {
 *      sessionId: // value for 'sessionId'
 *   },
 * });
 */
export function useSessionQuery(baseOptions: ApolloReactHooks.QueryHookOptions<SessionQuery, SessionQueryVariables> & ({ variables: SessionQueryVariables; skip?: boolean; } | { skip: boolean; }) ) {
        const options = {...defaultOptions, ...baseOptions}
        return ApolloReactHooks.useQuery<SessionQuery, SessionQueryVariables>(SessionDocument, options);
      }
export function useSessionLazyQuery(baseOptions?: ApolloReactHooks.LazyQueryHookOptions<SessionQuery, SessionQueryVariables>) {
          const options = {...defaultOptions, ...baseOptions}
          return ApolloReactHooks.useLazyQuery<SessionQuery, SessionQueryVariables>(SessionDocument, options);
        }
// @ts-ignore
export function useSessionSuspenseQuery(baseOptions?: ApolloReactHooks.SuspenseQueryHookOptions<SessionQuery, SessionQueryVariables>): ApolloReactHooks.UseSuspenseQueryResult<SessionQuery, SessionQueryVariables>;
export function useSessionSuspenseQuery(baseOptions?: ApolloReactHooks.SkipToken | ApolloReactHooks.SuspenseQueryHookOptions<SessionQuery, SessionQueryVariables>): ApolloReactHooks.UseSuspenseQueryResult<SessionQuery | undefined, SessionQueryVariables>;
export function useSessionSuspenseQuery(baseOptions?: ApolloReactHooks.SkipToken | ApolloReactHooks.SuspenseQueryHookOptions<SessionQuery, SessionQueryVariables>) {
          const options = baseOptions === ApolloReactHooks.skipToken ? baseOptions : {...defaultOptions, ...baseOptions}
          return ApolloReactHooks.useSuspenseQuery<SessionQuery, SessionQueryVariables>(SessionDocument, options);
        }
export type SessionQueryHookResult = ReturnType<typeof useSessionQuery>;
export type SessionLazyQueryHookResult = ReturnType<typeof useSessionLazyQuery>;
export type SessionSuspenseQueryHookResult = ReturnType<typeof useSessionSuspenseQuery>;
export type SessionQueryResult = ApolloReactCommon.QueryResult<SessionQuery, SessionQueryVariables>;
export const SessionsDocument = gql`
    query Sessions($first: Int, $after: String) {
  sessions(first: $first, after: $after) {
    nodes {
      ...SessionFields
    }
    pageInfo {
      hasNextPage
      endCursor
    }
  }
}
    ${SessionFieldsFragmentDoc}`;

/**
 * __useSessionsQuery__
 *
 * To run a query within a React component, call `useSessionsQuery` and pass it any options that fit your needs.
 * When your component renders, `useSessionsQuery` returns an object from Apollo Client that contains loading, error, and data properties
 * you can use to render your UI.
 *
 * @param baseOptions options that will be passed into the query, supported options are listed on: https://www.apollographql.com/docs/react/api/react-hooks/#options;
 *
 * @example
 * const { data, loading, error } = useSessionsQuery({
 *   variables: {
 *      first: // value for 'first'
 *      after: // value for 'after'
 *   },
 * });
 */
export function useSessionsQuery(baseOptions?: ApolloReactHooks.QueryHookOptions<SessionsQuery, SessionsQueryVariables>) {
        const options = {...defaultOptions, ...baseOptions}
        return ApolloReactHooks.useQuery<SessionsQuery, SessionsQueryVariables>(SessionsDocument, options);
      }
export function useSessionsLazyQuery(baseOptions?: ApolloReactHooks.LazyQueryHookOptions<SessionsQuery, SessionsQueryVariables>) {
          const options = {...defaultOptions, ...baseOptions}
          return ApolloReactHooks.useLazyQuery<SessionsQuery, SessionsQueryVariables>(SessionsDocument, options);
        }
// @ts-ignore
export function useSessionsSuspenseQuery(baseOptions?: ApolloReactHooks.SuspenseQueryHookOptions<SessionsQuery, SessionsQueryVariables>): ApolloReactHooks.UseSuspenseQueryResult<SessionsQuery, SessionsQueryVariables>;
export function useSessionsSuspenseQuery(baseOptions?: ApolloReactHooks.SkipToken | ApolloReactHooks.SuspenseQueryHookOptions<SessionsQuery, SessionsQueryVariables>): ApolloReactHooks.UseSuspenseQueryResult<SessionsQuery | undefined, SessionsQueryVariables>;
export function useSessionsSuspenseQuery(baseOptions?: ApolloReactHooks.SkipToken | ApolloReactHooks.SuspenseQueryHookOptions<SessionsQuery, SessionsQueryVariables>) {
          const options = baseOptions === ApolloReactHooks.skipToken ? baseOptions : {...defaultOptions, ...baseOptions}
          return ApolloReactHooks.useSuspenseQuery<SessionsQuery, SessionsQueryVariables>(SessionsDocument, options);
        }
export type SessionsQueryHookResult = ReturnType<typeof useSessionsQuery>;
export type SessionsLazyQueryHookResult = ReturnType<typeof useSessionsLazyQuery>;
export type SessionsSuspenseQueryHookResult = ReturnType<typeof useSessionsSuspenseQuery>;
export type SessionsQueryResult = ApolloReactCommon.QueryResult<SessionsQuery, SessionsQueryVariables>;