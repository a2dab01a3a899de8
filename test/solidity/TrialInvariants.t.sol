// SPDX-License-Identifier: MIT
pragma solidity 0.8.37;

import {Test} from "./support/Test.sol";
import {TrialCampaign} from "./support/TrialCampaign.sol";

/// @notice The campaigns that run. The runner calls only contracts that a test file defines itself.
contract AnyOperator is TrialCampaign(false) {}

contract HonestOperator is TrialCampaign(true) {}

/// @notice What holds for money of trials under any campaign. One campaign for each test: they share the clock.
abstract contract TrialInvariants is Test {
    struct FuzzSelector {
        address addr;
        bytes4[] selectors;
    }

    uint256 internal constant BURSTS = 150;
    TrialCampaign internal _campaign;

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(_campaign);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0].addr = address(_campaign);
        targets[0].selectors = new bytes4[](1);
        targets[0].selectors[0] = TrialCampaign.burst.selector;
    }

    /// @notice I1, I2, I9: the vaults hold what they owe, bonds are what live trials and demanders put down, the court holds the
    /// native currency that it owes and no more, and nobody gains by playing every side.
    function invariant_I1_I2_I9_MoneyOfTrials() public view {
        _noSurprise();
        _checkTokens();
        assertEq(_campaign.courtEther(), _campaign.owedEther(), "I2: native currency");
        _campaign.checkCoalition();
    }

    /// @notice I5, I10, I11, I13, I16, I22, I24 and I34 are judged inside every action. I33: the events tell all of it.
    function invariant_I5_I10_I11_I13_I16_I22_I24_I33_I34_NoSurprise() public view {
        _noSurprise();
        _campaign.replica().check();
    }

    /// @notice I14: whatever happened, everything ends, and everybody takes what is its own.
    /// N1: every burst was worth its name.
    function afterInvariant() public {
        _noSurprise();
        assertGe(_campaign.calls(), _campaign.bursts() * _campaign.BURST_CALLS(), "N1: calls");
        _campaign.drain();
        _campaign.checkCoalition();
        _campaign.replica().check();
        (uint256 bonded, ) = _campaign.bonds();
        assertEq(bonded, 0, "I14: bonds");
        assertEq(_campaign.courtEther(), 0, "I14: native currency");
        _checkTokens();
    }

    function _checkTokens() private view {
        (uint256 held, uint256 owed) = _campaign.tokens();
        assertEq(held, owed, "I1: tokens");
        (uint256 bonded, uint256 expected) = _campaign.bonds();
        assertEq(bonded, expected, "I1: bonds");
    }

    function _noSurprise() private view {
        assertEq(bytes(_campaign.surprise()).length, 0, _campaign.surprise());
    }

    function _walk(uint256 bursts) internal {
        for (uint256 i = 0; i < bursts; ++i) _campaign.burst(uint256(keccak256(abi.encode(i))));
        _noSurprise();
        _campaign.replica().check();
        assertGe(_campaign.replica().folded(), bursts / 3, "N1: events");
    }
}

contract AnyOperatorTest is TrialInvariants {
    function setUp() public {
        neverRunAgain();
        _campaign = new AnyOperator();
    }

    /// @notice The campaign is worth its name: every ending is reached.
    function testTheCampaignReachesEveryEnding() public {
        _walk(BURSTS);
        assertGe(_campaign.convicted(), 1, "convicted");
        assertGe(_campaign.prolonged(), 1, "a hearing that lasted longer");
        assertGe(_campaign.answered(), 1, "answered");
        assertGe(_campaign.postponed(), 1, "postponed");
        assertGe(_campaign.acquitted() + _campaign.voided(), 1, "acquitted or void");
    }
}

contract HonestOperatorTest is TrialInvariants {
    uint256 private _brought;

    function setUp() public {
        neverRunAgain();
        _campaign = new HonestOperator();
        _brought = _campaign.operatorWealth();
    }

    /// @notice I10: an honest operator is never convicted and never has less than it brought.
    function invariant_I10_HonestOperatorsAreNeverWorseOff() public view {
        assertEq(_campaign.convicted(), 0, "I10: convicted");
        assertGe(_campaign.operatorWealth(), _brought, "I10: stake and balance");
    }

    function testTheCampaignReachesEveryEndingButOne() public {
        _walk(BURSTS);
        assertGe(_campaign.acquitted(), 1, "acquitted");
        assertGe(_campaign.voided(), 1, "void");
        assertGe(_campaign.answered(), 1, "answered");
        assertEq(_campaign.convicted(), 0, "convicted");
    }
}
