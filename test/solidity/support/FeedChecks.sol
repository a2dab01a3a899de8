// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {DecimalFloat} from "../../../contracts/libraries/DecimalFloat.sol";
import {IFeedRegistry} from "../../../contracts/interfaces/IFeedRegistry.sol";
import {IOperatorStaking} from "../../../contracts/interfaces/IOperatorStaking.sol";
import {DataRequestId, DataState, DataStatus, FeedId, FeedState, Round} from "../../../contracts/types/Feed.sol";
import {FeedCampaign} from "./FeedCampaign.sol";

/// @notice The chain compared with the model, wherever a campaign of data nodes stands.
abstract contract FeedChecks is FeedCampaign {
    /// @dev Rounds looked at each time; the campaign goes over every one of them as it grows.
    uint256 private constant LOOK_BACK = 12;

    /// @notice I28: rounds are numbered without a gap, their times increase, the ring keeps them as they were accepted, and who
    /// asks for a fresh answer or a window has one exactly while the feed is live.
    function checkRounds() external view {
        uint256 count = _rounds.length;
        for (uint256 number = count > LOOK_BACK ? count - LOOK_BACK : 1; number <= count; ++number) {
            if (number == 0) continue;
            Round memory round = _rounds[number - 1];
            assertEq(round.number, number, "I28: the model's number");
            _assertSame(_system.feeds.roundOf(_feedId, number), round, "I28: round");
            if (number == 1) continue;
            assertTrue(round.observedAt > _rounds[number - 2].observedAt, "I28: observed later");
            assertTrue(round.updatedAt > _rounds[number - 2].updatedAt, "I28: updated later");
        }
        try _system.feeds.roundOf(_feedId, count + 1) {
            revert("a round before its time");
        } catch {}
        _checkState();
        _checkReaders();
    }

    /// @notice I29: while a move waits, the answer is the last accepted one with its old time, and the parked one is in sight.
    function checkDispute() external view {
        if (_rounds.length != 0) _assertSame(_system.feeds.latestRound(_feedId), _last(), "I29: latest");
        if (!_disputed) {
            try _system.feeds.parkedRound(_feedId) {
                revert("a parked round without a dispute");
            } catch {}
            return;
        }
        assertEq(uint8(_system.feeds.feedState(_feedId)), uint8(FeedState.Disputed), "I29: state");
        (Round memory parked, uint8 leader) = _system.feeds.parkedRound(_feedId);
        _assertSame(parked, _parked, "I29: parked");
        assertEq(leader, _parkedLeader, "I29: its leader");
        assertTrue(_isFar(parked.answer, _last().answer, CLAMP), "I29: parked within the clamp");
    }

    /// @notice I1, I2, I8: the bond under the feed's key is what is funded and what is earned, every question's its fee; every
    /// balance is the model's, and all tokens are somebody's.
    function checkMoney() external view {
        (, , , , uint128 fund) = _system.feeds.feedInfo(_feedId);
        assertEq(fund, _fund, "I1: fund");
        uint256 held = fund;
        for (uint8 seat = 0; seat < SEATS; ++seat) held += _system.feeds.seatOf(_feedId, seat).credits * PAYMENT;
        assertEq(_system.settlement.bondOf(FeedId.unwrap(_feedId)), held, "I1: the feed's bond");
        for (uint256 i = 0; i < _questions.length; ++i) {
            Question storage question = _questions[i];
            uint256 fee = question.status == DataStatus.Requested ? question.terms.fee : 0;
            assertEq(_system.settlement.bondOf(DataRequestId.unwrap(question.id)), fee, "I8: a question's fee");
            held += fee;
        }
        for (uint256 i = 0; i < _accounts.length; ++i) held += _checkBalance(_accounts[i]);
        held += _checkBalance(BURN);
        assertEq(_system.settlement.totalHeld(), held, "I2: total held");
        assertEq(_system.token.balanceOf(address(_system.settlement)), held, "I2: settlement");
        uint256 staked = 0;
        for (uint256 i = 0; i < OPERATORS; ++i) staked += _stake[_operatorList[i]];
        assertEq(_system.token.balanceOf(address(_system.staking)), staked, "I2: staking");
        assertEq(held + staked, 2 * BALANCE + OPERATORS * STAKE, "I1: tokens are conserved");
    }

    /// @notice I4, I6, I18: seats are the model's, an operator's bond is what is locked of its stake, and who was expelled is gone
    /// for good; the honest have all that they brought.
    function checkSeats() external view {
        for (uint8 seat = 0; seat < SEATS; ++seat) {
            GhostSeat storage ghost = _ghostSeats[seat];
            IFeedRegistry.Seat memory real = _system.feeds.seatOf(_feedId, seat);
            assertEq(uint8(real.status), uint8(ghost.status), "status");
            assertEq(real.operator, ghost.operator, "operator");
            assertEq(real.reporter, ghost.reporter, "reporter");
            assertEq(real.suspendedUntil, ghost.suspendedUntil, "suspended until");
            assertEq(real.strikes, ghost.strikes, "strikes");
            assertEq(real.credits, ghost.credits, "credits");
            if (real.reporter == address(0)) continue;
            assertFalse(_bondOf[real.operator].expelled, "an expelled operator has a seat");
            assertEq(_bondOf[real.operator].amount, BOND, "a seat without a bond");
        }
        for (uint256 i = 0; i < OPERATORS; ++i) {
            address operator = _operatorList[i];
            IFeedRegistry.FeedBond memory bond = _system.feeds.bondOf(_feedId, operator);
            IOperatorStaking.Stake memory stake = _system.staking.stakeOf(operator);
            assertEq(bond.amount, _bondOf[operator].amount, "bond");
            assertEq(bond.releaseAt, _bondOf[operator].releaseAt, "I6: release");
            assertEq(bond.expelled, _bondOf[operator].expelled, "I18: expelled");
            assertEq(stake.locked, bond.amount, "I4: locked");
            assertEq(uint256(stake.free) + stake.locked, _stake[operator], "I3: stake");
            if (!_lies[operator]) assertEq(_stake[operator], STAKE, "an honest operator was slashed");
            else assertGe(_stake[operator], STAKE - BOND, "I18: slashed twice");
        }
    }

    /// @notice I11: questions move from asked to answered or expired, and no further.
    function checkQuestions() external view {
        for (uint256 i = 0; i < _questions.length; ++i) {
            Question storage question = _questions[i];
            DataState memory state = _system.feeds.dataState(question.id);
            assertEq(uint8(state.status), uint8(question.status), "I11: status");
            assertEq(state.delivered, question.delivered, "delivered");
            assertEq(state.reports, question.reports, "reports");
            assertTrue(state.answer == question.answer, "I28: answer");
        }
        assertEq(nuisance.reentered(), 0, "I24: a callback re-entered");
    }

    /* INTERNAL */

    function _checkState() private view {
        FeedState expected = FeedState.Empty;
        if (_rounds.length != 0) expected = _isLate() ? FeedState.Stale : FeedState.Live;
        if (_disputed) expected = FeedState.Disputed;
        assertEq(uint8(_system.feeds.feedState(_feedId)), uint8(expected), "state");
    }

    function _isLate() private view returns (bool) {
        return block.timestamp - _last().updatedAt > HEARTBEAT;
    }

    function _checkReaders() private view {
        bool live = _rounds.length != 0 && !_disputed && !_isLate();
        try _system.feeds.freshAnswer(_feedId) returns (Round memory round) {
            assertTrue(live, "I28: an answer that is not fresh");
            _assertSame(round, _last(), "I28: fresh answer");
        } catch {
            assertFalse(live, "I28: no answer of a live feed");
        }
        uint256 count = _rounds.length < LOOK_BACK ? _rounds.length : LOOK_BACK;
        try _system.feeds.windowOf(_feedId, count) returns (bytes memory vector, uint32 last) {
            assertTrue(live, "I28: a window that is not fresh");
            assertEq(last, _rounds.length, "the window's last round");
            bytes memory expected = "";
            for (uint256 i = _rounds.length - count; i < _rounds.length; ++i) {
                expected = abi.encodePacked(expected, DecimalFloat.toFloat32(_rounds[i].answer, 8));
            }
            assertEq(vector, expected, "window");
        } catch {
            assertFalse(live, "I28: no window of a live feed");
        }
    }

    function _checkBalance(address account) private view returns (uint256 balance) {
        balance = _system.settlement.balanceOf(account);
        assertEq(balance, _ledger[account], "a balance");
    }

    function _assertSame(Round memory actual, Round memory expected, string memory message) private pure {
        assertEq(keccak256(abi.encode(actual)), keccak256(abi.encode(expected)), message);
    }
}
