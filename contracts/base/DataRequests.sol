// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ReentrancyGuardTransient} from "@openzeppelin/contracts/utils/ReentrancyGuardTransient.sol";
import {IDataCallback} from "../interfaces/IDataCallback.sol";
import {Callbacks} from "../libraries/Callbacks.sol";
import {Median} from "../libraries/Median.sol";
import {DataRequestId, DataState, DataStatus, DataTerms, FeedId, FeedTerms, Report} from "../types/Feed.sol";
import {FeedCommittee} from "./FeedCommittee.sol";

/// @notice Single questions to a committee: asked, answered once or expired.
abstract contract DataRequests is FeedCommittee, ReentrancyGuardTransient {
    uint256 public constant SPEC_MAX = 4_096;
    /// @notice Most gas a callback may ask for.
    uint256 public constant DATA_CALLBACK_GAS_MAX = 500_000;

    mapping(DataRequestId requestId => DataState) private _requests;

    function dataState(DataRequestId requestId) external view returns (DataState memory) {
        return _requests[requestId];
    }

    function dataRequestIdOf(DataTerms memory terms) public view returns (DataRequestId) {
        return DataRequestId.wrap(keccak256(abi.encode(block.chainid, address(this), terms)));
    }

    function requestData(DataTerms memory terms, bytes calldata spec) external returns (DataRequestId requestId) {
        _known(terms.committee);
        if (spec.length == 0 || spec.length > SPEC_MAX) revert FeedRegistryInvalidRequest("spec");
        if (terms.deadline <= block.timestamp) revert FeedRegistryInvalidRequest("deadline");
        bool called = terms.callbackTarget != address(0);
        if (called ? terms.callbackTarget.code.length == 0 : terms.callbackGas != 0) {
            revert FeedRegistryInvalidRequest("callbackTarget");
        }
        if (terms.callbackGas > DATA_CALLBACK_GAS_MAX) revert FeedRegistryInvalidRequest("callbackGas");
        terms.requester = msg.sender;
        terms.specDigest = sha256(spec);
        requestId = dataRequestIdOf(terms);
        if (_requests[requestId].status != DataStatus.None) revert FeedRegistryAlreadyRequested(requestId);
        _requests[requestId].status = DataStatus.Requested;
        _requests[requestId].updatedAt = uint40(block.timestamp);
        emit DataRequested(requestId, terms.committee, terms, spec);
        settlement.bond(DataRequestId.unwrap(requestId), msg.sender, terms.fee);
    }

    function answerData(DataTerms calldata terms, uint64 turn, Report[] calldata reports) external nonReentrant {
        DataRequestId requestId = dataRequestIdOf(terms);
        DataState storage state = _requests[requestId];
        if (state.status != DataStatus.Requested) revert FeedRegistryUnknownRequest(requestId);
        if (block.timestamp > terms.deadline) revert FeedRegistryDeadlinePassed(requestId, terms.deadline);
        FeedTerms memory committee = _feeds[terms.committee].terms;
        uint8 leader = _requireLeader(terms.committee, committee, turn);
        if (turn < state.updatedAt / committee.turnSeconds) {
            revert FeedRegistryWrongTurn(turn, state.updatedAt / committee.turnSeconds);
        }
        (uint32 seats, ) = _verify(terms.committee, requestId, turn, committee, reports);
        int128 answer = Median.lowerOf(reports);
        // INVARIANT(I11): answered once.
        _requests[requestId] = DataState({
            status: DataStatus.Answered,
            delivered: false,
            reports: uint8(reports.length),
            updatedAt: uint40(block.timestamp),
            answer: answer
        });
        emit DataAnswered(requestId, answer, turn, leader, seats);
        _share(requestId, terms, committee.leaderCredits, leader, reports);
        if (terms.callbackTarget != address(0) && !_deliver(requestId, terms, answer)) {
            emit DataCallbackFailed(requestId);
        }
    }

    function expireData(DataTerms calldata terms) external {
        DataRequestId requestId = dataRequestIdOf(terms);
        if (_requests[requestId].status != DataStatus.Requested) revert FeedRegistryUnknownRequest(requestId);
        if (block.timestamp <= terms.deadline) revert FeedRegistryDeadlineNotPassed(requestId, terms.deadline);
        _requests[requestId].status = DataStatus.Expired;
        emit DataExpired(requestId, terms.fee);
        settlement.releaseBond(DataRequestId.unwrap(requestId), terms.requester, terms.fee);
    }

    function retryDataCallback(DataTerms calldata terms) external nonReentrant {
        DataRequestId requestId = dataRequestIdOf(terms);
        DataState memory state = _requests[requestId];
        if (state.status != DataStatus.Answered || state.delivered || terms.callbackTarget == address(0)) {
            revert FeedRegistryCallbackNotDue(requestId);
        }
        if (!_deliver(requestId, terms, state.answer)) revert FeedRegistryCallbackFailed(requestId);
        emit DataCallbackRetried(requestId);
    }

    /// @dev No more gas than the terms give, no return data copied, no revert passed on.
    function _deliver(DataRequestId requestId, DataTerms calldata terms, int128 answer) private returns (bool success) {
        uint256 callGas = terms.callbackGas;
        uint256 needed = Callbacks.gasFor(callGas);
        if (gasleft() < needed) revert FeedRegistryInsufficientGas(gasleft(), needed);
        bytes memory data = abi.encodeCall(IDataCallback.onData, (requestId, answer));
        address target = terms.callbackTarget;
        assembly ("memory-safe") {
            success := call(callGas, target, 0, add(data, 0x20), mload(data), 0, 0)
        }
        if (success) _requests[requestId].delivered = true;
    }

    /// @dev INVARIANT(I8): the parts add up to the fee. Equal parts per report, `leaderCredits` more and the rest for the leader.
    function _share(
        DataRequestId requestId,
        DataTerms calldata terms,
        uint256 leaderCredits,
        uint8 leader,
        Report[] calldata reports
    ) private {
        FeedId committee = terms.committee;
        bytes32 key = DataRequestId.unwrap(requestId);
        uint256 left = terms.fee;
        uint256 part = left / (reports.length + leaderCredits);
        for (uint256 i = 0; part != 0 && i < reports.length; ++i) {
            uint8 seat = reports[i].seat;
            if (seat == leader) continue;
            left -= part;
            settlement.releaseBond(key, _operators[committee][seat], part);
        }
        if (left != 0) settlement.releaseBond(key, _operators[committee][leader], left);
    }
}
