// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {AttestationClaims} from "./base/AttestationClaims.sol";
import {TrialDemands} from "./base/TrialDemands.sol";
import {IJobRegistry} from "./interfaces/IJobRegistry.sol";
import {IModelRegistry} from "./interfaces/IModelRegistry.sol";
import {IOperatorStaking} from "./interfaces/IOperatorStaking.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {ISlasher} from "./interfaces/ISlasher.sol";
import {ITensorJudge, Opening, Openings, Ruling} from "./interfaces/ITensorJudge.sol";
import {ITrialExaminer} from "./interfaces/ITrialExaminer.sol";
import {MerkleTree} from "./libraries/MerkleTree.sol";
import {ModelHash} from "./libraries/ModelHash.sol";
import {PlanTree} from "./libraries/PlanTree.sol";
import {TrialSlot, TrialSlotLib} from "./libraries/TrialSlot.sol";
import {AttestationRecord, JobId, Terms} from "./types/Job.sol";
import {ModelId, ModelRecord, ModelSpec} from "./types/Model.sol";
import {Parameters} from "./types/Parameters.sol";
import {
    CaseFile,
    Claim,
    Docket,
    Exhibits,
    Finding,
    Ground,
    PlanOpening,
    Space,
    Trees,
    TrialState,
    TrialStatus
} from "./types/Trial.sol";

