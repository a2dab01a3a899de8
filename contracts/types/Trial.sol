// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AttestationRecord, Terms} from "./Job.sol";
import {ModelId} from "./Model.sol";

/// @notice Where a trial stands. `Acquitted`, `Convicted` and `Void` are terminal and absorb.
enum TrialStatus {
    None, //      never opened
    Opened, //    waiting for the claimant's trace
    Hearing, //   the trace is posted: everybody proves and demands
    Acquitted, // nothing was proven in time
    Convicted, // the claim, or the claimant's trace, was proven wrong, or evidence was withheld
    Void //       the claim could not be judged, or its fault is too small to convict
}

/// @notice Why a trial ended or was marked.
enum Ground {
    None,
    // convict at once, or when the clock has run out
    TraceWithheld, //     no trace within its time
    RevealWithheld, //    a demand unanswered within its time
    WrongElement, //      an element of the trace is not what its instruction yields
    NonZeroPadding, //    a number where the trace must be zero
    WideGap, //           the answer is further than 16 tolerances from the canonical one
    DuplicateIndex, //    an index was answered twice where ranks must differ
    // mark: the trial ends void, unless something convicts before
    NarrowGap, //         the answer is further than one tolerance from the canonical one
    NotComparable, //     the canonical number is not finite, and the answer is another one
    IndexOutOfRange, //   the plan reads past its data: the input made it
    // void at once
    OutOfDomain, //       the input leaves the model's domain
    MalformedPlan //      the model's plan is invalid
}

/// @notice The vectors that a demand can open. Same numbers as the spaces of the plan (docs/PLAN.md), and the answer.
enum Space {
    None,
    Input,
    Weight,
    Trace,
    Output
}

/// @notice What a trial is about, whatever made the claim binding. An attestation recorded on-chain is its first kind.
struct Claim {
    /// the trial's name: for an attestation the id of its job
    bytes32 id;
    ModelId modelId;
    bytes32 inputRoot;
    bytes32 outputRoot;
    address operator;
    address requester;
    /// what the operator loses when convicted, token units
    uint256 stakeAtRisk;
    /// what the requester paid, token units
    uint256 fee;
    /// last second in which a trial may be opened, Unix seconds
    uint256 challengeEnd;
    /// parameters whose times the trial keeps
    uint32 parametersVersion;
}

/// @notice What the court wrote down when the trial was opened. Times in Unix seconds.
struct Docket {
    address opener;
    /// what opening cost, token units: paid first if the claimant is at fault
    uint128 openerCosts;
    /// last second for the trace
    uint64 traceDue;
    /// last second for demands that start a new path
    uint64 demandsEnd;
    /// first second in which the trial can be resolved, unless reveals move it
    uint64 hearingEnd;
    /// hard end: no demand is due and no hearing lasts beyond it
    uint64 trialEnd;
    /// the claimant's time to answer a demand, and everybody's to react to an answer, seconds
    uint32 revealTime;
    /// elements of the model's input and output vectors
    uint32 inputLength;
    uint32 outputLength;
}

/// @notice What the claimant posts. Each tree with its vector's length hashes to a root that is known already, but the
/// trace's, which is new. A claimant who cannot show a tree cannot post, and is convicted for withholding.
struct Trees {
    bytes32 input;
    bytes32 weights;
    uint64 weightsLength;
    bytes32 trace;
    bytes32 output;
}

/// @notice What every proof is checked against. All zero until the trace is posted. Trees are Merkle roots without length.
struct Exhibits {
    bytes32 planRoot;
    uint32 planLength;
    bytes32 inputTree;
    bytes32 weightsTree;
    uint64 weightsLength;
    bytes32 traceTree;
    uint64 traceLength;
    bytes32 outputTree;
}

/// @notice Everything about a trial that is not in its slot. Static; brought to every call as calldata and checked by hash.
/// Terms, record, docket and exhibits are in the events `JobRequested`, `JobAttested`, `TrialOpened` and `TracePosted`.
struct CaseFile {
    Terms terms;
    AttestationRecord record;
    Docket docket;
    Exhibits exhibits;
}

/// @notice One instruction of the plan, and the hashes on the way from its leaf to the plan's root, from the leaf up.
struct PlanOpening {
    uint256 index;
    bytes instruction;
    bytes32[] siblings;
}

/// @notice What a proof found.
struct Finding {
    Ground ground;
    uint256 element;
    uint32 claimed;
    uint32 canonical;
}

/// @notice What the slot of a trial says in the clear.
struct TrialState {
    TrialStatus status;
    /// why the trial will end void unless something convicts before; `None` when it is not marked
    Ground mark;
    /// demands that wait for an answer
    uint32 openDemands;
    /// first second in which the trial can be resolved, as far as demands have moved it; zero when none has
    uint64 hearingEnd;
    /// first 240 bits of the hash of the case file, left-aligned
    bytes32 commitment;
}

/// @notice A demand. One slot: 160 + 40 + 56 bits.
struct Demand {
    address demander;
    /// waiting: last second for the answer; answered: the second of the answer
    uint40 time;
    /// what is prepaid per gas, in wei; zero once answered
    uint56 feeCap;
}
