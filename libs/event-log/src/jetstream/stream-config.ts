import { DEFAULT_PARTITIONS } from '@irqmesh/domain';
import { ALL_EVENTS, STREAM_NAME } from '@irqmesh/protocol';
import { DiscardPolicy, RetentionPolicy, StorageType } from '@nats-io/jetstream';
import type { StreamConfig } from '@nats-io/jetstream';
import { nanos } from '@nats-io/nats-core';

/** What whoever opens the log asks of its stream; what is undefined is taken as the stream has it. */
export interface StreamRequirements {
  /** 1 to 65,536. */
  readonly partitions?: number | undefined;
  /** 1 to 5, odd numbers as a rule. */
  readonly replicas?: number | undefined;
}

/** The stream's metadata field that holds the number of partitions. */
export const PARTITIONS_FIELD = 'irqmesh.partitions';

/** The metadata field of a stream whose events are being restored: their last sequence. It goes when all are there. */
export const RESTORING_FIELD = 'irqmesh.restoring';

/** How long the server remembers message ids: a help against repeats, not what correctness rests on. */
const DUPLICATE_WINDOW_MS = 120_000;

const UNLIMITED = -1;

/** What must hold for the stream to be a log: nothing is ever removed, changed or put in from elsewhere. */
const FIXED_CONFIG = {
  subjects: [ALL_EVENTS],
  storage: StorageType.File,
  retention: RetentionPolicy.Limits,
  discard: DiscardPolicy.New,
  max_msgs: UNLIMITED,
  max_bytes: UNLIMITED,
  max_age: 0,
  max_msgs_per_subject: UNLIMITED,
  max_msg_size: UNLIMITED,
  duplicate_window: nanos(DUPLICATE_WINDOW_MS),
  deny_delete: true,
  deny_purge: true,
  allow_direct: true,
  allow_rollup_hdrs: false,
  allow_msg_ttl: false,
  no_ack: false,
  sealed: false,
} as const;

/** Fields that a log's stream must not have at all. */
const FORBIDDEN_FIELDS = ['mirror', 'sources', 'subject_transform', 'persist_mode'] as const;

/** The stream as it is made; one replica and 16 partitions unless asked otherwise. */
export function newStreamConfig({ partitions = DEFAULT_PARTITIONS, replicas = 1 }: StreamRequirements): Partial<StreamConfig> & { name: string } {
  return {
    ...FIXED_CONFIG,
    subjects: [...FIXED_CONFIG.subjects],
    name: STREAM_NAME,
    description: 'The event log of irqmesh',
    num_replicas: replicas,
    metadata: { [PARTITIONS_FIELD]: String(partitions) },
  };
}

/** The stream's number of partitions; undefined where its metadata do not say. */
export function partitionsOf(config: StreamConfig): number | undefined {
  const text = config.metadata?.[PARTITIONS_FIELD] ?? '';
  return /^[1-9][0-9]{0,4}$/.test(text) ? Number(text) : undefined;
}

/** How a stream differs from what it must be, one phrase each: `max_age is 5, must be 0`. */
export function streamDifferences(config: StreamConfig, { partitions, replicas }: StreamRequirements): string[] {
  const differences: string[] = [];
  const compare = (field: string, actual: unknown, wanted: unknown): void => {
    const [is, must] = [JSON.stringify(actual), JSON.stringify(wanted)];
    if (is !== must) differences.push(`${field} is ${is ?? 'not set'}, must be ${must ?? 'not set'}`);
  };
  // The server leaves out what is false or zero.
  for (const [field, wanted] of Object.entries(FIXED_CONFIG)) compare(field, config[field as keyof StreamConfig] ?? emptyLike(wanted), wanted);
  for (const field of FORBIDDEN_FIELDS) compare(field, config[field], undefined);
  if (replicas !== undefined) compare('num_replicas', config.num_replicas, replicas);
  const actualPartitions = partitionsOf(config);
  if (actualPartitions === undefined || partitions !== undefined) {
    compare(`metadata ${PARTITIONS_FIELD}`, config.metadata?.[PARTITIONS_FIELD], String(partitions ?? DEFAULT_PARTITIONS));
  }
  return differences;
}

function emptyLike(wanted: unknown): unknown {
  return typeof wanted === 'boolean' ? false : typeof wanted === 'number' ? 0 : undefined;
}
