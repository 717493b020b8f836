import { Controller, Get, HttpStatus, Module, Res } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { EventLoopDelay } from './event-loop-delay.ts';
import { Readiness } from './readiness.ts';
import type { ReadinessReport } from './readiness.ts';

export interface Liveness {
  readonly status: 'ok';
  readonly uptimeMs: number;
  /** The greatest delay of the event loop since the last question. */
  readonly eventLoopDelayMaxMs: number;
}

/** The part of express's response that is used here. */
interface StatusResponse {
  status(code: number): unknown;
}

@Controller()
export class HealthController {
  constructor(
    private readonly readiness: Readiness,
    private readonly eventLoop: EventLoopDelay,
  ) {}

  /** The process lives: an answer in time is the proof. */
  @Get('healthz')
  healthz(): Liveness {
    return { status: 'ok', uptimeMs: Math.round(process.uptime() * 1000), eventLoopDelayMaxMs: this.eventLoop.takeMaxMs() };
  }

  /** 200 when the service takes calls, else 503; either way with every check and why it fails. */
  @Get('readyz')
  async readyz(@Res({ passthrough: true }) response: StatusResponse): Promise<ReadinessReport> {
    const report = await this.readiness.report();
    if (!report.ready) response.status(HttpStatus.SERVICE_UNAVAILABLE);
    return report;
  }
}

@Module({})
export class HealthModule {
  static create(readiness: Readiness): DynamicModule {
    return {
      module: HealthModule,
      controllers: [HealthController],
      providers: [{ provide: Readiness, useValue: readiness }, EventLoopDelay],
    };
  }
}
