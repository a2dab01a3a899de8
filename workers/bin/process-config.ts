import * as z from 'zod';
import * as field from '../runtime/config-fields.ts';

/** What every process reads. */
export const processConfig = z.object({
  healthPort: field
    .port()
    .prefault('0')
    .describe(
      'Health and metrics (/livez, /readyz, /metrics). 0 takes any free port; the log says which. `worker node` counts up from it, one per child.',
    ),
  healthHost: field
    .text()
    .prefault('127.0.0.1')
    .describe('Address for health and metrics; not meant for the open network.'),
  logLevel: field.logLevel().prefault('info').describe('Least important log lines that are written.'),
});
