import { type JobId, parseJobId } from '../../protocol/ids.ts';
import { messageOf } from '../../runtime/errors.ts';
import type { Route } from '../../runtime/health.ts';

/** What the route reads from. */
export interface VerdictSource {
  find(query: { readonly jobId?: JobId; readonly verdict?: string; readonly limit?: number }): readonly object[];
}

/** `GET /verdicts?jobId=…&verdict=…&limit=…`: what was found, the newest first. Every part of the query is optional. */
export function createVerdictRoute({ verdicts }: { readonly verdicts: VerdictSource }): Route {
  return (query) => {
    try {
      const [jobId, verdict, limit] = [query.get('jobId'), query.get('verdict'), query.get('limit')];
      if (limit !== null && !/^[1-9]\d{0,3}$/.test(limit)) throw new RangeError('limit: expected 1 to 9999');
      const found = verdicts.find({
        ...(jobId !== null && { jobId: parseJobId(jobId) }),
        ...(verdict !== null && { verdict }),
        ...(limit !== null && { limit: Number(limit) }),
      });
      return { status: 200, body: { verdicts: found } };
    } catch (error) {
      return { status: 400, body: { error: messageOf(error) } };
    }
  };
}
