// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Ruling} from "../../contracts/interfaces/ITensorJudge.sol";
import {JobId} from "../../contracts/types/Job.sol";
import {CaseFile, Ground, Space, TrialStatus} from "../../contracts/types/Trial.sol";
import {TrialSystem} from "./support/TrialSystem.sol";

/// @notice Whole trials with everybody's money in sight: I8, I9, I10.
contract TrialCourtFuzzTest is TrialSystem {
    uint256 private constant BALANCE = 1_000e18;
    address private constant ALL = address(0xA11);
    address private constant OPERATOR = address(0xB001);
    address private constant OPENER = address(0xB002);
    address private constant REQUESTER = address(0xB003);
    address private constant PROVER = address(0xB004);
    address private constant BURN = 0x000000000000000000000000000000000000dEaD;

    function setUp() public {
        deployTrialSystem(address(0xB0B));
        vm.roll(100);
    }

    /// @notice I9: operator, requester, opener, prover and demander in one hand lose at least two fifths of the stake, whatever
    /// gas costs and however the conviction comes about: costs are capped, and half of the rest is burned.
    function testFuzz_I9_ACoalitionLosesTheBurn(uint64 baseFee, uint128 stakeAtRisk, uint8 how) public {
        stakeAtRisk = uint128(bound(stakeAtRisk, 1, 1e30));
        vm.fee(bound(baseFee, 0, 10_000 gwei));
        fund(ALL, BALANCE, stakeAtRisk);
        uint256 before = wealthOf(ALL);
        _convictedBy(ALL, ALL, ALL, ALL, stakeAtRisk, how);
        uint256 lost = before - wealthOf(ALL);
        assertGe(lost * 5, uint256(stakeAtRisk) * 2, "I9");
        assertEq(_system.settlement.balanceOf(BURN), lost, "I9: all that was lost is burned");
    }

    /// @notice I8: what a conviction takes from one side arrives on the others and in the burn, to the wei.
    function testFuzz_I8_AConvictionMovesEveryWei(uint64 baseFee, uint128 stakeAtRisk, uint8 how) public {
        stakeAtRisk = uint128(bound(stakeAtRisk, 1, 1e30));
        vm.fee(bound(baseFee, 0, 10_000 gwei));
        fund(OPERATOR, 0, stakeAtRisk);
        fund(OPENER, BALANCE, 0);
        fund(PROVER, BALANCE, 0);
        fund(REQUESTER, BALANCE, 0);
        _convictedBy(OPERATOR, REQUESTER, OPENER, PROVER, stakeAtRisk, how);
        assertEq(wealthOf(OPERATOR), 0, "the lock is gone");
        uint256 gained = wealthOf(OPENER) + wealthOf(PROVER) + wealthOf(REQUESTER) - 3 * BALANCE;
        assertEq(gained + _system.settlement.balanceOf(BURN), stakeAtRisk, "I8");
        assertGe(wealthOf(OPENER), BALANCE, "the opener has its bond back");
    }

    /// @notice I10: an operator that posts, and answers everything, never loses anything; who opened and demanded pays.
    function testFuzz_I10_AnHonestOperatorGains(uint64 baseFee, uint128 stakeAtRisk, uint8 demands) public {
        stakeAtRisk = uint128(bound(stakeAtRisk, 1, 1e30));
        vm.fee(bound(baseFee, 0, 10_000 gwei));
        fund(OPERATOR, 0, stakeAtRisk);
        fund(OPENER, BALANCE, 0);
        fund(PROVER, BALANCE, 0);
        fund(REQUESTER, BALANCE, 0);
        (CaseFile memory file, JobId jobId) = attestedCase(REQUESTER, OPERATOR, 100, stakeAtRisk);
        openCase(file, OPENER);
        postCase(file);
        uint256 asked = bound(demands, 0, 3);
        for (uint256 i = 0; i < asked; ++i) {
            _demand(file, i);
            vm.prank(OPERATOR);
            if (i == 0) _trials.reveal(jobId, Space.Trace, 1, 0, abi.encodePacked(leaf(), leaf()));
            else _trials.reveal(jobId, Space.Trace, 0, i - 1, chunk());
        }
        vm.warp(file.docket.trialEnd);
        _trials.resolve(file, 0);
        uint256 bonds = OPENER_BOND + (asked == 0 ? 0 : DEMAND_BOND);
        // 1 of 100 is the protocol's.
        assertEq(wealthOf(OPERATOR), uint256(stakeAtRisk) + 99 + bonds, "I10");
        assertEq(wealthOf(OPENER), BALANCE - OPENER_BOND, "I10: who opened for nothing pays");
        assertEq(_trials.creditOf(OPERATOR) + _trials.creditOf(PROVER), address(_trials).balance, "native currency");
    }

    /// @notice I9: a trial that ends void by the requester's input gives a coalition nothing.
    function testFuzz_I9_AVoidTrialGivesNothing(uint64 baseFee, uint128 stakeAtRisk) public {
        stakeAtRisk = uint128(bound(stakeAtRisk, 1, 1e30));
        vm.fee(bound(baseFee, 0, 10_000 gwei));
        fund(ALL, BALANCE, stakeAtRisk);
        uint256 before = wealthOf(ALL);
        (CaseFile memory file, ) = attestedCase(ALL, ALL, 100, stakeAtRisk);
        openCase(file, ALL);
        postCase(file);
        _judge.setRuling(5, Ruling(false, true, 0, 0));
        _trials.proveElement(file, planOpening(), 5, nothingOpened(), 0);
        vm.warp(file.docket.hearingEnd);
        assertTrue(_trials.resolve(file, 0) == TrialStatus.Void, "void");
        // The requester pays the opener: nothing leaves the coalition, and nothing comes in.
        assertEq(wealthOf(ALL), before, "I9");
        assertEq(_system.settlement.bondOf(JobId.unwrap(_system.jobs.jobIdOf(file.terms))), 0, "no bond is left");
    }

    function _convictedBy(
        address operator,
        address requester,
        address opener,
        address prover,
        uint128 stakeAtRisk,
        uint8 how
    ) private {
        (CaseFile memory file, JobId jobId) = attestedCase(requester, operator, 100, stakeAtRisk);
        openCase(file, opener);
        if (how % 3 == 0) {
            vm.warp(file.docket.traceDue + 1);
            _trials.resolve(file, 0);
        } else if (how % 3 == 1) {
            postCase(file);
            bytes32 demandId = _demandBy(prover, file, 0);
            vm.warp(block.timestamp + file.docket.revealTime + 1);
            _trials.resolve(file, demandId);
            _trials.reclaim(jobId, prover);
        } else {
            postCase(file);
            _judge.setRuling(5, Ruling(true, false, 1, 2));
            vm.prank(prover);
            _trials.commit(_trials.commitmentOf(jobId, prover, Ground.WrongElement, 5, 1, 2, 0));
            vm.roll(block.number + 2);
            vm.prank(prover);
            _trials.proveElement(file, planOpening(), 5, nothingOpened(), 0);
        }
        assertTrue(_trials.trialOf(jobId).status == TrialStatus.Convicted, "convicted");
        assertEq(_system.settlement.bondOf(JobId.unwrap(jobId)), 0, "no bond is left");
    }

    function _demand(CaseFile memory file, uint256 step) private {
        _demandBy(PROVER, file, step);
    }

    /// @dev The root, then its two chunks.
    function _demandBy(address demander, CaseFile memory file, uint256 step) private returns (bytes32) {
        uint256 price = _trials.REVEAL_GAS() * (2 * block.basefee + 1e6);
        vm.deal(demander, price);
        bytes32[] memory siblings = new bytes32[](step == 0 ? 0 : 1);
        if (step != 0) siblings[0] = leaf();
        bytes32 node = step == 0 ? traceTree() : leaf();
        uint256 index = step == 0 ? 0 : step - 1;
        vm.prank(demander);
        return _trials.demand{value: price}(file, Space.Trace, step == 0 ? 1 : 0, index, node, siblings);
    }
}
