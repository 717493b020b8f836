import { Catch } from '@nestjs/common';
import type { ArgumentsHost } from '@nestjs/common';
import { BaseExceptionFilter } from '@nestjs/core';
import { throwError } from 'rxjs';
import type { Observable } from 'rxjs';

/**
 * Hands what a handler of a call threw to the RpcServer as it is; Nest's own filter would leave nothing of it but
 * "Internal server error". Errors of HTTP requests are answered as Nest does.
 */
@Catch()
export class RpcExceptionFilter extends BaseExceptionFilter {
  override catch(exception: unknown, host: ArgumentsHost): Observable<never> | void {
    if (host.getType() === 'rpc') return throwError(() => exception);
    super.catch(exception, host);
  }
}
