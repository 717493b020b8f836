import { invokeRequests } from '../calls/invoke-calls.ts';
import { queryRequests } from '../calls/query-calls.ts';
import { registryRequests } from '../calls/registry-calls.ts';
import { callTarget } from './call-target.ts';

export const requestsProtobuf = callTarget('requests-protobuf', 'requests to registries, agents and matchers in protobuf', [...registryRequests, ...queryRequests, ...invokeRequests], 'application/protobuf');
