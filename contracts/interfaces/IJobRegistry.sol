// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AttestationRecord, JobId, JobReason, JobStatus, Terms} from "../types/Job.sol";
import {ModelId} from "../types/Model.sol";
import {Parameters} from "../types/Parameters.sol";
import {ISlasher} from "./ISlasher.sol";

/// @title The job state machine
/// @notice A requester pays into escrow and names its terms; an operator attests an output and locks stake; after the
/// challenge window anybody settles. A job costs one storage slot: its status and a commitment to what the next step must
/// prove. Every later call brings the structs as calldata and is checked against it.
/// @dev States: None → Requested → Attested → Settled; Requested → Expired; Attested → Slashed (equivocation);
/// Attested → OnTrial → Settled | Slashed | Void. Terminal states absorb.
/// Edges in time: attest iff now ≤ deadline, expire iff now > deadline; open iff now ≤ challengeEnd, settle iff
/// now > challengeEnd. The trial court's address is fixed at deployment; zero means that nobody can open trials here.
interface IJobRegistry {
    /// @notice What a job waits for.
    enum NextAction {
        None,
        Attest,
        Expire,
        Challenge,
        Settle,
        ResolveTrial
    }

    /// @notice The court's ruling.
    enum TrialOutcome {
        None,
        Acquitted,
        Convicted,
        Void
    }

    /// @notice What a job's slot says in the clear.
    struct JobState {
        JobStatus status;
        JobReason reason;
        /// whether a callback has succeeded
        bool delivered;
        /// block and second of the request; zero once attested
        uint64 requestBlock;
        uint64 requestedAt;
        /// first 232 bits of the hash of the attestation record, left-aligned; zero unless attested
        bytes32 commitment;
    }

    /// @notice An output on its way to the chain.
    struct Output {
        bytes32 root;
        /// sha2-256 of the published vector; zero unless the delivery is `Blob`
        bytes32 content;
        /// the vector; empty unless the delivery is `Inline`
        bytes vector;
    }

    /// @notice One entry of `settleMany`. Static, so that a long batch stays cheap.
    struct SettleCall {
        Terms terms;
        AttestationRecord record;
    }

    /// @notice A job was paid for. `input` is the vector (inline) or the 32-byte digest of the published one (blob).
    event JobRequested(JobId indexed jobId, address indexed requester, Terms terms, bytes input);
    event JobAttested(
        JobId indexed jobId,
        address indexed operator,
        bytes32 outputRoot,
        bytes32 outputContent,
        uint64 challengeEnd
    );
    /// @notice The fee was shared: the three amounts add up to it. The lock went back to the operator's free stake.
    event JobSettled(
        JobId indexed jobId,
        address indexed operator,
        uint256 operatorAmount,
        uint256 publisherAmount,
        uint256 treasuryAmount
    );
    /// @notice The fee went back to the requester, and with it the penalty of a missed offer.
    event JobExpired(JobId indexed jobId, uint256 refund, uint256 penalty);
    event JobOnTrial(JobId indexed jobId);
    /// @notice The court found nothing wrong; `JobSettled` follows.
    event JobAcquitted(JobId indexed jobId, address indexed operator);
    /// @notice The fee went back; `ISlasher.OperatorSlashed` says what became of the lock.
    event JobSlashed(JobId indexed jobId, address indexed operator, JobReason reason, uint256 refund);
    /// @notice The fee went back, the lock was released; where the operator has to pay for it, `ISlasher.OperatorSlashed` follows.
    event JobVoided(JobId indexed jobId, address indexed operator, uint256 refund);
    /// @notice The callback failed, or is due after an acquittal, which calls nobody; anybody may retry it. A callback that is
    /// due and not announced here was delivered.
    event CallbackFailed(JobId indexed jobId);
    event CallbackRetried(JobId indexed jobId);
    /// @notice `settleMany` left this entry out; `reason` is the selector of the error that `settle` would have thrown.
    event SettleSkipped(JobId indexed jobId, bytes4 reason);
    event ParametersSet(uint32 indexed version, Parameters parameters);
    event RequestsPaused(address account);
    event RequestsUnpaused(address account);

