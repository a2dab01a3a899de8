// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ruling} from "../../../contracts/interfaces/ITensorJudge.sol";
import {ITrialCourt} from "../../../contracts/interfaces/ITrialCourt.sol";
import {JobId} from "../../../contracts/types/Job.sol";
import {CaseFile, Ground, Space, TrialState, TrialStatus} from "../../../contracts/types/Trial.sol";
import {Greedy} from "./Greedy.sol";
import {TrialReplica} from "./TrialReplica.sol";
import {TrialSystem} from "./TrialSystem.sol";
import {Vm} from "./Vm.sol";

/// @notice Random trials, several at once: everybody does what it may and what it may not. An honest operator posts and
/// answers before its time is over and is never found wrong; another one does as chance has it.
abstract contract TrialCampaign is TrialSystem {
    uint256 private constant TRIALS_MAX = 12;
    uint256 private constant LIVE_MAX = 3;
    uint256 private constant GAS_MAX = 1_500_000;
    /// @notice Calls into the protocol that one burst makes at least.
    uint256 public constant BURST_CALLS = 8;
    uint256 internal constant STAKE = 1_000_000e18;
    uint256 internal constant BALANCE = 1_000_000e18;
    uint128 internal constant AT_RISK = 100e18;
    address internal constant OPERATOR = address(0xB001);
    address internal constant OPENER = address(0xB002);
    address internal constant REQUESTER = address(0xB003);
    address internal constant ALICE = address(0xB004);
    address internal constant BOB = address(0xB005);

    bool private immutable _HONEST;

    CaseFile[] private _files;
    JobId[] private _ids;
    bytes32[] private _demandIds;
    uint256 public convicted;
    uint256 public acquitted;
    uint256 public voided;
    uint256 public answered;
    uint256 public prolonged;
    uint256 public postponed;
    /// @notice Calls into the protocol, those included that failed; and the most gas that one of them took.
    uint256 public calls;
    uint256 public gasMax;
    uint256 public bursts;
    /// @notice What went otherwise than it must; empty while all is well.
    string public surprise;
    /// @dev Burned out of the stakes of the convicted, as it must have been at least.
    uint256 private _toBurn;
    /// @notice The same trials, as their events tell them.
    TrialReplica public replica;

    constructor(bool honest) {
        _HONEST = honest;
        deployTrialSystem(address(0xB0B));
        replica = new TrialReplica(_trials);
        fund(OPERATOR, 1, STAKE);
        address[4] memory others = [OPENER, REQUESTER, ALICE, BOB];
        for (uint256 i = 0; i < others.length; ++i) {
            fund(others[i], BALANCE, 0);
            vm.deal(others[i], 1e30);
        }
        vm.deal(OPERATOR, 1e30);
        // One of them refuses native currency, the other one asks for more while it gets some.
        vm.etch(ALICE, hex"60006000fd");
        vm.etch(BOB, address(new Greedy(_trials)).code);
        vm.roll(1_000);
    }

    /// @notice Actions out of one seed, until they have made their number of calls. Never reverts: see `surprise`.
    function burst(uint256 seed) external {
        uint256 goal = calls + BURST_CALLS;
        ++bursts;
        while (calls < goal && bytes(surprise).length == 0) {
            seed = uint256(keccak256(abi.encode(seed)));
            try this.step(seed) {} catch (bytes memory reason) {
                surprise = string.concat("action ", vm.toString(seed % 13), ": ", vm.toString(reason));
            }
        }
    }

    function step(uint256 seed) external {
        require(msg.sender == address(this), "only through burst");
        uint256 action = seed % 13;
        seed = uint256(keccak256(abi.encode(seed)));
        vm.fee(1 gwei + (seed % 50) * 4 gwei);
        if (_ids.length == 0 || (action < 2 && _live() < LIVE_MAX && _ids.length < TRIALS_MAX)) return _begin();
        uint256 i = seed % _ids.length;
        seed >>= 32;
        if (action <= 1) _post(i);
        else if (action <= 4) _ask(i, seed);
        else if (action <= 6) _answer(seed);
        else if (action == 7) _prove(i, seed);
        else if (action == 8) _wait(1 + (seed % 30 minutes));
        else if (action == 9) _end(i, seed);
        else if (action == 10) _takeBack(i, seed);
        else if (action == 11) _askLate(i, seed);
        else _postpone(seed);
    }

    /// @notice Waits for everything to be over and lets everybody take what is its own (I14).
    function drain() external {
        _wait(3 days);
        for (uint256 i = 0; i < _ids.length; ++i) {
            // I34: when all times are over, no call of any one party's is needed.
            _endByAnybody(i);
            _send(REQUESTER, 0, abi.encodeCall(ITrialCourt.reclaim, (_ids[i], ALICE)));
            _send(REQUESTER, 0, abi.encodeCall(ITrialCourt.reclaim, (_ids[i], BOB)));
        }
        address[5] memory owners = actors();
        for (uint256 i = 0; i < owners.length; ++i) _collect(owners[i]);
        assertFalse(Greedy(payable(BOB)).gotMore(), "I24: paid twice");
    }

    /// @notice I9: whatever the five do who could all be one, together they never have more than they brought, and two fifths of
    /// what convictions took are burned.
    function checkCoalition() external view {
        uint256 wealth = 0;
        address[5] memory owners = actors();
        for (uint256 i = 0; i < owners.length; ++i) wealth += wealthOf(owners[i]);
        (uint256 bonded, ) = this.bonds();
        assertLe(wealth + bonded, 4 * BALANCE + STAKE + 1, "I9: a coalition gained");
        assertGe(_system.settlement.balanceOf(_system.settlement.BURN_ADDRESS()), _toBurn, "I9: burned");
    }

    function actors() public pure returns (address[5] memory) {
        return [OPERATOR, OPENER, REQUESTER, ALICE, BOB];
    }

    function trialCount() external view returns (uint256) {
        return _ids.length;
    }

    /// @notice Native currency that the court owes: credits, and what is prepaid for answers that wait.
    function owedEther() external view returns (uint256 owed) {
        address[5] memory owners = actors();
        for (uint256 i = 0; i < owners.length; ++i) owed += _trials.creditOf(owners[i]);
        for (uint256 i = 0; i < _demandIds.length; ++i) {
            owed += _trials.REVEAL_GAS() * _trials.demandOf(_demandIds[i]).feeCap;
        }
    }

    function courtEther() external view returns (uint256) {
        return address(_trials).balance;
    }

    /// @notice What is bonded for trials, and what must be: an opener's bond per live trial, and demanders' until reclaimed.
    function bonds() external view returns (uint256 bonded, uint256 expected) {
        for (uint256 i = 0; i < _ids.length; ++i) {
            bonded += _system.settlement.bondOf(JobId.unwrap(_ids[i]));
            TrialStatus status = _trials.trialOf(_ids[i]).status;
            if (status == TrialStatus.Opened || status == TrialStatus.Hearing) expected += OPENER_BOND;
            if (status == TrialStatus.Acquitted) continue;
            if (_trials.demandOfDemander(_ids[i], ALICE) != 0) expected += DEMAND_BOND;
            if (_trials.demandOfDemander(_ids[i], BOB) != 0) expected += DEMAND_BOND;
        }
    }

    /// @notice Tokens in the two vaults, and what they owe.
    function tokens() external view returns (uint256 held, uint256 owed) {
        held = _system.token.balanceOf(address(_system.settlement)) + _system.token.balanceOf(address(_system.staking));
        owed = _system.settlement.totalHeld() + stakeOf(OPERATOR);
    }

    function operatorWealth() external view returns (uint256) {
        return wealthOf(OPERATOR);
    }

    function _begin() private {
        vm.recordLogs();
        (CaseFile memory file, JobId jobId) = attestedCase(REQUESTER, OPERATOR, 1e18, AT_RISK);
        told(vm.getRecordedLogs());
        openCase(file, OPENER);
        // Request, attest, open.
        calls += 3;
        _files.push(file);
        _ids.push(jobId);
    }

    function _post(uint256 i) private {
        CaseFile memory file = _files[i];
        if (_statusOf(i) != TrialStatus.Opened || block.timestamp > file.docket.traceDue) return;
        postCase(file);
        ++calls;
        _files[i] = file;
    }

    function _ask(uint256 i, uint256 seed) private {
        if (_statusOf(i) != TrialStatus.Hearing) return;
        _demand(i, seed);
        if ((seed >> 40) % 4 == 0) _postpone(seed);
    }

    function _demand(uint256 i, uint256 seed) private {
        uint256 which = seed % 4;
        Space space = which == 3 ? Space.Input : Space.Trace;
        bytes32[] memory siblings = new bytes32[](which == 1 || which == 2 ? 1 : 0);
        if (siblings.length != 0) siblings[0] = leaf();
        uint256 price = _trials.REVEAL_GAS() * ((2 * block.basefee) << ((seed >> 8) % 3));
        bytes32 node = which == 0 ? traceTree() : leaf();
        uint256 height = which == 0 ? 1 : 0;
        uint256 index = which == 2 ? 1 : 0;
        bytes memory data = abi.encodeCall(ITrialCourt.demand, (_files[i], space, height, index, node, siblings));
        (bool asked, bytes memory result) = _send((seed >> 16) % 2 == 0 ? ALICE : BOB, price, data);
        if (!asked) return;
        bytes32 demandId = abi.decode(result, (bytes32));
        assertLe(_trials.demandOf(demandId).time, _files[i].docket.trialEnd, "I16: an answer due after the end");
        for (uint256 j = 0; j < _demandIds.length; ++j) if (_demandIds[j] == demandId) return;
        _demandIds.push(demandId);
    }

    function _answer(uint256 seed) private {
        for (uint256 i = 0; i < _ids.length; ++i) {
            if (_HONEST || (seed >> i) & 1 == 1) _answerAll(i);
        }
    }

    function _answerAll(uint256 i) private {
        // Nothing waits, nothing to show.
        if (_trials.trialOf(_ids[i]).openDemands == 0) return;
        _reveal(i, Space.Trace, 1, 0, abi.encodePacked(leaf(), leaf()));
        _reveal(i, Space.Trace, 0, 0, chunk());
        _reveal(i, Space.Trace, 0, 1, chunk());
        _reveal(i, Space.Input, 0, 0, chunk());
    }

    /// @dev INVARIANT(I16): after an answer there is time to react to it, within the trial's end.
    function _reveal(uint256 i, Space space, uint256 height, uint256 index, bytes memory content) private {
        uint256 before = _trials.trialOf(_ids[i]).hearingEnd;
        bytes memory data = abi.encodeCall(ITrialCourt.reveal, (_ids[i], space, height, index, content));
        (bool shown, ) = _send(OPERATOR, 0, data);
        if (!shown) return;
        ++answered;
        uint256 end = _trials.trialOf(_ids[i]).hearingEnd;
        uint256 trialEnd = _files[i].docket.trialEnd;
        uint256 reaction = block.timestamp + _files[i].docket.revealTime;
        assertGe(end, reaction < trialEnd ? reaction : trialEnd, "I16: no time to react");
        assertLe(end, trialEnd, "I16: beyond the trial's end");
        assertGe(end, before, "I16: a hearing became shorter");
        if (end > before) ++prolonged;
    }

    function _prove(uint256 i, uint256 seed) private {
        bool wrong = !_HONEST && seed % 3 == 0;
        _judge.setRuling(5, Ruling(wrong, seed % 3 == 1, 1, 2));
        address prover = seed % 2 == 0 ? ALICE : BOB;
        bytes32 commitment = _trials.commitmentOf(_ids[i], prover, Ground.WrongElement, 5, 1, 2, 0);
        _send(prover, 0, abi.encodeCall(ITrialCourt.commit, (commitment)));
        vm.roll(block.number + ((seed >> 8) % 4));
        bytes memory data = abi.encodeCall(
            ITrialCourt.proveElement,
            (_files[i], planOpening(), 5, nothingOpened(), bytes32(0))
        );
        TrialStatus before = _statusOf(i);
        (bool proven, ) = _send(prover, 0, data);
        if (!proven) return;
        assertEq(uint8(before), uint8(TrialStatus.Hearing), "I11: a proof outside the hearing");
        _ruled(i);
    }

    /// @notice I16: a path that begins in the last second, every answer in its own last second.
    function _askLate(uint256 i, uint256 seed) private {
        uint256 latest = _files[i].docket.demandsEnd;
        if (_statusOf(i) != TrialStatus.Hearing || block.timestamp > latest) return;
        _wait(latest - block.timestamp);
        if (_statusOf(i) != TrialStatus.Hearing) return;
        _demand(i, seed & ~uint256(3));
        for (uint256 k = 0; k < 2; ++k) {
            vm.warp(block.timestamp + _files[i].docket.revealTime);
            for (uint256 j = 0; j < _ids.length; ++j) _answerAll(j);
            if (k == 0) _demand(i, (seed & ~uint256(3)) | 1);
        }
    }

    /// @dev While gas costs more than a demander prepaid, its answer may wait, but never beyond the trial's end.
    function _postpone(uint256 seed) private {
        if (_demandIds.length == 0) return;
        // The last one that waits, as long as there is one.
        uint256 last = _demandIds.length - 1;
        while (last != 0 && _trials.demandOf(_demandIds[last]).feeCap == 0) --last;
        bytes32 demandId = _demandIds[last];
        uint256 before = _trials.demandOf(demandId).time;
        vm.fee((seed >> 32) % 4 == 0 ? 1 gwei : 10_000 gwei);
        bool done = false;
        uint256 i = 0;
        for (; !done && i < _ids.length; ++i) {
            (done, ) = _send(BOB, 0, abi.encodeCall(ITrialCourt.postpone, (_ids[i], demandId)));
        }
        if (!done) return;
        uint256 due = _trials.demandOf(demandId).time;
        assertGe(due, before, "I16: a demand's time became shorter");
        assertLe(due, _files[i - 1].docket.trialEnd, "I16: an answer due after the end");
        ++postponed;
    }

    function _wait(uint256 time) private {
        if (_HONEST) {
            for (uint256 i = 0; i < _ids.length; ++i) {
                _post(i);
                _answerAll(i);
            }
        }
        vm.warp(block.timestamp + time);
    }

    function _end(uint256 i, uint256 seed) private {
        bytes32 overdue = seed % 2 == 0 || _demandIds.length == 0 ? bytes32(0) : _demandIds[seed % _demandIds.length];
        if (block.timestamp > uint256(_files[i].docket.trialEnd)) return _endByAnybody(i);
        _resolve(i, overdue);
    }

    /// @dev INVARIANT(I34): from its end on, a trial is over as soon as anybody cares to say so.
    function _endByAnybody(uint256 i) private {
        for (uint256 j = 0; _isLive(i) && j < _demandIds.length; ++j) _resolve(i, _demandIds[j]);
        if (_isLive(i)) _resolve(i, 0);
        assertFalse(_isLive(i), "I34: a trial that nobody can end");
    }

    function _resolve(uint256 i, bytes32 overdue) private {
        TrialState memory before = _trials.trialOf(_ids[i]);
        uint256 operatorHad = wealthOf(OPERATOR);
        uint256 openerHad = wealthOf(OPENER);
        (bool over, ) = _send(REQUESTER, 0, abi.encodeCall(ITrialCourt.resolve, (_files[i], overdue)));
        if (!over) return;
        assertTrue(before.status == TrialStatus.Opened || before.status == TrialStatus.Hearing, "I11: ended twice");
        _ruled(i);
        if (_statusOf(i) != TrialStatus.Acquitted) return;
        assertEq(before.openDemands, 0, "I13: acquitted while a demand waited");
        assertGe(block.timestamp, _files[i].docket.hearingEnd, "I13: acquitted before the end");
        // INVARIANT(I10): the loser's bond goes to whom it kept, and the loser has not got it back.
        assertGe(wealthOf(OPERATOR), operatorHad + OPENER_BOND, "I10: the operator has the bond");
        assertEq(wealthOf(OPENER), openerHad, "I10: the opener lost its bond");
    }

    /// @dev A verdict was spoken: what it took is within the lock.
    function _ruled(uint256 i) private {
        TrialStatus status = _statusOf(i);
        if (status == TrialStatus.Convicted) {
            ++convicted;
            _toBurn += (AT_RISK * 2) / 5;
        }
        if (status == TrialStatus.Acquitted) ++acquitted;
        if (status == TrialStatus.Void) ++voided;
    }

    function _takeBack(uint256 i, uint256 seed) private {
        address who = actors()[seed % 5];
        if (seed % 2 == 0) _send(who, 0, abi.encodeCall(ITrialCourt.reclaim, (_ids[i], who)));
        else _collect(who);
    }

    /// @dev Credit goes where its owner says; who refuses it hinders nobody else (I23).
    function _collect(address who) private {
        address payable to = payable(who == ALICE ? REQUESTER : who);
        _send(who, 0, abi.encodeCall(ITrialCourt.withdrawCredit, (to)));
    }

    /// @dev INVARIANT(I5), INVARIANT(I22): no call panics, and none takes more gas than it may.
    function _send(address who, uint256 value, bytes memory data) private returns (bool ok, bytes memory answer) {
        // What a call logged that failed was recorded as well.
        vm.recordLogs();
        vm.prank(who);
        uint256 gas = gasleft();
        (ok, answer) = address(_trials).call{value: value}(data);
        gas -= gasleft();
        if (ok) told(vm.getRecordedLogs());
        ++calls;
        if (gas > gasMax) gasMax = gas;
        assertLe(gas, GAS_MAX, "I22: gas");
        if (!ok && answer.length >= 4) assertNotEq(bytes32(bytes4(answer)), bytes32(bytes4(0x4e487b71)), "I5: panic");
    }

    function told(Vm.Log[] memory logs) internal override {
        replica.fold(logs);
    }

    function _isLive(uint256 i) private view returns (bool) {
        TrialStatus status = _statusOf(i);
        return status == TrialStatus.Opened || status == TrialStatus.Hearing;
    }

    function _statusOf(uint256 i) private view returns (TrialStatus) {
        return _trials.trialOf(_ids[i]).status;
    }

    function _live() private view returns (uint256 count) {
        for (uint256 i = 0; i < _ids.length; ++i) {
            TrialStatus status = _statusOf(i);
            if (status == TrialStatus.Opened || status == TrialStatus.Hearing) ++count;
        }
    }
}
