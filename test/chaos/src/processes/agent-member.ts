import { fileURLToPath } from 'node:url';
import type { TcpProxy } from '../bus/tcp-proxy.ts';
import { END_LOAD } from '../agent/agent-options.ts';
import type { AgentOptions } from '../agent/agent-options.ts';
import type { Told } from '../agent/told.ts';
import { momentNow } from '../run/moments.ts';
import type { Recording } from '../run/recording.ts';
import { Member } from './member.ts';
import type { Program } from './member.ts';

/** The compiled program, from src and from dist alike. */
const SCRIPT = fileURLToPath(new URL('../../dist/agent/main.js', import.meta.url));

export type AgentShape = Omit<AgentOptions, 'natsUrl' | 'incarnation' | 'seed'>;

/** A host's agent as a real process. */
export class AgentMember extends Member {
  readonly host: string;
  readonly autoReopen: boolean;
  /** The session that it holds, as far as it has told. */
  session: string | undefined;
  private readonly shape: AgentShape;
  private readonly seed: string;
  private readonly recording: Recording;
  private crashing = false;
  private loadIsOver = false;
  private idle = false;

  constructor(shape: AgentShape, proxy: TcpProxy, seed: string, recording: Recording) {
    super(shape.host, proxy);
    this.host = shape.host;
    this.autoReopen = shape.autoReopen;
    this.shape = shape;
    this.seed = seed;
    this.recording = recording;
  }

  override start(): void {
    this.crashing = false;
    this.idle = false;
    super.start();
    if (this.loadIsOver) this.tell(END_LOAD);
  }

  /** It begins no more calls, in this run and in later ones. */
  endLoad(): void {
    this.loadIsOver = true;
    this.tell(END_LOAD);
  }

  /** Whether all of its calls have returned and it makes no more. */
  get isIdle(): boolean {
    return this.isRunning && this.idle;
  }

  override async isReady(): Promise<boolean> {
    return this.session !== undefined;
  }

  protected program(): Program {
    const options: AgentOptions = { ...this.shape, natsUrl: this.proxy.url, incarnation: this.incarnation, seed: `${this.seed}/${this.incarnation}` };
    return { script: SCRIPT, args: [JSON.stringify(options)], environment: {} };
  }

  protected took(line: string, incarnation: string): void {
    const told = JSON.parse(line) as Told;
    if (told.told === 'crash') this.crashing = true;
    else if (told.told === 'idle') this.idle = true;
    else if (told.told === 'surprise') this.surprises.push(`${incarnation}: ${told.sentence}`);
    else this.recording.take(incarnation, told);
    if (told.told !== 'turn' || incarnation !== this.incarnation) return;
    if (told.turn.kind === 'opened') this.session = told.turn.session;
    if (told.turn.kind === 'lost') this.session = undefined;
  }

  protected override wasKilled(): void {
    this.session = undefined;
    this.recording.turned({ agent: this.incarnation, host: this.host, at: momentNow(), kind: 'killed' });
  }

  protected override wasPaused(): void {
    this.recording.turned({ agent: this.incarnation, host: this.host, at: momentNow(), kind: 'paused' });
  }

  protected override mayEnd(code: number | null, signal: NodeJS.Signals | null): boolean {
    return super.mayEnd(code, signal) || (this.crashing && signal === 'SIGKILL');
  }
}
