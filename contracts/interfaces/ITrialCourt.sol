// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AttestationRecord, JobId, Terms} from "../types/Job.sol";
import {ModelId, ModelSpec} from "../types/Model.sol";
import {
    CaseFile,
    Demand,
    Docket,
    Exhibits,
    Ground,
    PlanOpening,
    Space,
    Trees,
    TrialState,
    TrialStatus
} from "../types/Trial.sol";
import {Opening, Openings} from "./ITensorJudge.sol";

/// @title The public hearing about one claim
/// @notice Anybody opens a trial of an attestation while its challenge window lasts. The claimant posts the root of the
/// canonical trace; then anybody proves a fault, or demands to see a part of what was committed to. One fault convicts at
/// once. What cannot be shown in time convicts as well. When the time is over and nothing was proven, the claim stands.
/// @dev A trial costs one slot: its status and the hash of its case file, which every call brings as calldata.
///
/// Edges in time, in seconds of chain time:
///   open        iff now ≤ challengeEnd (and the job is attested)
///   postTrace   iff now ≤ traceDue; convicted for withholding iff now > traceDue
///   demand      a new path iff now ≤ demandsEnd; a node that an answer has just shown iff now ≤ answer + revealTime;
///               always iff now + revealTime ≤ trialEnd, so that the answer's time ends with the trial at the latest
///   reveal      iff now ≤ due; convicted for withholding iff now > due
///   postpone    iff now ≤ due, and the base fee is above the demand's cap
///   resolve     iff now ≥ hearingEnd and no demand waits; a reveal with less than revealTime left moves hearingEnd to
///               revealTime after it, never beyond trialEnd
///   proofs      from the trace on (out of domain: from the opening on) until the trial has ended
/// with traceDue = openedAt + traceTime,
/// hearingEnd = max(openedAt + hearingTime, traceDue + 4 · revealTime, challengeEnd), demandsEnd = hearingEnd − 2 · revealTime,
/// trialEnd = max(openedAt + trialTimeMax, hearingEnd).
///
/// Money. The opener bonds `openerBond`, a demander `demandBond` once per trial, out of their balances in `Settlement`.
///   convicted   opener's bond back, demanders reclaim theirs; the lock is slashed: opener's costs, prover's costs, shares, burn
///   acquitted   all bonds go to the operator; the fee is shared as if settled
///   void        opener's bond back, demanders reclaim theirs; the fee goes back, and who is at fault pays: the operator the
///               opener's costs and `voidPenalty`, which is burned (narrow gap, not comparable); the requester opener's and
///               prover's costs out of its fee (out of domain, index out of range); the publisher the same out of its bond,
///               the rest of which is burned (malformed plan)
/// A prover is paid only if it had committed to its proof at least `COMMITMENT_BLOCKS` blocks before; otherwise its share is burned.
/// For an unanswered demand the demander takes the prover's place, for an unposted trace nobody does.
/// Prices of answers are prepaid in native currency and credited here; credits are withdrawn by their owners.
interface ITrialCourt {
    /// @notice Amounts and rates, fixed at deployment.
    struct Settings {
        /// token units
        uint128 openerBond;
        /// token units; once per trial and demander
        uint128 demandBond;
        /// token units, burned, when a trial ends void by the operator's fault
        uint128 voidPenalty;
        /// token units per 10^18 wei: what metered costs are paid in
        uint128 tokensPerEther;
        /// base fee up to which costs are metered, wei
        uint64 costFeeCap;
        /// smallest fee cap of a demand, wei
        uint56 revealFeeFloor;
    }

