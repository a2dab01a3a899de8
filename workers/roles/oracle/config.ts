import * as z from 'zod';
import { chainConfig } from '../../chain/config.ts';
import { signerConfig } from '../../chain/signer-config.ts';
import { queueConfig } from '../../queue/config.ts';
import * as field from '../../runtime/config-fields.ts';
import { journalConfig, storeConfig } from '../../store/config.ts';

/** Every setting of a data node's oracle. */
export const oracleConfig = z.object({
  ...chainConfig.pick({ rpcUrls: true, chainId: true, deployment: true }).shape,
  ...queueConfig.shape,
  ...journalConfig.shape,
  ...storeConfig.pick({ storeFolder: true, storePeers: true }).shape,
  ...signerConfig.shape,
  operator: field.address().describe('The operator whose stake answers; the signer must be one of its attester keys.'),
  feeds: field
    .hashList()
    .prefault('')
    .describe(
      'Feeds whose rounds are reported, ids separated by commas. Questions are answered for any committee with a seat of ours.',
    ),
  sourcesFolder: field
    .path()
    .optional()
    .describe(
      'Folder with sources documents, found by their digest. Absent: they are looked for in the store by content id.',
    ),
  sourcesAllow: field
    .textList()
    .prefault('')
    .describe(
      'host:port that sources may have although it is not public, or not TLS; or CIDR ranges of addresses that may be reached by TLS. For local networks and sources of your own.',
    ),
  sourcesTimeout: field.durationMs().prefault('4s').describe('Longest time that one source may take.'),
  dataPeers: field
    .urlList(['http:', 'https:'], 'http://10.0.0.2:8660,https://data.example.org')
    .optional()
    .describe('The other data nodes of the committees: where a leader asks for observations.'),
  dataPort: field
    .port()
    .optional()
    .describe(
      'Serves our observations to leaders on this port (0 = any free one). Absent: we sign, but nobody can ask.',
    ),
  dataHost: field.text().prefault('127.0.0.1').describe('Address on which observations are served.'),
  dataPoll: field.durationMs().prefault('1s').describe('Time between two looks at a feed or question.'),
  dataFeeMin: field
    .amount()
    .prefault('0')
    .describe('Questions with a smaller fee are not answered: whoever leads pays the gas. Token units.'),
  unpaidRounds: field.flag().prefault('true').describe('Report also when the fund of a feed does not cover the round.'),
});

export type OracleConfig = z.output<typeof oracleConfig>;
