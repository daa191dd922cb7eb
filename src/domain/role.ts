/** What a client may do in a session. The values are the names that tokens carry. */
export enum Role {
  SUBSCRIBER = "subscriber",
  PUBLISHER = "publisher",
  PUBLISHER_ONLY = "publisheronly",
  MODERATOR = "moderator",
}