    /// @notice A trial was opened; with terms and record, `docket` is its case file.
    event TrialOpened(JobId indexed jobId, address indexed opener, address indexed operator, Docket docket);
    /// @notice The hearing begins. `exhibits` is part of the case file from now on.
    event TracePosted(JobId indexed jobId, address indexed operator, Exhibits exhibits);
    /// @notice Somebody says that it has a proof, without saying which.
    event ProofCommitted(bytes32 indexed commitment, address indexed prover);
    /// @notice The claimant has to open a node until `due`. `height` 0 is a chunk; `bonded` says whether a bond was taken.
    event Demanded(
        JobId indexed jobId,
        bytes32 indexed demandId,
        address indexed demander,
        Space space,
        uint256 height,
        uint256 index,
        bytes32 node,
        uint40 due,
        uint56 feeCap,
        bool bonded
    );
    /// @notice A demand was answered. `content` is the chunk (256 bytes, height 0) or the nodes `min(height, 5)` levels below,
    /// from left to right. `paid` was credited to the revealer, `returned` to the demander, wei. `hearingEnd` as it is now.
    event Revealed(
        JobId indexed jobId,
        bytes32 indexed demandId,
        address indexed revealer,
        bytes content,
        uint256 paid,
        uint256 returned,
        uint64 hearingEnd
    );
    /// @notice The base fee is above the demand's cap: the answer is due later.
    event DemandPostponed(JobId indexed jobId, bytes32 indexed demandId, uint40 due);
    /// @notice The trial will end void unless something convicts before.
    event TrialMarked(JobId indexed jobId, Ground ground, uint256 element, uint32 claimed, uint32 canonical);
    /// @notice The claimant lost. `prover` is zero when nobody is paid as such. Costs in token units, before the slasher's cap.
    event TrialConvicted(
        JobId indexed jobId,
        address indexed operator,
        address indexed prover,
        Ground ground,
        uint256 element,
        uint32 claimed,
        uint32 canonical,
        uint256 openerCosts,
        uint256 proverCosts
    );
    /// @notice No verdict about the claim. `element` is the index of the instruction for `MalformedPlan`.
    event TrialVoided(JobId indexed jobId, Ground ground, uint256 element);
    /// @notice The claim stands. `bonds` went to the operator.
    event TrialAcquitted(JobId indexed jobId, address indexed operator, uint256 bonds);
    /// @notice A demander's bond came back, and what it had prepaid for an answer that nobody gave was credited, wei.
    event DemanderReleased(JobId indexed jobId, address indexed demander, uint256 bond, uint256 returned);
    event CreditWithdrawn(address indexed account, address indexed to, uint256 amount);

    error TrialCourtInvalidSettings(bytes32 field);
    error TrialCourtNotTriable(ModelId modelId);
    /// @notice Thrown when the trial is not where the call needs it.
    error TrialCourtWrongStatus(JobId jobId, TrialStatus status);
    /// @notice Thrown when the case file is not the one that the trial's slot commits to.
    error TrialCourtCaseFileMismatch(JobId jobId);
    error TrialCourtModelMismatch(ModelId modelId, bytes32 specHash);
    error TrialCourtNotClaimant(address caller, address operator);
    error TrialCourtTraceOverdue(JobId jobId, uint256 traceDue);
    /// @notice Thrown when a tree and the vector's length do not hash to the root that is known.
    error TrialCourtTreeMismatch(Space space, bytes32 root);
    error TrialCourtAlreadyCommitted(bytes32 commitment);
    /// @notice Thrown when an instruction is not the plan's at that index.
    error TrialCourtNotInPlan(uint256 index);
    /// @notice Thrown when a proof proves nothing: the number is right, or within its tolerance.
    error TrialCourtNotProven(uint256 element, uint32 claimed, uint32 canonical);
    /// @notice Thrown when an element is not where such a proof applies.
    error TrialCourtElementOutOfRange(uint256 element);
    error TrialCourtAlreadyMarked(JobId jobId, Ground mark);
    /// @notice Thrown for an output of another kind than the proof is for, or an instruction that ranks nothing.
    error TrialCourtWrongKind(uint256 element);
    error TrialCourtInvalidNode(Space space, uint256 height, uint256 index);
    error TrialCourtDemandsClosed(JobId jobId, uint256 latest);
    error TrialCourtAlreadyDemanded(bytes32 demandId);
    error TrialCourtDemandOutstanding(bytes32 demandId);
    /// @notice Thrown unless the price is a multiple of `REVEAL_GAS` and the cap, that multiple, at least `feeCapMin` and below 2^56.
    error TrialCourtInvalidPrice(uint256 paid, uint256 feeCapMin);
    error TrialCourtNotDemanded(bytes32 demandId);
    error TrialCourtDemandOverdue(bytes32 demandId, uint256 due);
    error TrialCourtDemandNotOverdue(bytes32 demandId, uint256 due);
    error TrialCourtFeeWithinCap(uint256 baseFee, uint256 feeCap);
    error TrialCourtContentLength(uint256 length, uint256 expected);
    error TrialCourtHearingNotOver(JobId jobId, uint256 hearingEnd);
    error TrialCourtDemandsOpen(JobId jobId, uint256 count);
    error TrialCourtNothingToReclaim(JobId jobId, address demander);
    error TrialCourtNoCredit(address account);
    error TrialCourtPaymentFailed(address to);

