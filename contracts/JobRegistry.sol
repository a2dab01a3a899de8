// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Blockhash} from "@openzeppelin/contracts/utils/Blockhash.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {FeeSharing} from "./base/FeeSharing.sol";
import {IAttestationPolicy} from "./interfaces/IAttestationPolicy.sol";
import {IJobRegistry} from "./interfaces/IJobRegistry.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IOperatorStaking} from "./interfaces/IOperatorStaking.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {ISlasher} from "./interfaces/ISlasher.sol";
import {VectorTree} from "./judge/VectorTree.sol";
import {Callbacks} from "./libraries/Callbacks.sol";
import {JobHash} from "./libraries/JobHash.sol";
import {JobSlot, JobSlotLib} from "./libraries/JobSlot.sol";
import {ParameterBook} from "./libraries/ParameterBook.sol";
import {SortitionLadder} from "./libraries/SortitionLadder.sol";
import {Attestation, ATTESTATION_TYPEHASH, OFFER_TYPEHASH} from "./types/Attestation.sol";
import {AttestationRecord, Availability, CallbackPhase, Delivery} from "./types/Job.sol";
import {JobId, JobReason, JobStatus, Terms} from "./types/Job.sol";
import {JobOptions} from "./types/JobOptions.sol";
import {Parameters} from "./types/Parameters.sol";

