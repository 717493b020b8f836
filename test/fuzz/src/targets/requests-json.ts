import { invokeRequests } from '../calls/invoke-calls.ts';
import { queryRequests } from '../calls/query-calls.ts';
import { registryRequests } from '../calls/registry-calls.ts';
import { callTarget } from './call-target.ts';

export const requestsJson = callTarget('requests-json', 'the same requests in JSON', [...registryRequests, ...queryRequests, ...invokeRequests], 'application/json');