/// @notice See `ITrialCourt`.
contract TrialCourt is TrialDemands, AttestationClaims, ReentrancyGuardTransient {
    using PlanTree for PlanOpening;

    uint256 public constant COMMITMENT_BLOCKS = 2;
    /// @dev Gas of a prover beyond what is metered, from below: its commitment, and the verdict being carried out.
    uint256 private constant PROVER_REST_GAS = 120_000;
    /// @dev Gas of an opener after it was metered: the slot, the event, the end of the call.
    uint256 private constant OPENER_REST_GAS = 25_000;

    /// @dev Answers that fit between the last second for the trace and the end of the hearing, at least.
    uint256 private constant HEARING_REVEALS = 4;
    /// @dev Answers that fit between the last new path and the end of the hearing.
    uint256 private constant CLOSING_REVEALS = 2;

    IModelRegistry public immutable modelRegistry;
    ITensorJudge public immutable tensorJudge;
    ITrialExaminer public immutable examiner;

    mapping(bytes32 commitment => uint256 blockNumber) public committedAt;

    constructor(
        IModelRegistry modelRegistry_,
        IJobRegistry jobRegistry_,
        IOperatorStaking operatorStaking_,
        ISettlement settlement_,
        ITensorJudge tensorJudge_,
        ITrialExaminer examiner_,
        Settings memory settings_
    ) TrialDemands(settlement_, settings_) AttestationClaims(jobRegistry_, operatorStaking_) {
        modelRegistry = modelRegistry_;
        tensorJudge = tensorJudge_;
        examiner = examiner_;
    }

    /* VIEWS */

    function trialOf(JobId jobId) external view returns (TrialState memory) {
        TrialSlot slot = _trials[jobId];
        Hearing memory hearing = _hearings[jobId];
        return
            TrialState({
                status: slot.status(),
                mark: slot.mark(),
                openDemands: hearing.openDemands,
                hearingEnd: hearing.hearingEnd,
                commitment: slot.commitment()
            });
    }

    function commitmentOf(
        JobId jobId,
        address prover,
        Ground ground,
        uint256 element,
        uint32 claimed,
        uint32 canonical,
        bytes32 salt
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(jobId, prover, ground, element, claimed, canonical, salt));
    }

    /* OPENING */

    function open(Terms calldata terms, AttestationRecord calldata record) external nonReentrant returns (JobId jobId) {
        uint256 gasAtStart = gasleft();
        Claim memory claim = _claimOf(terms, record);
        jobId = JobId.wrap(claim.id);
        Docket memory docket = _docketOf(claim);
        _takeBond(claim.id, msg.sender, _OPENER_BOND);
        // Once per job: the registry lets an attestation be held once.
        _hold(terms, record);
        docket.openerCosts = _costsOf(_gasUsed(gasAtStart) + OPENER_REST_GAS, claim.stakeAtRisk);
        _trials[jobId] = TrialSlotLib.create(TrialStatus.Opened, TrialSlotLib.hashOfOpened(jobId, record, docket));
        emit TrialOpened(jobId, msg.sender, claim.operator, docket);
    }

    /// @dev Times of the parameters that the claim was made under.
    function _docketOf(Claim memory claim) private view returns (Docket memory docket) {
        ModelRecord memory model = modelRegistry.recordOf(claim.modelId);
        if (!model.triable) revert TrialCourtNotTriable(claim.modelId);
        Parameters memory parameters = jobRegistry.parametersOf(claim.parametersVersion);
        uint256 traceDue = block.timestamp + parameters.traceTime;
        // Whatever the parameters say, who sees a trace in its last second has time for a demand, its answer and a reaction.
        uint256 hearingEnd = Math.max(
            block.timestamp + parameters.hearingTime,
            traceDue + HEARING_REVEALS * uint256(parameters.revealTime)
        );
        hearingEnd = Math.max(hearingEnd, claim.challengeEnd);
        docket.opener = msg.sender;
        docket.traceDue = uint64(traceDue);
        docket.demandsEnd = uint64(hearingEnd - CLOSING_REVEALS * uint256(parameters.revealTime));
        docket.hearingEnd = uint64(hearingEnd);
        docket.trialEnd = uint64(Math.max(block.timestamp + parameters.trialTimeMax, hearingEnd));
        docket.revealTime = parameters.revealTime;
        (docket.inputLength, docket.outputLength) = (model.inputLength, model.outputLength);
    }

    function postTrace(CaseFile calldata file, ModelSpec calldata spec, Trees calldata trees) external nonReentrant {
        (Claim memory claim, JobId jobId, TrialSlot slot) = _case(file);
        _requireStatus(jobId, slot, TrialStatus.Opened);
        if (block.timestamp > file.docket.traceDue) revert TrialCourtTraceOverdue(jobId, file.docket.traceDue);
        if (!_speaksFor(msg.sender, claim.operator)) revert TrialCourtNotClaimant(msg.sender, claim.operator);
        ModelId specId = ModelHash.idOf(spec);
        if (!(specId == claim.modelId)) revert TrialCourtModelMismatch(claim.modelId, ModelId.unwrap(specId));
        // Whoever attested has seen an input and made an output of the model's lengths, and can show their trees.
        _requireRoot(Space.Input, claim.inputRoot, file.docket.inputLength, trees.input);
        _requireRoot(Space.Weight, spec.weightsRoot, trees.weightsLength, trees.weights);
        _requireRoot(Space.Output, claim.outputRoot, file.docket.outputLength, trees.output);
        Exhibits memory exhibits = Exhibits({
            planRoot: spec.planRoot,
            planLength: spec.planLength,
            inputTree: trees.input,
            weightsTree: trees.weights,
            weightsLength: trees.weightsLength,
            traceTree: trees.trace,
            traceLength: spec.traceLength,
            outputTree: trees.output
        });
        _trials[jobId] = TrialSlotLib.create(TrialStatus.Hearing, TrialSlotLib.hashOfPosted(jobId, file, exhibits));
        emit TracePosted(jobId, claim.operator, exhibits);
    }

    function _requireRoot(Space space, bytes32 known, uint64 length, bytes32 tree) private pure {
        bytes32 root = MerkleTree.vectorRootOf(length, tree);
        if (root != known) revert TrialCourtTreeMismatch(space, root);
    }

    /* PROOFS */

    function commit(bytes32 commitment) external {
        if (committedAt[commitment] != 0) revert TrialCourtAlreadyCommitted(commitment);
        committedAt[commitment] = block.number;
        emit ProofCommitted(commitment, msg.sender);
    }

    function proveElement(
        CaseFile calldata file,
        PlanOpening calldata plan,
        uint256 element,
        Openings calldata openings,
        bytes32 salt
    ) external nonReentrant {
        uint256 gasAtStart = gasleft();
        (Claim memory claim, JobId jobId, TrialSlot slot) = _hearing(file);
        plan.requireIn(file.exhibits);
        Ruling memory ruling = tensorJudge.judge(
            plan.instruction,
            PlanTree.vectorsOf(file.docket, file.exhibits),
            element,
            openings
        );
        Ground ground = Ground.WrongElement;
        if (!ruling.wrong) {
            if (!ruling.outOfRange) revert TrialCourtNotProven(element, ruling.claimed, ruling.canonical);
            ground = Ground.IndexOutOfRange;
        }
        Finding memory finding = Finding(ground, element, ruling.claimed, ruling.canonical);
        _conclude(file, claim, jobId, slot, finding, salt, gasAtStart);
    }

    function provePadding(
        CaseFile calldata file,
        PlanOpening calldata,
        uint256,
        Opening calldata,
        bytes32 salt
    ) external nonReentrant {
        _examined(file, salt);
    }

    function proveGap(
        CaseFile calldata file,
        ModelSpec calldata,
        uint256,
        Opening calldata,
        Opening calldata,
        bytes32 salt
    ) external nonReentrant {
        _examined(file, salt);
    }

    function proveIndexGap(
        CaseFile calldata file,
        ModelSpec calldata,
        PlanOpening calldata,
        uint256,
        Opening calldata,
        Openings calldata,
        bytes32 salt
    ) external nonReentrant {
        _examined(file, salt);
    }

    function proveDuplicate(
        CaseFile calldata file,
        ModelSpec calldata,
        PlanOpening calldata,
        uint256,
        uint256,
        Opening calldata,
        bytes32 salt
    ) external nonReentrant {
        _examined(file, salt);
    }

    function proveMalformed(
        CaseFile calldata file,
        PlanOpening calldata,
        PlanOpening calldata,
        bytes32 salt
    ) external nonReentrant {
        _examined(file, salt);
    }

    function proveOutOfDomain(
        CaseFile calldata file,
        ModelSpec calldata,
        bytes32,
        uint256,
        Opening calldata,
        bytes32 salt
    ) external nonReentrant {
        uint256 gasAtStart = gasleft();
        (Claim memory claim, JobId jobId, TrialSlot slot) = _case(file);
        // An honest operator must be able to show a hostile input before anybody can hold its consequences against it.
        if (slot.status() != TrialStatus.Opened) _requireStatus(jobId, slot, TrialStatus.Hearing);
        _conclude(file, claim, jobId, slot, _examine(), salt, gasAtStart);
    }

    /// @dev A proof that the examiner looks at.
    function _examined(CaseFile calldata file, bytes32 salt) private {
        uint256 gasAtStart = gasleft();
        (Claim memory claim, JobId jobId, TrialSlot slot) = _hearing(file);
        _conclude(file, claim, jobId, slot, _examine(), salt, gasAtStart);
    }

    /// @dev Passes this very call on: the examiner's functions have the selectors and parameters of the court's.
    function _examine() private view returns (Finding memory finding) {
        (bool success, bytes memory answer) = address(examiner).staticcall(msg.data);
        if (!success) {
            assembly ("memory-safe") {
                revert(add(answer, 0x20), mload(answer))
            }
        }
        return abi.decode(answer, (Finding));
    }

    /// @dev What a proof leads to. INVARIANT(I9): only a commitment of the caller's own makes it the paid prover.
    function _conclude(
        CaseFile calldata file,
        Claim memory claim,
        JobId jobId,
        TrialSlot slot,
        Finding memory finding,
        bytes32 salt,
        uint256 gasAtStart
    ) private {
        if (_isMark(finding.ground)) {
            _mark(jobId, slot, finding);
            return;
        }
        address prover = _proverOf(jobId, finding, salt);
        uint128 proverCosts =
            prover == address(0) ? 0 : _costsOf(_gasUsed(gasAtStart) + PROVER_REST_GAS, claim.stakeAtRisk);
        if (finding.ground == Ground.OutOfDomain || finding.ground == Ground.MalformedPlan) {
            _void(file, claim, jobId, slot, finding, prover, proverCosts);
        } else {
            _convict(file, claim, jobId, slot, finding, prover, proverCosts);
        }
    }

    function _isMark(Ground ground) private pure returns (bool) {
        return ground == Ground.NarrowGap || ground == Ground.NotComparable || ground == Ground.IndexOutOfRange;
    }

    /// @dev A mark of the operator's replaces one of the requester's, and no other.
    function _mark(JobId jobId, TrialSlot slot, Finding memory finding) private {
        Ground mark = slot.mark();
        if (mark != Ground.None && (mark != Ground.IndexOutOfRange || finding.ground == Ground.IndexOutOfRange)) {
            revert TrialCourtAlreadyMarked(jobId, mark);
        }
        _trials[jobId] = slot.marked(finding.ground);
        emit TrialMarked(jobId, finding.ground, finding.element, finding.claimed, finding.canonical);
    }

    /// @dev The caller, if it had committed to this finding long enough ago; nobody otherwise.
    function _proverOf(JobId jobId, Finding memory finding, bytes32 salt) private view returns (address) {
        bytes32 commitment = commitmentOf(
            jobId,
            msg.sender,
            finding.ground,
            finding.element,
            finding.claimed,
            finding.canonical,
            salt
        );
        uint256 since = committedAt[commitment];
        return since == 0 || block.number < since + COMMITMENT_BLOCKS ? address(0) : msg.sender;
    }

    /* DEMANDS */

    function demand(
        CaseFile calldata file,
        Space space,
        uint256 height,
        uint256 index,
        bytes32 node,
        bytes32[] calldata siblings
    ) external payable nonReentrant returns (bytes32 demandId) {
        (, JobId jobId, ) = _hearing(file);
        return _demand(jobId, file, space, height, index, node, siblings);
    }

    function reveal(
        JobId jobId,
        Space space,
        uint256 height,
        uint256 index,
        bytes calldata content
    ) external nonReentrant returns (uint256 paid) {
        uint256 gasAtStart = gasleft();
        _requireStatus(jobId, _trials[jobId], TrialStatus.Hearing);
        return _reveal(jobId, space, height, index, content, gasAtStart);
    }

    function postpone(JobId jobId, bytes32 demandId) external nonReentrant {
        _requireStatus(jobId, _trials[jobId], TrialStatus.Hearing);
        _postpone(jobId, demandId);
    }

    function reclaim(JobId jobId, address demander) external nonReentrant {
        TrialStatus status = _trials[jobId].status();
        if (status != TrialStatus.Convicted && status != TrialStatus.Void) revert TrialCourtWrongStatus(jobId, status);
        _reclaim(jobId, demander);
    }

    function withdrawCredit(address payable to) external nonReentrant returns (uint256 amount) {
        return _withdrawCredit(to);
    }

    /* VERDICTS */

    function resolve(CaseFile calldata file, bytes32 overdue) external nonReentrant returns (TrialStatus) {
        (Claim memory claim, JobId jobId, TrialSlot slot) = _case(file);
        Finding memory finding;
        if (slot.status() == TrialStatus.Opened) {
            uint256 due = file.docket.traceDue;
            if (block.timestamp <= due) revert TrialCourtHearingNotOver(jobId, due + 1);
            finding.ground = Ground.TraceWithheld;
            return _convict(file, claim, jobId, slot, finding, address(0), 0);
        }
        _requireStatus(jobId, slot, TrialStatus.Hearing);
        if (overdue != 0) {
            finding.ground = Ground.RevealWithheld;
            return _convict(file, claim, jobId, slot, finding, _overdueDemander(jobId, overdue), 0);
        }
        Hearing memory hearing = _hearings[jobId];
        if (hearing.openDemands != 0) revert TrialCourtDemandsOpen(jobId, hearing.openDemands);
        uint256 end = Math.max(hearing.hearingEnd, file.docket.hearingEnd);
        if (block.timestamp < end) revert TrialCourtHearingNotOver(jobId, end);
        finding.ground = slot.mark();
        if (finding.ground != Ground.None) return _void(file, claim, jobId, slot, finding, address(0), 0);
        return _acquit(file, claim, jobId, slot);
    }

    /// @dev INVARIANT(I14): after any verdict every bond and every prepaid price has an owner who can take it.
    function _acquit(
        CaseFile calldata file,
        Claim memory claim,
        JobId jobId,
        TrialSlot slot
    ) private returns (TrialStatus) {
        _trials[jobId] = slot.moved(TrialStatus.Acquitted);
        uint256 bonds = settlement.bondOf(claim.id);
        emit TrialAcquitted(jobId, claim.operator, bonds);
        _rule(file, IJobRegistry.TrialOutcome.Acquitted, ISlasher.Award(address(0), 0, address(0), 0));
        // INVARIANT(I10): who opened for nothing pays whom it kept.
        _returnBond(claim.id, claim.operator, bonds);
        return TrialStatus.Acquitted;
    }

    function _convict(
        CaseFile calldata file,
        Claim memory claim,
        JobId jobId,
        TrialSlot slot,
        Finding memory finding,
        address prover,
        uint128 proverCosts
    ) private returns (TrialStatus) {
        _trials[jobId] = slot.moved(TrialStatus.Convicted);
        ISlasher.Award memory award = ISlasher.Award(file.docket.opener, file.docket.openerCosts, prover, proverCosts);
        emit TrialConvicted(
            jobId,
            claim.operator,
            prover,
            finding.ground,
            finding.element,
            finding.claimed,
            finding.canonical,
            award.openerCosts,
            proverCosts
        );
        _rule(file, IJobRegistry.TrialOutcome.Convicted, award);
        _returnBond(claim.id, award.opener, _OPENER_BOND);
        return TrialStatus.Convicted;
    }

    function _void(
        CaseFile calldata file,
        Claim memory claim,
        JobId jobId,
        TrialSlot slot,
        Finding memory finding,
        address prover,
        uint128 proverCosts
    ) private returns (TrialStatus) {
        _trials[jobId] = slot.moved(TrialStatus.Void);
        Ground ground = finding.ground;
        emit TrialVoided(jobId, ground, finding.element);
        ISlasher.Award memory award;
        (address opener, uint128 openerCosts) = (file.docket.opener, file.docket.openerCosts);
        bool byOperator = ground == Ground.NarrowGap || ground == Ground.NotComparable;
        // A part without a taker is burned: that is the penalty.
        if (byOperator) award = ISlasher.Award(opener, openerCosts, address(0), _VOID_PENALTY);
        _rule(file, IJobRegistry.TrialOutcome.Void, award);
        if (ground == Ground.MalformedPlan) {
            modelRegistry.condemn(claim.modelId);
            _chargePublisher(ModelId.unwrap(claim.modelId), opener, openerCosts, prover, proverCosts);
        } else if (!byOperator) {
            _chargeRequester(claim, opener, openerCosts, prover, proverCosts);
        }
        _returnBond(claim.id, opener, _OPENER_BOND);
        return TrialStatus.Void;
    }

    /* INTERNAL */

    /// @dev The claim and the slot of a case file that is the trial's own.
    function _case(CaseFile calldata file) private view returns (Claim memory claim, JobId jobId, TrialSlot slot) {
        claim = _claimOf(file.terms, file.record);
        jobId = JobId.wrap(claim.id);
        slot = _trials[jobId];
        if (slot.status() == TrialStatus.None) revert TrialCourtWrongStatus(jobId, TrialStatus.None);
        if (!slot.commitsTo(TrialSlotLib.hashOf(jobId, file))) revert TrialCourtCaseFileMismatch(jobId);
    }

    function _hearing(CaseFile calldata file) private view returns (Claim memory claim, JobId jobId, TrialSlot slot) {
        (claim, jobId, slot) = _case(file);
        _requireStatus(jobId, slot, TrialStatus.Hearing);
    }

    function _requireStatus(JobId jobId, TrialSlot slot, TrialStatus expected) private pure {
        TrialStatus status = slot.status();
        if (status != expected) revert TrialCourtWrongStatus(jobId, status);
    }
}