    error JobRegistryUnauthorized(address caller);
    error JobRegistryRequestsPaused();
    error JobRegistryModelNotActive(ModelId modelId);
    error JobRegistryAlreadyRequested(JobId jobId);
    error JobRegistryNoFee();
    error JobRegistryStakeTooLow(uint256 stakeAtRisk, uint256 min);
    error JobRegistryInvalidDeadline(uint256 attestDeadline, uint256 earliest, uint256 latest);
    error JobRegistryInvalidWindow(uint256 challengeWindow, uint256 min, uint256 max);
    error JobRegistryInvalidCallback(address target, uint256 gas, uint256 gasMax);
    error JobRegistryInvalidPolicy(address policy);
    /// @notice Thrown when the input's length in bytes is not what model and availability ask for.
    error JobRegistryInputLength(uint256 length, uint256 expected);
    /// @notice Thrown when the output vector is not as long as the model's, or not wanted at all.
    error JobRegistryOutputLength(uint256 length, uint256 expected);
    error JobRegistryInlineTooLarge(uint256 length, uint256 max);
    /// @notice Thrown when root and content id do not fit the vector or the delivery.
    error JobRegistryOutputMismatch(bytes32 root, bytes32 content);
    error JobRegistryInvalidOffer(address operator, uint256 penalty);
    error JobRegistryOfferExpired(uint256 expiry);
    error JobRegistryUnknownJob(JobId jobId);
    error JobRegistryWrongStatus(JobId jobId, JobStatus status);
    error JobRegistryAlreadyAttested(JobId jobId);
    error JobRegistryDeadlinePassed(JobId jobId, uint256 attestDeadline);
    error JobRegistryDeadlineNotPassed(JobId jobId, uint256 attestDeadline);
    error JobRegistryNotAttester(address signer);
    error JobRegistryNotChosen(address operator, address chosen);
    /// @notice Thrown before the block whose hash seeds the ladder is known; `fromBlock` is the first that works.
    error JobRegistryLadderNotSeeded(uint256 fromBlock);
    error JobRegistryNotEligible(address operator, uint256 step);
    error JobRegistryPolicyRefused(address policy);
    error JobRegistryRecordMismatch(JobId jobId);
    error JobRegistryWindowNotPassed(JobId jobId, uint256 challengeEnd);
    error JobRegistryWindowPassed(JobId jobId, uint256 challengeEnd);
    error JobRegistryCallbackNotDue(JobId jobId);
    error JobRegistryCallbackFailed(JobId jobId);
    error JobRegistryInsufficientGas(uint256 gasLeft, uint256 needed);
    error JobRegistryInvalidOutcome();
    /// @notice Thrown when outputs are given, but not one per call.
    error JobRegistryOutputCount(uint256 outputs, uint256 calls);
    error JobRegistryInvalidParameters(bytes32 field);

    /// @notice The id that these terms have here. `requester`, `inputRoot` and the options' version must be filled in.
    function jobIdOf(Terms calldata terms) external view returns (JobId);

    /// @notice What an attester signs: the EIP-712 digest of an `Attestation` under this registry's domain.
    function attestationDigest(
        JobId jobId,
        bytes32 outputRoot,
        bytes32 outputContent,
        address operator
    ) external view returns (bytes32);

    /// @notice The slot of a job, unpacked.
    function stateOf(JobId jobId) external view returns (JobState memory);

    /// @notice Where a job stands, why, what it waits for, and since when (or from when on) that can be done, Unix seconds.
    /// @param record may be zero unless the job is attested; then it must be the recorded one
    function statusOf(
        Terms calldata terms,
        AttestationRecord calldata record
    ) external view returns (JobStatus status, JobReason reason, NextAction nextAction, uint256 notBefore);

    /// @notice The version of the parameters that new jobs get.
    function currentVersion() external view returns (uint32);

    /// @notice The parameters of a version; all zero when there never was one.
    function parametersOf(uint32 version) external view returns (Parameters memory);

    function requestsPaused() external view returns (bool);

