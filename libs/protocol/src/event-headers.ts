/** The headers of an event: the CloudEvents attributes in binary mode, and what JetStream and tracing look for. */
export const EventHeader = {
  /** JetStream's deduplication; the same as `id`. */
  messageId: 'Nats-Msg-Id',
  /** JetStream's optimistic concurrency: the sequence of the event before it on its subject, 0 for none. Notes have none. */
  expectedLastSequence: 'Nats-Expected-Last-Subject-Sequence',
  specVersion: 'ce-specversion',
  id: 'ce-id',
  source: 'ce-source',
  /** `irqmesh.v1.ProducerRegistered`, … */
  type: 'ce-type',
  /** RFC 3339 in UTC with milliseconds. */
  time: 'ce-time',
  /** The token's key: tokens may hold what a header cannot. */
  subject: 'ce-subject',
  causationId: 'ce-causationid',
  /** Which upcasters a reader needs; see `SCHEMA_VERSION`. */
  schemaVersion: 'ce-schemaversion',
  /** See `eventChecksum`. Events of the first release have none. */
  checksum: 'ce-checksum',
  traceparent: 'traceparent',
  contentType: 'content-type',
} as const;
