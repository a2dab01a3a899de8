import * as z from 'zod';
import * as field from '../runtime/config-fields.ts';

/** Where a role keeps what it must not forget. */
export const journalConfig = z.object({
  dataFolder: field
    .path()
    .prefault('data')
    .describe(
      'Folder of the journals: one SQLite file per role or signer. Back it up; never share it between machines.',
    ),
});

/** Models, inputs and outputs by content id. */
export const storeConfig = z.object({
  storeFolder: field.path().prefault('data/store').describe('Folder of the content-addressed blobs.'),
  storePeers: field
    .urlList(['http:', 'https:'], 'http://127.0.0.1:8650,https://blobs.example.org')
    .optional()
    .describe('Nodes that are asked for a blob that the folder lacks. What they send is hashed before it is used.'),
  storePort: field
    .port()
    .optional()
    .describe(
      'Serves the blobs of the folder, read-only, on this port (0 = any free one). Absent: they are not served.',
    ),
  storeHost: field.text().prefault('127.0.0.1').describe('Address on which the blobs are served.'),
});
