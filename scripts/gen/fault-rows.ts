/** One thing that goes wrong, and what is promised then. */
export interface FaultRow {
  readonly fault: string;
  readonly promise: string;
  /** Why it is not run, for the few that a small machine cannot. Named in docs/KNOWN-ISSUES.md too. */
  readonly notRun?: string;
}

export interface FaultFamily {
  readonly name: string;
  /** The number of its first row; rows are numbered through all families. */
  readonly first: number;
  readonly rows: readonly FaultRow[];
}

const row = (fault: string, promise: string): FaultRow => ({ fault, promise });

/** Every fault that the workers are held to. Tests carry the number in their titles: `F17 · …`. */
export const FAULTS: readonly FaultFamily[] = [
  {
    name: 'The chain and its nodes',
    first: 1,
    rows: [
      row(
        'the listener is killed while it hands a block on',
        'it reads again from its cursor; the effects are the same, none twice, none missing',
      ),
      row(
        'a reorg of one block',
        'what followed from the old block is taken back, what follows from the new one is done',
      ),
      row(
        'a reorg of twelve blocks, with other transactions at the same heights',
        'jobs that are gone are cancelled, jobs that are new are found',
      ),
      row(
        'a reorg of 64 blocks, and deeper',
        'exact up to the depth that is remembered; beyond it a safe stop, and a rebuild from the chain',
      ),
      row('a reorg drops an attestation', 'the same signed transaction is sent again from the journal'),
      row('the head goes backwards without another branch', 'no crash, no effect'),
      row('nodes refuse for too many requests', 'another node is asked, a node that asked for patience rests'),
      row('a node takes a call and never answers', 'the call ends in seconds, and the next node is asked'),
      row('a node lags behind', 'it leaves the pool; the cursor never moves back'),
      row(
        'nodes behind one address disagree: a head without its logs',
        'the header’s bloom filter contradicts; nothing advances until it fits',
      ),
      row(
        'a node is on another chain, at the start or later',
        'no start; later it is never asked again; nothing is signed for the other chain',
      ),
      row('a node alters what a log says', 'the receipts do not hash to the header’s root; nothing follows from it'),
      row('logs are missing, ranges are refused', 'ranges are split; a lost log is found by the next comparison'),
      row('a WebSocket drops', 'polling is the truth; there is no subscription to lose'),
      row('an event comes twice, from one node or through two listeners', 'one effect'),
      row('blocks come out of order or are skipped', 'the gap is filled by parent hashes'),
    ],
  },
  {
    name: 'Redis',
    first: 17,
    rows: [
      row('Redis is killed and comes back with its data', 'work goes on within seconds, nothing is lost'),
      row(
        'Redis loses everything',
        'queues are filled again from the chain and the journal; nothing is attested twice',
      ),
      row('Redis loses a part: its append-only file is cut', 'as if it had lost everything'),
      row('Redis is full', 'producers stop before, consumers pause; at most one complaint a second; it recovers'),
      row('Redis may evict, is a replica or too old', 'no start, with the reason and the fix'),
      row('Redis answers late, half or resets connections', 'locks are renewed; no effect twice'),
      row('Redis cannot save: its disk is full', 'an alarm, and no intake'),
    ],
  },
  {
    name: 'Processes and machines',
    first: 24,
    rows: [
      row('a worker is killed at any step of a job', 'the job runs again and takes effect exactly once'),
      row('a worker stands still and wakes up long after', 'its late result changes nothing'),
      row('the GPU is out of memory or gone', 'the run is tried again or elsewhere; no false answer'),
      row('a model never ends', 'its process is killed at the limit; no attestation'),
      row('an artifact is not what its content id says', 'refused before it is parsed; another source is tried'),
      row('an artifact never ends, or is a bomb', 'cut off at the cap, on what it unpacks to'),
      row('an artifact is withheld or comes a byte a second', 'given up; the job ends without a slash'),
      row('a model is hostile', 'contained: no file read, the host alive'),
    ],
  },
  {
    name: 'Transactions',
    first: 32,
    rows: [
      row('a transaction is stuck', 'paid better by the network’s rule, within the cap, given up at its deadline'),
      row('somebody else uses the key', 'noticed by the nonce; what is left is looked at anew'),
      row('a transaction is dropped from the pool', 'sent again'),
      row('a nonce is missing below others', 'filled'),
      row('a node counts nonces late', 'the journal knows better'),
      row(
        'nodes refuse in the words of geth, reth, Nethermind or anvil, or in unknown ones',
        'each is classified; what is unknown may have been sent',
      ),
      row('the base fee rises a hundredfold', 'what can wait waits; what is urgent pays up to its cap'),
      row('the signer runs out of gas money', 'an alarm ahead of time; what is under way first; no new jobs'),
      row('a transaction reverts when it is mined', 'its error decides whether it is over or tried again'),
    ],
  },
  {
    name: 'Time, keys and resources',
    first: 41,
    rows: [
      row('the clock of the machine is wrong or jumps', 'chain time decides; local time only waits'),
      row('the chain stops and jumps', 'nothing runs out; work goes on'),
      row('two operators have one key', 'the chain takes the first, the second stands down'),
      row('a disk is full', 'no signature without its record; models are evicted; intake stops'),
      row('files or memory run out', 'the engine is replaced; its memory has a cap'),
      row('a message kills every worker that takes it', 'after three starts it is set aside; others go on'),
      row('a backlog of 100,000 jobs', 'bounded; urgent ones first, hopeless ones dropped'),
      row('a part of a job fails that others wait for', 'nothing waits for ever'),
      row('SIGTERM in the middle of work', 'work is finished or given back, within 25 s; a second one forces'),
    ],
  },
  {
    name: 'Watching',
    first: 50,
    rows: [
      row('the watchtower is away for half of the window', 'every wrong answer is put on trial in time'),
      row('transactions of the watchtower vanish for most of the window', 'sent again and paid better, in time'),
      row('an engine deviates within the tolerance', 'nobody is accused'),
    ],
  },
  {
    name: 'Data from outside',
    first: 53,
    rows: [
      row('sources are down, stale, off or disagree', 'no answer rather than a wrong one; outliers are ignored'),
      row('certificates are expired, self-signed, of another host; downgrades', 'refused'),
      row('names and redirects that lead to private addresses', 'refused when the connection is made, on every hop'),
      row('answers that are malformed, huge, deep or poisoned', 'a coded error, bounded memory, exact decimals'),
      row('the keystore is away or slow', 'tried again; no nonce is used up'),
      row('contracts are others than the worker knows, or paused', 'no start, or no more requests; the reason is said'),
    ],
  },
];
