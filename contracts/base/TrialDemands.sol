// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {MerkleTree} from "../libraries/MerkleTree.sol";
import {TrialSlot} from "../libraries/TrialSlot.sol";
import {JobId} from "../types/Job.sol";
import {CaseFile, Demand, Docket, Space} from "../types/Trial.sol";
import {TrialMoney} from "./TrialMoney.sol";

/// @notice What the claimant committed to and does not show, it can be made to show: node by node, at the demander's expense.
abstract contract TrialDemands is TrialMoney {
    uint256 public constant REVEAL_GAS = 130_000;
    /// @dev What a byte of an answer costs beyond the zero that metering counts it as: calldata, and the event.
    uint256 private constant CONTENT_GAS = 21;
    /// @dev Levels that one answer opens: 32 nodes.
    uint256 private constant LEVELS = 5;
    /// @dev A demand's cap over the base fee, and over the cap of a demand that it takes over, at least.
    uint256 private constant FEE_MARGIN = 2;
    uint256 private constant OUTBID = 2;
    /// @dev Gas of an answer after it was metered, but for its credit and its bytes.
    uint256 private constant REVEAL_REST_GAS = 4_500;

    /// @dev What demands change about a hearing: one slot, written by the first.
    struct Hearing {
        uint32 openDemands;
        uint64 hearingEnd;
        uint64 trialEnd;
        uint32 revealTime;
    }

    mapping(JobId jobId => TrialSlot) internal _trials;
    mapping(JobId jobId => Hearing) internal _hearings;
    mapping(bytes32 demandId => Demand) internal _demands;
    mapping(JobId jobId => mapping(address demander => bytes32)) internal _demandOf;

    constructor(ISettlement settlement_, Settings memory settings_) TrialMoney(settlement_, settings_) {}

    function demandOf(bytes32 demandId) external view returns (Demand memory) {
        return _demands[demandId];
    }

    function demandOfDemander(JobId jobId, address demander) external view returns (bytes32) {
        return _demandOf[jobId][demander];
    }

    function demandIdOf(
        JobId jobId,
        Space space,
        uint256 height,
        uint256 index,
        bytes32 node
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(jobId, space, height, index, node));
    }

    /// @dev Checks the place and the hash of a node, the clock, and that neither it nor the demander waits for something already.
    function _demand(
        JobId jobId,
        CaseFile calldata file,
        Space space,
        uint256 height,
        uint256 index,
        bytes32 node,
        bytes32[] calldata siblings
    ) internal returns (bytes32 demandId) {
        (bytes32 tree, uint256 length) = _treeOf(file, space);
        uint256 top = MerkleTree.heightOfVector(length);
        if (
            height > top ||
            siblings.length != top - height ||
            index >> (top - height) != 0 ||
            (height != 0 && (top - height) % LEVELS != 0) ||
            MerkleTree.climb(node, index, siblings) != tree
        ) revert TrialCourtInvalidNode(space, height, index);
        demandId = demandIdOf(jobId, space, height, index, node);
        // Who takes a demand over takes its time with it.
        if (_demands[demandId].time == 0) {
            _checkClock(jobId, file.docket, space, top, height, index, node, siblings);
        }
        _admit(jobId, demandId, file.docket, space, height, index, node);
    }

    /// @dev A path may begin until `demandsEnd`; what an answer has just shown may be followed for `revealTime`.
    /// INVARIANT(I16): every answer's time fits before the trial's end.
    function _checkClock(
        JobId jobId,
        Docket calldata docket,
        Space space,
        uint256 top,
        uint256 height,
        uint256 index,
        bytes32 node,
        bytes32[] calldata siblings
    ) private view {
        uint256 latest = docket.demandsEnd;
        if (height != top) {
            // A node that an answer showed lies at the height it opened to; the lowest step may be a short one.
            uint256 up = height != 0 ? LEVELS : ((top - 1) % LEVELS) + 1;
            bytes32 parent = MerkleTree.climb(node, index, siblings[:up]);
            Demand memory shown = _demands[demandIdOf(jobId, space, height + up, index >> up, parent)];
            if (shown.time != 0 && shown.feeCap == 0) {
                latest = Math.max(latest, uint256(shown.time) + docket.revealTime);
            }
        }
        latest = Math.min(latest, docket.trialEnd - docket.revealTime);
        if (block.timestamp > latest) revert TrialCourtDemandsClosed(jobId, latest);
    }

    function _admit(
        JobId jobId,
        bytes32 demandId,
        Docket calldata docket,
        Space space,
        uint256 height,
        uint256 index,
        bytes32 node
    ) private {
        bytes32 previous = _demandOf[jobId][msg.sender];
        if (previous != demandId && _isWaitingFor(previous, msg.sender)) {
            revert TrialCourtDemandOutstanding(previous);
        }
        _demandOf[jobId][msg.sender] = demandId;

        Demand memory same = _demands[demandId];
        uint256 feeCap = _feeCapOf();
        uint40 due = same.time;
        if (due == 0) {
            due = uint40(block.timestamp + docket.revealTime);
            Hearing memory hearing = _hearings[jobId];
            if (hearing.trialEnd == 0) {
                (hearing.hearingEnd, hearing.trialEnd) = (docket.hearingEnd, docket.trialEnd);
                hearing.revealTime = docket.revealTime;
            }
            ++hearing.openDemands;
            _hearings[jobId] = hearing;
        } else {
            if (same.feeCap == 0 || feeCap < OUTBID * uint256(same.feeCap)) revert TrialCourtAlreadyDemanded(demandId);
            // Who waited in vain has the share of a conviction, and nobody else.
            if (block.timestamp > due) revert TrialCourtDemandOverdue(demandId, due);
            _credit(same.demander, REVEAL_GAS * same.feeCap);
        }
        _demands[demandId] = Demand({demander: msg.sender, time: due, feeCap: uint56(feeCap)});

        bool bonded = previous == 0;
        emit Demanded(jobId, demandId, msg.sender, space, height, index, node, due, uint56(feeCap), bonded);
        if (bonded) _takeBond(JobId.unwrap(jobId), msg.sender, _DEMAND_BOND);
    }

    /// @dev The cap that the payment sets.
    function _feeCapOf() private view returns (uint256 feeCap) {
        feeCap = msg.value / REVEAL_GAS;
        uint256 feeCapMin = Math.max(FEE_MARGIN * block.basefee, _REVEAL_FEE_FLOOR);
        if (feeCap < feeCapMin || feeCap > type(uint56).max || feeCap * REVEAL_GAS != msg.value) {
            revert TrialCourtInvalidPrice(msg.value, feeCapMin);
        }
    }

    /// @dev Whether a demand waits for an answer that `demander` has prepaid.
    function _isWaitingFor(bytes32 demandId, address demander) private view returns (bool) {
        Demand memory waiting = _demands[demandId];
        return waiting.feeCap != 0 && waiting.demander == demander;
    }

    function _reveal(
        JobId jobId,
        Space space,
        uint256 height,
        uint256 index,
        bytes calldata content,
        uint256 gasAtStart
    ) internal returns (uint256 paid) {
        bytes32 demandId = demandIdOf(jobId, space, height, index, _nodeOf(height, content));
        Demand memory waiting = _demands[demandId];
        if (waiting.feeCap == 0) revert TrialCourtNotDemanded(demandId);
        if (block.timestamp > waiting.time) revert TrialCourtDemandOverdue(demandId, waiting.time);
        _demands[demandId] = Demand({demander: waiting.demander, time: uint40(block.timestamp), feeCap: 0});

        Hearing memory hearing = _hearings[jobId];
        --hearing.openDemands;
        // INVARIANT(I16): whoever wants to react to an answer has the time to, within the trial's end.
        uint256 reaction = Math.min(block.timestamp + hearing.revealTime, hearing.trialEnd);
        hearing.hearingEnd = uint64(Math.max(hearing.hearingEnd, reaction));
        _hearings[jobId] = hearing;

        uint256 prepaid = REVEAL_GAS * waiting.feeCap;
        _credit(waiting.demander, prepaid);
        uint256 gasUsed =
            _gasUsed(gasAtStart) + CONTENT_GAS * content.length + REVEAL_REST_GAS + _creditGas(msg.sender);
        // At least 1: gas is estimated without a base fee, and must count the entry that is written.
        paid = Math.max(Math.min(gasUsed, REVEAL_GAS) * Math.min(block.basefee, waiting.feeCap), 1);
        _move(waiting.demander, msg.sender, paid);
        emit Revealed(jobId, demandId, msg.sender, content, paid, prepaid - paid, hearing.hearingEnd);
    }

    function _postpone(JobId jobId, bytes32 demandId) internal {
        Demand storage waiting = _waiting(jobId, demandId);
        uint256 due = waiting.time;
        if (block.timestamp > due) revert TrialCourtDemandOverdue(demandId, due);
        if (block.basefee <= waiting.feeCap) revert TrialCourtFeeWithinCap(block.basefee, waiting.feeCap);
        Hearing memory hearing = _hearings[jobId];
        uint40 newDue = uint40(Math.min(block.timestamp + hearing.revealTime, hearing.trialEnd));
        waiting.time = newDue;
        emit DemandPostponed(jobId, demandId, newDue);
    }

    /// @dev The demander of an unanswered demand whose time has run out.
    function _overdueDemander(JobId jobId, bytes32 demandId) internal view returns (address) {
        Demand storage waiting = _waiting(jobId, demandId);
        if (block.timestamp <= waiting.time) revert TrialCourtDemandNotOverdue(demandId, waiting.time);
        return waiting.demander;
    }

    function _reclaim(JobId jobId, address demander) internal {
        bytes32 demandId = _demandOf[jobId][demander];
        if (demandId == 0) revert TrialCourtNothingToReclaim(jobId, demander);
        _demandOf[jobId][demander] = 0;
        uint256 returned = 0;
        if (_isWaitingFor(demandId, demander)) {
            returned = REVEAL_GAS * _demands[demandId].feeCap;
            delete _demands[demandId];
            _credit(demander, returned);
        }
        emit DemanderReleased(jobId, demander, _DEMAND_BOND, returned);
        _returnBond(JobId.unwrap(jobId), demander, _DEMAND_BOND);
    }

    /// @dev An unanswered demand of this trial: it is its demander's last.
    function _waiting(JobId jobId, bytes32 demandId) private view returns (Demand storage waiting) {
        waiting = _demands[demandId];
        if (waiting.feeCap == 0 || _demandOf[jobId][waiting.demander] != demandId) {
            revert TrialCourtNotDemanded(demandId);
        }
    }

    /// @dev The hash of a node out of what it opens to.
    function _nodeOf(uint256 height, bytes calldata content) private pure returns (bytes32) {
        uint256 expected = height == 0 ? MerkleTree.CHUNK_BYTES : 32 << Math.min(height, LEVELS);
        if (content.length != expected) revert TrialCourtContentLength(content.length, expected);
        return height == 0 ? MerkleTree.leafOf(content) : MerkleTree.fold(content);
    }

    function _treeOf(CaseFile calldata file, Space space) private pure returns (bytes32 tree, uint256 length) {
        if (space == Space.Input) return (file.exhibits.inputTree, file.docket.inputLength);
        if (space == Space.Weight) return (file.exhibits.weightsTree, file.exhibits.weightsLength);
        if (space == Space.Trace) return (file.exhibits.traceTree, file.exhibits.traceLength);
        if (space == Space.Output) return (file.exhibits.outputTree, file.docket.outputLength);
        revert TrialCourtInvalidNode(space, 0, 0);
    }
}
