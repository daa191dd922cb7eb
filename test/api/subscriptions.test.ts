import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import { type Client, CloseCode, createClient } from "graphql-ws";
import { describe, expect, it, onTestFinished } from "vitest";
import { WebSocket } from "ws";
import { MESSAGES_PER_SECOND } from "../../src/http/subscription-socket.ts";
import { signedWebhook } from "../support/webhooks.ts";
