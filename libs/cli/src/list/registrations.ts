import type { Side } from '@irqmesh/domain';
import { ALL_HOSTS, MAX_LIST_LIMIT } from '@irqmesh/protocol';
import type { RegistrationViewMessage } from '@irqmesh/protocol';
import type { NatsConnection } from '@nats-io/nats-core';
import { listPage } from '../mesh-calls.ts';

/** Which registrations to load. */
export interface Selection {
  readonly host?: string | undefined;
  readonly tokenPrefix: string;
  /** At most so many, 1 and up. */
  readonly limit: number;
}

export interface Registrations {
  readonly rows: readonly RegistrationViewMessage[];
  /** Whether there are more than the limit. */
  readonly more: boolean;
}

/** Loads a side's registrations, page by page, in the order of the log. */
export async function loadRegistrations(connection: NatsConnection, side: Side, { host, tokenPrefix, limit }: Selection): Promise<Registrations> {
  const rows: RegistrationViewMessage[] = [];
  for (let afterSequence = 0; ; ) {
    const page = await listPage(connection, side, host ?? ALL_HOSTS, { tokenPrefix, afterSequence, limit: Math.min(MAX_LIST_LIMIT, limit - rows.length) });
    for (const row of page.registrations) rows.push(row);
    const last = page.registrations.at(-1);
    if (!page.more || last === undefined || rows.length >= limit) return { rows, more: page.more };
    afterSequence = last.sequence;
  }
}
