import { adminSlash } from './admin-slash.ts';
import { baseFeeSpike } from './base-fee-spike.ts';
import { blockedRecipient } from './blocked-recipient.ts';
import { copiedAttestation } from './copied-attestation.ts';
import { copiedProof } from './copied-proof.ts';
import { donation } from './donation.ts';
import { doubleReport } from './double-report.ts';
import { duplicateSeats } from './duplicate-seats.ts';
import { dust } from './dust.ts';
import { equivocation } from './equivocation.ts';
import { fakeVolume } from './fake-volume.ts';
import { falseAccusation } from './false-accusation.ts';
import { feeOnTransfer } from './fee-on-transfer.ts';
import { gasBurningCallback } from './gas-burning-callback.ts';
import { hostileModel } from './hostile-model.ts';
import { justInTimeStake } from './just-in-time-stake.ts';
import { lateTrialMoves } from './late-trial-moves.ts';
import { lyingRpc } from './lying-rpc.ts';
import { lyingSeat } from './lying-seat.ts';
import { malleableSignature } from './malleable-signature.ts';
import { modelConfusion } from './model-confusion.ts';
import { parameterChange } from './parameter-change.ts';
import { pauseToTrap } from './pause-to-trap.ts';
import { priceJump } from './price-jump.ts';
import { reenterByCallback } from './reenter-by-callback.ts';
import { reenterByToken } from './reenter-by-token.ts';
import { scheduleDrain } from './schedule-drain.ts';
import { selfChallenge } from './self-challenge.ts';
import { signatureReplay } from './signature-replay.ts';
import { spamChallenges } from './spam-challenges.ts';
import { ssrfSource } from './ssrf-source.ts';
import type { Attack } from './stage/attack.ts';
import { stakeReuse } from './stake-reuse.ts';
import { staleFeed } from './stale-feed.ts';
import { stolenKey } from './stolen-key.ts';
import { sybilQuorum } from './sybil-quorum.ts';
import { thirdPartyTimers } from './third-party-timers.ts';
import { unbondThenCheat } from './unbond-then-cheat.ts';
import { withdrawOnChallenge } from './withdraw-on-challenge.ts';
import { withheldInput } from './withheld-input.ts';

/** Every attack, in the order of its threats. */
export const attacks: readonly Attack[] = [
  unbondThenCheat,
  withdrawOnChallenge,
  stakeReuse,
  selfChallenge,
  spamChallenges,
  thirdPartyTimers,
  scheduleDrain,
  reenterByCallback,
  reenterByToken,
  feeOnTransfer,
  blockedRecipient,
  signatureReplay,
  malleableSignature,
  equivocation,
  copiedAttestation,
  copiedProof,
  sybilQuorum,
  duplicateSeats,
  justInTimeStake,
  dust,
  gasBurningCallback,
  withheldInput,
  lateTrialMoves,
  baseFeeSpike,
  fakeVolume,
  parameterChange,
  adminSlash,
  pauseToTrap,
  staleFeed,
  lyingSeat,
  priceJump,
  doubleReport,
  falseAccusation,
  donation,
  modelConfusion,
  stolenKey,
  ssrfSource,
  hostileModel,
  lyingRpc,
];
