// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {JobOptions} from "./JobOptions.sol";
import {ModelId} from "./Model.sol";

/// @notice Identity of a job: `keccak256(abi.encode(block.chainid, jobRegistry, terms))`.
/// @dev It binds every field of the terms, the chain and the registry, so whoever shows the id has shown the terms.
type JobId is bytes32;

/// @notice Where a job stands. `Expired`, `Settled`, `Slashed` and `Void` are terminal and absorb.
enum JobStatus {
    None, //      never requested
    Requested, // paid for, waiting for an attestation
    Attested, //  answered, waiting for the challenge window to end
    OnTrial, //   the answer is before the court
    Settled, //   the operator was paid
    Expired, //   nobody answered in time; the fee went back
    Slashed, //   the answer was proven wrong or its operator signed two; the fee went back
    Void //       the trial had no answer to give; the fee went back, the stake was released
}

/// @notice Why a job is where it is, beyond its status.
enum JobReason {
    None,
    ChallengeWindowPassed,
    DeadlinePassed,
    OfferMissed,
    Equivocation,
    Acquitted,
    Convicted,
    TrialVoid
}

/// @notice How everybody can obtain the input.
enum Availability {
    None, //   private: nobody but the requester and the operator can check the answer
    Inline, // the vector travels in calldata and in the event, at most 4 KiB; its root is computed on-chain
    Blob, //   the vector is published under the sha2-256 digest of its bytes
    Feed //    the vector is the last answers of a feed, derived on-chain; it is in the event like an inline one
}

/// @notice How the output reaches the chain.
enum Delivery {
    None, //   only its root
    Inline, // the vector travels in calldata, at most 4 KiB
    Blob //    its root and the sha2-256 digest under which the vector is published
}

/// @notice When the callback is called: at once, when the answer may still be overturned, or after the window.
enum CallbackPhase {
    None,
    OnAttested,
    OnFinal
}

/// @notice Everything two parties agree on. Static, so it is hashed and passed whole; nothing of it is stored.
/// @dev `requester`, the options' `parametersVersion` and, for inline inputs, `inputRoot` are filled in by the registry.
struct Terms {
    /// who pays, and to whom refunds go
    address requester;
    ModelId modelId;
    /// root of the input vector (see `VectorTree`)
    bytes32 inputRoot;
    /// price of the answer, token units
    uint128 fee;
    /// what the operator loses when the answer is proven wrong, token units
    uint128 stakeAtRisk;
    /// the only operator that may attest; zero opens the job to the sortition ladder
    address operator;
    /// what the named operator loses to the requester when it misses the deadline; zero unless it signed an offer
    uint128 offerPenalty;
    /// the contract that is called with the answer; zero: the requester, or nobody when there is no callback
    address callbackTarget;
    /// zero: optimistic; otherwise an `IAttestationPolicy` asked once, in attest
    address policy;
    /// the small settings, packed (see `JobOptions`)
    JobOptions options;
}

/// @notice What the chain knows of an accepted attestation; committed to by the job's slot.
struct AttestationRecord {
    bytes32 outputRoot;
    /// sha2-256 of the published output vector; zero unless the job's delivery is `Blob`
    bytes32 outputContent;
    address operator;
    /// last second in which a trial may be opened, Unix seconds
    uint64 challengeEnd;
}
