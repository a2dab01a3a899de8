// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeedRegistry} from "../../../contracts/interfaces/IFeedRegistry.sol";
import {IOperatorStaking} from "../../../contracts/interfaces/IOperatorStaking.sol";
import {ISettlement} from "../../../contracts/interfaces/ISettlement.sol";
import {ISlasher} from "../../../contracts/interfaces/ISlasher.sol";
import {DataRequestId, FeedId, Report, SeatStatus} from "../../../contracts/types/Feed.sol";
import {FeedModel} from "./FeedModel.sol";

/// @notice Operators that come, go, change keys and lie; the steward, who funds, and who proves double reports.
abstract contract FeedSeats is FeedModel {
    function _join() internal {
        uint8 seat = _seatWith(SeatStatus.Invited);
        GhostSeat storage ghost = _ghostSeats[seat];
        address operator = ghost.operator != address(0) && _draw(8) != 0 ? ghost.operator : _anyOperator();
        // More liars than the committee is made for are not part of the promise.
        if (_lies[operator] && _isLiarSeated()) return;
        address reporter = _reporterFor(operator);
        GhostBond storage bond = _bondOf[operator];
        bool ok = ghost.status == SeatStatus.Invited && ghost.operator == operator;
        ok = ok && !bond.expelled && bond.amount == 0 && _stake[operator] >= BOND;
        ok = ok && _isNewKey(operator, reporter);
        bytes memory data = abi.encodeCall(IFeedRegistry.join, (_feedId, seat, reporter));
        if (!_tryFeeds(operator, data, ok)) return;
        bond.amount = BOND;
        bond.releaseAt = 0;
        _keys[reporter].used = true;
        _ghostSeats[seat] = GhostSeat(SeatStatus.Seated, operator, reporter, 0, 0, 0);
        _count("join");
    }

    function _replace() internal {
        uint8 seat = uint8(_draw(SEATS));
        GhostSeat storage ghost = _ghostSeats[seat];
        address operator = _draw(6) == 0 ? _anyOperator() : ghost.operator;
        if (operator == address(0)) return;
        address reporter = _reporterFor(operator);
        bool ok = ghost.status == SeatStatus.Seated && ghost.operator == operator && _isNewKey(operator, reporter);
        bytes memory data = abi.encodeCall(IFeedRegistry.replaceReporter, (_feedId, seat, reporter));
        if (!_tryFeeds(operator, data, ok)) return;
        _keys[ghost.reporter].endedAt = block.timestamp;
        _keys[reporter].used = true;
        ghost.reporter = reporter;
        _count("replace reporter");
    }

    function _leave() internal {
        uint8 seat = uint8(_draw(SEATS));
        GhostSeat storage ghost = _ghostSeats[seat];
        // A committee whose honest members stay for long enough gets to work.
        if (_draw(3) != 0 && !_lies[ghost.operator]) return;
        address operator = ghost.operator == address(0) || _draw(3) == 0 ? _anyOperator() : ghost.operator;
        bool ok = ghost.status == SeatStatus.Seated && ghost.operator == operator;
        if (!_tryFeeds(operator, abi.encodeCall(IFeedRegistry.leave, (_feedId, seat)), ok)) return;
        _bondOf[operator].releaseAt = block.timestamp + UNBONDING_DELAY;
        _vacated(seat);
        _count("leave");
    }

    function _invite() internal {
        uint8 seat = _seatWith(_draw(5) == 0 ? SeatStatus.Invited : SeatStatus.Vacant);
        address operator = _anyOperator();
        // Who left and whose bond is still here may come back later, unless it is expelled until then.
        if (_draw(2) == 0 && !(_lies[operator] && _bondOf[operator].releaseAt != 0)) operator = _anyOperator();
        address caller = _draw(8) == 0 ? _anyAccount() : STEWARD;
        // Or the steward tries whom it may not.
        bool tries = _draw(4) == 0;
        for (uint256 i = 0; i < OPERATORS && tries; ++i) {
            if (_bondOf[_operatorList[i]].expelled) operator = _operatorList[i];
        }
        bool ok = caller == STEWARD && _ghostSeats[seat].status != SeatStatus.Seated && !_bondOf[operator].expelled;
        for (uint256 i = 0; i < SEATS; ++i) if (_ghostSeats[i].operator == operator) ok = false;
        if (caller == STEWARD && _bondOf[operator].expelled) _count("expelled, not invited");
        if (!_tryFeeds(caller, abi.encodeCall(IFeedRegistry.invite, (_feedId, seat, operator)), ok)) return;
        _ghostSeats[seat] = GhostSeat(SeatStatus.Invited, operator, address(0), 0, 0, 0);
        _count("invite");
    }

    /// @notice I6: a bond goes back when the delay is over, to whom left, once.
    function _releaseBond() internal {
        address operator = _anyOperator();
        GhostBond storage bond = _bondOf[operator];
        bool ok = bond.amount != 0 && bond.releaseAt != 0 && block.timestamp >= bond.releaseAt;
        bytes memory data = abi.encodeCall(IFeedRegistry.releaseBond, (_feedId, operator));
        if (!_tryFeeds(_anyAccount(), data, ok)) return;
        bond.amount = 0;
        _count("release bond");
    }

    function _fundIt() internal {
        uint128 amount = uint128(_draw(10) == 0 ? _draw(2) * 2 * BALANCE : _draw(30) * PAYMENT + _draw(PAYMENT));
        address account = _draw(4) == 0 ? _anyAccount() : FUNDER;
        bool ok = amount != 0 && amount <= _ledger[account];
        if (!_tryFeeds(account, abi.encodeCall(IFeedRegistry.fund, (_feedId, amount)), ok)) return;
        _ledger[account] -= amount;
        _fund += amount;
        _count("fund");
    }

    function _defund() internal {
        address caller = _draw(4) == 0 ? _anyAccount() : STEWARD;
        uint128 amount = uint128(_draw(4) == 0 ? _fund + _draw(2) : _draw(_fund + 1));
        bool ok = caller == STEWARD && amount != 0 && amount <= _fund;
        if (!_tryFeeds(caller, abi.encodeCall(IFeedRegistry.defund, (_feedId, amount)), ok)) return;
        _fund -= amount;
        _ledger[STEWARD] += amount;
        _count("defund");
    }

    function _collect() internal {
        uint8 seat = uint8(_draw(SEATS + 1));
        if (!_tryFeeds(_anyAccount(), abi.encodeCall(IFeedRegistry.collect, (_feedId, seat)), true)) return;
        if (seat == SEATS || _ghostSeats[seat].credits == 0) return;
        _ledger[_ghostSeats[seat].operator] += _ghostSeats[seat].credits * PAYMENT;
        _ghostSeats[seat].credits = 0;
        _count("collect");
    }

    /// @notice Two signatures and a claim. Liars sign twice; the honest are accused with all that they ever signed.
    function _proveDouble() internal {
        address operator = _anyOperator();
        address[] storage keys = _keysOf[operator];
        if (keys.length == 0) return;
        address reporter = keys[_draw(keys.length)];
        uint64 turn = uint64(block.timestamp / TURN - _draw(_draw(2) == 0 ? 3 : 20_000));
        DataRequestId requestId = DataRequestId.wrap(_draw(3) == 0 ? bytes32(_draw(9) + 1) : bytes32(0));
        int128 value = _honestValue(operator, turn);
        Report memory first = _signed(reporter, 0, requestId, turn, value);
        Report memory second = first;
        bool ok = false;
        uint256 kind = _draw(5);
        // Mostly when they are gone and think that is the end of it.
        if (_lies[operator] && kind < 2 && (_bondOf[operator].releaseAt != 0 || _draw(2) == 0)) {
            if (_keys[reporter].endedAt != 0 && _draw(3) != 0) turn = uint64(_keys[reporter].endedAt / TURN);
            first = _signed(reporter, 0, requestId, turn, value);
            second = _signed(reporter, 3, requestId, turn, value + 1);
            GhostKey storage key = _keys[reporter];
            ok = key.used && _bondOf[operator].amount != 0;
            ok = ok && (key.endedAt == 0 || uint256(turn) * TURN <= key.endedAt);
        } else if (kind == 2) {
            // Of another turn, where it had another value.
            second = _signed(reporter, 0, requestId, turn - 1, value + 1);
        } else if (kind == 3) {
            // Of somebody else.
            address other = _keysOf[_anyOperator()][0];
            if (other == reporter) return;
            second = _signed(other, 0, requestId, turn, value + 1);
        } else if (kind == 4) {
            // The same signature under another value.
            second = Report(0, value + 1, first.r, first.vs);
        }
        _prove(operator, requestId, turn, first, second, ok);
    }

    function _prove(
        address operator,
        DataRequestId requestId,
        uint64 turn,
        Report memory first,
        Report memory second,
        bool ok
    ) private {
        address prover = _anyAccount();
        // Whatever an honest operator signed, nothing of it can be held against it.
        assertTrue(!ok || _lies[operator], "an honest operator would be slashed");
        bytes memory data = abi.encodeCall(IFeedRegistry.proveDoubleReport, (_feedId, requestId, turn, first, second));
        if (!_tryFeeds(prover, data, ok)) return;
        uint256 share = (BOND * 2_500) / 10_000;
        _ledger[prover] += share;
        _ledger[BURN] += BOND - share;
        _stake[operator] -= BOND;
        GhostBond storage bond = _bondOf[operator];
        bond.amount = 0;
        bond.expelled = true;
        if (bond.releaseAt == 0) {
            for (uint8 seat = 0; seat < SEATS; ++seat) if (_ghostSeats[seat].operator == operator) _vacated(seat);
        } else {
            _count("slash after leaving");
        }
        _count("slash");
    }

    /// @notice I21: doors that are the registry's alone.
    function _trespass() internal {
        address caller = _anyAccount();
        address operator = _anyOperator();
        bytes32 key = FeedId.unwrap(_feedId);
        uint256 door = _draw(5);
        if (door == 0) {
            _try(caller, address(_system.staking), abi.encodeCall(IOperatorStaking.lockBond, (operator, 1)), false);
        } else if (door == 1) {
            _try(caller, address(_system.staking), abi.encodeCall(IOperatorStaking.unlockBond, (operator, 1)), false);
        } else if (door == 2) {
            bytes memory data = abi.encodeCall(ISlasher.slashDoubleReport, (key, operator, caller, 1));
            _try(caller, address(_system.slasher), data, false);
        } else if (door == 3) {
            _try(caller, address(_system.settlement), abi.encodeCall(ISettlement.releaseBond, (key, caller, 1)), false);
        } else {
            // Locked stake does not leave by the front door either.
            uint256 free = _stake[operator] - _bondOf[operator].amount;
            _try(operator, address(_system.staking), abi.encodeCall(IOperatorStaking.unbond, (free + 1)), false);
        }
        _count("trespass");
    }

    /* INTERNAL */

    function _vacated(uint8 seat) internal {
        GhostSeat storage ghost = _ghostSeats[seat];
        _keys[ghost.reporter].endedAt = block.timestamp;
        _ledger[ghost.operator] += ghost.credits * PAYMENT;
        _ghostSeats[seat] = GhostSeat(SeatStatus.Vacant, address(0), address(0), 0, 0, 0);
    }

    /// @dev Mostly one of that status, if there is any.
    function _seatWith(SeatStatus status) private returns (uint8 seat) {
        seat = uint8(_draw(SEATS));
        if (_draw(8) == 0) return seat;
        for (uint256 i = 0; i < SEATS && _ghostSeats[seat].status != status; ++i) seat = uint8((seat + 1) % SEATS);
    }

    function _isLiarSeated() private view returns (bool) {
        for (uint256 seat = 0; seat < SEATS; ++seat) {
            if (_ghostSeats[seat].status == SeatStatus.Seated && _lies[_ghostSeats[seat].operator]) return true;
        }
        return false;
    }

    /// @dev Mostly a new key; otherwise one of anybody's, used or not, or nobody's.
    function _reporterFor(address operator) private returns (address) {
        uint256 kind = _draw(8);
        if (kind == 0) return address(uint160(_draw(3)));
        address[] storage keys = _keysOf[kind == 1 ? _anyOperator() : operator];
        if (kind < 3 && keys.length != 0) return keys[_draw(keys.length)];
        return _newKey(operator);
    }

    function _isNewKey(address operator, address reporter) private view returns (bool) {
        return _keys[reporter].appointedBy == operator && !_keys[reporter].used;
    }
}
