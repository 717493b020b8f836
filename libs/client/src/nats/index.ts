// The adapters of the SDK's ports to NATS, for tools that bring a connection of their own.

export { NatsAgentEndpoint } from './nats-agent-endpoint.ts';
export { NatsRegistryCaller } from './nats-registry-caller.ts';
export { NatsSessionBucket } from './nats-session-bucket.ts';
