import { IrqBypassError } from '@irqmesh/domain';
import { evictBucketKey, parseSessionRecord, parseSessionsBucketKey, sessionBucketKey } from '@irqmesh/protocol';
import type { SessionRecord } from '@irqmesh/protocol';
import type { Bucket, BucketEntry, BucketWatch } from '../buckets/bucket.ts';
import type { SessionDirectory, SessionListener, SessionName, SessionState } from './session-directory.ts';

/** Stands under a session's key for the moment in which it is made sure that the session is gone. */
const TOMBSTONE = '';

/** The sessions as the key-value bucket has them: a key for each lease, and one for each eviction that is wanted. */
export class BucketSessionDirectory implements SessionDirectory {
  private readonly bucket: Bucket;
  private readonly onWarning: (message: string) => void;
  private watches: BucketWatch[] = [];

  /** @param onWarning told of keys and values that are none of ours. */
  constructor(bucket: Bucket, onWarning: (message: string) => void) {
    this.bucket = bucket;
    this.onWarning = onWarning;
  }

  async start(listener: SessionListener): Promise<void> {
    this.watches = [
      await this.bucket.watch('session', {
        onPut: (entry) => {
          const state = this.stateOf(entry);
          if (state !== undefined) listener.onRenewed(state);
        },
        onRemoved: (key) => this.withName(key, (name) => listener.onGone(name)),
      }),
      await this.bucket.watch('evict', {
        onPut: ({ key }) => this.withName(key, (name) => listener.onEviction(name)),
        onRemoved: () => {},
      }),
    ];
  }

  async lookUp({ host, session }: SessionName): Promise<SessionState | undefined> {
    const entry = await this.bucket.get(sessionBucketKey(host, session));
    return entry === undefined ? undefined : this.stateOf(entry);
  }

  async fence({ host, session }: SessionName): Promise<boolean> {
    const key = sessionBucketKey(host, session);
    if ((await this.bucket.create(key, TOMBSTONE)) === undefined) return false;
    await this.bucket.remove(key);
    return true;
  }

  async markForEviction({ host, session }: SessionName): Promise<void> {
    await this.bucket.put(evictBucketKey(host, session), 'evict');
  }

  async remove({ host, session }: SessionName): Promise<void> {
    await this.bucket.remove(sessionBucketKey(host, session));
  }

  async close(): Promise<void> {
    for (const watch of this.watches) await watch.close();
  }

  /** The state that a key's value tells; the key decides whose it is. */
  private stateOf({ key, value }: BucketEntry): SessionState | undefined {
    if (value === TOMBSTONE) return undefined;
    return this.read(`the value of ${key}`, () => {
      const { host, session } = parseSessionsBucketKey(key);
      const record: SessionRecord = parseSessionRecord(value);
      return { host, session, replaces: record.replaces, holdings: { producer: record.producers, consumer: record.consumers } };
    });
  }

  private withName(key: string, use: (name: SessionName) => void): void {
    const name = this.read('a key of the sessions bucket', () => parseSessionsBucketKey(key));
    if (name !== undefined) use({ host: name.host, session: name.session });
  }

  private read<Result>(what: string, parse: () => Result): Result | undefined {
    try {
      return parse();
    } catch (error) {
      if (!(error instanceof IrqBypassError)) throw error;
      this.onWarning(`passed over ${what}: ${error.message}`);
      return undefined;
    }
  }
}
