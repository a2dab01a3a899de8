// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ruling} from "../../../contracts/interfaces/ITensorJudge.sol";
import {JobId} from "../../../contracts/types/Job.sol";
import {CaseFile, Demand, Ground, Space, TrialStatus} from "../../../contracts/types/Trial.sol";
import {TrialSystem} from "./TrialSystem.sol";

/// @notice Random trials, several at once: everybody does what it may and what it may not. An honest operator posts and
/// answers before its time is over and is never found wrong; another one does as chance has it.
abstract contract TrialCampaign is TrialSystem {
    uint256 private constant TRIALS_MAX = 12;
    uint256 private constant LIVE_MAX = 3;
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

    constructor(bool honest) {
        _HONEST = honest;
        deployTrialSystem(address(0xB0B));
        fund(OPERATOR, 1, STAKE);
        address[4] memory others = [OPENER, REQUESTER, ALICE, BOB];
        for (uint256 i = 0; i < others.length; ++i) {
            fund(others[i], BALANCE, 0);
            vm.deal(others[i], 1e30);
        }
        vm.deal(OPERATOR, 1e30);
        vm.roll(1_000);
    }

    function step(uint256 seed) external {
        uint256 action = seed % 11;
        seed = uint256(keccak256(abi.encode(seed)));
        vm.fee(1 gwei + (seed % 50) * 1 gwei);
        if (_ids.length == 0 || (action < 2 && _live() < LIVE_MAX && _ids.length < TRIALS_MAX)) return _begin();
        uint256 i = seed % _ids.length;
        seed >>= 32;
        if (action <= 1) _post(i);
        else if (action <= 4) _ask(i, seed);
        else if (action <= 6) _answer(seed);
        else if (action == 7) _prove(i, seed);
        else if (action == 8) _wait(1 + (seed % 30 minutes));
        else if (action == 9) _end(i, seed);
        else _takeBack(i, seed);
    }

    /// @notice Waits for everything to be over and lets everybody take what is its own (I14).
    function drain() external {
        _wait(3 days);
        for (uint256 i = 0; i < _ids.length; ++i) {
            for (uint256 j = 0; j < _demandIds.length; ++j) {
                try _trials.resolve(_files[i], _demandIds[j]) {} catch {}
            }
            try _trials.resolve(_files[i], 0) {} catch {}
            try _trials.reclaim(_ids[i], ALICE) {} catch {}
            try _trials.reclaim(_ids[i], BOB) {} catch {}
        }
        address[5] memory owners = actors();
        for (uint256 i = 0; i < owners.length; ++i) {
            vm.prank(owners[i]);
            try _trials.withdrawCredit(payable(owners[i])) {} catch {}
        }
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
        (CaseFile memory file, JobId jobId) = attestedCase(REQUESTER, OPERATOR, 1e18, AT_RISK);
        openCase(file, OPENER);
        _files.push(file);
        _ids.push(jobId);
    }

    function _post(uint256 i) private {
        CaseFile memory file = _files[i];
        if (_statusOf(i) != TrialStatus.Opened || block.timestamp > file.docket.traceDue) return;
        postCase(file);
        _files[i] = file;
    }

    function _ask(uint256 i, uint256 seed) private {
        if (_statusOf(i) != TrialStatus.Hearing) return;
        uint256 which = seed % 4;
        Space space = which == 3 ? Space.Input : Space.Trace;
        bytes32[] memory siblings = new bytes32[](which == 1 || which == 2 ? 1 : 0);
        if (siblings.length != 0) siblings[0] = leaf();
        uint256 price = _trials.REVEAL_GAS() * ((2 * block.basefee) << ((seed >> 8) % 3));
        bytes32 node = which == 0 ? traceTree() : leaf();
        vm.prank((seed >> 16) % 2 == 0 ? ALICE : BOB);
        uint256 height = which == 0 ? 1 : 0;
        uint256 index = which == 2 ? 1 : 0;
        try _trials.demand{value: price}(_files[i], space, height, index, node, siblings) returns (bytes32 demandId) {
            for (uint256 j = 0; j < _demandIds.length; ++j) if (_demandIds[j] == demandId) return;
            _demandIds.push(demandId);
        } catch {}
    }

    function _answer(uint256 seed) private {
        for (uint256 i = 0; i < _ids.length; ++i) {
            if (_HONEST || (seed >> i) & 1 == 1) _answerAll(i);
        }
    }

    function _answerAll(uint256 i) private {
        vm.startPrank(OPERATOR);
        bytes memory both = abi.encodePacked(leaf(), leaf());
        try _trials.reveal(_ids[i], Space.Trace, 1, 0, both) {
            ++answered;
        } catch {}
        try _trials.reveal(_ids[i], Space.Trace, 0, 0, chunk()) {
            ++answered;
        } catch {}
        try _trials.reveal(_ids[i], Space.Trace, 0, 1, chunk()) {
            ++answered;
        } catch {}
        try _trials.reveal(_ids[i], Space.Input, 0, 0, chunk()) {
            ++answered;
        } catch {}
        vm.stopPrank();
    }

    function _prove(uint256 i, uint256 seed) private {
        bool wrong = !_HONEST && seed % 3 == 0;
        _judge.setRuling(5, Ruling(wrong, seed % 3 == 1, 1, 2));
        address prover = seed % 2 == 0 ? ALICE : BOB;
        vm.prank(prover);
        try _trials.commit(_trials.commitmentOf(_ids[i], prover, Ground.WrongElement, 5, 1, 2, 0)) {} catch {}
        vm.roll(block.number + ((seed >> 8) % 4));
        vm.prank(prover);
        try _trials.proveElement(_files[i], planOpening(), 5, nothingOpened(), 0) {
            if (_statusOf(i) == TrialStatus.Convicted) ++convicted;
        } catch {}
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
        try _trials.resolve(_files[i], overdue) returns (TrialStatus verdict) {
            if (verdict == TrialStatus.Convicted) ++convicted;
            if (verdict == TrialStatus.Acquitted) ++acquitted;
            if (verdict == TrialStatus.Void) ++voided;
        } catch {}
    }

    function _takeBack(uint256 i, uint256 seed) private {
        address who = actors()[seed % 5];
        if (seed % 2 == 0) {
            try _trials.reclaim(_ids[i], who) {} catch {}
        } else {
            vm.prank(who);
            try _trials.withdrawCredit(payable(who)) {} catch {}
        }
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