    /// @notice The only caller of `requestFromFeed` (see `IFeedRequests`); zero in a deployment without feeds.
    function feedRequests() external view returns (address);

    /// @notice Whether `operator` may attest an open job now, and at which step of the ladder the clock is.
    function eligibilityOf(Terms calldata terms, address operator) external view returns (bool eligible, uint256 step);

    /// @notice Pays for a job out of the caller's balance in `Settlement`.
    /// @param terms the registry fills in `requester`, the options' version and, for inline inputs, `inputRoot`;
    /// `offerPenalty` must be zero. A named `operator` without an offer is asked, not bound.
    /// @param input the vector (inline), the 32-byte sha2-256 digest of the published vector (blob), or nothing
    function request(Terms memory terms, bytes calldata input) external returns (JobId jobId);

    /// @notice Like `request`, for `requester` and with `Availability.Feed`. Only `IFeedRequests`, which has taken the input from a
    /// feed: so a job that says so was computed from one by the chain itself.
    function requestFromFeed(
        address requester,
        Terms memory terms,
        bytes calldata input
    ) external returns (JobId jobId);

    /// @notice Like `request`, for an operator that has seen the terms and signed an `Offer`: its penalty is locked now, and
    /// goes to the requester if it misses the deadline.
    /// @param offerSignature EIP-712 signature over `Offer(jobId, terms.offerPenalty, offerExpiry)` by one of the operator's
    /// attester keys
    function requestWithOffer(
        Terms memory terms,
        bytes calldata input,
        uint64 offerExpiry,
        bytes calldata offerSignature
    ) external returns (JobId jobId);

    /// @notice Records an output. The caller is an attester key; its operator's stake is locked.
    /// @param evidence for the job's policy; empty without one
    function attest(Terms calldata terms, Output calldata output, bytes calldata evidence) external;

    /// @notice Like `attest`, brought by anybody with the attester's EIP-712 signature over `Attestation`.
    function attestWithSignature(
        Terms calldata terms,
        address operator,
        Output calldata output,
        bytes calldata evidence,
        bytes calldata signature
    ) external;

    /// @notice Ends a job whose challenge window has passed: shares the fee, releases the lock, calls `onFinal`.
    /// @param output the output vector where an inline `onFinal` callback is due; else empty
    function settle(Terms calldata terms, AttestationRecord calldata record, bytes calldata output) external;

    /// @notice Settles what can be settled and says what was left out.
    /// @param outputs empty, or one per call: the output vector where an inline `onFinal` callback is due, else empty
    /// @return settled how many entries were settled
    function settleMany(SettleCall[] calldata calls, bytes[] calldata outputs) external returns (uint256 settled);

    /// @notice Ends a job that nobody answered in time: the fee goes back, and with it a missed offer's penalty.
    function expire(Terms calldata terms) external;

    /// @notice Calls a callback again that failed. Reverts if it fails again.
    function retryCallback(Terms calldata terms, AttestationRecord calldata record, bytes calldata output) external;

    /// @notice Ends a job whose operator signed two outputs, if its lock is still held, and has it slashed. Only the
    /// equivocation court, which has checked the signatures.
    /// @param againstRecord whether the recorded attestation is one of the two outputs
    function convictEquivocation(
        Terms calldata terms,
        AttestationRecord calldata record,
        address operator,
        address reporter,
        bool againstRecord
    ) external;

    /// @notice Puts an attested job before the court. Only the court, until the challenge window ends.
    function openTrial(Terms calldata terms, AttestationRecord calldata record) external;

    /// @notice Ends a trial. Only the court.
    /// @param award who brought a conviction about; ignored otherwise
    function resolveTrial(
        Terms calldata terms,
        AttestationRecord calldata record,
        TrialOutcome outcome,
        ISlasher.Award calldata award
    ) external;

    /// @notice Sets the parameters of future jobs, within fixed bounds. Governance only.
    function setParameters(Parameters calldata parameters) external returns (uint32 version);

    /// @notice Stops new requests; nothing else ever stops. Guardian only.
    function pauseRequests() external;

    function unpauseRequests() external;
}
