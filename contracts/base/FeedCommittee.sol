// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IFeedRegistry} from "../interfaces/IFeedRegistry.sol";
import {IOperatorStaking} from "../interfaces/IOperatorStaking.sol";
import {ISettlement} from "../interfaces/ISettlement.sol";
import {ISlasher} from "../interfaces/ISlasher.sol";
import {SeatWord, SeatWordLib, RoundWord} from "../libraries/FeedSlots.sol";
import {DataRequestId, FeedId, FeedTerms, OBSERVATION_TYPEHASH, Report, SeatStatus} from "../types/Feed.sol";

/// @notice Who sits on a feed's committee, what answers for them, and whether a set of reports is theirs.
abstract contract FeedCommittee is IFeedRegistry, EIP712 {
    struct Feed {
        FeedTerms terms;
        /// what rounds are paid from and nobody has earned yet, token units
        uint128 fund;
        /// what a seat locks, token units
        uint128 bond;
        RoundWord latest;
        RoundWord parked;
        bytes32 name;
        bytes32 sourcesDigest;
        address steward;
    }

    /// @notice A reporter's key. It belongs to one operator of a committee for ever.
    struct ReporterKey {
        address operator;
        /// second in which it left its seat; zero while it has it
        uint40 endedAt;
    }

    IOperatorStaking public immutable operatorStaking;
    ISettlement public immutable settlement;
    ISlasher public immutable slasher;
    uint256 public immutable leaveDelay;

    mapping(FeedId feedId => Feed) internal _feeds;
    mapping(FeedId feedId => mapping(uint256 seat => SeatWord)) internal _seats;
    mapping(FeedId feedId => mapping(uint256 seat => address operator)) internal _operators;
    mapping(FeedId feedId => mapping(address operator => FeedBond)) private _bonds;
    mapping(FeedId feedId => mapping(address reporter => ReporterKey)) private _keys;

    constructor(
        IOperatorStaking operatorStaking_,
        ISettlement settlement_,
        ISlasher slasher_,
        uint256 leaveDelay_
    ) EIP712("Remit FeedRegistry", "1") {
        operatorStaking = operatorStaking_;
        settlement = settlement_;
        slasher = slasher_;
        leaveDelay = leaveDelay_;
    }

    /* VIEWS */

    function seatOf(FeedId feedId, uint8 seat) external view returns (Seat memory) {
        SeatWord word = _seats[feedId][seat];
        return
            Seat({
                status: word.status(),
                reporter: word.reporter(),
                operator: _operators[feedId][seat],
                suspendedUntil: uint40(word.suspendedUntil()),
                strikes: uint8(word.strikes()),
                credits: uint40(word.credits())
            });
    }

    function bondOf(FeedId feedId, address operator) external view returns (FeedBond memory) {
        return _bonds[feedId][operator];
    }

    function turnOf(FeedId feedId) external view returns (uint64 turn, uint8 leader) {
        FeedTerms memory terms = _known(feedId).terms;
        turn = uint64(block.timestamp / terms.turnSeconds);
        leader = uint8(turn % terms.seats);
    }

    /// @dev INVARIANT(I17): the digest binds chain and registry.
    function observationDigest(
        FeedId feedId,
        DataRequestId requestId,
        uint64 turn,
        int128 value
    ) public view returns (bytes32) {
        return _hashTypedDataV4(keccak256(abi.encode(OBSERVATION_TYPEHASH, feedId, requestId, turn, value)));
    }

    /* SEATS */

    function join(FeedId feedId, uint8 seat, address reporter) external {
        _requireSeat(feedId, seat, SeatStatus.Invited);
        FeedBond storage bond = _bonds[feedId][msg.sender];
        if (bond.expelled) revert FeedRegistryExpelled(feedId, msg.sender);
        if (bond.amount != 0) revert FeedRegistryAlreadySeated(feedId, msg.sender);
        uint128 amount = _feeds[feedId].bond;
        bond.amount = amount;
        bond.releaseAt = 0;
        _seatReporter(feedId, seat, reporter, SeatWord.wrap(0));
        emit SeatTaken(feedId, seat, msg.sender, reporter, amount);
        operatorStaking.lockBond(msg.sender, amount);
    }

    function replaceReporter(FeedId feedId, uint8 seat, address reporter) external {
        SeatWord word = _requireSeat(feedId, seat, SeatStatus.Seated);
        _keys[feedId][word.reporter()].endedAt = uint40(block.timestamp);
        _seatReporter(feedId, seat, reporter, word);
        emit ReporterReplaced(feedId, seat, reporter);
    }

    function leave(FeedId feedId, uint8 seat) external {
        _requireSeat(feedId, seat, SeatStatus.Seated);
        uint40 releaseAt = uint40(block.timestamp + leaveDelay);
        _bonds[feedId][msg.sender].releaseAt = releaseAt;
        emit SeatLeft(feedId, seat, msg.sender, releaseAt);
        _vacate(feedId, seat);
    }

    function releaseBond(FeedId feedId, address operator) external {
        FeedBond storage bond = _bonds[feedId][operator];
        uint128 amount = bond.amount;
        // INVARIANT(I6): nobody takes the bond away while what it signed can still be held against it.
        if (amount == 0 || bond.releaseAt == 0 || block.timestamp < bond.releaseAt) {
            revert FeedRegistryBondNotReleased(feedId, operator, bond.releaseAt);
        }
        bond.amount = 0;
        emit FeedBondReleased(feedId, operator, amount);
        operatorStaking.unlockBond(operator, amount);
    }

    function invite(FeedId feedId, uint8 seat, address operator) external {
        Feed storage feed = _known(feedId);
        if (msg.sender != feed.steward) revert FeedRegistryUnauthorized(msg.sender);
        SeatStatus status = _seats[feedId][seat].status();
        if (status != SeatStatus.Invited && status != SeatStatus.Vacant) revert FeedRegistryWrongSeat(seat, status);
        _requireNew(feedId, feed.terms.seats, operator);
        if (_bonds[feedId][operator].expelled) revert FeedRegistryExpelled(feedId, operator);
        _seats[feedId][seat] = SeatWordLib.create(address(0), 0, 0, SeatStatus.Invited, 0);
        _operators[feedId][seat] = operator;
        emit OperatorInvited(feedId, seat, operator);
    }

    function collect(FeedId feedId, uint8 seat) external returns (uint256) {
        return _collect(feedId, seat);
    }

    function proveDoubleReport(
        FeedId feedId,
        DataRequestId requestId,
        uint64 turn,
        Report calldata first,
        Report calldata second
    ) external {
        if (first.value == second.value) revert FeedRegistryNotDouble();
        address signer = _signerOf(feedId, requestId, turn, first);
        if (signer == address(0) || signer != _signerOf(feedId, requestId, turn, second)) {
            revert FeedRegistryNotDouble();
        }
        ReporterKey memory key = _keys[feedId][signer];
        FeedBond storage bond = _bonds[feedId][key.operator];
        uint128 amount = bond.amount;
        uint256 observedAt = uint256(turn) * _feeds[feedId].terms.turnSeconds;
        // A key that had ended before the turn binds nobody; a bond that is gone answers for nothing.
        if (amount == 0 || (key.endedAt != 0 && observedAt > key.endedAt)) revert FeedRegistryNotDouble();
        // INVARIANT(I18): once per operator and committee.
        bond.amount = 0;
        bond.expelled = true;
        emit DoubleReportProven(feedId, key.operator, msg.sender, turn);
        if (bond.releaseAt == 0) _vacate(feedId, _seatHeldBy(feedId, key.operator));
        slasher.slashDoubleReport(FeedId.unwrap(feedId), key.operator, msg.sender, amount);
    }

    /* INTERNAL */

    /// @notice The feed; reverts when there is none.
    function _known(FeedId feedId) internal view returns (Feed storage feed) {
        feed = _feeds[feedId];
        if (feed.terms.seats == 0) revert FeedRegistryUnknownFeed(feedId);
    }

    /// @notice Reverts unless `turn` is now's or the one before, and the caller leads it.
    function _requireLeader(FeedId feedId, FeedTerms memory terms, uint64 turn) internal view returns (uint8 leader) {
        uint64 current = uint64(block.timestamp / terms.turnSeconds);
        if (turn > current || current - turn > 1) revert FeedRegistryWrongTurn(turn, current);
        leader = uint8(turn % terms.seats);
        SeatWord word = _seats[feedId][leader];
        // A vacant seat has no reporter.
        if (word.reporter() != msg.sender) revert FeedRegistryNotLeader(msg.sender, leader);
    }

    /// @notice Reverts unless the reports are a quorum, of distinct seats whose reports count, each signed by its reporter.
    /// @return seats a bit for every report
    /// @return words the seats, in the order of the reports
    /// @dev INVARIANT(I28): distinct because strictly ascending; fresh because the turn is.
    function _verify(
        FeedId feedId,
        DataRequestId requestId,
        uint64 turn,
        FeedTerms memory terms,
        Report[] calldata reports
    ) internal view returns (uint32 seats, SeatWord[] memory words) {
        uint256 count = reports.length;
        uint256 quorum = 2 * uint256(terms.faults) + 1;
        if (count < quorum || count > terms.seats) revert FeedRegistryNoQuorum(count, quorum);
        words = new SeatWord[](count);
        for (uint256 i = 0; i < count; ++i) {
            Report calldata one = reports[i];
            uint8 seat = one.seat;
            if (i != 0 && seat <= reports[i - 1].seat) revert FeedRegistrySeatOrder(seat, reports[i - 1].seat);
            SeatWord word = _seats[feedId][seat];
            if (!word.counts()) {
                if (word.status() != SeatStatus.Seated) revert FeedRegistryWrongSeat(seat, word.status());
                revert FeedRegistrySuspended(seat, word.suspendedUntil());
            }
            if (_signerOf(feedId, requestId, turn, one) != word.reporter()) revert FeedRegistryInvalidSignature(seat);
            words[i] = word;
            seats |= uint32(1) << seat;
        }
    }

    /// @dev Zero for a malformed signature: no seat that counts has that reporter.
    function _signerOf(
        FeedId feedId,
        DataRequestId requestId,
        uint64 turn,
        Report calldata one
    ) private view returns (address signer) {
        (signer, , ) = ECDSA.tryRecover(observationDigest(feedId, requestId, turn, one.value), one.r, one.vs);
    }

    function _requireSeat(FeedId feedId, uint8 seat, SeatStatus expected) private view returns (SeatWord word) {
        word = _seats[feedId][seat];
        if (word.status() != expected) revert FeedRegistryWrongSeat(seat, word.status());
        if (_operators[feedId][seat] != msg.sender) revert FeedRegistryUnauthorized(msg.sender);
    }

    function _requireNew(FeedId feedId, uint256 seats, address operator) internal view {
        if (operator == address(0)) revert FeedRegistryInvalidTerms("operators");
        for (uint256 seat = 0; seat < seats; ++seat) {
            if (_operators[feedId][seat] == operator) revert FeedRegistryAlreadySeated(feedId, operator);
        }
    }

    /// @dev Not the seat of the key that lied: the operator may have left that one and taken another.
    function _seatHeldBy(FeedId feedId, address operator) private view returns (uint8 seat) {
        while (_operators[feedId][seat] != operator) ++seat;
    }

    /// @dev Strikes, suspension and credits of the seat stay what they were.
    function _seatReporter(FeedId feedId, uint8 seat, address reporter, SeatWord word) private {
        if (reporter == address(0) || operatorStaking.operatorOf(reporter) != msg.sender) {
            revert FeedRegistryInvalidReporter(reporter);
        }
        if (_keys[feedId][reporter].operator != address(0)) revert FeedRegistryInvalidReporter(reporter);
        _keys[feedId][reporter] = ReporterKey(msg.sender, 0);
        _seats[feedId][seat] = SeatWordLib.create(
            reporter,
            word.suspendedUntil(),
            word.strikes(),
            SeatStatus.Seated,
            word.credits()
        );
    }

    /// @dev What the seat has earned goes to the operator that earned it.
    function _vacate(FeedId feedId, uint8 seat) private {
        SeatWord word = _seats[feedId][seat];
        _keys[feedId][word.reporter()].endedAt = uint40(block.timestamp);
        address operator = _operators[feedId][seat];
        _seats[feedId][seat] = SeatWordLib.create(address(0), 0, 0, SeatStatus.Vacant, 0);
        delete _operators[feedId][seat];
        _pay(feedId, seat, operator, word.credits());
    }

    function _collect(FeedId feedId, uint8 seat) private returns (uint256) {
        SeatWord word = _seats[feedId][seat];
        _seats[feedId][seat] = word.withoutCredits();
        return _pay(feedId, seat, _operators[feedId][seat], word.credits());
    }

    function _pay(FeedId feedId, uint8 seat, address operator, uint256 credits) private returns (uint256 amount) {
        if (credits == 0) return 0;
        amount = credits * _feeds[feedId].terms.reportPayment;
        emit CreditsCollected(feedId, seat, operator, uint40(credits), amount);
        settlement.releaseBond(FeedId.unwrap(feedId), operator, amount);
    }
}
