import { invokeReplies } from '../calls/invoke-calls.ts';
import { queryReplies } from '../calls/query-calls.ts';
import { registryReplies } from '../calls/registry-calls.ts';
import { callTarget } from './call-target.ts';

export const repliesProtobuf = callTarget('replies-protobuf', 'replies of registries, agents and matchers in protobuf', [...registryReplies, ...queryReplies, ...invokeReplies], 'application/protobuf');
