// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {IFeedRegistry} from "../../../contracts/interfaces/IFeedRegistry.sol";
import {DataRequestId, Report, Round, SeatStatus} from "../../../contracts/types/Feed.sol";
import {DataNuisance} from "./DataNuisance.sol";
import {FeedQuestions} from "./FeedQuestions.sol";
import {FeedReplica} from "./FeedReplica.sol";

/// @notice A committee at work: leaders in time, late and in vain, at most `f` liars among them, and everybody who would
/// like to be one. Every action is tried in any state; the model says beforehand whether it must succeed.
abstract contract FeedCampaign is FeedQuestions {
    /// @dev Numbers of actions, the more common ones more often.
    bytes private constant WEIGHTS =
        hex"0000000000000000000000000000000000000101010202020202030304040405050506070809090a0b0b0b0b0c0d0e0f0f0f0f0f0f0f0f10";

    /// @notice Calls into the protocol that one burst makes at least.
    uint256 public constant BURST_CALLS = 8;
    uint256 public bursts;
    /// @notice The same feed, as its events tell it.
    FeedReplica public replica;

    constructor() {
        vm.warp(1_700_000_000);
        _system = deploySystem();
        replica = new FeedReplica(_system.feeds);
        vm.recordLogs();
        nuisance = new DataNuisance();
        _accounts = [FUNDER, STEWARD, ASKER, STRANGER];
        address[] memory seats = new address[](SEATS);
        for (uint256 i = 0; i < OPERATORS; ++i) {
            (address operator, ) = actor(string.concat("data operator ", vm.toString(i)));
            _operatorList.push(operator);
            _accounts.push(operator);
            _bring(operator);
            _newKey(operator);
            if (i < SEATS) seats[i] = operator;
        }
        // One of them has a seat; the others may follow it, one at a time.
        (_lies[_operatorList[0]], _lies[_operatorList[6]]) = (true, true);
        (_lies[_operatorList[7]], _lies[_operatorList[8]]) = (true, true);
        _deposit(FUNDER);
        _deposit(ASKER);
        _feedId = _system.feeds.createFeed("ETH / USD", keccak256("s"), _terms(), uint128(BOND), STEWARD, seats, 0);
        for (uint8 seat = 0; seat < SEATS; ++seat) {
            address reporter = _keysOf[seats[seat]][0];
            vm.prank(seats[seat]);
            _system.feeds.join(_feedId, seat, reporter);
            _keys[reporter].used = true;
            _bondOf[seats[seat]].amount = BOND;
            _ghostSeats[seat] = GhostSeat(SeatStatus.Seated, seats[seat], reporter, 0, 0, 0);
        }
        replica.fold(vm.getRecordedLogs());
    }

    /// @notice One action, chosen and filled in by the seed. Never reverts: what goes otherwise than expected is kept in
    /// `surprise`.
    function step(uint256 seed) public {
        if (bytes(surprise).length != 0) return;
        uint256 action = uint8(WEIGHTS[seed % WEIGHTS.length]);
        try this.perform(action, seed) {} catch (bytes memory reason) {
            surprise = string.concat("action ", vm.toString(action), ": ", vm.toString(reason));
        }
    }

    /// @notice Several actions out of one seed, until they have made their number of calls.
    function burst(uint256 seed) external {
        uint256 goal = calls + BURST_CALLS;
        ++bursts;
        while (calls < goal && bytes(surprise).length == 0) step(seed = uint256(keccak256(abi.encode(seed))));
    }

    function perform(uint256 action, uint256 seed) external {
        require(msg.sender == address(this), "only through step");
        _seed(seed);
        vm.recordLogs();
        if (action == 0) _report();
        if (action == 1) _ask();
        if (action == 2) _answer();
        if (action == 3) _expireOrRetry();
        if (action == 4) _join();
        if (action == 5) _invite();
        if (action == 6) _replace();
        if (action == 7) _leave();
        if (action == 8) _releaseBond();
        if (action == 9) _fundIt();
        if (action == 10) _defund();
        if (action == 11) _proveDouble();
        if (action == 12) _collect();
        if (action == 13) nuisance.set(DataNuisance.Mode(_draw(5)));
        if (action == 14) _trespass();
        if (action == 15) _wait();
        if (action == 16) _waitLong();
        replica.fold(vm.getRecordedLogs());
    }

    /* ROUNDS */

    function _report() private {
        Draft memory draft = _draft(DataRequestId.wrap(0));
        bool ok = _mayBring(draft) && _isDue(draft);
        bytes memory data = abi.encodeCall(IFeedRegistry.report, (_feedId, draft.turn, draft.reports));
        Round memory before = _last();
        bool wasDisputed = _disputed;
        uint256 formerLeader = _parkedLeader;
        if (!ok) _countRefusal(draft);
        if (!_tryFeeds(draft.caller, data, ok)) return;

        Round memory round = _roundOf(draft);
        bool accepted = _isAccepted(round.answer, draft.leader);
        _pay(draft);
        if (accepted) {
            _judge(draft);
            _rounds.push(round);
            _disputed = false;
            _count(before.number == 0 ? "first round" : "accepted");
            if (wasDisputed) _count("resolved");
            if (uint256(draft.turn) < block.timestamp / TURN) _count("late round");
        } else {
            round.number = 0;
            (_parked, _parkedLeader, _disputed) = (round, draft.leader, true);
            _count(wasDisputed ? "parked again" : "parked");
        }
        _checkRound(draft, before, wasDisputed, formerLeader);
    }

    /// @dev I28 and I29 in their own words, from what the chain says, whatever the model believes.
    function _checkRound(Draft memory draft, Round memory before, bool wasDisputed, uint256 formerLeader) private {
        if (_rounds.length == 0) return;
        Round memory now_ = _system.feeds.latestRound(_feedId);
        if (now_.number == before.number) {
            assertEq(
                keccak256(abi.encode(now_)),
                keccak256(abi.encode(before)),
                "I29: a parked round moved the answer"
            );
            return;
        }
        assertEq(now_.number, uint256(before.number) + 1, "I28: number");
        assertTrue(_isLowerMedian(now_.answer, draft.reports), "I28: median");
        assertGe(draft.reports.length, QUORUM, "I28: quorum");
        assertTrue(now_.observedAt > before.observedAt && now_.updatedAt > before.updatedAt, "I28: time");
        assertLe(now_.updatedAt, uint256(now_.observedAt) + 2 * TURN - 1, "I28: fresh");
        (int128 low, int128 high) = (type(int128).max, type(int128).min);
        uint256 seen = 0;
        for (uint256 i = 0; i < draft.reports.length; ++i) {
            uint256 bit = 1 << draft.reports[i].seat;
            assertEq(seen & bit, 0, "I28: distinct");
            seen |= bit;
            if (!draft.honest[i]) continue;
            if (draft.reports[i].value < low) low = draft.reports[i].value;
            if (draft.reports[i].value > high) high = draft.reports[i].value;
        }
        assertTrue(now_.answer >= low && now_.answer <= high, "I28: between the honest");
        if (before.number != 0 && _isFar(now_.answer, before.answer, CLAMP)) {
            assertTrue(wasDisputed && formerLeader != draft.leader, "I29: a leader alone");
            _count("large move confirmed");
        }
    }

    function _roundOf(Draft memory draft) private view returns (Round memory) {
        return
            Round({
                number: uint32(_rounds.length + 1),
                answer: _naiveMedian(draft.reports),
                observedAt: uint40(uint256(draft.turn) * TURN),
                updatedAt: uint40(block.timestamp),
                reports: uint8(draft.reports.length)
            });
    }

    function _isDue(Draft memory draft) private view returns (bool) {
        if (_rounds.length == 0) return true;
        uint256 observedAt = uint256(draft.turn) * TURN;
        if (_disputed) return observedAt > _parked.observedAt && draft.leader != _parkedLeader;
        Round memory last = _last();
        if (observedAt <= last.observedAt || block.timestamp <= last.updatedAt) return false;
        return
            block.timestamp >= last.updatedAt + (HEARTBEAT / 4) * 3 ||
            (draft.reports.length != 0 && _hasMoved(_naiveMedian(draft.reports), last.answer));
    }

    function _isAccepted(int128 answer, uint256 leader) private view returns (bool) {
        if (_rounds.length == 0) return true;
        bool confirms = _disputed && leader != _parkedLeader && !_isFar(answer, _parked.answer, CLAMP);
        return confirms || !_isFar(answer, _last().answer, CLAMP);
    }

    /// @dev The first reason that the model finds.
    function _countRefusal(Draft memory draft) private {
        uint256 now_ = block.timestamp / TURN;
        if (draft.turn > now_ || draft.turn + 1 < now_) _count("refused: turn");
        else if (draft.caller != _ghostSeats[draft.leader].reporter) _count("refused: leader");
        else if (!_mayBring(draft)) _count("refused: reports");
        else _count("refused: not due");
    }

    function _pay(Draft memory draft) private {
        uint256 cost = (draft.reports.length + LEADER_CREDITS) * PAYMENT;
        if (_fund < cost) return _count("unpaid");
        _fund -= cost;
        _ghostSeats[draft.leader].credits += LEADER_CREDITS;
        for (uint256 i = 0; i < draft.reports.length; ++i) ++_ghostSeats[draft.reports[i].seat].credits;
    }

    /// @notice Strikes and suspensions of an accepted round, seat by seat.
    function _judge(Draft memory draft) private {
        int128 answer = _naiveMedian(draft.reports);
        for (uint256 i = 0; i < draft.reports.length; ++i) {
            GhostSeat storage seat = _ghostSeats[draft.reports[i].seat];
            if (!_isFar(draft.reports[i].value, answer, OUTLIER)) {
                seat.strikes = 0;
                continue;
            }
            assertFalse(draft.honest[i], "an honest report counts as an outlier");
            _count("strike");
            if (seat.strikes + 1 < STRIKES_MAX) {
                ++seat.strikes;
            } else if (_reportersLeft(draft) - 1 < QUORUM) {
                _count("spared for the quorum");
            } else {
                (seat.strikes, seat.suspendedUntil) = (0, block.timestamp + SUSPENSION);
                assertGe(_reportersLeft(draft), QUORUM, "a suspension left less than a quorum");
                _count("suspended");
            }
        }
    }

    /// @notice How many of those who reported are not suspended.
    function _reportersLeft(Draft memory draft) private view returns (uint256 left) {
        for (uint256 i = 0; i < draft.reports.length; ++i) if (_counts(draft.reports[i].seat)) ++left;
    }

    /* THE CLOCK */

    function _wait() private {
        uint256 kind = _draw(12);
        uint256 seconds_ = 1 + _draw(TURN + TURN / 2);
        // To the edge of the heartbeat, and a second over it.
        if (kind == 0 && _rounds.length != 0) {
            uint256 edge = uint256(_last().updatedAt) + HEARTBEAT + _draw(2);
            if (edge > block.timestamp) seconds_ = edge - block.timestamp;
        }
        if (kind == 1) seconds_ = (HEARTBEAT * 3) / 4;
        vm.warp(block.timestamp + seconds_);
    }

    function _waitLong() private {
        if (_draw(2) == 0) return;
        vm.warp(block.timestamp + 1 + _draw(6 days));
        _count("days");
    }

    /// @notice Ends everything by calls that its owners and anybody may make, then takes all stake and balances out (I14).
    function drain() external {
        vm.warp(block.timestamp + 1 days);
        _expireAll();
        for (uint8 seat = 0; seat < SEATS; ++seat) {
            if (_ghostSeats[seat].status != SeatStatus.Seated) continue;
            vm.prank(_ghostSeats[seat].operator);
            _system.feeds.leave(_feedId, seat);
        }
        vm.warp(block.timestamp + UNBONDING_DELAY);
        for (uint256 i = 0; i < OPERATORS; ++i) {
            address operator = _operatorList[i];
            if (_system.feeds.bondOf(_feedId, operator).amount != 0) _system.feeds.releaseBond(_feedId, operator);
            uint256 free = _system.staking.stakeOf(operator).free;
            vm.prank(operator);
            _system.staking.unbond(free);
        }
        vm.warp(block.timestamp + UNBONDING_DELAY);
        for (uint256 i = 0; i < OPERATORS; ++i) {
            vm.prank(_operatorList[i]);
            _system.staking.withdraw(_operatorList[i]);
        }
        vm.prank(STEWARD);
        if (_fund != 0) _system.feeds.defund(_feedId, uint128(_fund));
        vm.stopPrank();
        _system.settlement.sweepBurned();
        for (uint256 i = 0; i < _accounts.length; ++i) {
            uint256 balance = _system.settlement.balanceOf(_accounts[i]);
            vm.prank(_accounts[i]);
            _system.settlement.withdraw(_accounts[i], balance);
        }
        assertEq(_system.settlement.totalHeld(), 0, "I14: something is owed");
        assertEq(_system.token.balanceOf(address(_system.settlement)), 0, "I14: tokens are left in Settlement");
        assertEq(_system.token.balanceOf(address(_system.staking)), 0, "I14: tokens are left in OperatorStaking");
    }

    /* INTERNAL */

    function _bring(address operator) private {
        _system.token.mint(operator, STAKE);
        vm.prank(operator);
        _system.token.approve(address(_system.staking), STAKE);
        vm.prank(operator);
        _system.staking.deposit(STAKE);
        _stake[operator] = STAKE;
    }

    function _deposit(address account) private {
        _system.token.mint(account, BALANCE);
        vm.prank(account);
        _system.token.approve(address(_system.settlement), BALANCE);
        vm.prank(account);
        _system.settlement.deposit(account, BALANCE);
        _ledger[account] += BALANCE;
    }
}
