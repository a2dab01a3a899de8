// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeedRegistry} from "../../../contracts/interfaces/IFeedRegistry.sol";
import {
    DataRequestId,
    DataState,
    DataStatus,
    DataTerms,
    FeedId,
    FeedTerms,
    Round,
    SeatStatus
} from "../../../contracts/types/Feed.sol";
import {Test} from "./Test.sol";
import {Vm} from "./Vm.sol";

/// @notice One feed and its questions, built from nothing but logs and the time of their block: what an indexer has. Where it
/// differs from the chain, an event is missing (I33). Strikes are not told by events.
contract FeedReplica is Test {
    struct Bond {
        uint128 amount;
        uint40 releaseAt;
        bool expelled;
    }

    IFeedRegistry private immutable _FEEDS;
    FeedId private _feedId;
    FeedTerms private _terms;
    uint256 public fund;
    bool private _disputed;
    Round private _latest;
    mapping(uint256 number => Round) private _rounds;
    Round private _parked;
    uint8 private _parkedLeader;
    mapping(uint256 seat => IFeedRegistry.Seat) private _seats;
    mapping(address operator => Bond) private _bonds;
    address[] private _operators;
    mapping(DataRequestId => DataState) private _questions;
    mapping(DataRequestId => bool) private _called;
    DataRequestId[] private _asked;

    constructor(IFeedRegistry feeds) {
        _FEEDS = feeds;
    }

    /// @notice Logs of one block.
    function fold(Vm.Log[] calldata logs) external {
        for (uint256 i = 0; i < logs.length; ++i) {
            if (logs[i].emitter != address(_FEEDS)) continue;
            _committee(logs[i]);
            _round(logs[i]);
            _question(logs[i]);
        }
    }

    /// @notice Everything that was told, next to what the chain says.
    function check() external view {
        for (uint8 seat = 0; seat < _terms.seats; ++seat) {
            IFeedRegistry.Seat memory real = _FEEDS.seatOf(_feedId, seat);
            real.strikes = 0;
            assertEq(keccak256(abi.encode(real)), keccak256(abi.encode(_seats[seat])), "I33: a seat");
        }
        for (uint256 i = 0; i < _operators.length; ++i) {
            IFeedRegistry.FeedBond memory real = _FEEDS.bondOf(_feedId, _operators[i]);
            Bond storage bond = _bonds[_operators[i]];
            assertEq(real.amount, bond.amount, "I33: a bond");
            assertEq(real.releaseAt, bond.releaseAt, "I33: its release");
            assertEq(real.expelled, bond.expelled, "I33: expelled");
        }
        (, , , , uint128 left) = _FEEDS.feedInfo(_feedId);
        assertEq(left, fund, "I33: fund");
        if (_latest.number != 0) {
            bytes32 latest = keccak256(abi.encode(_FEEDS.latestRound(_feedId)));
            assertEq(latest, keccak256(abi.encode(_latest)), "I33: the latest round");
            for (uint256 number = _latest.number; number != 0 && number + 3 > _latest.number; --number) {
                bytes32 round = keccak256(abi.encode(_FEEDS.roundOf(_feedId, number)));
                assertEq(round, keccak256(abi.encode(_rounds[number])), "I33: a round");
            }
        }
        if (_disputed) {
            (Round memory parked, uint8 leader) = _FEEDS.parkedRound(_feedId);
            assertEq(keccak256(abi.encode(parked)), keccak256(abi.encode(_parked)), "I33: the parked round");
            assertEq(leader, _parkedLeader, "I33: who parked it");
        }
        for (uint256 i = 0; i < _asked.length; ++i) {
            bytes32 state = keccak256(abi.encode(_FEEDS.dataState(_asked[i])));
            assertEq(state, keccak256(abi.encode(_questions[_asked[i]])), "I33: a question");
        }
    }

    function _committee(Vm.Log calldata log) private {
        bytes32 what = log.topics[0];
        if (what == IFeedRegistry.FeedCreated.selector) {
            _feedId = FeedId.wrap(log.topics[1]);
            address[] memory operators;
            (, , _terms, , operators) = abi.decode(log.data, (bytes32, bytes32, FeedTerms, uint128, address[]));
            for (uint256 i = 0; i < operators.length; ++i) _invite(i, operators[i]);
        } else if (what == IFeedRegistry.OperatorInvited.selector) {
            _invite(abi.decode(log.data, (uint8)), _addressOf(log.topics[2]));
        } else if (what == IFeedRegistry.SeatTaken.selector) {
            (uint8 seat, address reporter, uint128 bond) = abi.decode(log.data, (uint8, address, uint128));
            address operator = _addressOf(log.topics[2]);
            _seats[seat] = IFeedRegistry.Seat(SeatStatus.Seated, reporter, operator, 0, 0, 0);
            (_bonds[operator].amount, _bonds[operator].releaseAt) = (bond, 0);
            _operators.push(operator);
        } else if (what == IFeedRegistry.ReporterReplaced.selector) {
            (uint8 seat, address reporter) = abi.decode(log.data, (uint8, address));
            _seats[seat].reporter = reporter;
        } else if (what == IFeedRegistry.SeatLeft.selector) {
            (uint8 seat, uint40 releaseAt) = abi.decode(log.data, (uint8, uint40));
            _bonds[_addressOf(log.topics[2])].releaseAt = releaseAt;
            _vacate(seat);
        } else if (what == IFeedRegistry.FeedBondReleased.selector) {
            _bonds[_addressOf(log.topics[2])].amount = 0;
        } else if (what == IFeedRegistry.DoubleReportProven.selector) {
            address operator = _addressOf(log.topics[2]);
            (_bonds[operator].amount, _bonds[operator].expelled) = (0, true);
            for (uint256 seat = 0; _bonds[operator].releaseAt == 0 && seat < _terms.seats; ++seat) {
                if (_seats[seat].operator == operator) _vacate(seat);
            }
        } else if (what == IFeedRegistry.SeatSuspended.selector) {
            (uint8 seat, uint40 until) = abi.decode(log.data, (uint8, uint40));
            _seats[seat].suspendedUntil = until;
        } else if (what == IFeedRegistry.CreditsCollected.selector) {
            (uint8 seat, , ) = abi.decode(log.data, (uint8, uint40, uint256));
            _seats[seat].credits = 0;
        }
    }

    function _round(Vm.Log calldata log) private {
        bytes32 what = log.topics[0];
        if (what == IFeedRegistry.FeedFunded.selector) fund += abi.decode(log.data, (uint128));
        if (what == IFeedRegistry.FeedDefunded.selector) fund -= abi.decode(log.data, (uint128));
        bool accepted = what == IFeedRegistry.FeedReported.selector;
        if (!accepted && what != IFeedRegistry.FeedDisputed.selector) return;
        (int128 answer, uint64 turn, uint8 leader, uint32 seats, bool paid) = abi.decode(
            log.data,
            (int128, uint64, uint8, uint32, bool)
        );
        uint8 reports = 0;
        for (uint256 seat = 0; seat < _terms.seats; ++seat) {
            if ((seats >> seat) & 1 == 0) continue;
            ++reports;
            if (paid) ++_seats[seat].credits;
        }
        if (paid) {
            _seats[leader].credits += _terms.leaderCredits;
            fund -= (uint256(reports) + _terms.leaderCredits) * _terms.reportPayment;
        }
        uint40 observedAt = uint40(uint256(turn) * _terms.turnSeconds);
        Round memory round = Round(0, answer, observedAt, uint40(block.timestamp), reports);
        _disputed = !accepted;
        if (accepted) {
            round.number = uint32(uint256(log.topics[2]));
            (_latest, _rounds[round.number]) = (round, round);
        } else {
            (_parked, _parkedLeader) = (round, leader);
        }
    }

    function _question(Vm.Log calldata log) private {
        bytes32 what = log.topics[0];
        if (log.topics.length < 2) return;
        DataRequestId id = DataRequestId.wrap(log.topics[1]);
        DataState storage state = _questions[id];
        if (what == IFeedRegistry.DataRequested.selector) {
            (DataTerms memory terms, ) = abi.decode(log.data, (DataTerms, bytes));
            (state.status, state.updatedAt) = (DataStatus.Requested, uint40(block.timestamp));
            _called[id] = terms.callbackTarget != address(0);
            _asked.push(id);
        } else if (what == IFeedRegistry.DataAnswered.selector) {
            (int128 answer, , , uint32 seats) = abi.decode(log.data, (int128, uint64, uint8, uint32));
            uint8 reports = 0;
            for (; seats != 0; seats &= seats - 1) ++reports;
            (state.status, state.updatedAt) = (DataStatus.Answered, uint40(block.timestamp));
            (state.answer, state.reports, state.delivered) = (answer, reports, _called[id]);
        } else if (what == IFeedRegistry.DataExpired.selector) {
            state.status = DataStatus.Expired;
        } else if (what == IFeedRegistry.DataCallbackFailed.selector) {
            state.delivered = false;
        } else if (what == IFeedRegistry.DataCallbackRetried.selector) {
            state.delivered = true;
        }
    }

    function _invite(uint256 seat, address operator) private {
        _seats[seat] = IFeedRegistry.Seat(SeatStatus.Invited, address(0), operator, 0, 0, 0);
    }

    function _vacate(uint256 seat) private {
        _seats[seat] = IFeedRegistry.Seat(SeatStatus.Vacant, address(0), address(0), 0, 0, 0);
    }

    function _addressOf(bytes32 topic) private pure returns (address) {
        return address(uint160(uint256(topic)));
    }
}
