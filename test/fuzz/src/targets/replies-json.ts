import { invokeReplies } from '../calls/invoke-calls.ts';
import { queryReplies } from '../calls/query-calls.ts';
import { registryReplies } from '../calls/registry-calls.ts';
import { callTarget } from './call-target.ts';

export const repliesJson = callTarget('replies-json', 'the same replies in JSON', [...registryReplies, ...queryReplies, ...invokeReplies], 'application/json');