    /* VIEWS */

    function settings() external view returns (Settings memory);

    /// @notice Blocks that must lie between a commitment and the proof it is for.
    function COMMITMENT_BLOCKS() external view returns (uint256);

    /// @notice Gas for which an answer is prepaid; more is the claimant's own.
    function REVEAL_GAS() external view returns (uint256);

    function trialOf(JobId jobId) external view returns (TrialState memory);

    function demandOf(bytes32 demandId) external view returns (Demand memory);

    /// @notice The last demand of `demander` in a trial; zero when it made none or has reclaimed its bond.
    function demandOfDemander(JobId jobId, address demander) external view returns (bytes32 demandId);

    /// @notice Native currency that `account` may withdraw, wei.
    function creditOf(address account) external view returns (uint256);

    /// @notice Block of a commitment; zero when there is none.
    function committedAt(bytes32 commitment) external view returns (uint256 blockNumber);

    /// @notice What a prover commits to: `keccak256(abi.encode(jobId, prover, ground, element, claimed, canonical, salt))`. Whoever
    /// does not know the numbers cannot have committed to them.
    function commitmentOf(
        JobId jobId,
        address prover,
        Ground ground,
        uint256 element,
        uint32 claimed,
        uint32 canonical,
        bytes32 salt
    ) external pure returns (bytes32);

    /// @notice The name of a demand: `keccak256(abi.encode(jobId, space, height, index, node))`.
    function demandIdOf(
        JobId jobId,
        Space space,
        uint256 height,
        uint256 index,
        bytes32 node
    ) external pure returns (bytes32);

    /* THE CLAIMANT */

    /// @notice Commits to the canonical trace. Only the operator or one of its attester keys, once.
    /// @param file as of `TrialOpened`: exhibits all zero
    function postTrace(CaseFile calldata file, ModelSpec calldata spec, Trees calldata trees) external;

    /// @notice Answers a demand. Anybody may bring the answer and is credited its metered price.
    /// @param content the chunk (height 0) or the nodes `min(height, 5)` levels below, from left to right
    function reveal(
        JobId jobId,
        Space space,
        uint256 height,
        uint256 index,
        bytes calldata content
    ) external returns (uint256 paid);

    /// @notice Moves a demand's time by `revealTime` from now, never beyond the trial's end, while the base fee is above
    /// its cap. Anybody may call, naming a gas limit: estimates are made without a base fee.
    function postpone(JobId jobId, bytes32 demandId) external;

    /* EVERYBODY */

    /// @notice Puts an attestation on trial. Takes the opener's bond.
    function open(Terms calldata terms, AttestationRecord calldata record) external returns (JobId jobId);

    /// @notice Announces a proof, so that its prover is paid and no copier is. See `commitmentOf`.
    function commit(bytes32 commitment) external;

    /// @notice Convicts: element `element` of the trace is not what its instruction yields. Marks when the number is right and
    /// the instruction read past its data (`IndexOutOfRange`).
    /// @param salt of the prover's commitment; anything when there is none
    function proveElement(
        CaseFile calldata file,
        PlanOpening calldata plan,
        uint256 element,
        Openings calldata openings,
        bytes32 salt
    ) external;

