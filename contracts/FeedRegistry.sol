// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DataRequests} from "./base/DataRequests.sol";
import {FeedCommittee} from "./base/FeedCommittee.sol";
import {IOperatorStaking} from "./interfaces/IOperatorStaking.sol";
import {ISettlement} from "./interfaces/ISettlement.sol";
import {ISlasher} from "./interfaces/ISlasher.sol";
import {DecimalFloat} from "./libraries/DecimalFloat.sol";
import {RoundWord, RoundWordLib, SeatWord, SeatWordLib} from "./libraries/FeedSlots.sol";
import {Median} from "./libraries/Median.sol";
import {DataRequestId, FeedId, FeedState, FeedTerms, Report, Round, SeatStatus} from "./types/Feed.sol";

/// @notice See `IFeedRegistry`.
contract FeedRegistry is DataRequests {
    uint256 public constant ROUNDS_KEPT = 256;
    uint256 private constant SEATS_MAX = 31;
    uint256 private constant DECIMALS_MAX = 18;

    /// @dev One transaction with a round, while it is examined.
    struct Sitting {
        FeedId feedId;
        FeedTerms terms;
        uint8 leader;
        bool accepted;
        bool paid;
        /// a bit for every report
        uint32 seats;
        int128 answer;
        uint256 observedAt;
        /// the seats, in the order of the reports
        SeatWord[] words;
    }

    mapping(FeedId feedId => mapping(uint256 place => RoundWord)) private _ring;

    constructor(
        IOperatorStaking operatorStaking_,
        ISettlement settlement_,
        ISlasher slasher_,
        uint256 leaveDelay_
    ) FeedCommittee(operatorStaking_, settlement_, slasher_, leaveDelay_) {}

    /* FEEDS */

    function createFeed(
        bytes32 name,
        bytes32 sourcesDigest,
        FeedTerms calldata terms,
        uint128 bond,
        address steward,
        address[] calldata operators,
        bytes32 salt
    ) external returns (FeedId feedId) {
        // Left-aligned text of at most 31 bytes ends in a zero byte.
        _require(name[0] != 0 && name[31] == 0, "name");
        _require(sourcesDigest != 0, "sourcesDigest");
        _checkTerms(terms, bond, operators.length);
        feedId = FeedId.wrap(
            keccak256(
                abi.encode(block.chainid, address(this), name, sourcesDigest, terms, bond, steward, operators, salt)
            )
        );
        Feed storage feed = _feeds[feedId];
        if (feed.terms.seats != 0) revert FeedRegistryAlreadyCreated(feedId);
        feed.terms = terms;
        feed.bond = bond;
        feed.name = name;
        feed.sourcesDigest = sourcesDigest;
        feed.steward = steward;
        for (uint256 seat = 0; seat < operators.length; ++seat) {
            _requireNew(feedId, seat, operators[seat]);
            _operators[feedId][seat] = operators[seat];
            _seats[feedId][seat] = SeatWordLib.create(address(0), 0, 0, SeatStatus.Invited, 0);
        }
        emit FeedCreated(feedId, steward, name, sourcesDigest, terms, bond, operators);
    }

    function fund(FeedId feedId, uint128 amount) external {
        if (amount == 0) revert FeedRegistryZeroAmount();
        _known(feedId).fund += amount;
        emit FeedFunded(feedId, msg.sender, amount);
        settlement.bond(FeedId.unwrap(feedId), msg.sender, amount);
    }

    function defund(FeedId feedId, uint128 amount) external {
        if (amount == 0) revert FeedRegistryZeroAmount();
        Feed storage feed = _known(feedId);
        if (msg.sender != feed.steward) revert FeedRegistryUnauthorized(msg.sender);
        // What was earned has left the fund already.
        if (feed.fund < amount) revert FeedRegistryInsufficientFund(feedId, feed.fund, amount);
        feed.fund -= amount;
        emit FeedDefunded(feedId, amount);
        settlement.releaseBond(FeedId.unwrap(feedId), msg.sender, amount);
    }

    function report(FeedId feedId, uint64 turn, Report[] calldata reports) external {
        Feed storage feed = _known(feedId);
        Sitting memory s;
        (s.feedId, s.terms) = (feedId, feed.terms);
        s.leader = _requireLeader(feedId, s.terms, turn);
        (s.seats, s.words) = _verify(feedId, DataRequestId.wrap(0), turn, s.terms, reports);
        s.answer = Median.lowerOf(reports);
        s.observedAt = uint256(turn) * s.terms.turnSeconds;
        RoundWord latest = feed.latest;
        s.accepted = _isAccepted(feed, s, latest);
        s.paid = _charge(feed, s.terms, reports.length);
        _credit(s, reports);

        RoundWord word = RoundWordLib.create(
            latest.number() + 1,
            s.answer,
            s.observedAt,
            block.timestamp,
            reports.length,
            s.accepted ? 0 : s.leader
        );
        if (s.accepted) {
            feed.latest = word;
            _ring[feedId][word.number() % ROUNDS_KEPT] = word;
            emit FeedReported(feedId, uint32(word.number()), s.answer, turn, s.leader, s.seats, s.paid);
        } else {
            feed.parked = word;
            if (!latest.isDisputed()) feed.latest = latest.disputed();
            emit FeedDisputed(feedId, s.answer, turn, s.leader, s.seats, s.paid);
        }
    }

    /* VIEWS */

    function feedTerms(FeedId feedId) external view returns (FeedTerms memory) {
        return _known(feedId).terms;
    }

    function feedInfo(
        FeedId feedId
    ) external view returns (bytes32 name, bytes32 sourcesDigest, address steward, uint128 bond, uint128 fund_) {
        Feed storage feed = _known(feedId);
        return (feed.name, feed.sourcesDigest, feed.steward, feed.bond, feed.fund);
    }

    function feedState(FeedId feedId) external view returns (FeedState) {
        Feed storage feed = _feeds[feedId];
        return _stateOf(feed.terms, feed.latest);
    }

    function latestSlotOf(FeedId feedId) external view returns (uint256) {
        RoundWord latest = _feeds[feedId].latest;
        // Every price reader pays for this, so it ends here.
        assembly ("memory-safe") {
            mstore(0x00, latest)
            return(0x00, 0x20)
        }
    }

    function latestRound(FeedId feedId) external view returns (Round memory) {
        RoundWord latest = _feeds[feedId].latest;
        if (latest.number() == 0) revert FeedRegistryNoRound(feedId, 0);
        return latest.unpack();
    }

    function roundOf(FeedId feedId, uint256 number) external view returns (Round memory) {
        RoundWord word = _ring[feedId][number % ROUNDS_KEPT];
        if (number == 0 || word.number() != number) revert FeedRegistryNoRound(feedId, number);
        return word.unpack();
    }

    function parkedRound(FeedId feedId) external view returns (Round memory parked, uint8 leader) {
        Feed storage feed = _known(feedId);
        if (!feed.latest.isDisputed()) revert FeedRegistryNoRound(feedId, 0);
        parked = feed.parked.unpack();
        parked.number = 0;
        leader = feed.parked.mark();
    }

    function freshAnswer(FeedId feedId) external view returns (Round memory) {
        Feed storage feed = _known(feedId);
        return _requireLive(feedId, feed.terms, feed.latest).unpack();
    }

    function windowOf(FeedId feedId, uint256 count) external view returns (bytes memory vector, uint32 lastRound) {
        Feed storage feed = _known(feedId);
        FeedTerms memory terms = feed.terms;
        uint256 last = _requireLive(feedId, terms, feed.latest).number();
        if (count == 0 || count > last || count > ROUNDS_KEPT) revert FeedRegistryNoRound(feedId, count);
        vector = new bytes(count * 4);
        for (uint256 i = 0; i < count; ++i) {
            RoundWord word = _ring[feedId][(last - count + 1 + i) % ROUNDS_KEPT];
            uint256 element = uint256(DecimalFloat.toFloat32(word.answer(), terms.decimals)) << 224;
            assembly ("memory-safe") {
                // The last word may reach past the end of the vector: keep what is there.
                let place := add(add(vector, 0x20), shl(2, i))
                mstore(place, or(element, and(mload(place), shr(32, not(0)))))
            }
        }
        lastRound = uint32(last);
    }

    /* INTERNAL */

    /// @notice Whether a round is accepted; false parks it.
    function _isAccepted(Feed storage feed, Sitting memory s, RoundWord latest) private view returns (bool) {
        if (latest.number() == 0) return true;
        if (latest.isDisputed()) {
            RoundWord parked = feed.parked;
            _requireLater(s.terms, s.observedAt, parked.observedAt());
            if (parked.mark() == s.leader) revert FeedRegistrySameLeader(s.leader);
            if (!Median.isBeyond(s.answer, parked.answer(), s.terms.clampBps)) return true;
        } else {
            _requireLater(s.terms, s.observedAt, latest.observedAt());
            uint256 updatedAt = latest.updatedAt();
            uint256 dueAt = updatedAt + (uint256(s.terms.heartbeat) * 3) / 4;
            // INVARIANT(I28): the time of a round is later than the last one's.
            if (
                block.timestamp <= updatedAt ||
                (block.timestamp < dueAt && !Median.isMoved(s.answer, latest.answer(), s.terms.deviationBps))
            ) revert FeedRegistryNotDue(s.feedId, dueAt);
        }
        // INVARIANT(I29): a move beyond the clamp is not accepted from one leader alone.
        return !Median.isBeyond(s.answer, latest.answer(), s.terms.clampBps);
    }

    /// @dev INVARIANT(I28): turns increase strictly over accepted and parked rounds.
    function _requireLater(FeedTerms memory terms, uint256 observedAt, uint256 last) private pure {
        if (observedAt <= last) {
            revert FeedRegistryTurnUsed(uint64(observedAt / terms.turnSeconds), uint64(last / terms.turnSeconds));
        }
    }

    /// @dev INVARIANT(I1): what seats earn leaves the fund in the same round, so nothing is promised twice.
    function _charge(Feed storage feed, FeedTerms memory terms, uint256 reports) private returns (bool paid) {
        uint256 cost = (reports + terms.leaderCredits) * terms.reportPayment;
        uint256 left = feed.fund;
        paid = left >= cost;
        if (paid && cost != 0) feed.fund = uint128(left - cost);
    }

    function _credit(Sitting memory s, Report[] calldata reports) private {
        bool led = false;
        // Who reported in this round is known to be there: whoever else is out, so many of them can be spared.
        uint256 spare = reports.length - (2 * uint256(s.terms.faults) + 1);
        for (uint256 i = 0; i < reports.length; ++i) {
            uint8 seat = reports[i].seat;
            SeatWord word = s.words[i];
            bool leads = seat == s.leader;
            if (leads) led = true;
            if (s.paid) word = word.withCredits(leads ? 1 + uint256(s.terms.leaderCredits) : 1);
            // In a dispute nobody knows yet who is right.
            if (s.accepted) {
                bool isOutlier = Median.isBeyond(reports[i].value, s.answer, s.terms.outlierBps);
                if (isOutlier) (word, spare) = _strike(s, seat, word, spare);
                else if (word.strikes() != 0) word = word.withStrikes(0, 0);
            }
            _seats[s.feedId][seat] = word;
        }
        if (s.paid && !led && s.terms.leaderCredits != 0) {
            _seats[s.feedId][s.leader] = _seats[s.feedId][s.leader].withCredits(s.terms.leaderCredits);
        }
    }

    /// @notice A strike, or a suspension where it leaves a quorum of the seats that reported in this round.
    /// @return the seat, and how many more can be spared
    function _strike(Sitting memory s, uint8 seat, SeatWord word, uint256 spare) private returns (SeatWord, uint256) {
        uint256 strikes = word.strikes() + 1;
        if (strikes < s.terms.strikesMax) return (word.withStrikes(strikes, 0), spare);
        if (spare == 0) return (word.withStrikes(s.terms.strikesMax - 1, 0), 0);
        uint40 until = uint40(block.timestamp + s.terms.suspensionSeconds);
        emit SeatSuspended(s.feedId, seat, until);
        return (word.withStrikes(0, until), spare - 1);
    }

    function _stateOf(FeedTerms memory terms, RoundWord latest) private view returns (FeedState) {
        if (terms.seats == 0) return FeedState.None;
        if (latest.number() == 0) return FeedState.Empty;
        if (latest.isDisputed()) return FeedState.Disputed;
        return block.timestamp <= latest.updatedAt() + terms.heartbeat ? FeedState.Live : FeedState.Stale;
    }

    /// @dev INVARIANT(I28): nothing is computed from an answer older than the heartbeat.
    function _requireLive(FeedId feedId, FeedTerms memory terms, RoundWord latest) private view returns (RoundWord) {
        FeedState state = _stateOf(terms, latest);
        if (state != FeedState.Live) revert FeedRegistryNotLive(feedId, state);
        return latest;
    }

    function _checkTerms(FeedTerms calldata terms, uint128 bond, uint256 operators) private pure {
        // One seat would lead every turn, and a dispute needs another leader.
        _require(terms.seats >= 2 && terms.seats <= SEATS_MAX && terms.seats == operators, "seats");
        _require(terms.seats >= 3 * uint256(terms.faults) + 1, "faults");
        _require(terms.decimals <= DECIMALS_MAX, "decimals");
        _require(terms.turnSeconds != 0, "turnSeconds");
        // A quarter of the heartbeat is left to bring a round: two turns of it at least, one for a dead leader.
        _require(terms.heartbeat >= 8 * uint256(terms.turnSeconds), "heartbeat");
        _require(terms.deviationBps != 0, "deviationBps");
        _require(terms.clampBps > terms.deviationBps, "clampBps");
        _require(terms.outlierBps != 0, "outlierBps");
        _require(terms.strikesMax != 0, "strikesMax");
        _require(terms.suspensionSeconds != 0, "suspensionSeconds");
        _require(bond != 0, "bond");
    }

    function _require(bool ok, bytes32 field) private pure {
        if (!ok) revert FeedRegistryInvalidTerms(field);
    }
}