/// @notice See `IJobRegistry`.
contract JobRegistry is IJobRegistry, FeeSharing, AccessManaged, EIP712, ReentrancyGuardTransient {
    using ParameterBook for ParameterBook.Book;

    uint256 private constant ELEMENT_BYTES = 4;
    /// @notice Largest vector that travels in calldata, bytes.
    uint256 public constant INLINE_MAX = 4_096;
    /// @notice Gas a policy may use.
    uint256 public constant POLICY_GAS = 500_000;
    /// @dev Gas that a settlement uses at most before its callback: two payouts, every entry of the ledger a new one.
    uint256 private constant SETTLE_RESERVE = 200_000;

    ISlasher public immutable slasher;
    /// @notice The only caller of `convictEquivocation`.
    address public immutable equivocationCourt;
    /// @notice The only caller of `openTrial` and `resolveTrial`; zero in a deployment without a court.
    address public immutable trialCourt;
    address public immutable feedRequests;

    mapping(JobId jobId => JobSlot) private _slots;

    constructor(
        address authority,
        IModelRegistry modelRegistry_,
        IOperatorStaking operatorStaking_,
        ISettlement settlement_,
        ISlasher slasher_,
        address equivocationCourt_,
        address trialCourt_,
        address feedRequests_,
        uint32 challengeWindowFloor,
        Parameters memory parameters
    )
        AccessManaged(authority)
        EIP712("Remit JobRegistry", "1")
        FeeSharing(modelRegistry_, operatorStaking_, settlement_)
    {
        slasher = slasher_;
        equivocationCourt = equivocationCourt_;
        trialCourt = trialCourt_;
        feedRequests = feedRequests_;
        _book.open(challengeWindowFloor, uint32(operatorStaking_.unbondingDelay()), parameters);
    }

    modifier onlyTrialCourt() {
        if (msg.sender != trialCourt) revert JobRegistryUnauthorized(msg.sender);
        _;
    }

    /* VIEWS */

    function jobIdOf(Terms calldata terms) external view returns (JobId) {
        return JobHash.idOf(terms);
    }

    /// @dev INVARIANT(I17): the digest binds chain and registry.
    function attestationDigest(
        JobId jobId,
        bytes32 outputRoot,
        bytes32 outputContent,
        address operator
    ) public view returns (bytes32) {
        return
            _hashTypedDataV4(keccak256(abi.encode(ATTESTATION_TYPEHASH, jobId, outputRoot, outputContent, operator)));
    }

    function stateOf(JobId jobId) external view returns (JobState memory state) {
        JobSlot slot = _slots[jobId];
        state.status = slot.status();
        state.reason = slot.reason();
        state.delivered = slot.isDelivered();
        if (state.status == JobStatus.Requested) {
            state.requestBlock = uint64(slot.requestBlock());
            state.requestedAt = uint64(slot.requestedAt());
        } else {
            state.commitment = slot.commitment();
        }
    }

    function statusOf(
        Terms calldata terms,
        AttestationRecord calldata record
    ) external view returns (JobStatus status, JobReason reason, NextAction nextAction, uint256 notBefore) {
        JobId jobId = JobHash.idOf(terms);
        JobSlot slot = _slots[jobId];
        (status, reason) = (slot.status(), slot.reason());
        if (status == JobStatus.Requested) {
            uint256 deadline = terms.options.attestDeadline();
            (nextAction, notBefore) = block.timestamp <= deadline
                ? (NextAction.Attest, slot.requestedAt())
                : (NextAction.Expire, deadline + 1);
        } else if (status == JobStatus.Attested) {
            if (!slot.commitsTo(record)) revert JobRegistryRecordMismatch(jobId);
            (nextAction, notBefore) = block.timestamp <= record.challengeEnd
                ? (NextAction.Challenge, 0)
                : (NextAction.Settle, uint256(record.challengeEnd) + 1);
        } else if (status == JobStatus.OnTrial) {
            nextAction = NextAction.ResolveTrial;
        }
    }

    function currentVersion() external view returns (uint32) {
        return _book.current.limits.version;
    }

    function parametersOf(uint32 version) external view returns (Parameters memory) {
        return _book.get(version);
    }

    function requestsPaused() external view returns (bool) {
        return _book.current.limits.requestsPaused;
    }

    function eligibilityOf(Terms calldata terms, address operator) external view returns (bool, uint256) {
        JobId jobId = JobHash.idOf(terms);
        return _eligibility(jobId, _slots[jobId], terms.options, operator);
    }

    /* REQUEST */

    function request(Terms memory terms, bytes calldata input) external returns (JobId jobId) {
        return _requestPlain(msg.sender, terms, input);
    }

    function requestFromFeed(
        address requester,
        Terms memory terms,
        bytes calldata input
    ) external returns (JobId jobId) {
        if (msg.sender != feedRequests) revert JobRegistryUnauthorized(msg.sender);
        return _requestPlain(requester, terms, input);
    }

    function requestWithOffer(
        Terms memory terms,
        bytes calldata input,
        uint64 offerExpiry,
        bytes calldata offerSignature
    ) external returns (JobId jobId) {
        if (terms.offerPenalty == 0) revert JobRegistryInvalidOffer(terms.operator, 0);
        if (block.timestamp > offerExpiry) revert JobRegistryOfferExpired(offerExpiry);
        jobId = _request(msg.sender, terms, input);
        bytes32 structHash = keccak256(abi.encode(OFFER_TYPEHASH, jobId, terms.offerPenalty, offerExpiry));
        (address signer, , ) = ECDSA.tryRecover(_hashTypedDataV4(structHash), offerSignature);
        address operator = operatorStaking.lockByKey(signer, 0, terms.offerPenalty);
        if (operator == address(0) || operator != terms.operator) revert JobRegistryNotAttester(signer);
    }

    function _requestPlain(address requester, Terms memory terms, bytes calldata input) private returns (JobId) {
        if (terms.offerPenalty != 0) revert JobRegistryInvalidOffer(terms.operator, terms.offerPenalty);
        return _request(requester, terms, input);
    }

    /// @dev Calls only contracts of this deployment, so it needs no guard against reentrancy.
    function _request(address requester, Terms memory terms, bytes calldata input) private returns (JobId jobId) {
        (bool active, uint256 inputLength, uint256 outputLength) = modelRegistry.lengthsOf(terms.modelId);
        if (!active) revert JobRegistryModelNotActive(terms.modelId);
        terms.requester = requester;
        JobOptions options = terms.options.withVersion(_book.check(terms));
        terms.options = options;
        if (terms.policy != address(0) && terms.policy.code.length == 0) revert JobRegistryInvalidPolicy(terms.policy);
        if (options.delivery() == Delivery.Inline) _checkInline(_bytesOf(outputLength));
        Availability availability = options.availability();
        bool fromFeed = availability == Availability.Feed;
        // Only what the chain itself took from a feed may say so.
        if (fromFeed != (msg.sender == feedRequests)) revert JobRegistryUnauthorized(msg.sender);
        bool inEvent = fromFeed || availability == Availability.Inline;
        uint256 expected = availability == Availability.Blob ? 32 : 0;
        if (inEvent) {
            expected = _bytesOf(inputLength);
            _checkInline(expected);
        }
        if (input.length != expected) revert JobRegistryInputLength(input.length, expected);
        if (inEvent) terms.inputRoot = VectorTree.rootOf(input);
        jobId = JobHash.idOfMemory(terms);
        // INVARIANT(I11): a slot is written from None once; every terminal status stays.
        if (_slots[jobId].status() != JobStatus.None) revert JobRegistryAlreadyRequested(jobId);
        _slots[jobId] = JobSlotLib.requested(block.timestamp, block.number, outputLength);
        emit JobRequested(jobId, requester, terms, input);
        settlement.escrow(requester, terms.fee);
    }

    /* ATTEST */

    function attest(Terms calldata terms, Output calldata output, bytes calldata evidence) external nonReentrant {
        _attest(JobHash.idOf(terms), terms, msg.sender, output, evidence);
    }

    function attestWithSignature(
        Terms calldata terms,
        address operator,
        Output calldata output,
        bytes calldata evidence,
        bytes calldata signature
    ) external nonReentrant {
        JobId jobId = JobHash.idOf(terms);
        bytes32 digest = attestationDigest(jobId, output.root, output.content, operator);
        (address signer, , ) = ECDSA.tryRecover(digest, signature);
        if (_attest(jobId, terms, signer, output, evidence) != operator) revert JobRegistryNotAttester(signer);
    }

    function _attest(
        JobId jobId,
        Terms calldata terms,
        address attester,
        Output calldata output,
        bytes calldata evidence
    ) private returns (address operator) {
        JobSlot slot = _slots[jobId];
        JobOptions options = terms.options;
        JobStatus status = slot.status();
        if (status != JobStatus.Requested) {
            if (status == JobStatus.Attested) revert JobRegistryAlreadyAttested(jobId);
            _checkStatus(jobId, status, JobStatus.Requested);
        }
        // INVARIANT(I15): attest iff now <= deadline, expire iff now > deadline.
        uint256 deadline = options.attestDeadline();
        if (block.timestamp > deadline) revert JobRegistryDeadlinePassed(jobId, deadline);
        _checkOutput(options.delivery(), _bytesOf(slot.outputLength()), output);

        operator = operatorStaking.lockByKey(attester, terms.offerPenalty, terms.stakeAtRisk);
        if (operator == address(0)) revert JobRegistryNotAttester(attester);
        if (terms.operator == address(0)) {
            (bool eligible, uint256 step) = _eligibility(jobId, slot, options, operator);
            if (!eligible) revert JobRegistryNotEligible(operator, step);
        } else if (terms.operator != operator) {
            revert JobRegistryNotChosen(operator, terms.operator);
        }
        _record(jobId, terms, operator, output, evidence);
    }

    function _record(
        JobId jobId,
        Terms calldata terms,
        address operator,
        Output calldata output,
        bytes calldata evidence
    ) private {
        JobOptions options = terms.options;
        uint256 window =
            terms.policy == address(0)
                ? options.challengeWindow()
                : _askPolicy(jobId, terms, operator, output, evidence);
        AttestationRecord memory record = AttestationRecord({
            outputRoot: output.root,
            outputContent: output.content,
            operator: operator,
            challengeEnd: uint64(block.timestamp + window)
        });
        bool due = options.callbackPhase() == CallbackPhase.OnAttested;
        _slots[jobId] = JobSlotLib.attested(record, due);
        emit JobAttested(jobId, operator, record.outputRoot, record.outputContent, record.challengeEnd);
        if (due) _callback(jobId, terms, output.root, output.content, output.vector);
    }

    /// @return window the challenge window of this answer, seconds
    function _askPolicy(
        JobId jobId,
        Terms calldata terms,
        address operator,
        Output calldata output,
        bytes calldata evidence
    ) private returns (uint256 window) {
        // A policy must not be talked into an answer by starving it.
        Callbacks.requireGas(POLICY_GAS);
        bool accepted;
        (accepted, window) = IAttestationPolicy(terms.policy).onAttest{gas: POLICY_GAS}(
            Attestation(jobId, output.root, output.content, operator),
            evidence
        );
        if (!accepted) revert JobRegistryPolicyRefused(terms.policy);
        if (window == 0) return terms.options.challengeWindow();
        _book.checkWindow(terms.options.parametersVersion(), window);
    }

    function _checkOutput(Delivery delivery, uint256 inlineBytes, Output calldata output) private pure {
        bool isInline = delivery == Delivery.Inline;
        uint256 expected = isInline ? inlineBytes : 0;
        if (output.vector.length != expected) revert JobRegistryOutputLength(output.vector.length, expected);
        if (
            (delivery == Delivery.Blob) == (output.content == 0) ||
            (isInline && VectorTree.rootOf(output.vector) != output.root)
        ) revert JobRegistryOutputMismatch(output.root, output.content);
    }

    /* SETTLE AND EXPIRE */

    function settle(
        Terms calldata terms,
        AttestationRecord calldata record,
        bytes calldata output
    ) external nonReentrant {
        Payout memory payout;
        JobId jobId = JobHash.idOf(terms);
        JobSlot slot = _slots[jobId];
        bytes4 failure = _settleFailure(slot, terms.options, record, output);
        if (failure == JobRegistryWindowNotPassed.selector) {
            revert JobRegistryWindowNotPassed(jobId, record.challengeEnd);
        }
        if (failure == JobRegistryInsufficientGas.selector) Callbacks.requireGas(terms.options.callbackGas());
        if (failure == JobRegistryOutputMismatch.selector) {
            revert JobRegistryOutputMismatch(record.outputRoot, record.outputContent);
        }
        if (failure == JobRegistryRecordMismatch.selector) revert JobRegistryRecordMismatch(jobId);
        _checkStatus(jobId, slot.status(), JobStatus.Attested);
        _settle(payout, jobId, slot, terms, record, output);
        _flush(payout);
    }

    function settleMany(
        SettleCall[] calldata calls,
        bytes[] calldata outputs
    ) external nonReentrant returns (uint256 settled) {
        if (outputs.length != 0 && outputs.length != calls.length) {
            revert JobRegistryOutputCount(outputs.length, calls.length);
        }
        Payout memory payout;
        for (uint256 i = 0; i < calls.length; ++i) {
            SettleCall calldata entry = calls[i];
            bytes calldata output = outputs.length == 0 ? _nothing() : outputs[i];
            JobId jobId = JobHash.idOf(entry.terms);
            JobSlot slot = _slots[jobId];
            bytes4 failure = _settleFailure(slot, entry.terms.options, entry.record, output);
            if (failure != 0) {
                emit SettleSkipped(jobId, failure);
                continue;
            }
            _settle(payout, jobId, slot, entry.terms, entry.record, output);
            unchecked {
                ++settled;
            }
        }
        _flush(payout);
    }

    function expire(Terms calldata terms) external nonReentrant {
        JobId jobId = JobHash.idOf(terms);
        _checkStatus(jobId, _slots[jobId].status(), JobStatus.Requested);
        uint256 deadline = terms.options.attestDeadline();
        if (block.timestamp <= deadline) revert JobRegistryDeadlineNotPassed(jobId, deadline);
        bool offered = terms.offerPenalty != 0;
        _slots[jobId] = JobSlotLib.ended(JobStatus.Expired, offered ? JobReason.OfferMissed : JobReason.DeadlinePassed);
        emit JobExpired(jobId, terms.fee, terms.offerPenalty);
        settlement.refund(terms.requester, terms.fee);
        if (offered) slasher.slashMissedOffer(jobId, terms.operator, terms.requester, terms.offerPenalty);
    }

    function _nothing() private pure returns (bytes calldata) {
        return msg.data[:0];
    }

    /// @dev What would stop `settle`, as the selector of the error it throws; zero when nothing does.
    function _settleFailure(
        JobSlot slot,
        JobOptions options,
        AttestationRecord calldata record,
        bytes calldata output
    ) private view returns (bytes4) {
        JobStatus status = slot.status();
        if (status == JobStatus.None) return JobRegistryUnknownJob.selector;
        if (status != JobStatus.Attested) return JobRegistryWrongStatus.selector;
        if (!slot.commitsTo(record)) return JobRegistryRecordMismatch.selector;
        // INVARIANT(I13): settle iff now > challengeEnd, and a trial has a status of its own.
        if (block.timestamp <= record.challengeEnd) return JobRegistryWindowNotPassed.selector;
        if (options.callbackPhase() == CallbackPhase.OnFinal) {
            if (!_isOutputOf(options, record, output)) return JobRegistryOutputMismatch.selector;
            if (gasleft() < Callbacks.gasFor(options.callbackGas()) + SETTLE_RESERVE) {
                return JobRegistryInsufficientGas.selector;
            }
        }
        return 0;
    }

    function _settle(
        Payout memory payout,
        JobId jobId,
        JobSlot slot,
        Terms calldata terms,
        AttestationRecord calldata record,
        bytes calldata output
    ) private {
        bool due = terms.options.callbackPhase() == CallbackPhase.OnFinal;
        slot = slot.moved(JobStatus.Settled, JobReason.ChallengeWindowPassed);
        _slots[jobId] = due ? slot.withDelivered(true) : slot;
        _share(payout, jobId, terms, record.operator);
        if (due) {
            _flush(payout);
            _callback(jobId, terms, record.outputRoot, record.outputContent, output);
        }
    }

    /* CALLBACKS */

    function retryCallback(
        Terms calldata terms,
        AttestationRecord calldata record,
        bytes calldata output
    ) external nonReentrant {
        JobId jobId = JobHash.idOf(terms);
        JobSlot slot = _slots[jobId];
        JobStatus status = slot.status();
        CallbackPhase phase = terms.options.callbackPhase();
        bool due =
            status == JobStatus.Settled
                ? phase != CallbackPhase.None
                : status == JobStatus.Attested && phase == CallbackPhase.OnAttested;
        if (!due || slot.isDelivered()) revert JobRegistryCallbackNotDue(jobId);
        if (!slot.commitsTo(record)) revert JobRegistryRecordMismatch(jobId);
        if (!_isOutputOf(terms.options, record, output)) {
            revert JobRegistryOutputMismatch(record.outputRoot, record.outputContent);
        }
        Callbacks.requireGas(terms.options.callbackGas());
        _slots[jobId] = slot.withDelivered(true);
        emit CallbackRetried(jobId);
        if (!Callbacks.tryCall(jobId, terms, record.outputRoot, record.outputContent, output)) {
            revert JobRegistryCallbackFailed(jobId);
        }
    }

    /// @dev The slot says delivered before the call, so nothing that happens inside can deliver twice. Gas is counted here,
    /// after everything else has been paid for: no caller can make a callback fail by bringing too little.
    /// INVARIANT(I23): whatever the target does, the money has moved and this returns.
    function _callback(
        JobId jobId,
        Terms calldata terms,
        bytes32 root,
        bytes32 content,
        bytes calldata vector
    ) private {
        Callbacks.requireGas(terms.options.callbackGas());
        if (Callbacks.tryCall(jobId, terms, root, content, vector)) return;
        _slots[jobId] = _slots[jobId].withDelivered(false);
        emit CallbackFailed(jobId);
    }

    function _isOutputOf(
        JobOptions options,
        AttestationRecord calldata record,
        bytes calldata output
    ) private pure returns (bool) {
        if (options.delivery() != Delivery.Inline) return output.length == 0;
        return output.length % ELEMENT_BYTES == 0 && VectorTree.rootOf(output) == record.outputRoot;
    }

    /* COURTS */

    function convictEquivocation(
        Terms calldata terms,
        AttestationRecord calldata record,
        address operator,
        address reporter,
        bool againstRecord
    ) external nonReentrant {
        if (msg.sender != equivocationCourt) revert JobRegistryUnauthorized(msg.sender);
        JobId jobId = JobHash.idOf(terms);
        JobSlot slot = _slots[jobId];
        JobStatus status = slot.status();
        if (status == JobStatus.None) revert JobRegistryUnknownJob(jobId);
        // While an attestation holds a lock, nobody may leave it out: the lock is what is slashed first.
        if (againstRecord || status == JobStatus.Attested || status == JobStatus.OnTrial) {
            if (status == JobStatus.Requested || !slot.commitsTo(record)) revert JobRegistryRecordMismatch(jobId);
        }
        uint256 locked = 0;
        if (status == JobStatus.Attested && record.operator == operator) {
            locked = terms.stakeAtRisk;
            _slots[jobId] = slot.moved(JobStatus.Slashed, JobReason.Equivocation);
            emit JobSlashed(jobId, operator, JobReason.Equivocation, terms.fee);
            settlement.refund(terms.requester, terms.fee);
        }
        slasher.slashEquivocation(jobId, operator, terms.requester, reporter, locked, terms.stakeAtRisk);
    }

    function openTrial(Terms calldata terms, AttestationRecord calldata record) external nonReentrant onlyTrialCourt {
        (JobId jobId, JobSlot slot) = _proven(terms, record, JobStatus.Attested);
        if (block.timestamp > record.challengeEnd) revert JobRegistryWindowPassed(jobId, record.challengeEnd);
        _slots[jobId] = slot.moved(JobStatus.OnTrial, JobReason.None);
        emit JobOnTrial(jobId);
    }

    function resolveTrial(
        Terms calldata terms,
        AttestationRecord calldata record,
        TrialOutcome outcome,
        ISlasher.Award calldata award
    ) external nonReentrant onlyTrialCourt {
        (JobId jobId, JobSlot slot) = _proven(terms, record, JobStatus.OnTrial);
        address operator = record.operator;
        if (outcome == TrialOutcome.Acquitted) {
            Payout memory payout;
            _slots[jobId] = slot.moved(JobStatus.Settled, JobReason.Acquitted);
            emit JobAcquitted(jobId, operator);
            _share(payout, jobId, terms, operator);
            _flush(payout);
            // The court calls nobody on the requester's behalf; a final callback is there for anybody to retry.
            if (terms.options.callbackPhase() == CallbackPhase.OnFinal) emit CallbackFailed(jobId);
        } else if (outcome == TrialOutcome.Convicted) {
            _slots[jobId] = slot.moved(JobStatus.Slashed, JobReason.Convicted);
            emit JobSlashed(jobId, operator, JobReason.Convicted, terms.fee);
            settlement.refund(terms.requester, terms.fee);
            slasher.slashConviction(jobId, operator, terms.requester, terms.stakeAtRisk, award);
        } else if (outcome == TrialOutcome.Void) {
            _slots[jobId] = slot.moved(JobStatus.Void, JobReason.TrialVoid);
            emit JobVoided(jobId, operator, terms.fee);
            operatorStaking.unlock(operator, terms.stakeAtRisk);
            settlement.refund(terms.requester, terms.fee);
            slasher.slashVoid(jobId, operator, terms.requester, terms.stakeAtRisk, award);
        } else {
            revert JobRegistryInvalidOutcome();
        }
    }

    /* GOVERNANCE */

    function setParameters(Parameters calldata parameters) external restricted returns (uint32 version) {
        return _book.set(parameters);
    }

    function pauseRequests() external restricted {
        _book.current.limits.requestsPaused = true;
        emit RequestsPaused(msg.sender);
    }

    function unpauseRequests() external restricted {
        _book.current.limits.requestsPaused = false;
        emit RequestsUnpaused(msg.sender);
    }

    /* INTERNAL */

    function _eligibility(
        JobId jobId,
        JobSlot slot,
        JobOptions options,
        address operator
    ) private view returns (bool eligible, uint256 step) {
        _checkStatus(jobId, slot.status(), JobStatus.Requested);
        uint256 seedBlock = slot.requestBlock() + 1;
        if (block.number <= seedBlock) revert JobRegistryLadderNotSeeded(seedBlock + 1);
        (uint256 ladderStep, uint256 ladderWidth) = _book.ladderOf(options.parametersVersion());
        step = SortitionLadder.stepAt(block.timestamp - slot.requestedAt(), ladderStep);
        (uint256 stake, uint256 total) = operatorStaking.ladderStakes(operator, slot.requestedAt());
        bytes32 seedHash = Blockhash.blockHash(seedBlock);
        eligible = SortitionLadder.isEligible(jobId, seedHash, operator, stake, total, ladderWidth, step);
    }

    function _proven(
        Terms calldata terms,
        AttestationRecord calldata record,
        JobStatus status
    ) private view returns (JobId jobId, JobSlot slot) {
        jobId = JobHash.idOf(terms);
        slot = _slots[jobId];
        _checkStatus(jobId, slot.status(), status);
        if (!slot.commitsTo(record)) revert JobRegistryRecordMismatch(jobId);
    }

    function _checkStatus(JobId jobId, JobStatus status, JobStatus expected) private pure {
        if (status == expected) return;
        if (status == JobStatus.None) revert JobRegistryUnknownJob(jobId);
        revert JobRegistryWrongStatus(jobId, status);
    }

    /// @dev Lengths have 32 bits.
    function _bytesOf(uint256 elements) private pure returns (uint256) {
        unchecked {
            return elements * ELEMENT_BYTES;
        }
    }

    function _checkInline(uint256 length) private pure {
        if (length > INLINE_MAX) revert JobRegistryInlineTooLarge(length, INLINE_MAX);
    }
}