    /// @notice Convicts: a number of the trace between instruction `plan.index` and the next, or past the end, is not zero.
    /// @param plan the instruction before the gap; ignored, and may be empty, past the trace's end
    function provePadding(
        CaseFile calldata file,
        PlanOpening calldata plan,
        uint256 element,
        Opening calldata trace,
        bytes32 salt
    ) external;

    /// @notice Convicts (`WideGap`) or marks (`NarrowGap`, `NotComparable`): element `element` of the answer is too far from the
    /// claimant's own canonical number. For outputs of kind `Continuous` and `Integer`.
    /// @param output opens the answer, `trace` the canonical number
    function proveGap(
        CaseFile calldata file,
        ModelSpec calldata spec,
        uint256 element,
        Opening calldata output,
        Opening calldata trace,
        bytes32 salt
    ) external;

    /// @notice The same for outputs of kind `Index`: what the answered index points at is too far from what the canonical
    /// one points at.
    /// @param plan the instruction that ranks: FOLD argmax or argmin, or RANK
    /// @param operands open what both indices point at, and the canonical index itself
    function proveIndexGap(
        CaseFile calldata file,
        ModelSpec calldata spec,
        PlanOpening calldata plan,
        uint256 element,
        Opening calldata output,
        Openings calldata operands,
        bytes32 salt
    ) external;

    /// @notice Convicts: elements `element` and `other` of one ranking answer the same index.
    /// @param output opens both
    function proveDuplicate(
        CaseFile calldata file,
        ModelSpec calldata spec,
        PlanOpening calldata plan,
        uint256 element,
        uint256 other,
        Opening calldata output,
        bytes32 salt
    ) external;

    /// @notice Ends the trial void: element `element` of the input is outside its declared domain. From the opening on.
    /// @param inputTree Merkle root of the input without its length
    function proveOutOfDomain(
        CaseFile calldata file,
        ModelSpec calldata spec,
        bytes32 inputTree,
        uint256 element,
        Opening calldata input,
        bytes32 salt
    ) external;

    /// @notice Ends the trial void and the model for ever: instruction `plan.index` breaks a limit of the plan, or does not begin
    /// where its predecessor ends, or is the last and does not end with the trace.
    /// @param previous the instruction before; empty when `plan` breaks a limit itself, or is the first
    function proveMalformed(
        CaseFile calldata file,
        PlanOpening calldata previous,
        PlanOpening calldata plan,
        bytes32 salt
    ) external;

    /// @notice Demands that a node be opened. Prepays `REVEAL_GAS · feeCap` with `msg.value`, which sets the cap:
    /// at least `revealFeeFloor` and twice the base fee.
    /// @param height of the node above the chunks: the tree's own, less a multiple of 5, or 0
    /// @param index of the node among those of its height, from the left
    /// @param node its hash
    /// @param siblings hashes on the way from the node to the tree's root, from the node up
    /// @dev Equal demands share one answer: one that was answered, or waits, cannot be made again. But whoever offers at least twice
    /// the cap of one that waits takes it over, time and all, as long as there is time: a low cap must not be a way to have
    /// answers postponed. Who was outbid is credited what it had prepaid; a demander may raise its own so.
    function demand(
        CaseFile calldata file,
        Space space,
        uint256 height,
        uint256 index,
        bytes32 node,
        bytes32[] calldata siblings
    ) external payable returns (bytes32 demandId);

    /// @notice Ends a trial: convicted when the trace or the answer to `overdue` was not given in time, else void or acquitted
    /// once the hearing is over.
    /// @param overdue a demand whose time has run out; zero when there is none
    function resolve(CaseFile calldata file, bytes32 overdue) external returns (TrialStatus verdict);

    /// @notice Returns a demander's bond, and what it prepaid for an answer that nobody gave, when the trial has ended convicted
    /// or void. Anybody may call.
    function reclaim(JobId jobId, address demander) external;

    /// @notice Pays the caller's credit to `to`.
    function withdrawCredit(address payable to) external returns (uint256 amount);
}
